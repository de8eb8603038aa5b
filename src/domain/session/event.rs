//! What can happen to a session: the facts that the log keeps for ever.
//!
//! Names and fields are a commitment: `tests/golden/` holds every version ever written. Each
//! event states its result, so that no reader has to add up.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::super::{
    Timestamp,
    id::{GameId, PaymentId, RefundId},
    item::Item,
    money::Money,
    private::Private,
    return_url::ReturnUrl,
    text::{RefundReason, UserId},
    world::World,
};
use super::words::{
    CancelReason, CaptureMode, DeclineReason, PaymentMethod, ProviderName, ProviderText, Reference,
    RefundCause, VoidReason,
};

/// A fact about one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionEvent {
    /// A game server asked for a payment.
    Created {
        /// Whose game.
        game_id: GameId,
        /// Test or live money.
        world: World,
        /// The game's name for the player.
        #[serde(default)]
        user_id: Private<UserId>,
        /// What is sold.
        item: Item,
        /// Where the player goes afterwards.
        #[serde(default)]
        return_url: Private<ReturnUrl>,
        /// Whether authorized money is captured at once or when the game says so.
        capture_mode: CaptureMode,
        /// Whether the game allows its wallet as a means to pay.
        wallet_enabled: bool,
        /// When.
        created_at: Timestamp,
        /// From when on no attempt to pay starts.
        expires_at: Timestamp,
    },
    /// The player's browser showed the payment page for the first time.
    PageOpened {
        /// When.
        opened_at: Timestamp,
    },
    /// The player pressed pay. The provider is called because of this event.
    PaymentStarted {
        /// The attempt.
        payment_id: PaymentId,
        /// Which attempt of the session this is, from 1.
        number: u32,
        /// With what.
        method: PaymentMethod,
        /// How much is asked for.
        amount: Money,
        /// Who is asked.
        provider: ProviderName,
        /// The provider's token for the card or wallet. Never a card number.
        #[serde(default)]
        instrument: Private<Reference>,
        /// Whether to capture at once.
        capture_mode: CaptureMode,
        /// When.
        started_at: Timestamp,
    },
    /// The provider holds the money for us.
    PaymentAuthorized {
        /// The attempt.
        payment_id: PaymentId,
        /// How much is held.
        amount: Money,
        /// The provider's name for the charge.
        provider_reference: Reference,
        /// When.
        authorized_at: Timestamp,
    },
    /// The held money is to be taken. The provider is called because of this event.
    CaptureRequested {
        /// The attempt.
        payment_id: PaymentId,
        /// Which request to take or to let go of this attempt's money it is, from 1.
        number: u32,
        /// How much.
        amount: Money,
        /// When.
        requested_at: Timestamp,
    },
    /// The provider refused to capture; the authorization stands.
    CaptureFailed {
        /// The attempt.
        payment_id: PaymentId,
        /// Why.
        reason: DeclineReason,
        /// The provider's own words.
        #[serde(default)]
        provider_text: Private<ProviderText>,
        /// When.
        failed_at: Timestamp,
    },
    /// The held money is to be let go. The provider is called because of this event.
    VoidRequested {
        /// The attempt.
        payment_id: PaymentId,
        /// Which request to take or to let go of this attempt's money it is, from 1.
        number: u32,
        /// Why.
        reason: VoidReason,
        /// When.
        requested_at: Timestamp,
    },
    /// The provider refused to void; the authorization stands.
    VoidFailed {
        /// The attempt.
        payment_id: PaymentId,
        /// Why.
        reason: DeclineReason,
        /// The provider's own words.
        #[serde(default)]
        provider_text: Private<ProviderText>,
        /// When.
        failed_at: Timestamp,
    },
    /// The held money was let go.
    PaymentVoided {
        /// The attempt.
        payment_id: PaymentId,
        /// How much had been asked for.
        amount: Money,
        /// When.
        voided_at: Timestamp,
    },
    /// The provider said no; nothing was taken.
    PaymentDeclined {
        /// The attempt.
        payment_id: PaymentId,
        /// Why.
        reason: DeclineReason,
        /// The provider's own words.
        #[serde(default)]
        provider_text: Private<ProviderText>,
        /// When.
        declined_at: Timestamp,
    },
    /// The money was taken: the session is paid, once and for ever.
    Paid {
        /// The attempt.
        payment_id: PaymentId,
        /// How much: exactly the price.
        amount: Money,
        /// The provider's name for the charge.
        provider_reference: Reference,
        /// When.
        paid_at: Timestamp,
    },
    /// Money was taken although the session was already over. A process gives it back.
    PaidLate {
        /// The attempt.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
        /// The provider's name for the charge.
        provider_reference: Reference,
        /// When.
        captured_at: Timestamp,
    },
    /// Another amount was taken than was asked for. For a human to settle.
    CaptureMismatched {
        /// The attempt.
        payment_id: PaymentId,
        /// What was asked for.
        expected: Money,
        /// What was taken.
        captured: Money,
        /// The provider's name for the charge.
        provider_reference: Reference,
        /// When.
        captured_at: Timestamp,
    },
    /// The last allowed attempt was declined: the session is over, unpaid.
    Failed {
        /// When.
        failed_at: Timestamp,
    },
    /// Somebody gave up: the session is over, unpaid.
    Cancelled {
        /// Who or what.
        reason: CancelReason,
        /// When.
        cancelled_at: Timestamp,
    },
    /// Its time ran out: the session is over, unpaid.
    Expired {
        /// When this was found.
        expired_at: Timestamp,
    },
    /// Taken money is to be given back. The provider is called because of this event.
    RefundRequested {
        /// The refund.
        refund_id: RefundId,
        /// The attempt that took the money.
        payment_id: PaymentId,
        /// How much: all that was taken.
        amount: Money,
        /// Who or what asked for it.
        cause: RefundCause,
        /// Why, in their words.
        #[serde(default)]
        reason: Private<Option<RefundReason>>,
        /// When.
        requested_at: Timestamp,
    },
    /// The money was given back.
    Refunded {
        /// The refund.
        refund_id: RefundId,
        /// The attempt that had taken it.
        payment_id: PaymentId,
        /// How much by this refund.
        amount: Money,
        /// How much of the attempt's money by now.
        refunded_total: Money,
        /// The provider's name for the refund.
        provider_reference: Reference,
        /// When.
        refunded_at: Timestamp,
    },
    /// The provider refused to give the money back; another refund may be asked for.
    RefundFailed {
        /// The refund.
        refund_id: RefundId,
        /// The attempt that took the money.
        payment_id: PaymentId,
        /// How much it would have been.
        amount: Money,
        /// Why.
        reason: DeclineReason,
        /// The provider's own words.
        #[serde(default)]
        provider_text: Private<ProviderText>,
        /// When.
        failed_at: Timestamp,
    },
    /// The refund was called off before the provider paid it out.
    RefundCancelled {
        /// The refund.
        refund_id: RefundId,
        /// The attempt that took the money.
        payment_id: PaymentId,
        /// How much it would have been.
        amount: Money,
        /// When.
        cancelled_at: Timestamp,
    },
}

