//! The first page of a game: how it goes, beside how it went a week before.
//!
//! `choice` and `month` read which span is meant, `hours` knows its hours and those beside it, `summary` adds up what
//! was counted in them, and the files ending in `view` draw it; `plot`, `scale` and `bar` know shapes and no meaning.
//! `statement` has the money of each day, and `download` hands it out. No number is estimated: a comparison is made
//! over the same whole hours, and the page says of which moment it is.

mod bar;
mod beside;
mod choice;
mod download;
mod hours;
mod meaning_view;
mod month;
mod page;
mod plot;
mod scale;
mod spans_view;
mod statement;
mod steps_view;
mod summary;
mod totals_view;
mod view;
mod volume_view;
mod webhooks_view;

use super::table::{May, Row, page};
use crate::domain::studio::Permission::SeeOverview;

/// Its page, and its money as a file.
pub(super) fn rows() -> Vec<Row> {
    let may = May::Game(SeeOverview);
    vec![
        page("/{game_id}/{world}/overview", may, page::overview),
        page("/{game_id}/{world}/overview/money.csv", may, download::money),
    ]
}
