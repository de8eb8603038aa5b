//! Which way a request goes: calls of game servers straight to what answers them, as there are many
//! times more of them than of all others; the others through the router.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{Router, extract::Request, response::Response, routing::future::RouteFuture};
use futures::future::Either;
use tower::Service;

use crate::api::Calls;

/// All that the service answers.
#[derive(Clone)]
pub(super) struct Front {
    /// `None` in a process that answers no game servers.
    pub(super) calls: Option<Calls>,
    pub(super) others: Router,
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<<Calls as Service<Request>>::Future, RouteFuture<Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both always are.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match &mut self.calls {
            Some(calls) if Calls::takes(request.uri().path()) => Either::Left(calls.call(request)),
            _ => Either::Right(self.others.call(request)),
        }
    }
}
