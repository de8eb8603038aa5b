//! The same Connect server with handlers that do nothing: no key, no check, no database.

use axum::{Router, body::Bytes, routing::get};
use buffa::MessageField;
use connectrpc::{ConnectRpcService, RequestContext, Response, Router as Methods, handler_fn};
use toffeepay::proto::pay::v1::{
    CreateSessionRequest, CreateSessionResponse, GetSessionStatusRequest, GetSessionStatusResponse,
    Item, PAYMENT_SERVICE_SERVICE_NAME, Session,
};

/// Where the static file is.
pub(crate) const STATIC_PATH: &str = "/static";

const ID: &str = "sess_06h0e1act8000zkq61whgvn43ckt27xrh62db18";
const URL: &str = "http://127.0.0.1:8080/sess_06h0e1act8000zkq61whgvn43ckt27xrh62db18";

pub(super) fn routes(static_bytes: usize) -> Router {
    let create =
        handler_fn(|_: RequestContext, _: CreateSessionRequest| async { Response::ok(created()) });
    let status = handler_fn(|_: RequestContext, request: GetSessionStatusRequest| async {
        Response::ok(GetSessionStatusResponse {
            id: request.session_id.clone(),
            status: "paid".to_owned(),
            session_id: request.session_id,
            ..GetSessionStatusResponse::default()
        })
    });
    let methods = Methods::new()
        .route(PAYMENT_SERVICE_SERVICE_NAME, "CreateSession", create)
        .route(PAYMENT_SERVICE_SERVICE_NAME, "GetSessionStatus", status);
    let page = Bytes::from(vec![b'x'; static_bytes]);
    Router::new()
        .route_service("/pay.v1.PaymentService/{method}", ConnectRpcService::new(methods))
        .route(STATIC_PATH, get(move || async move { page }))
}

fn created() -> CreateSessionResponse {
    let item = Item {
        title: "50 Gold Coins".to_owned(),
        price: 499,
        currency: "USD".to_owned(),
        ..Item::default()
    };
    let session = Session {
        id: ID.to_owned(),
        game_id: "space_shooter".to_owned(),
        user_id: "player_42".to_owned(),
        status: "pending".to_owned(),
        item: MessageField::some(item),
        url: URL.to_owned(),
        ..Session::default()
    };
    CreateSessionResponse {
        id: ID.to_owned(),
        url: URL.to_owned(),
        session: MessageField::some(session),
        session_id: ID.to_owned(),
        payment_url: URL.to_owned(),
        ..CreateSessionResponse::default()
    }
}
