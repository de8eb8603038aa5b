//! Sessions: a list to search, and the whole story of one.
//!
//! `form` reads what is asked for, `list` and `story` find it, and the files ending in `view` draw it
//! from what was found.

mod attempts_view;
mod events_view;
mod form;
mod list;
mod list_view;
mod sentence;
mod story;
mod story_view;
mod webhooks_view;
mod words;

pub(super) use words::{Actor, actor};

use super::table::{May, Row, page};
use crate::domain::studio::Permission::SeeSessions;

/// Its pages.
pub(super) fn rows() -> Vec<Row> {
    vec![
        page("/{game_id}/{world}/sessions", May::Game(SeeSessions), list::list),
        page("/{game_id}/{world}/sessions/{session_id}", May::Game(SeeSessions), story::story),
    ]
}
