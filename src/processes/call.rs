//! One call to a provider: what it is for, whether it is still needed, and what came of it.

use crate::{
    domain::{
        Timestamp,
        id::{PaymentId, RefundId, SessionId},
        session::{
            Attempt, PaymentOutcome, RefundCause, RefundStatus, SessionCommand, SessionState,
            SessionStatus, Stage,
        },
    },
    ids::NewId,
    providers::{Charge, ChargeAnswer, Provider, ProviderError, RefundAnswer, RequestKey},
};

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    /// Ask for an attempt's money.
    Charge,
    /// Take held money.
    Capture,
    /// Let held money go.
    Void,
    /// Give taken money back.
    Refund,
    /// No call itself: sees to it that money that came too late goes back.
    RefundLate,
}

impl CallKind {
    const ALL: [Self; 5] =
        [Self::Charge, Self::Capture, Self::Void, Self::Refund, Self::RefundLate];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::RefundLate => "refund_late",
        }
    }

    /// Whether a payment can have several such requests, told apart by their numbers.
    pub(super) fn is_numbered(self) -> bool {
        matches!(self, Self::Capture | Self::Void)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }
}

/// What an event asks for, by its name.
pub(super) fn asked_by(event_type: &str) -> Option<CallKind> {
    match event_type {
        "PaymentStarted" => Some(CallKind::Charge),
        "CaptureRequested" => Some(CallKind::Capture),
        "VoidRequested" => Some(CallKind::Void),
        "RefundRequested" => Some(CallKind::Refund),
        "PaidLate" => Some(CallKind::RefundLate),
        _ => None,
    }
}

/// A call that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) event_id: String,
    /// What joins it with the request that led to the event.
    pub(super) correlation: String,
    pub(super) kind: CallKind,
    pub(super) session_id: SessionId,
    pub(super) payment_id: PaymentId,
    pub(super) refund_id: Option<RefundId>,
    /// Which request of the payment; 0 for kinds that are not numbered.
    pub(super) request: u32,
    /// How often it was tried, this time included.
    pub(super) attempts: i32,
}

impl Call {
    /// Whether its outcome is not known yet.
    pub(super) fn is_needed(&self, state: &SessionState) -> bool {
        let Some(attempt) = state.attempt(&self.payment_id) else { return false };
        match self.kind {
            CallKind::Charge => attempt.stage == Stage::Processing,
            CallKind::Capture => {
                attempt.stage == Stage::Authorized
                    && attempt.capture_requested
                    && attempt.requests == self.request
            }
            CallKind::Void => {
                attempt.void_requested
                    && attempt.captured.is_none()
                    && attempt.requests == self.request
            }
            CallKind::Refund => self
                .refund_id
                .as_ref()
                .and_then(|it| state.refund(it))
                .is_some_and(|it| it.status == RefundStatus::Pending),
            CallKind::RefundLate => !state.is_late_refund_settled(attempt),
        }
    }

    /// Makes the call; the command that tells the aggregate of the answer, unless there is none.
    pub(super) async fn make(
        &self,
        provider: &dyn Provider,
        state: &SessionState,
        now: Timestamp,
    ) -> Result<Option<SessionCommand>, ProviderError> {
        let Some(attempt) = state.attempt(&self.payment_id) else { return Ok(None) };
        let answer = match self.kind {
            CallKind::Charge => self.charge(provider, state, attempt).await?,
            CallKind::Capture => provider.capture(&self.key(), attempt.amount).await?,
            CallKind::Void => provider.void(&self.key()).await?,
            CallKind::Refund => return self.refund(provider, state, now).await,
            CallKind::RefundLate => return Ok(self.refund_late(state, attempt, now)),
        };
        Ok(match answer {
            ChargeAnswer::Outcome(outcome) => Some(self.record(outcome, now)),
            // A notification tells, and until then we ask.
            ChargeAnswer::Pending | ChargeAnswer::ActionRequired { .. } => None,
        })
    }

    fn key(&self) -> RequestKey {
        RequestKey { payment_id: self.payment_id.clone(), number: self.request }
    }

    fn record(&self, outcome: PaymentOutcome, at: Timestamp) -> SessionCommand {
        let payment_id = self.payment_id.clone();
        if self.kind.is_numbered() {
            return SessionCommand::RecordAnswer { payment_id, number: self.request, outcome, at };
        }
        SessionCommand::RecordPayment { payment_id, outcome, at }
    }

    /// A provider that was asked before is first asked what became of it.
    async fn charge(
        &self,
        provider: &dyn Provider,
        state: &SessionState,
        attempt: &Attempt,
    ) -> Result<ChargeAnswer, ProviderError> {
        let instrument = attempt.instrument.known();
        // Erased, or paid by an earlier attempt meanwhile: what was not asked for yet never will be.
        let is_given_up = state.status != SessionStatus::Pending || instrument.is_none();
        if (is_given_up || self.attempts > 1)
            && let Some(answer) = provider.look_up(&self.payment_id).await?
        {
            return Ok(answer);
        }
        let Some(instrument) = instrument.filter(|_| !is_given_up) else {
            return Ok(ChargeAnswer::Outcome(PaymentOutcome::Voided));
        };
        let charge = Charge {
            session_id: self.session_id.clone(),
            payment_id: self.payment_id.clone(),
            method: attempt.method,
            amount: attempt.amount,
            instrument: instrument.clone(),
            capture_mode: attempt.capture_mode,
        };
        provider.charge(charge).await
    }

    /// A provider that was asked before is first asked what became of it.
    async fn refund(
        &self,
        provider: &dyn Provider,
        state: &SessionState,
        now: Timestamp,
    ) -> Result<Option<SessionCommand>, ProviderError> {
        let refund = self.refund_id.as_ref().and_then(|it| state.refund(it));
        let Some(refund) = refund else { return Ok(None) };
        let (refund_id, amount) = (refund.refund_id.clone(), refund.amount);
        // A provider may forget a key after a while, and a refund be asked for longer than that.
        let before = match self.attempts {
            ..=1 => None,
            _ => provider.look_up_refund(&refund_id).await?,
        };
        let answer = match before {
            Some(answer) => answer,
            None => provider.refund(&self.session_id, &refund_id, &self.payment_id, amount).await?,
        };
        Ok(match answer {
            RefundAnswer::Outcome(outcome) => {
                Some(SessionCommand::RecordRefund { refund_id, outcome, at: now })
            }
            RefundAnswer::Pending => None,
        })
    }

    /// Again after a refund that failed, ever later, until a human must settle it.
    fn refund_late(
        &self,
        state: &SessionState,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Option<SessionCommand> {
        state.late_refund_due_at(attempt).filter(|due_at| *due_at <= now)?;
        Some(SessionCommand::RequestRefund {
            refund_id: RefundId::new(now),
            payment_id: self.payment_id.clone(),
            cause: RefundCause::PaidLate,
            reason: None,
            at: now,
        })
    }

    /// The longest wait between two tries, in seconds. Late money is looked at, not called about.
    pub(super) fn retry_longest_s(&self) -> i32 {
        match self.kind {
            CallKind::RefundLate => 6 * 60 * 60,
            CallKind::Charge | CallKind::Capture | CallKind::Void | CallKind::Refund => 5 * 60,
        }
    }
}
