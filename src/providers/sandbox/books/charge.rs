//! A charge as it stands in the books.

use sqlx::{FromRow, PgPool};

use super::{BooksError, Transaction};
use crate::{
    domain::{
        currency::Currency,
        id::{PaymentId, SessionId},
        money::Money,
        session::{CaptureMode, DeclineReason, PaymentOutcome, ProviderText, Reference, Refusal},
    },
    providers::NotificationSubject,
};

/// A charge, whatever became of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct BookedCharge {
    pub(in super::super) payment_id: PaymentId,
    pub(in super::super) session_id: SessionId,
    pub(in super::super) amount: Money,
    pub(in super::super) capture_mode: CaptureMode,
    pub(in super::super) reference: Reference,
    pub(in super::super) status: ChargeStatus,
}

/// What became of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum ChargeStatus {
    /// The bank has not made up its mind.
    Pending,
    /// The player is asked on the bank's page.
    ActionRequired { challenge_id: String },
    /// The money is held.
    Authorized,
    /// The money was taken.
    Captured,
    /// No.
    Declined(Refusal),
    /// The held money was let go.
    Voided,
}

impl ChargeStatus {
    fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::ActionRequired { .. } => "action_required",
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Declined(_) => "declined",
            Self::Voided => "voided",
        }
    }

    /// What a charge that the bank agrees to becomes.
    pub(super) fn agreed(capture_mode: CaptureMode) -> Self {
        match capture_mode {
            CaptureMode::Automatic => Self::Captured,
            CaptureMode::Manual => Self::Authorized,
        }
    }
}

impl BookedCharge {
    /// What there is to tell of it; nothing while it is open.
    pub(in super::super) fn outcome(&self) -> Option<PaymentOutcome> {
        let (amount, reference) = (self.amount, self.reference.clone());
        match &self.status {
            ChargeStatus::Pending | ChargeStatus::ActionRequired { .. } => None,
            ChargeStatus::Authorized => Some(PaymentOutcome::Authorized { amount, reference }),
            ChargeStatus::Captured => Some(PaymentOutcome::Captured { amount, reference }),
            ChargeStatus::Declined(refusal) => Some(PaymentOutcome::Declined(refusal.clone())),
            ChargeStatus::Voided => Some(PaymentOutcome::Voided),
        }
    }

    pub(super) fn news(&self) -> Option<NotificationSubject> {
        let outcome = self.outcome()?;
        Some(NotificationSubject::Payment(self.payment_id.clone(), outcome))
    }

    pub(super) fn status_word(&self) -> &'static str {
        self.status.word()
    }

    pub(super) fn refusal(&self) -> Option<&Refusal> {
        match &self.status {
            ChargeStatus::Declined(refusal) => Some(refusal),
            _ => None,
        }
    }
}

#[derive(FromRow)]
struct Row {
    payment_id: String,
    session_id: String,
    minor_units: i64,
    currency: String,
    capture_mode: String,
    status: String,
    refusal_reason: Option<String>,
    refusal_text: Option<String>,
    reference: String,
    challenge_id: Option<String>,
}

/// A charge with the 3-D Secure step that was asked for, if one was.
const SELECT: &str = "SELECT c.*, h.id AS challenge_id
     FROM sandbox_bank.charge c LEFT JOIN sandbox_bank.challenge h USING (payment_id)
     WHERE c.payment_id = $1";

/// Reads a charge and keeps others from changing it until the transaction ends.
pub(super) async fn lock(
    transaction: &mut Transaction<'_>,
    payment_id: &str,
) -> Result<Option<BookedCharge>, BooksError> {
    let row: Option<Row> = sqlx::query_as(&format!("{SELECT} FOR UPDATE OF c"))
        .bind(payment_id)
        .fetch_optional(&mut **transaction)
        .await?;
    row.map(BookedCharge::try_from).transpose()
}

/// Reads a charge as it stands, without holding anybody up.
pub(super) async fn find(
    pool: &PgPool,
    payment_id: &str,
) -> Result<Option<BookedCharge>, BooksError> {
    let row: Option<Row> = sqlx::query_as(SELECT).bind(payment_id).fetch_optional(pool).await?;
    row.map(BookedCharge::try_from).transpose()
}

impl TryFrom<Row> for BookedCharge {
    type Error = BooksError;

    fn try_from(row: Row) -> Result<Self, BooksError> {
        let status = match (row.status.as_str(), row.challenge_id) {
            ("pending", _) => ChargeStatus::Pending,
            ("action_required", Some(challenge_id)) => {
                ChargeStatus::ActionRequired { challenge_id }
            }
            ("authorized", _) => ChargeStatus::Authorized,
            ("captured", _) => ChargeStatus::Captured,
            ("declined", _) => {
                ChargeStatus::Declined(read_refusal(row.refusal_reason, row.refusal_text)?)
            }
            ("voided", _) => ChargeStatus::Voided,
            _ => return Err(BooksError::Corrupt("status")),
        };
        Ok(Self {
            payment_id: PaymentId::parse(row.payment_id)?,
            session_id: SessionId::parse(row.session_id)?,
            amount: read_money(row.minor_units, row.currency)?,
            capture_mode: CaptureMode::parse(&row.capture_mode)
                .ok_or(BooksError::Corrupt("capture mode"))?,
            reference: Reference::parse(row.reference)?,
            status,
        })
    }
}

pub(super) fn read_money(minor_units: i64, currency: String) -> Result<Money, BooksError> {
    let currency = Currency::try_from(currency)?;
    Money::new(minor_units, currency).map_err(|_| BooksError::Corrupt("amount"))
}

pub(super) fn read_refusal(
    reason: Option<String>,
    text: Option<String>,
) -> Result<Refusal, BooksError> {
    let (reason, text) = reason.zip(text).ok_or(BooksError::Corrupt("refusal"))?;
    let reason = DeclineReason::parse(&reason).ok_or(BooksError::Corrupt("refusal"))?;
    Ok(Refusal { reason, text: ProviderText::parse(text)? })
}
