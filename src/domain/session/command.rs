//! What can be asked of a session by a game server, a player, a provider or the clock.
//!
//! Whatever a decision needs from outside (the time, new ids, a provider's answer) is a field.

use super::super::{
    Timestamp,
    id::{GameId, PaymentId, RefundId},
    item::Item,
    money::Money,
    return_url::ReturnUrl,
    text::{RefundReason, UserId},
    world::World,
};
use super::words::{
    CaptureMode, DeclineReason, PaymentMethod, ProviderName, ProviderText, Reference, RefundCause,
};

/// A wish or a report; [`super::Session`] decides what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionCommand {
    /// Game server: begin.
    Create(Box<CreateSession>),
    /// Player: the page was shown.
    OpenPage {
        /// Now.
        at: Timestamp,
    },
    /// Player: pay.
    StartPayment(Box<StartPayment>),
    /// Game server (CompletePayment): take the held money.
    RequestCapture {
        /// The attempt.
        payment_id: PaymentId,
        /// Now.
        at: Timestamp,
    },
    /// Game server (CancelPayment): let the held money go.
    RequestVoid {
        /// The attempt.
        payment_id: PaymentId,
        /// Now.
        at: Timestamp,
    },
    /// Game server or player: end the session unpaid.
    Cancel {
        /// Who asks.
        by: CancelledBy,
        /// Now.
        at: Timestamp,
    },
    /// Clock: end the session if its time is over.
    Expire {
        /// Now.
        at: Timestamp,
    },
    /// Clock: let go of money that nobody captured within [`super::AUTHORIZATION_DAYS_MAX`].
    VoidUncaptured {
        /// The attempt.
        payment_id: PaymentId,
        /// Now.
        at: Timestamp,
    },
    /// Game server, process or operator: give the money back.
    RequestRefund {
        /// The new refund's id.
        refund_id: RefundId,
        /// The attempt that took the money.
        payment_id: PaymentId,
        /// Who or what asks.
        cause: RefundCause,
        /// Why, in their words.
        reason: Option<RefundReason>,
        /// Now.
        at: Timestamp,
    },
    /// Operator: call a pending refund off that the provider has not begun.
    CancelRefund {
        /// The refund.
        refund_id: RefundId,
        /// Now.
        at: Timestamp,
    },
    /// Provider: what became of an attempt.
    RecordPayment {
        /// The attempt.
        payment_id: PaymentId,
        /// What the provider says.
        outcome: PaymentOutcome,
        /// When the provider says so.
        at: Timestamp,
    },
    /// Provider: what came of one request to take held money or to let it go.
    RecordAnswer {
        /// The attempt.
        payment_id: PaymentId,
        /// The request's number.
        number: u32,
        /// What the provider says.
        outcome: PaymentOutcome,
        /// When the provider says so.
        at: Timestamp,
    },
    /// Provider: what became of a refund.
    RecordRefund {
        /// The refund.
        refund_id: RefundId,
        /// What the provider says.
        outcome: RefundOutcome,
        /// When the provider says so.
        at: Timestamp,
    },
}

/// All that a new session is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateSession {
    /// Whose game.
    pub game_id: GameId,
    /// Test or live money.
    pub world: World,
    /// The game's name for the player.
    pub user_id: UserId,
    /// What is sold.
    pub item: Item,
    /// Where the player goes afterwards.
    pub return_url: ReturnUrl,
    /// How the game wants its money captured.
    pub capture_mode: CaptureMode,
    /// Whether the wallet may be used.
    pub wallet_enabled: bool,
    /// Now.
    pub created_at: Timestamp,
    /// From when on no attempt starts.
    pub expires_at: Timestamp,
}

/// All that a new attempt to pay is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPayment {
    /// The new attempt's id.
    pub payment_id: PaymentId,
    /// With what.
    pub method: PaymentMethod,
    /// Who will be asked.
    pub provider: ProviderName,
    /// The provider's token. Never a card number.
    pub instrument: Reference,
    /// Now.
    pub at: Timestamp,
}

/// Who wants to cancel a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelledBy {
    /// The game server.
    Game,
    /// The player.
    Player,
}

/// A provider's word about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// The money is held.
    Authorized {
        /// How much.
        amount: Money,
        /// The provider's name for the charge.
        reference: Reference,
    },
    /// The money was taken.
    Captured {
        /// How much.
        amount: Money,
        /// The provider's name for the charge.
        reference: Reference,
    },
    /// No; nothing was taken.
    Declined(Refusal),
    /// The money could not be taken; it is still held.
    CaptureFailed(Refusal),
    /// The money was let go.
    Voided,
    /// The money could not be let go; it is still held.
    VoidFailed(Refusal),
}

/// A provider's word about a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money is back.
    Succeeded {
        /// The provider's name for the refund.
        reference: Reference,
    },
    /// It could not be given back.
    Failed(Refusal),
    /// The provider called it off.
    Cancelled,
}

/// Why a provider said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In our words.
    pub reason: DeclineReason,
    /// In its own.
    pub text: ProviderText,
}
