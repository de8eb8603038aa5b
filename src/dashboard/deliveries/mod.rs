//! What was sent to one webhook endpoint: a list to search, how the endpoint does, the whole story of one
//! message, and having messages sent again.
//!
//! `form` reads what is asked for, `endpoint` finds whose, and the files ending in `view` draw it. What is
//! changed is asked of `crate::admin`.

mod again;
mod attempts_view;
mod chart;
mod endpoint;
mod form;
mod health_view;
mod json_text;
mod list;
mod list_view;
mod one;
mod one_view;
mod recover;
mod recover_view;
mod request_view;
mod since;
mod words;

pub(super) use words::{message_badge, next_attempt, outcome_words};

use super::{
    Place,
    table::{May, Row, form as form_row, page},
    views::Section,
};
use crate::domain::studio::Permission::{ChangeIntegration, HelpPlayers, SeeIntegration};

const LIST: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/deliveries";
const ONE: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/deliveries/{message_id}";
const AGAIN: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/deliveries/{message_id}/again";
const RECOVERIES: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/recoveries";

/// The part of the navigation in which these pages are.
const SECTION: Section = Section::Developers;

/// Its pages.
pub(super) fn rows() -> Vec<Row> {
    vec![
        page(LIST, May::Game(SeeIntegration), list::list),
        page(ONE, May::Game(SeeIntegration), one::one),
        form_row(AGAIN, May::Game(HelpPlayers), again::again),
        page(RECOVERIES, May::Game(SeeIntegration), recover::recoveries),
        form_row(RECOVERIES, May::Game(ChangeIntegration), recover::recover),
    ]
}

/// What was sent to an endpoint.
pub(super) fn deliveries_path(place: &Place, endpoint_id: &str) -> String {
    place.path(&format!("endpoints/{endpoint_id}/deliveries"))
}

/// One message of an endpoint.
pub(super) fn delivery_path(place: &Place, endpoint_id: &str, message_id: &str) -> String {
    format!("{}/{message_id}", deliveries_path(place, endpoint_id))
}

/// Where a form has it sent again.
pub(super) fn again_path(place: &Place, endpoint_id: &str, message_id: &str) -> String {
    format!("{}/again", delivery_path(place, endpoint_id, message_id))
}

/// What an endpoint was handed in again.
pub(super) fn recoveries_path(place: &Place, endpoint_id: &str) -> String {
    place.path(&format!("endpoints/{endpoint_id}/recoveries"))
}

/// What a page says was done, by the word in its query.
pub(super) const SENT_AGAIN: &str = "sent-again";
