//! Events that never were, for a developer to see what a webhook of each type looks like.
//!
//! Made of the domain's own events, so that they look exactly like those that happen.

use chrono::TimeDelta;
use cqrs_es::Aggregate;

use crate::{
    domain::{
        Timestamp,
        currency::Currency,
        game::WebhookType,
        id::{GameId, PaymentId, RefundId, SessionId},
        item::Item,
        money::{Money, MoneyError},
        private::Private,
        return_url::ReturnUrl,
        session::{
            CancelReason, CaptureMode, DECLINED_ATTEMPTS_MAX, DeclineReason, PaymentMethod,
            ProviderName, ProviderText, Reference, RefundCause, Session, SessionError,
            SessionEvent as Event, SessionState, VoidReason,
        },
        text::{ItemTitle, UserId},
        violation::Violation,
        world::World,
    },
    ids::NewId as _,
};

/// Who plays: a name that tells whoever reads the body what it is.
const USER_ID: &str = "toffeepay_test";
const TITLE: &str = "ToffeePay test item";
const PRICE_MINOR_UNITS: i64 = 499;
const REFERENCE: &str = "invented";

/// A session that never was, with the event that is told of.
pub(super) struct Invented {
    pub(super) session_id: SessionId,
    /// The last one.
    pub(super) event: Event,
    /// Its place in the session.
    pub(super) version: i64,
    /// The session right after it.
    pub(super) after: SessionState,
}

