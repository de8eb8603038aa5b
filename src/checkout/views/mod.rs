//! The pages, each drawn from a plain struct. They decide nothing and know no store.
//!
//! Texts of games and players are escaped, isolated in `<bdi>` and free to wrap. Every page works
//! without script; `page.js` makes it quicker. No page loads anything of another site, but for an
//! item's picture that its game links to.

pub use pay::{PayView, pay_page};
pub use problem::{Problem, problem_page};
pub use result::{LateMoney, Outcome, ResultView, result_page};
pub use test_cards::{TEST_CARDS, TestCard};
pub use waiting::{ActionUrl, ActionView, WaitingView, WaitsFor, action_page, waiting_page};
pub use words::Notice;

mod layout;
mod summary;
mod words;

mod pay;
mod test_cards;
mod waiting;

mod result;

mod icons;
mod problem;

use serde::Serialize;

use crate::domain::{
    colour::Accent, money::Money, session::SessionStatus, text::DisplayName, text::ItemTitle,
    world::World,
};

/// What is sold, by whom, for how much: the same on every page of a session.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The game.
    pub game_name: DisplayName,
    /// The item.
    pub item_title: ItemTitle,
    /// What the player pays.
    pub total: Money,
    /// A picture of the item: a path of ours or an `https` URL.
    pub image_url: Option<String>,
    /// The game's logo: a path of ours.
    pub logo_url: Option<String>,
    /// The game's colour, unless it is ours.
    pub accent: Option<Accent>,
    /// A page of the test world says so.
    pub world: World,
}

/// Which page of a session is to be shown. `page.js` loads the page again when it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The forms.
    Pay,
    /// An attempt is under way: the provider's answer is awaited.
    Waiting,
    /// The money is held until the game takes it.
    Held,
    /// Another amount was taken than was asked for, and a human settles it.
    Unsettled,
    /// The player must pass a step of the bank's.
    Action,
    /// Over, whatever came of it.
    Result,
}

impl View {
    /// As in the page's `data-view` and in [`StatusAnswer`].
    fn as_str(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Unsettled => "unsettled",
            Self::Action => "action",
            Self::Result => "result",
        }
    }
}

/// The answer of `GET /{session_id}/status`, which a page asks for while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StatusAnswer {
    /// The page that `GET /{session_id}` shows now.
    pub view: View,
    /// Where the session stands.
    pub status: SessionStatus,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_names_the_view_as_the_page_does() {
        for view in
            [View::Pay, View::Waiting, View::Held, View::Unsettled, View::Action, View::Result]
        {
            let answer = StatusAnswer { view, status: SessionStatus::Pending };
            let expected = format!(r#"{{"view":"{}","status":"pending"}}"#, view.as_str());
            assert_eq!(serde_json::to_string(&answer).unwrap(), expected);
        }
    }
}
