//! The dashboard's addresses.

use axum::{
    Router,
    routing::{any, get},
};

use super::{
    access,
    answers::{lead_to, trouble},
    desk::Dashboard,
    home,
    views::Trouble,
};

impl Dashboard {
    /// Everything under `/dashboard`.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/dashboard", get(home::page))
            .route("/dashboard/", get(async || lead_to("/dashboard")))
            .merge(access::routes())
            .route("/dashboard/{*rest}", any(async || trouble(Trouble::NotFound)))
            .with_state(self)
    }
}
