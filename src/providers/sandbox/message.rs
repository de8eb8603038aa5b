//! What a notification looks like on its way: JSON, in the bank's own words.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        currency::Currency,
        id::{PaymentId, RefundId, SessionId},
        money::Money,
        session::{DeclineReason, PaymentOutcome, ProviderText, Reference, RefundOutcome, Refusal},
    },
    providers::{Notification, NotificationError, NotificationSubject},
};

/// One notification's body.
#[derive(Serialize, Deserialize)]
struct Message {
    id: String,
    session_id: SessionId,
    #[serde(flatten)]
    news: News,
}

/// Only what is final, or held, is told: nothing that is still open.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum News {
    #[serde(rename = "charge.authorized")]
    ChargeAuthorized { payment_id: PaymentId, reference: Reference, amount: Amount },
    #[serde(rename = "charge.captured")]
    ChargeCaptured { payment_id: PaymentId, reference: Reference, amount: Amount },
    #[serde(rename = "charge.declined")]
    ChargeDeclined { payment_id: PaymentId, reason: DeclineReason, text: ProviderText },
    #[serde(rename = "charge.capture_failed")]
    CaptureFailed { payment_id: PaymentId, reason: DeclineReason, text: ProviderText },
    #[serde(rename = "charge.voided")]
    ChargeVoided { payment_id: PaymentId },
    #[serde(rename = "charge.void_failed")]
    VoidFailed { payment_id: PaymentId, reason: DeclineReason, text: ProviderText },
    #[serde(rename = "refund.succeeded")]
    RefundSucceeded { refund_id: RefundId, reference: Reference },
    #[serde(rename = "refund.failed")]
    RefundFailed { refund_id: RefundId, reason: DeclineReason, text: ProviderText },
    #[serde(rename = "refund.cancelled")]
    RefundCancelled { refund_id: RefundId },
}

/// An amount as this bank writes it. Its form is not that of our own events.
#[derive(Serialize, Deserialize)]
struct Amount {
    minor_units: i64,
    currency: Currency,
}

/// Writes a notification.
pub(super) fn write(notification: &Notification) -> serde_json::Result<String> {
    serde_json::to_string(&Message {
        id: notification.id.clone(),
        session_id: notification.session_id.clone(),
        news: News::from(notification.subject.clone()),
    })
}

/// Reads what [`write`] wrote.
pub(super) fn read(body: &[u8]) -> Result<Notification, NotificationError> {
    let message: Message =
        serde_json::from_slice(body).map_err(|_| NotificationError::Malformed)?;
    let subject = message.news.try_into()?;
    Ok(Notification { id: message.id, session_id: message.session_id, subject })
}

impl From<NotificationSubject> for News {
    fn from(subject: NotificationSubject) -> Self {
        match subject {
            NotificationSubject::Payment(payment_id, outcome) => match outcome {
                PaymentOutcome::Authorized { amount, reference } => {
                    Self::ChargeAuthorized { payment_id, reference, amount: amount.into() }
                }
                PaymentOutcome::Captured { amount, reference } => {
                    Self::ChargeCaptured { payment_id, reference, amount: amount.into() }
                }
                PaymentOutcome::Declined(Refusal { reason, text }) => {
                    Self::ChargeDeclined { payment_id, reason, text }
                }
                PaymentOutcome::CaptureFailed(Refusal { reason, text }) => {
                    Self::CaptureFailed { payment_id, reason, text }
                }
                PaymentOutcome::Voided => Self::ChargeVoided { payment_id },
                PaymentOutcome::VoidFailed(Refusal { reason, text }) => {
                    Self::VoidFailed { payment_id, reason, text }
                }
            },
            NotificationSubject::Refund(refund_id, outcome) => match outcome {
                RefundOutcome::Succeeded { reference } => {
                    Self::RefundSucceeded { refund_id, reference }
                }
                RefundOutcome::Failed(Refusal { reason, text }) => {
                    Self::RefundFailed { refund_id, reason, text }
                }
                RefundOutcome::Cancelled => Self::RefundCancelled { refund_id },
            },
        }
    }
}

impl TryFrom<News> for NotificationSubject {
    type Error = NotificationError;

