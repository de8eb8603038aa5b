//! From where a request comes, as far as it is known: what the log keeps of who came in.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header::USER_AGENT, request::Parts},
};

use crate::{dashboard::Dashboard, domain::person::Origin};

/// How much is kept of what a browser calls itself, in characters.
const AGENT_LENGTH_MAX: usize = 200;

/// The header in which each proxy adds, at the end, from whom it got the request.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address from which a request came to the first of our proxies, and what the browser calls itself.
pub(super) struct From(pub(super) Origin);

impl FromRequestParts<Dashboard> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, desk: &Dashboard) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip());
        let agent = parts.headers.get(USER_AGENT).and_then(|it| it.to_str().ok());
        Ok(Self(Origin {
            address: sender(peer, &parts.headers, desk.proxies)
                .map(|it| it.to_canonical().to_string()),
            agent: agent.map(|it| it.chars().take(AGENT_LENGTH_MAX).collect()),
        }))
    }
}

/// Behind `proxies` of ours. What stands further left in the header is what the sender claims, and is not
/// looked at; where it says less than it should, only the other end of the connection is known.
fn sender(peer: Option<IpAddr>, headers: &HeaderMap, proxies: u8) -> Option<IpAddr> {
    let Some(before_last) = proxies.checked_sub(1) else { return peer };
    let values = headers.get_all(FORWARDED_FOR).iter().filter_map(|it| it.to_str().ok());
    let named: Vec<&str> = values.flat_map(|it| it.split(',')).map(str::trim).collect();
    let told = named.iter().rev().nth(before_last.into()).and_then(|it| it.parse().ok());
    told.or(peer)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_sender_is_whom_the_first_of_our_proxies_saw_and_never_whom_they_claim_to_be() {
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        let came = |values: &[&'static str], proxies| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(FORWARDED_FOR, HeaderValue::from_static(value));
            }
            sender(Some(peer), &headers, proxies).unwrap().to_string()
        };
        assert_eq!(came(&["6.6.6.6"], 0), "10.0.0.1");
        assert_eq!(came(&["6.6.6.6, 203.0.113.7"], 1), "203.0.113.7");
        assert_eq!(came(&["6.6.6.6, 203.0.113.7", "10.0.0.2"], 2), "203.0.113.7");
        assert_eq!(came(&["6.6.6.6, 2001:db8::7"], 1), "2001:db8::7");
        assert_eq!(came(&["203.0.113.7"], 2), "10.0.0.1");
        assert_eq!(came(&["nonsense"], 1), "10.0.0.1");
    }
}
