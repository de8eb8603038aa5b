//! The page that says how it ended, and the way back to the game.

use maud::{Markup, html};

use super::{
    Summary, View, icons,
    layout::{Document, document},
    summary::receipt,
    words::decline_title,
};
use crate::{
    domain::{
        id::{PaymentId, SessionId},
        return_url::ReturnUrl,
        session::{DeclineReason, SessionStatus},
    },
    page_headers::Nonce,
};

/// How long a page stays before the script goes back to the game, in milliseconds: good news is
/// seen at a glance, the rest must be read.
const GLANCE_MS: u32 = 1_500;
const READ_MS: u32 = 4_000;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money was taken, and the log says so.
    Paid,
    /// The last allowed attempt was declined.
    Failed {
        /// Why, if it is known.
        reason: Option<DeclineReason>,
    },
    /// The player, the game or a voided attempt ended it.
    Cancelled,
    /// Its time ran out.
    Expired,
}

impl Outcome {
    fn status(self) -> SessionStatus {
        match self {
            Self::Paid => SessionStatus::Paid,
            Self::Failed { .. } => SessionStatus::Failed,
            Self::Cancelled => SessionStatus::Cancelled,
            Self::Expired => SessionStatus::Expired,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Paid => "Payment complete",
            Self::Failed { .. } => "Payment failed",
            Self::Cancelled => "Payment cancelled",
            Self::Expired => "This payment has expired",
        }
    }

    fn sentence(self) -> String {
        match self {
            Self::Paid => "Thank you! Your purchase is on its way to the game.".to_owned(),
            Self::Failed { reason: Some(reason) } => {
                format!("{}. You have not been charged.", decline_title(reason))
            }
            Self::Failed { reason: None } => "You have not been charged.".to_owned(),
            Self::Cancelled => "You have not been charged.".to_owned(),
            Self::Expired => {
                "It was open for too long. You can start again from the game.".to_owned()
            }
        }
    }

    fn icon(self) -> Markup {
        match self {
            Self::Paid => icons::tick(),
            Self::Failed { .. } | Self::Cancelled => icons::cross(),
            Self::Expired => icons::clock(),
        }
    }

    fn stays_ms(self) -> u32 {
        match self {
            Self::Paid | Self::Cancelled => GLANCE_MS,
            Self::Failed { .. } | Self::Expired => READ_MS,
        }
    }
}

/// Money that was taken without paying for the session, because it was over for example.
/// Of several, the least settled is the one to tell of: the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LateMoney {
    /// It was given back.
    Returned,
    /// It is to be given back, and is not yet.
    GoingBack,
    /// No rule says where it goes, or the provider keeps refusing: a human settles it.
    Unsettled,
}

impl LateMoney {
    fn sentence(self, outcome: Outcome) -> &'static str {
        match (self, outcome) {
            (Self::GoingBack, Outcome::Paid) => {
                "Another payment was taken too. It is on its way back to you."
            }
            (Self::Returned, Outcome::Paid) => "Another payment was taken too, and given back.",
            (Self::Unsettled, Outcome::Paid) => {
                "More was taken than the price. We are looking at it."
            }
            (Self::GoingBack, _) => {
                "Your bank took the money after this had ended. It is on its way back to you."
            }
            (Self::Returned, _) => {
                "Your bank took the money after this had ended. You have it back."
            }
            (Self::Unsettled, _) => {
                "Your bank took money for this that is not settled yet. We are looking at it."
            }
        }
    }
}

/// What a result page shows.
#[derive(Clone, Debug)]
pub struct ResultView {
    /// Whose page.
    pub session_id: SessionId,
    /// What was, or would have been, sold.
    pub summary: Summary,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the player tried to pay at all.
    pub was_tried: bool,
    /// What was taken besides.
    pub late: Option<LateMoney>,
    /// The paid attempt, for the player's own records.
    pub payment_id: Option<PaymentId>,
    /// The way back. `None`: it was erased with the player's other data.
    pub return_url: Option<ReturnUrl>,
}

impl ResultView {
    /// What happened, in one sentence or two.
    fn sentence(&self) -> String {
        match self.late {
            Some(late) if self.outcome != Outcome::Paid => late.sentence(self.outcome).to_owned(),
            _ => self.outcome.sentence(),
        }
    }
}

/// Draws a result page.
pub fn result_page(view: &ResultView, nonce: &Nonce) -> Markup {
    let status = view.outcome.status();
    let return_to = |url: &ReturnUrl| url.with_outcome(view.session_id.as_str(), status.as_str());
    let return_to = view.return_url.as_ref().map(return_to);
    let reference = view.payment_id.as_ref().map(PaymentId::as_str);
    let main = html! {
        main class="sheet single" {
            div class={ "status " (status) } { (view.outcome.icon()) }
            h1 { (view.outcome.heading()) }
            p role="status" { (view.sentence()) }
            @match (view.outcome, view.late) {
                (Outcome::Paid, Some(late)) => { p class="hint" { (late.sentence(view.outcome)) } }
                (Outcome::Paid, None) | (_, Some(_)) => {}
                _ => @if view.was_tried {
                    p class="hint" {
                        "Should your bank still show an amount, it is released by itself."
                    }
                }
            }
            (receipt(&view.summary, reference))
            @if let Some(url) = &return_to {
                a id="return" class="button primary" href=(url)
                    data-leave-after-ms=(view.outcome.stays_ms()) { "Return to game" }
                p class="hint" data-leaving="Taking you back to the game…" aria-live="polite" {}
            } @else {
                p class="hint" { "You can close this page." }
            }
        }
    };
    let session = Some((&view.session_id, View::Result));
    let title = format!("{} · {}", view.outcome.heading(), view.summary.game_name);
    let world = view.summary.world;
    document(
        Document {
            title,
            session,
            world,
            accent: view.summary.accent.as_ref(),
            refresh: None,
            main,
        },
        nonce,
    )
}
