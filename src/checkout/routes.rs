//! The payment page's addresses.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn,
    routing::{get, post},
};

use super::{
    card_form::FORM_BYTES_MAX,
    desk::{Checkout, Shared},
    forms,
    frame::{framed, problem},
    look_ups::LookUps,
    show,
    views::Problem,
};

impl Checkout {
    /// `GET /{session_id}`, its status, and its forms.
    pub fn routes(self) -> Router {
        Router::new()
            // Who has no link to a session gets a page all the same.
            .route("/", get(async || problem(Problem::NotFound)))
            .route("/{session_id}", get(show::page))
            .route("/{session_id}/status", get(show::status))
            .route("/{session_id}/pay", post(forms::pay_by_card))
            .route("/{session_id}/apple-pay", post(forms::pay_by_wallet))
            .route("/{session_id}/cancel", post(forms::cancel))
            .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
            .route_layer(from_fn(framed))
            .with_state(Shared { checkout: self, look_ups: LookUps::default() })
    }
}
