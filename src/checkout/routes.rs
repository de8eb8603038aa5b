//! The payment page's addresses.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

use super::{card_form::FORM_BYTES_MAX, desk::Checkout, forms, show};

impl Checkout {
    /// `GET /{session_id}`, its status, and its forms.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/{session_id}", get(show::page))
            .route("/{session_id}/status", get(show::status))
            .route("/{session_id}/pay", post(forms::pay_by_card))
            .route("/{session_id}/apple-pay", post(forms::pay_by_wallet))
            .route("/{session_id}/cancel", post(forms::cancel))
            .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
            .with_state(self)
    }
}