impl DomainEvent for SessionEvent {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }

    /// All events are in their first version. A changed shape gets the next one and an upcaster.
    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl SessionEvent {
    /// The name under which the log keeps this kind of event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "Created",
            Self::PageOpened { .. } => "PageOpened",
            Self::PaymentStarted { .. } => "PaymentStarted",
            Self::PaymentAuthorized { .. } => "PaymentAuthorized",
            Self::CaptureRequested { .. } => "CaptureRequested",
            Self::CaptureFailed { .. } => "CaptureFailed",
            Self::VoidRequested { .. } => "VoidRequested",
            Self::VoidFailed { .. } => "VoidFailed",
            Self::PaymentVoided { .. } => "PaymentVoided",
            Self::PaymentDeclined { .. } => "PaymentDeclined",
            Self::Paid { .. } => "Paid",
            Self::PaidLate { .. } => "PaidLate",
            Self::CaptureMismatched { .. } => "CaptureMismatched",
            Self::Failed { .. } => "Failed",
            Self::Cancelled { .. } => "Cancelled",
            Self::Expired { .. } => "Expired",
            Self::RefundRequested { .. } => "RefundRequested",
            Self::Refunded { .. } => "Refunded",
            Self::RefundFailed { .. } => "RefundFailed",
            Self::RefundCancelled { .. } => "RefundCancelled",
        }
    }

    /// When it happened, by the clock of whoever decided it.
    pub fn occurred_at(&self) -> Timestamp {
        match self {
            Self::Created { created_at: at, .. }
            | Self::PageOpened { opened_at: at }
            | Self::PaymentStarted { started_at: at, .. }
            | Self::PaymentAuthorized { authorized_at: at, .. }
            | Self::CaptureRequested { requested_at: at, .. }
            | Self::CaptureFailed { failed_at: at, .. }
            | Self::VoidRequested { requested_at: at, .. }
            | Self::VoidFailed { failed_at: at, .. }
            | Self::PaymentVoided { voided_at: at, .. }
            | Self::PaymentDeclined { declined_at: at, .. }
            | Self::Paid { paid_at: at, .. }
            | Self::PaidLate { captured_at: at, .. }
            | Self::CaptureMismatched { captured_at: at, .. }
            | Self::Failed { failed_at: at }
            | Self::Cancelled { cancelled_at: at, .. }
            | Self::Expired { expired_at: at }
            | Self::RefundRequested { requested_at: at, .. }
            | Self::Refunded { refunded_at: at, .. }
            | Self::RefundFailed { failed_at: at, .. }
            | Self::RefundCancelled { cancelled_at: at, .. } => *at,
        }
    }
}
