//! The table of routes: every address of the dashboard, room by room.

use axum::{Router, middleware::from_fn};

use super::{
    Dashboard, access, activity, answer, deliveries, developers,
    frame::framed,
    games, history, home, links, overview, people, sessions,
    table::{Address, May, Row, page},
};

fn rows() -> Vec<Row> {
    let home = page("/", May::Visitors, home::page);
    [
        vec![home],
        access::rows(),
        sessions::rows(),
        links::rows(),
        activity::rows(),
        developers::rows(),
        people::rows(),
        history::rows(),
        games::rows(),
        deliveries::rows(),
        overview::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Dashboard {
    /// Everything under `/dashboard`.
    pub fn routes(self) -> Router {
        let pages = rows().into_iter().fold(Router::new(), |router, row| row.add_to(router, &self));
        let pages = pages.fallback(async || answer::not_found()).layer(from_fn(framed));
        Router::new().nest("/dashboard", pages).with_state(self)
    }

    /// Each address that [`Self::routes`] answers to, with who may go there.
    pub fn addresses() -> Vec<Address> {
        rows().into_iter().map(|it| it.address).collect()
    }
}
