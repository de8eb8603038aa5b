//! The settings of a game: money, time, where players return to, and how their pages look.
//!
//! They hold for both worlds. Each of the two forms is sent with what it was drawn from, so that nobody puts
//! away unseen what somebody else has changed meanwhile.

mod act;
mod form;
mod look_form;
mod preview;
mod seen;
mod view;

use super::table::{May, Row, form as sent, page};
use crate::domain::studio::Permission::ChangeGames;

/// Where they are, behind a game's world.
const PATH: &str = "settings";
/// Where the form of the look is.
const LOOK_PATH: &str = "settings/look";

/// The largest form with a logo, in bytes: more than a logo may have, so that who sends one that is too large is
/// told so.
const UPLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Its page and forms.
pub(super) fn rows() -> Vec<Row> {
    vec![
        page("/{game_id}/{world}/settings", May::Game(ChangeGames), act::look_at),
        sent("/{game_id}/{world}/settings", May::Game(ChangeGames), act::change),
        sent("/{game_id}/{world}/settings/look", May::Game(ChangeGames), act::change_look)
            .taking(UPLOAD_BYTES_MAX),
    ]
}
