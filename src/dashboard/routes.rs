//! The dashboard's addresses.

use axum::{Router, routing::get};

use super::{
    Dashboard, access, answer, home, sessions,
    views::{SESSION_ROUTE, SESSIONS_ROUTE},
};

impl Dashboard {
    /// Everything under `/dashboard`.
    pub fn routes(self) -> Router {
        let pages = Router::new()
            .route("/", get(home::page))
            .merge(access::routes())
            .route(SESSIONS_ROUTE, get(sessions::list))
            .route(SESSION_ROUTE, get(sessions::story))
            .fallback(async || answer::not_found());
        Router::new().nest("/dashboard", pages).with_state(self)
    }
}
