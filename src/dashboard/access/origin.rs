//! From where a request comes, as far as it is known: what the log keeps of who came in.

use std::{convert::Infallible, net::SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{header::USER_AGENT, request::Parts},
};

use crate::domain::person::Origin;

/// How much is kept of what a browser calls itself, in characters.
const AGENT_LENGTH_MAX: usize = 200;

/// The address at the other end of the connection, and what the browser calls itself.
pub(super) struct From(pub(super) Origin);

impl<S: Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let agent = parts.headers.get(USER_AGENT).and_then(|it| it.to_str().ok());
        Ok(Self(Origin {
            address: peer.map(|it| it.0.ip().to_canonical().to_string()),
            agent: agent.map(|it| it.chars().take(AGENT_LENGTH_MAX).collect()),
        }))
    }
}
