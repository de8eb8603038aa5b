//! What the page says when something is not as the player hoped: plainly, and what to do now.

use super::super::card_form::FieldProblem;
use crate::domain::session::DeclineReason;

/// Something that the player must know before trying again. Nothing was charged in any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The last attempt was declined.
    Declined {
        /// Why.
        reason: DeclineReason,
        /// How often the player can still try; `None` if that is not worth saying.
        attempts_left: Option<u32>,
    },
    /// The bank approved, and then the money was not taken.
    LetGo {
        /// As above.
        attempts_left: Option<u32>,
    },
    /// The payment company could not be reached, so nothing was begun.
    ProviderUnreachable,
    /// The form belongs to an attempt that is already over.
    AttemptIsOver,
}

impl Notice {
    /// What happened, in a few words.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Declined { reason, .. } => decline_title(reason),
            Self::LetGo { .. } => "The payment wasn’t completed",
            Self::ProviderUnreachable => "We couldn’t reach the bank",
            Self::AttemptIsOver => "This form was already used",
        }
    }

    /// What to do now.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Declined { reason, .. } => decline_advice(reason),
            Self::LetGo { .. } => {
                "Nothing was charged. Should your bank show an amount, it is released by itself. \
                 Try again, or use another card."
            }
            Self::ProviderUnreachable => "Nothing was charged. Please try again in a moment.",
            Self::AttemptIsOver => {
                "Nothing more was charged. Enter your card again to try once more."
            }
        }
    }

    /// How often the player can still try, when that matters.
    pub(super) fn attempts_left(self) -> Option<&'static str> {
        let left = match self {
            Self::Declined { attempts_left, .. } | Self::LetGo { attempts_left } => attempts_left?,
            Self::ProviderUnreachable | Self::AttemptIsOver => return None,
        };
        match left {
            1 => Some("You have one try left."),
            2 => Some("You have two tries left."),
            _ => None,
        }
    }
}

/// Why a payment was declined, as a heading.
pub(super) fn decline_title(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::CardDeclined => "Your card was declined",
        DeclineReason::InsufficientFunds => "Not enough money on this card",
        DeclineReason::ExpiredCard => "This card has expired",
        DeclineReason::IncorrectSecurityCode => "The security code is wrong",
        DeclineReason::AuthenticationFailed => "Your bank couldn’t confirm it’s you",
        DeclineReason::InstrumentRefused => "This card can’t be used here",
        DeclineReason::AuthorizationExpired => "The payment took too long",
        DeclineReason::ProviderRefused => "The payment was declined",
    }
}

/// What to do about a decline.
fn decline_advice(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::CardDeclined => {
            "Nothing was charged. Try another card, or ask your bank why it said no."
        }
        DeclineReason::InsufficientFunds => "Nothing was charged. Try another card.",
        DeclineReason::ExpiredCard => "Nothing was charged. Use a card that is still valid.",
        DeclineReason::IncorrectSecurityCode => {
            "Nothing was charged. Check the digits on the back of your card and try again."
        }
        DeclineReason::AuthenticationFailed => {
            "Nothing was charged. Try again and confirm with your bank, or use another card."
        }
        DeclineReason::InstrumentRefused => "Nothing was charged. Try another card.",
        DeclineReason::AuthorizationExpired | DeclineReason::ProviderRefused => {
            "Nothing was charged. Try again, or use another card."
        }
    }
}

/// A field's three possible complaints; none quotes what was typed.
pub(super) struct FieldWords {
    pub(super) missing: &'static str,
    pub(super) malformed: &'static str,
    pub(super) past: Option<&'static str>,
}

impl FieldWords {
    pub(super) fn of(&self, problem: FieldProblem) -> &'static str {
        match problem {
            FieldProblem::Missing => self.missing,
            FieldProblem::Malformed => self.malformed,
            FieldProblem::Past => self.past.unwrap_or(self.malformed),
        }
    }
}

pub(super) const NUMBER_WORDS: FieldWords = FieldWords {
    missing: "Enter your card number.",
    malformed: "Check the card number: a digit seems to be wrong or missing.",
    past: None,
};

pub(super) const EXPIRY_WORDS: FieldWords = FieldWords {
    missing: "Enter the date on your card.",
    malformed: "Enter month and year, such as 04 / 29.",
    past: Some("This card has expired."),
};

pub(super) const SECURITY_CODE_WORDS: FieldWords = FieldWords {
    missing: "Enter the security code.",
    malformed: "Enter the 3 or 4 digits on your card.",
    past: None,
};
