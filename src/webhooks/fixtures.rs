//! Sessions to tell of, for the tests of messages and bodies: one event a second, fixed ids.

use chrono::{DateTime, Duration};
use cqrs_es::Aggregate;

use crate::domain::{
    Timestamp,
    currency::Currency,
    id::{EventId, GameId, PaymentId, RefundId, SessionId, id_bytes},
    image::{ContentHash, ItemImage},
    item::{Country, Item},
    money::Money,
    private::Private,
    return_url::ReturnUrl,
    session::{
        CancelReason, CaptureMode, DeclineReason, PaymentMethod, ProviderName, ProviderText,
        Reference, RefundCause, Session, SessionEvent as Event, SessionState, VoidReason,
    },
    text::{ItemTitle, RefundReason, UserId},
    world::World,
};

/// 2024-05-29 16:26:40 UTC, the second of the guide's own signature.
const UNIX_S: i64 = 1_717_000_000;

pub(super) fn session_id() -> SessionId {
    SessionId::from_bytes(id_bytes(1, 0, [1; 16]))
}

fn payment_id(number: u8) -> PaymentId {
    PaymentId::from_bytes(id_bytes(2, 0, [number; 16]))
}

fn refund_id() -> RefundId {
    RefundId::from_bytes(id_bytes(3, 0, [1; 16]))
}

fn usd(minor_units: i64) -> Money {
    Money::new(minor_units, Currency::parse("USD").unwrap()).unwrap()
}

fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

fn provider_text() -> Private<ProviderText> {
    ProviderText::parse("Mr Smith's card: do not honour").unwrap().into()
}

/// The events of a session so far.
#[derive(Clone)]
pub(super) struct Story(Vec<Event>);

impl Story {
    /// A session just created.
    pub(super) fn new() -> Self {
        Self(vec![]).and(|created_at| Event::Created {
            game_id: GameId::parse("space_shooter").unwrap(),
            world: World::Test,
            user_id: UserId::parse("player_42").unwrap().into(),
            item: Item {
                title: ItemTitle::parse("50 Gold Coins").unwrap(),
                price: usd(499),
                image: Some(ItemImage::link("https://example.com/coins.png").unwrap()),
                country: Some(Country::parse("DE").unwrap()),
            },
            return_url: ReturnUrl::parse("mygame://payment-complete").unwrap().into(),
            capture_mode: CaptureMode::Manual,
            wallet_enabled: false,
            created_at,
            expires_at: created_at + Duration::hours(24),
        })
    }

    fn and(mut self, event: impl FnOnce(Timestamp) -> Event) -> Self {
        let passed = Duration::seconds(self.0.len().try_into().unwrap());
        self.0.push(event(DateTime::from_timestamp(UNIX_S, 0).unwrap() + passed));
        self
    }

    /// The latest event.
    pub(super) fn event(&self) -> &Event {
        self.0.last().unwrap()
    }

    /// The latest event's place in the stream.
    pub(super) fn version(&self) -> i64 {
        self.0.len().try_into().unwrap()
    }

    /// The latest event's id.
    pub(super) fn event_id(&self) -> EventId {
        EventId::from_bytes(id_bytes(4, 0, [self.0.len().try_into().unwrap(); 16]))
    }

    /// The session after all of them.
    pub(super) fn after(&self) -> SessionState {
        let mut session = Session::default();
        self.0.iter().cloned().for_each(|event| session.apply(event));
        session.present().unwrap().clone()
    }

    /// The same after the player's name was erased.
    pub(super) fn erased(mut self) -> Self {
        for event in &mut self.0 {
            if let Event::Created { user_id, .. } = event {
                *user_id = Private::Erased;
            }
        }
        self
    }

    /// The same with a picture that we keep.
    pub(super) fn with_stored_image(mut self) -> Self {
        for event in &mut self.0 {
            if let Event::Created { item, .. } = event {
                let kind = crate::domain::image::ImageKind::Png;
                let sha256 = ContentHash::parse("00ff".repeat(16)).unwrap();
                item.image = Some(ItemImage::Stored { sha256, kind });
            }
        }
        self
    }

    pub(super) fn opened(self) -> Self {
        self.and(|opened_at| Event::PageOpened { opened_at })
    }

    pub(super) fn started(self, number: u8) -> Self {
        self.and(|started_at| Event::PaymentStarted {
            payment_id: payment_id(number),
            number: number.into(),
            method: PaymentMethod::Card,
            amount: usd(499),
            provider: ProviderName::parse("sandbox").unwrap(),
            instrument: reference("tok_1").into(),
            capture_mode: CaptureMode::Manual,
            started_at,
        })
    }

    pub(super) fn authorized(self, number: u8) -> Self {
        self.and(|authorized_at| Event::PaymentAuthorized {
            payment_id: payment_id(number),
            amount: usd(499),
            provider_reference: reference("ch_1"),
            authorized_at,
        })
    }

    pub(super) fn capture_requested(self) -> Self {
        self.and(|requested_at| Event::CaptureRequested {
            payment_id: payment_id(1),
            number: 1,
            amount: usd(499),
            requested_at,
        })
    }

