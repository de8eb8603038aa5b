//! What is known of a session once its events are folded.

use chrono::TimeDelta;
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
    CaptureMode, DeclineReason, PaymentMethod, PaymentStatus, ProviderName, Reference, RefundCause,
    RefundStatus, SessionStatus, VoidReason,
};
use super::{AGAIN_AFTER_HOURS, AUTHORIZATION_DAYS_MAX, LATE_REFUNDS_FAILED_MAX, VOIDS_FAILED_MAX};

/// A session that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionState {
    /// Whose game.
    pub game_id: GameId,
    /// Test or live money.
    pub world: World,
    /// The game's name for the player.
    pub user_id: Private<UserId>,
    /// What is sold.
    pub item: Item,
    /// Where the player goes afterwards.
    pub return_url: Private<ReturnUrl>,
    /// How the game wants its money captured.
    pub capture_mode: CaptureMode,
    /// Whether the wallet may be used.
    pub wallet_enabled: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// From when on no attempt starts.
    pub expires_at: Timestamp,
    /// When the player first saw the page.
    pub page_opened_at: Option<Timestamp>,
    /// Where it stands.
    pub status: SessionStatus,
    /// When it became final.
    pub closed_at: Option<Timestamp>,
    /// Its attempts, in order: at most five, unless wrong amounts were given back in between.
    pub attempts: Vec<Attempt>,
    /// Its refunds, in order.
    pub refunds: Vec<Refund>,
}

/// One attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub payment_id: PaymentId,
    /// With what.
    pub method: PaymentMethod,
    /// How much was asked for.
    pub amount: Money,
    /// Who was asked.
    pub provider: ProviderName,
    /// The provider's token for the card or wallet.
    pub instrument: Private<Reference>,
    /// Whether to capture at once.
    pub capture_mode: CaptureMode,
    /// The provider's name for the charge, once it gave one.
    pub provider_reference: Option<Reference>,
    /// Where it stands.
    pub stage: Stage,
    /// How often it was asked for that the money be taken or let go: the latest request's number.
    pub requests: u32,
    /// A capture was asked for and has not been answered.
    pub capture_requested: bool,
    /// A void was asked for and has not been answered.
    pub void_requested: bool,
    /// Why it was last asked for.
    pub void_reason: Option<VoidReason>,
    /// The provider holds money for it.
    pub is_held: bool,
    /// How often the provider refused to let it go, not counting what the game asked for: that
    /// must not use up the clock's tries.
    pub voids_failed: u32,
    /// When it last did.
    pub void_failed_at: Option<Timestamp>,
    /// What was taken: the amount asked for, or another.
    pub captured: Option<Money>,
    /// What the provider says it took and nobody asked for. For a human to settle.
    pub disputed: Vec<DisputedCapture>,
    /// How much was given back.
    pub refunded: Option<Money>,
    /// Why it was declined.
    pub decline: Option<DeclineReason>,
    /// When the player pressed pay.
    pub started_at: Timestamp,
    /// When the money was held.
    pub authorized_at: Option<Timestamp>,
    /// When it was taken.
    pub succeeded_at: Option<Timestamp>,
    /// When it was declined.
    pub failed_at: Option<Timestamp>,
    /// When it was let go.
    pub cancelled_at: Option<Timestamp>,
    /// When it was given back.
    pub refunded_at: Option<Timestamp>,
}

/// Money that was taken and that nobody asked for: another amount, or the same once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputedCapture {
    /// How much.
    pub amount: Money,
    /// The provider's name for the charge.
    pub provider_reference: Reference,
}

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The provider has not given a final answer.
    Processing,
    /// The money is held.
    Authorized,
    /// The provider said no.
    Declined,
    /// The held money was let go.
    Voided,
    /// The money was taken and paid for the session.
    Paid,
    /// The money was taken although the session was over.
    PaidLate,
    /// Another amount was taken than was asked for.
    Mismatched,
}

/// One request to give an attempt's money back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id.
    pub refund_id: RefundId,
    /// The attempt that took the money.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Money,
    /// Who or what asked for it.
    pub cause: RefundCause,
    /// Why, in their words.
    pub reason: Private<Option<RefundReason>>,
    /// Where it stands.
    pub status: RefundStatus,
    /// Why the provider refused.
    pub decline: Option<DeclineReason>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it became final.
    pub settled_at: Option<Timestamp>,
}