    fn try_from(news: News) -> Result<Self, NotificationError> {
        let of_charge = NotificationSubject::Payment;
        let of_refund = NotificationSubject::Refund;
        // Read as if it were our own, and yet from outside.
        let named = |it: Reference| Reference::parse(it).map_err(|_| NotificationError::Malformed);
        let refusal = |reason, text: ProviderText| {
            let text = ProviderText::parse(text).map_err(|_| NotificationError::Malformed)?;
            Ok(Refusal { reason, text })
        };
        Ok(match news {
            News::ChargeAuthorized { payment_id, reference, amount } => {
                let (amount, reference) = (amount.try_into()?, named(reference)?);
                of_charge(payment_id, PaymentOutcome::Authorized { amount, reference })
            }
            News::ChargeCaptured { payment_id, reference, amount } => {
                let (amount, reference) = (amount.try_into()?, named(reference)?);
                of_charge(payment_id, PaymentOutcome::Captured { amount, reference })
            }
            News::ChargeDeclined { payment_id, reason, text } => {
                of_charge(payment_id, PaymentOutcome::Declined(refusal(reason, text)?))
            }
            News::CaptureFailed { payment_id, reason, text } => {
                of_charge(payment_id, PaymentOutcome::CaptureFailed(refusal(reason, text)?))
            }
            News::ChargeVoided { payment_id } => of_charge(payment_id, PaymentOutcome::Voided),
            News::VoidFailed { payment_id, reason, text } => {
                of_charge(payment_id, PaymentOutcome::VoidFailed(refusal(reason, text)?))
            }
            News::RefundSucceeded { refund_id, reference } => {
                of_refund(refund_id, RefundOutcome::Succeeded { reference: named(reference)? })
            }
            News::RefundFailed { refund_id, reason, text } => {
                of_refund(refund_id, RefundOutcome::Failed(refusal(reason, text)?))
            }
            News::RefundCancelled { refund_id } => of_refund(refund_id, RefundOutcome::Cancelled),
        })
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { minor_units: money.minor_units(), currency: money.currency() }
    }
}

impl TryFrom<Amount> for Money {
    type Error = NotificationError;

    fn try_from(amount: Amount) -> Result<Self, NotificationError> {
        Money::new(amount.minor_units, amount.currency).map_err(|_| NotificationError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::id_bytes;

    fn every_subject() -> Vec<NotificationSubject> {
        let payment = || PaymentId::from_bytes(id_bytes(1, 0, [1; 16]));
        let refund = || RefundId::from_bytes(id_bytes(1, 0, [2; 16]));
        let amount = Money::new(499, Currency::parse("USD").unwrap()).unwrap();
        let reference = || Reference::parse("ch_1").unwrap();
        let refusal = || Refusal {
            reason: DeclineReason::CardDeclined,
            text: ProviderText::parse("No.").unwrap(),
        };
        let of_charge = [
            PaymentOutcome::Authorized { amount, reference: reference() },
            PaymentOutcome::Captured { amount, reference: reference() },
            PaymentOutcome::Declined(refusal()),
            PaymentOutcome::CaptureFailed(refusal()),
            PaymentOutcome::Voided,
            PaymentOutcome::VoidFailed(refusal()),
        ];
        let of_refund = [
            RefundOutcome::Succeeded { reference: reference() },
            RefundOutcome::Failed(refusal()),
            RefundOutcome::Cancelled,
        ];
        let charges = of_charge.map(|it| NotificationSubject::Payment(payment(), it));
        let refunds = of_refund.map(|it| NotificationSubject::Refund(refund(), it));
        charges.into_iter().chain(refunds).collect()
    }

    #[test]
    fn every_kind_of_news_is_read_as_it_was_written() {
        let session_id = SessionId::from_bytes(id_bytes(1, 0, [3; 16]));
        for subject in every_subject() {
            let told = Notification { id: "n_1".into(), session_id: session_id.clone(), subject };
            let body = write(&told).unwrap();
            assert_eq!(read(body.as_bytes()), Ok(told), "{body}");
        }
    }

    #[test]
    fn a_body_that_makes_no_sense_is_refused() {
        for body in ["", "{}", "[]", r#"{"id":"n","session_id":"x","type":"charge.voided"}"#] {
            assert_eq!(read(body.as_bytes()), Err(NotificationError::Malformed), "{body}");
        }
    }

    #[test]
    fn a_name_or_a_text_that_breaks_its_rule_is_refused() {
        let session_id = SessionId::from_bytes(id_bytes(1, 0, [3; 16]));
        for subject in every_subject() {
            let told = Notification { id: "n_1".into(), session_id: session_id.clone(), subject };
            let body = write(&told).unwrap();
            for (text, broken) in [("ch_1", r"ch\u0000"), ("No.", "")] {
                let broken = body.replace(text, broken);
                let is_refused = read(broken.as_bytes()) == Err(NotificationError::Malformed);
                assert!(is_refused || broken == body, "{broken}");
            }
        }
    }
}