    pub(super) fn capture_failed(self) -> Self {
        self.and(|failed_at| Event::CaptureFailed {
            payment_id: payment_id(1),
            reason: DeclineReason::ProviderRefused,
            provider_text: provider_text(),
            failed_at,
        })
    }

    pub(super) fn void_requested(self) -> Self {
        self.and(|requested_at| Event::VoidRequested {
            payment_id: payment_id(1),
            number: 1,
            reason: VoidReason::Game,
            requested_at,
        })
    }

    pub(super) fn void_failed(self) -> Self {
        self.and(|failed_at| Event::VoidFailed {
            payment_id: payment_id(1),
            reason: DeclineReason::ProviderRefused,
            provider_text: provider_text(),
            failed_at,
        })
    }

    pub(super) fn voided(self, number: u8) -> Self {
        self.and(|voided_at| Event::PaymentVoided {
            payment_id: payment_id(number),
            amount: usd(499),
            voided_at,
        })
    }

    pub(super) fn declined(self, number: u8) -> Self {
        self.and(|declined_at| Event::PaymentDeclined {
            payment_id: payment_id(number),
            reason: DeclineReason::CardDeclined,
            provider_text: provider_text(),
            declined_at,
        })
    }

    pub(super) fn paid(self, number: u8) -> Self {
        self.and(|paid_at| Event::Paid {
            payment_id: payment_id(number),
            amount: usd(499),
            provider_reference: reference("ch_1"),
            paid_at,
        })
    }

    pub(super) fn paid_late(self, number: u8) -> Self {
        self.and(|captured_at| Event::PaidLate {
            payment_id: payment_id(number),
            amount: usd(499),
            provider_reference: reference("ch_1"),
            captured_at,
        })
    }

    pub(super) fn mismatched(self) -> Self {
        self.and(|captured_at| Event::CaptureMismatched {
            payment_id: payment_id(1),
            expected: usd(499),
            captured: usd(498),
            provider_reference: reference("ch_1"),
            captured_at,
        })
    }

    pub(super) fn failed(self) -> Self {
        self.and(|failed_at| Event::Failed { failed_at })
    }

    pub(super) fn cancelled(self) -> Self {
        let reason = CancelReason::Player;
        self.and(|cancelled_at| Event::Cancelled { reason, cancelled_at })
    }

    pub(super) fn expired(self) -> Self {
        self.and(|expired_at| Event::Expired { expired_at })
    }

    pub(super) fn refund_requested(self) -> Self {
        self.and(|requested_at| Event::RefundRequested {
            refund_id: refund_id(),
            payment_id: payment_id(1),
            amount: usd(499),
            cause: RefundCause::Game,
            reason: Some(RefundReason::parse("bought twice").unwrap()).into(),
            requested_at,
        })
    }

    pub(super) fn refunded(self) -> Self {
        self.and(|refunded_at| Event::Refunded {
            refund_id: refund_id(),
            payment_id: payment_id(1),
            amount: usd(499),
            refunded_total: usd(499),
            provider_reference: reference("re_1"),
            refunded_at,
        })
    }

    pub(super) fn refund_failed(self) -> Self {
        self.and(|failed_at| Event::RefundFailed {
            refund_id: refund_id(),
            payment_id: payment_id(1),
            amount: usd(499),
            reason: DeclineReason::ProviderRefused,
            provider_text: provider_text(),
            failed_at,
        })
    }

    pub(super) fn refund_cancelled(self) -> Self {
        self.and(|cancelled_at| Event::RefundCancelled {
            refund_id: refund_id(),
            payment_id: payment_id(1),
            amount: usd(499),
            cancelled_at,
        })
    }
}

/// A story that ends in each kind of event, with the types that the event is told as.
pub(super) fn histories() -> Vec<(&'static str, Story)> {
    let new = Story::new();
    let started = new.clone().opened().started(1);
    let authorized = started.clone().authorized(1);
    let declined_three_times =
        started.clone().declined(1).started(2).declined(2).started(3).declined(3);
    let paid = started.clone().paid(1);
    let refunding = paid.clone().refund_requested();
    vec![
        ("session.created", new.clone()),
        ("", new.clone().opened()),
        ("payment.created", started.clone()),
        ("payment.authorized", authorized.clone()),
        ("", authorized.clone().capture_requested()),
        ("", authorized.clone().capture_requested().capture_failed()),
        ("", authorized.clone().void_requested()),
        ("", authorized.clone().void_requested().void_failed()),
        ("payment.cancelled", authorized.void_requested().voided(1)),
        ("payment.failed", started.clone().declined(1)),
        ("payment.succeeded session.paid", paid),
        ("payment.succeeded", started.clone().declined(1).expired().paid_late(1)),
        ("", started.clone().mismatched()),
        ("session.failed", declined_three_times.failed()),
        ("session.cancelled", new.clone().cancelled()),
        ("session.expired", new.expired()),
        ("refund.created", refunding.clone()),
        ("refund.succeeded", refunding.clone().refunded()),
        ("refund.failed", refunding.clone().refund_failed()),
        ("refund.cancelled", refunding.refund_cancelled()),
    ]
}