impl SessionState {
    /// The attempt whose outcome decides what else may happen, if there is one.
    pub fn attempt_under_way(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|it| it.is_under_way())
    }

    /// An attempt by its id.
    pub fn attempt(&self, payment_id: &PaymentId) -> Option<&Attempt> {
        self.attempts.iter().find(|it| it.payment_id == *payment_id)
    }

    /// A refund by its id.
    pub fn refund(&self, refund_id: &RefundId) -> Option<&Refund> {
        self.refunds.iter().find(|it| it.refund_id == *refund_id)
    }

    /// The refund of an attempt that is pending or has succeeded, if there is one.
    pub fn refund_that_stands(&self, payment_id: &PaymentId) -> Option<&Refund> {
        self.refunds.iter().find(|it| {
            it.payment_id == *payment_id
                && matches!(it.status, RefundStatus::Pending | RefundStatus::Succeeded)
        })
    }

    /// When the clock has money let go that an attempt holds; `None` if it holds none, if an answer
    /// is awaited, if the provider refused so often that a human must settle it, or beyond the end
    /// of the calendar.
    ///
    /// At once where nobody will capture it any more, else after [`AUTHORIZATION_DAYS_MAX`]; after
    /// a refusal ever later, so that a provider that always refuses is not asked for ever.
    pub fn void_due_at(&self, attempt: &Attempt) -> Option<Timestamp> {
        let is_idle = attempt.is_held && !attempt.awaits_answer();
        if !is_idle || VOIDS_FAILED_MAX <= attempt.voids_failed {
            return None;
        }
        let held_since = attempt.authorized_at?;
        let may_be_captured = attempt.stage == Stage::Authorized
            && self.status == SessionStatus::Pending
            && attempt.capture_mode == CaptureMode::Manual;
        let days = if may_be_captured { AUTHORIZATION_DAYS_MAX } else { 0 };
        let due = held_since.checked_add_signed(TimeDelta::days(days))?;
        let Some(failed_at) = attempt.void_failed_at else { return Some(due) };
        Some(due.max(again_at(failed_at, attempt.voids_failed)?))
    }

    /// When money that came too late is asked back; `None` if it is back or on its way, if it did
    /// not come too late, or if the provider refused so often that a human must settle it.
    pub fn late_refund_due_at(&self, attempt: &Attempt) -> Option<Timestamp> {
        let stands = self.refund_that_stands(&attempt.payment_id).is_some();
        if stands || self.is_late_refund_settled(attempt) {
            return None;
        }
        let failed = self.late_refunds_failed(attempt);
        let failed_at = failed.iter().filter_map(|it| it.settled_at).max();
        let Some(failed_at) = failed_at else { return attempt.succeeded_at };
        again_at(failed_at, u32::try_from(failed.len()).unwrap_or(u32::MAX))
    }

    /// Whether the service has nothing more to do about money that came too late.
    pub fn is_late_refund_settled(&self, attempt: &Attempt) -> bool {
        attempt.stage != Stage::PaidLate
            || attempt.refunded.is_some()
            || LATE_REFUNDS_FAILED_MAX <= self.late_refunds_failed(attempt).len()
    }

    fn late_refunds_failed(&self, attempt: &Attempt) -> Vec<&Refund> {
        let failed = self.refunds.iter().filter(|it| {
            it.payment_id == attempt.payment_id
                && it.cause == RefundCause::PaidLate
                && it.status == RefundStatus::Failed
        });
        failed.collect()
    }

    /// How many attempts stand at `stage`.
    pub fn attempts_at(&self, stage: Stage) -> usize {
        self.attempts.iter().filter(|it| it.stage == stage).count()
    }
}

/// More doublings than any count of refusals below comes to.
const DOUBLINGS_MAX: u32 = 8;

/// When to ask again after so many refusals; `None` beyond the end of the calendar.
fn again_at(failed_at: Timestamp, refusals: u32) -> Option<Timestamp> {
    let doublings = refusals.saturating_sub(1).min(DOUBLINGS_MAX);
    failed_at.checked_add_signed(TimeDelta::hours(AGAIN_AFTER_HOURS << doublings))
}

impl Attempt {
    /// Whether money of it is being moved, is held, or is in dispute between us and the provider.
    pub fn is_under_way(&self) -> bool {
        match self.stage {
            Stage::Processing | Stage::Authorized => true,
            Stage::Mismatched => self.refunded.is_none(),
            Stage::Declined | Stage::Voided | Stage::Paid | Stage::PaidLate => false,
        }
    }

    /// Every amount that the provider says it took, disputed or not.
    pub fn taken(&self) -> impl Iterator<Item = Money> {
        // What mismatched first counts as captured too, so that it can be given back.
        let undisputed = self.captured.filter(|_| self.stage != Stage::Mismatched);
        undisputed.into_iter().chain(self.disputed.iter().map(|it| it.amount))
    }

    /// Whether a capture or a void was asked for and has not been answered.
    pub fn awaits_answer(&self) -> bool {
        self.capture_requested || self.void_requested
    }

    /// The status that clients see.
    pub fn status(&self) -> PaymentStatus {
        match self.stage {
            _ if self.refunded.is_some() => PaymentStatus::Refunded,
            // A mismatch is not settled until a human has given the money back.
            Stage::Processing | Stage::Mismatched => PaymentStatus::Processing,
            Stage::Authorized => PaymentStatus::Authorized,
            Stage::Declined => PaymentStatus::Failed,
            Stage::Voided => PaymentStatus::Cancelled,
            Stage::Paid | Stage::PaidLate => PaymentStatus::Succeeded,
        }
    }
}
