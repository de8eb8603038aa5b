//! A payment link by hand, for a player who cannot buy in the game: a session as the game's server makes one.

mod create;
mod form;
mod view;

use super::table::{May, Row, form as sent, page};
use crate::domain::studio::Permission::CreateLinks;

/// Where the form is, behind a game's world.
pub(super) const PATH: &str = "links/new";

/// Its page and form.
pub(super) fn rows() -> Vec<Row> {
    vec![
        page("/{game_id}/{world}/links/new", May::Game(CreateLinks), create::blank),
        sent("/{game_id}/{world}/links/new", May::Game(CreateLinks), create::create),
    ]
}
