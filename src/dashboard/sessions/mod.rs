//! Sessions: a list to search, and the whole story of one.
//!
//! `form` reads what is asked for, `list` and `story` find it, and the files ending in `view` draw it
//! from what was found.

mod acts;
mod acts_view;
mod attempts_view;
mod done;
mod events_view;
mod form;
mod list;
mod list_view;
mod money;
mod money_view;
mod present;
mod sentence;
mod story;
mod story_view;
mod webhooks_view;
mod words;

pub(super) use done::Done;
pub(super) use events_view::event_data;
pub(super) use story_view::{session_path, session_path_of};
pub(super) use words::{actor_words, happened};

use super::table::{May, Row, form as sent, page};
use crate::domain::studio::Permission::{HelpPlayers, Refund, SeeSessions};

/// Its pages and forms.
pub(super) fn rows() -> Vec<Row> {
    vec![
        page("/{game_id}/{world}/sessions", May::Game(SeeSessions), list::list),
        page("/{game_id}/{world}/sessions/{session_id}", May::Game(SeeSessions), story::story),
        page(
            "/{game_id}/{world}/sessions/{session_id}/cancel",
            May::Game(HelpPlayers),
            acts::cancel_look,
        ),
        sent(
            "/{game_id}/{world}/sessions/{session_id}/cancel",
            May::Game(HelpPlayers),
            acts::cancel,
        ),
        page(
            "/{game_id}/{world}/sessions/{session_id}/refund",
            May::Game(Refund),
            acts::refund_form,
        ),
        sent("/{game_id}/{world}/sessions/{session_id}/refund", May::Game(Refund), acts::refund),
        sent(
            "/{game_id}/{world}/sessions/{session_id}/webhooks/{endpoint_id}/{message_id}/resend",
            May::Game(HelpPlayers),
            acts::resend,
        ),
    ]
}