/// Why nothing was invented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventError {
    /// No event causes a webhook of this type.
    #[error("is not sent yet: there are no wallets to deposit to")]
    NeverSent(WebhookType),
    /// A word of ours that the rules refuse.
    #[error(transparent)]
    Word(#[from] Violation),
    /// An amount of ours that the rules refuse.
    #[error(transparent)]
    Amount(#[from] MoneyError),
    /// Events of ours that the rules refuse.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// Whether anything causes a webhook of this type, so that it can be invented.
pub fn is_ever_sent(webhook_type: WebhookType) -> bool {
    // There are no wallets to deposit to.
    !matches!(webhook_type, WebhookType::DepositSucceeded | WebhookType::DepositFailed)
}

/// What the events have in common.
struct Cast {
    price: Money,
    payments: [PaymentId; DECLINED_ATTEMPTS_MAX],
    refund_id: RefundId,
    provider: ProviderName,
    reference: Reference,
    text: Private<ProviderText>,
    at: Timestamp,
}

/// A test session of a game in which, last of all, something of this type happened just now.
///
/// # Errors
///
/// [`InventError::NeverSent`]; the others are mistakes of ours.
pub(super) fn invent(
    game_id: &GameId,
    webhook_type: WebhookType,
    now: Timestamp,
) -> Result<Invented, InventError> {
    let cast = Cast::new(now)?;
    let mut events = vec![cast.created(game_id)?];
    events.extend(cast.what_follows(webhook_type)?);
    let mut session = Session::default();
    events.iter().cloned().for_each(|it| session.apply(it));
    let version = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let event = events.pop().ok_or(SessionError::Corrupt)?;
    let after = session.present()?.clone();
    Ok(Invented { session_id: SessionId::new(now), event, version, after })
}

impl Cast {
    fn new(at: Timestamp) -> Result<Self, InventError> {
        Ok(Self {
            price: Money::new(PRICE_MINOR_UNITS, Currency::parse("USD")?)?,
            payments: std::array::from_fn(|_| PaymentId::new(at)),
            refund_id: RefundId::new(at),
            provider: ProviderName::parse("sandbox")?,
            reference: Reference::parse(REFERENCE)?,
            text: ProviderText::parse(REFERENCE)?.into(),
            at,
        })
    }

    fn created(&self, game_id: &GameId) -> Result<Event, InventError> {
        Ok(Event::Created {
            game_id: game_id.clone(),
            world: World::Test,
            user_id: UserId::parse(USER_ID)?.into(),
            item: Item {
                title: ItemTitle::parse(TITLE)?,
                price: self.price,
                image: None,
                country: None,
            },
            return_url: ReturnUrl::parse("https://example.com/")?.into(),
            capture_mode: CaptureMode::Automatic,
            wallet_enabled: false,
            created_at: self.at,
            expires_at: self.at + TimeDelta::hours(24),
        })
    }

    /// All that happens after the session began.
    fn what_follows(&self, webhook_type: WebhookType) -> Result<Vec<Event>, InventError> {
        use WebhookType as T;
        let [first, ..] = &self.payments;
        let started = || self.started(first, 1);
        let paid = || vec![started(), self.paid(first)];
        let refunding = |end: Option<Event>| {
            paid().into_iter().chain([self.refund_requested(first)]).chain(end).collect()
        };
        let at = self.at;
        Ok(match webhook_type {
            T::SessionCreated => vec![],
            T::SessionPaid | T::PaymentSucceeded => paid(),
            T::SessionFailed => self.declined_to_the_end(),
            T::SessionExpired => vec![Event::Expired { expired_at: at }],
            T::SessionCancelled => {
                vec![Event::Cancelled { reason: CancelReason::Player, cancelled_at: at }]
            }
            T::PaymentCreated => vec![started()],
            T::PaymentAuthorized => vec![started(), self.authorized(first)],
            T::PaymentFailed => vec![started(), self.declined(first)],
            T::PaymentCancelled => {
                vec![started(), self.authorized(first), self.void(first), self.voided(first)]
            }
            T::RefundCreated => refunding(None),
            T::RefundSucceeded => refunding(Some(self.refunded(first))),
            T::RefundFailed => refunding(Some(self.refund_failed(first))),
            T::RefundCancelled => refunding(Some(self.refund_cancelled(first))),
            T::DepositSucceeded | T::DepositFailed => {
                return Err(InventError::NeverSent(webhook_type));
            }
        })
    }

    fn declined_to_the_end(&self) -> Vec<Event> {
        let attempts = (1..).zip(&self.payments);
        let declined = attempts.flat_map(|(n, it)| [self.started(it, n), self.declined(it)]);
        declined.chain([Event::Failed { failed_at: self.at }]).collect()
    }

    fn started(&self, payment_id: &PaymentId, number: u32) -> Event {
        Event::PaymentStarted {
            payment_id: payment_id.clone(),
            number,
            method: PaymentMethod::Card,
            amount: self.price,
            provider: self.provider.clone(),
            instrument: self.reference.clone().into(),
            capture_mode: CaptureMode::Manual,
            started_at: self.at,
        }
    }

    fn authorized(&self, payment_id: &PaymentId) -> Event {
        Event::PaymentAuthorized {
            payment_id: payment_id.clone(),
            amount: self.price,
            provider_reference: self.reference.clone(),
            authorized_at: self.at,
        }
    }

    fn void(&self, payment_id: &PaymentId) -> Event {
        let (payment_id, reason) = (payment_id.clone(), VoidReason::Game);
        Event::VoidRequested { payment_id, number: 1, reason, requested_at: self.at }
    }

    fn voided(&self, payment_id: &PaymentId) -> Event {
        let (payment_id, amount) = (payment_id.clone(), self.price);
        Event::PaymentVoided { payment_id, amount, voided_at: self.at }
    }

    fn declined(&self, payment_id: &PaymentId) -> Event {
        Event::PaymentDeclined {
            payment_id: payment_id.clone(),
            reason: DeclineReason::CardDeclined,
            provider_text: self.text.clone(),
            declined_at: self.at,
        }
    }

    fn paid(&self, payment_id: &PaymentId) -> Event {
        Event::Paid {
            payment_id: payment_id.clone(),
            amount: self.price,
            provider_reference: self.reference.clone(),
            paid_at: self.at,
        }
    }

    fn refund_requested(&self, payment_id: &PaymentId) -> Event {
        Event::RefundRequested {
            refund_id: self.refund_id.clone(),
            payment_id: payment_id.clone(),
            amount: self.price,
            cause: RefundCause::Game,
            reason: None.into(),
            requested_at: self.at,
        }
    }

    fn refunded(&self, payment_id: &PaymentId) -> Event {
        Event::Refunded {
            refund_id: self.refund_id.clone(),
            payment_id: payment_id.clone(),
            amount: self.price,
            refunded_total: self.price,
            provider_reference: self.reference.clone(),
            refunded_at: self.at,
        }
    }

    fn refund_failed(&self, payment_id: &PaymentId) -> Event {
        Event::RefundFailed {
            refund_id: self.refund_id.clone(),
            payment_id: payment_id.clone(),
            amount: self.price,
            reason: DeclineReason::ProviderRefused,
            provider_text: self.text.clone(),
            failed_at: self.at,
        }
    }

    fn refund_cancelled(&self, payment_id: &PaymentId) -> Event {
        Event::RefundCancelled {
            refund_id: self.refund_id.clone(),
            payment_id: payment_id.clone(),
            amount: self.price,
            cancelled_at: self.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::webhooks::message::news_of;

    #[test]
    fn an_event_of_every_type_that_is_sent_can_be_invented_and_is_told_as_that_type() {
        let game_id = GameId::parse("space_shooter").unwrap();
        for webhook_type in WebhookType::ALL.iter().copied() {
            let invented = invent(&game_id, webhook_type, DateTime::UNIX_EPOCH);
            if !is_ever_sent(webhook_type) {
                assert_eq!(invented.err(), Some(InventError::NeverSent(webhook_type)));
                continue;
            }
            let Invented { event, after, .. } = invented.unwrap();
            let news = news_of(&event, &after);
            assert!(news.contains(&webhook_type), "{webhook_type} came to {news:?}");
        }
    }
}
