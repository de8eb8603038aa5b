//! What happens now: a game's events as they arrive, each with where its session stands.
//!
//! `feed` follows the log once for all who watch, `seats` says how many may, `stream` hands each the events of
//! their game and world, and `page` is where they watch.

mod feed;
mod page;
mod script;
mod seats;
mod stream;
mod view;

pub use feed::Feed;

use super::table::{May, Row, page as shown};
use crate::domain::studio::Permission::SeeSessions;

/// Its page, and what its script listens to.
pub(super) fn rows() -> Vec<Row> {
    vec![
        shown("/{game_id}/{world}/activity", May::Game(SeeSessions), page::page),
        shown("/{game_id}/{world}/activity/events", May::Game(SeeSessions), stream::stream),
    ]
}
