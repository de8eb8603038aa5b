//! The first page of a game: how it goes, beside how it went a week before.
//!
//! `choice` says of which hours the numbers are, `summary` adds up what was counted in them, and the files
//! ending in `view` draw it; `plot`, `scale` and `bar` know shapes and no meaning. No number is estimated: a
//! comparison is made over the same whole hours, and the page says of which moment it is.

mod bar;
mod beside;
mod choice;
mod meaning_view;
mod page;
mod plot;
mod scale;
mod steps_view;
mod summary;
mod view;
mod volume_view;
mod webhooks_view;

use super::table::{May, Row, page};
use crate::domain::studio::Permission::SeeOverview;

/// Its page.
pub(super) fn rows() -> Vec<Row> {
    vec![page("/{game_id}/{world}/overview", May::Game(SeeOverview), page::overview)]
}
