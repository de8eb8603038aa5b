//! The same methods as plain HTTP: `GET /v1/sessions/{id}` and so on, as the proto's routes say.
//!
//! A translator and nothing else. Each request becomes the request of its method, goes through the
//! very service that answers Connect, and the answer is taken out of that. It knows no rule, no
//! method and no message by name.

mod answer;
mod refusals;
mod request;

use std::sync::Arc;

use axum::{
    Router,
    extract::{RawPathParams, Request, rejection::RawPathParamsRejection},
    middleware,
    response::Response,
    routing::{MethodRouter, any, get, post},
};
use connectrpc::ConnectError;
use http::HeaderMap;
use tower::ServiceExt;
use tower_http::{compression::CompressionLayer, decompression::RequestDecompressionLayer};

use super::{
    Api, Calls,
    description::{Method, SERVICES, Service, Verb},
    frame::{framed, refusal},
};

/// What all routes share.
#[derive(Clone)]
struct Rest {
    api: Api,
    /// The service that answers Connect.
    calls: Calls,
}

/// Every route of every service, and answers for what is none. `calls` has their methods.
pub(super) fn routes(api: &Api, calls: Calls) -> Router {
    let rest = Arc::new(Rest { api: api.clone(), calls });
    let mut router = Router::new();
    for service in SERVICES {
        for method in service.methods {
            router = router.route(method.path, route(&rest, service, method));
        }
    }
    router
        .route("/v1", any(refusals::no_such_path))
        .route("/v1/", any(refusals::no_such_path))
        .route("/v1/{*path}", any(refusals::no_such_path))
        .method_not_allowed_fallback(refusals::no_such_verb)
        .layer(CompressionLayer::new())
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .route_layer(middleware::from_fn(framed))
}

fn route(rest: &Arc<Rest>, service: &'static Service, method: &'static Method) -> MethodRouter {
    let rest = Arc::clone(rest);
    let handler = move |path: Result<RawPathParams, RawPathParamsRejection>, request: Request| {
        let rest = Arc::clone(&rest);
        async move {
            match path {
                Ok(path) => rest.call(service, method, path, request).await,
                // No text, so nobody's id.
                Err(_) => refusals::no_such_path().await,
            }
        }
    };
    match method.verb {
        Verb::Get => get(handler),
        Verb::Post => post(handler),
    }
}

impl Rest {
    async fn call(
        &self,
        service: &Service,
        method: &Method,
        path: RawPathParams,
        request: Request,
    ) -> Response {
        let headers = request.headers().clone();
        if request::is_of_other_type(method, &request) {
            // An answer before the body is read breaks clients that are still sending it.
            let _ = request::whole(request.into_body()).await;
            return self.refuse(&headers, refusals::no_json()).await;
        }
        let translated = match request::translate(service, method, &path, request).await {
            Ok(translated) => translated,
            Err(why) => return self.refuse(&headers, refusal(&ConnectError::from(why))).await,
        };
        let Ok(response) = self.calls.clone().oneshot(translated).await;
        answer::translate(method, response).await
    }
    /// As everywhere: whoever has no key is told nothing but that, and what is refused counts.
    async fn refuse(&self, headers: &HeaderMap, refused: Response) -> Response {
        match self.api.admit(headers).await {
            Ok(_) => refused,
            Err(why) => refusal(&ConnectError::from(why)),
        }
    }
}
