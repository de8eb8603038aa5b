//! The history of a studio: who did what, when, from where and why, on the studio, its games and their
//! sessions.
//!
//! `form` reads what is asked for, `acts::find_acts` says where it stands in the log, `telling` reads it there
//! and `sentence` puts it into words. The files ending in `view` draw it.

mod form;
mod list;
mod list_view;
mod one;
mod one_view;
mod sentence;
mod telling;

use super::{
    Place,
    table::{May, Row, page},
};
use crate::domain::studio::Permission::SeeHistory;

/// Its pages.
pub(super) fn rows() -> Vec<Row> {
    vec![
        page("/studios/{studio_id}/history", May::Studio(SeeHistory), list::list),
        page("/studios/{studio_id}/history/{position}", May::Studio(SeeHistory), one::one),
    ]
}

/// Where whoever stands at `place` finds what was done in its game and world.
pub(super) fn history_path_at(place: &Place) -> String {
    let path = history_path_of(&place.game.studio_id);
    format!("{path}?game={}&world={}", place.game.id, place.world)
}

/// Where the history of a studio is.
pub(super) fn history_path_of(studio_id: &str) -> String {
    format!("/dashboard/studios/{studio_id}/history")
}
