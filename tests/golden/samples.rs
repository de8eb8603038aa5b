//! One sample of every stored event, and one more for each of its optional fields.
//!
//! Each stands as a file beside this one. To add an event: add its sample here, run
//! `UPDATE_GOLDEN=1 cargo test --test golden`, and commit the file that it writes.

use chrono::{TimeZone, Utc};
use toffeepay::domain::{
    Timestamp,
    colour::Accent,
    currency::Currency,
    game::{
        Appearance, DeliveryLimits, DisabledBy, Endpoint, GameEvent, GameSettings, KeyScope, Logo,
        PayloadShape, RateLimit, WebhookType,
    },
    id::{
        EndpointId, GameId, KeyId, PaymentId, PersonId, RecoveryId, RefundId, SignInId, StudioId,
        id_bytes,
    },
    image::{ContentHash, ImageKind, ItemImage},
    item::{Country, Item},
    money::Money,
    person::{EmailAddress, Origin, PersonEvent, Proof},
    private::Private,
    return_url::{AppScheme, ReturnUrl, ReturnUrls, WebHost},
    session::{
        CancelReason, CaptureMode, DeclineReason, PaymentMethod, ProviderName, ProviderText,
        Reference, RefundCause, SessionEvent, VoidReason,
    },
    studio::{Role, StudioEvent},
    text::{DisplayName, ItemTitle, RefundReason, UserId},
    world::World,
};

/// What the sample shows beside the plain event; part of its file's name.
pub(crate) type Suffix = &'static str;

const PLAIN: Suffix = "";

fn at() -> Timestamp {
    Utc.timestamp_micros(1_772_366_400_123_456).unwrap()
}

fn later() -> Timestamp {
    Utc.timestamp_micros(1_772_452_800_000_000).unwrap()
}

fn bytes() -> [u8; 24] {
    id_bytes(1_772_366_400_123, 0, [0x5a; 16])
}

fn payment_id() -> PaymentId {
    PaymentId::from_bytes(bytes())
}

fn refund_id() -> RefundId {
    RefundId::from_bytes(bytes())
}

fn money(minor_units: i64, currency: &str) -> Money {
    Money::new(minor_units, Currency::parse(currency).unwrap()).unwrap()
}

fn price() -> Money {
    money(499, "USD")
}

fn reference() -> Reference {
    Reference::parse("ch_1Nq").unwrap()
}

fn provider_text() -> Private<ProviderText> {
    ProviderText::parse("Do not honour").unwrap().into()
}

fn created(image: Option<ItemImage>, country: Option<Country>) -> SessionEvent {
    let title = ItemTitle::parse("Crystal pack ✨").unwrap();
    SessionEvent::Created {
        game_id: GameId::parse("space_shooter").unwrap(),
        world: World::Test,
        user_id: UserId::parse("player-7").unwrap().into(),
        item: Item { title, price: price(), image, country },
        return_url: ReturnUrl::parse("mygame://payment-complete").unwrap().into(),
        capture_mode: CaptureMode::Automatic,
        wallet_enabled: false,
        created_at: at(),
        expires_at: later(),
    }
}

fn refund_requested(reason: Option<&str>) -> SessionEvent {
    let reason = reason.map(|it| RefundReason::parse(it).unwrap());
    SessionEvent::RefundRequested {
        refund_id: refund_id(),
        payment_id: payment_id(),
        amount: price(),
        cause: RefundCause::Game,
        reason: reason.into(),
        requested_at: at(),
    }
}

pub(crate) fn session() -> Vec<(Suffix, SessionEvent)> {
    let sha256 = ContentHash::parse("9f".repeat(32)).unwrap();
    let stored = ItemImage::Stored { sha256, kind: ImageKind::Webp };
    let linked = ItemImage::link("https://game.example/crystals.png").unwrap();
    let mut samples = vec![
        (PLAIN, created(None, None)),
        ("stored-image", created(Some(stored), None)),
        ("linked-image", created(Some(linked), None)),
        ("country", created(None, Some(Country::parse("DE").unwrap()))),
        (PLAIN, SessionEvent::PageOpened { opened_at: at() }),
        (PLAIN, SessionEvent::Failed { failed_at: at() }),
        (PLAIN, SessionEvent::Cancelled { reason: CancelReason::Player, cancelled_at: at() }),
        (PLAIN, SessionEvent::Expired { expired_at: at() }),
    ];
    samples.extend(payment().into_iter().map(|event| (PLAIN, event)));
    samples.extend(captured().into_iter().map(|event| (PLAIN, event)));
    samples.extend(refund());
    samples
}

fn payment() -> [SessionEvent; 8] {
    let payment_id = payment_id();
    [
        SessionEvent::PaymentStarted {
            payment_id: payment_id.clone(),
            number: 1,
            method: PaymentMethod::Card,
            amount: price(),
            provider: ProviderName::parse("sandbox").unwrap(),
            instrument: Reference::parse("tok_1Nq").unwrap().into(),
            capture_mode: CaptureMode::Automatic,
            started_at: at(),
        },
        SessionEvent::PaymentAuthorized {
            payment_id: payment_id.clone(),
            amount: price(),
            provider_reference: reference(),
            authorized_at: at(),
        },
        SessionEvent::CaptureRequested {
            payment_id: payment_id.clone(),
            number: 1,
            amount: price(),
            requested_at: at(),
        },
        SessionEvent::CaptureFailed {
            payment_id: payment_id.clone(),
            reason: DeclineReason::AuthorizationExpired,
            provider_text: provider_text(),
            failed_at: at(),
        },
        SessionEvent::VoidRequested {
            payment_id: payment_id.clone(),
            number: 2,
            reason: VoidReason::SessionCancelled,
            requested_at: at(),
        },
        SessionEvent::VoidFailed {
            payment_id: payment_id.clone(),
            reason: DeclineReason::ProviderRefused,
            provider_text: provider_text(),
            failed_at: at(),
        },
        SessionEvent::PaymentVoided {
            payment_id: payment_id.clone(),
            amount: price(),
            voided_at: at(),
        },
        SessionEvent::PaymentDeclined {
            payment_id,
            reason: DeclineReason::InsufficientFunds,
            provider_text: provider_text(),
            declined_at: at(),
        },
    ]
}

fn captured() -> [SessionEvent; 3] {
    let (payment_id, provider_reference) = (payment_id(), reference());
    [
        SessionEvent::Paid {
            payment_id: payment_id.clone(),
            amount: price(),
            provider_reference: provider_reference.clone(),
            paid_at: at(),
        },
        SessionEvent::PaidLate {
            payment_id: payment_id.clone(),
            amount: price(),
            provider_reference: provider_reference.clone(),
            captured_at: at(),
        },
        SessionEvent::CaptureMismatched {
            payment_id,
            expected: price(),
            captured: money(499, "JPY"),
            provider_reference,
            captured_at: at(),
        },
    ]
}

fn refund() -> [(Suffix, SessionEvent); 5] {
    let (refund_id, payment_id) = (refund_id(), payment_id());
    [
        (PLAIN, refund_requested(Some("bought by mistake"))),
        ("without-reason", refund_requested(None)),
        (
            PLAIN,
            SessionEvent::Refunded {
                refund_id: refund_id.clone(),
                payment_id: payment_id.clone(),
                amount: price(),
                refunded_total: price(),
                provider_reference: Reference::parse("re_1Nq").unwrap(),
                refunded_at: at(),
            },
        ),
        (
            PLAIN,
            SessionEvent::RefundFailed {
                refund_id: refund_id.clone(),
                payment_id: payment_id.clone(),
                amount: price(),
                reason: DeclineReason::ProviderRefused,
                provider_text: provider_text(),
                failed_at: at(),
            },
        ),
        (
            PLAIN,
            SessionEvent::RefundCancelled {
                refund_id,
                payment_id,
                amount: price(),
                cancelled_at: at(),
            },
        ),
    ]
}

fn key_issued(expires_at: Option<Timestamp>, rate_limit: RateLimit) -> GameEvent {
    GameEvent::KeyIssued {
        key_id: KeyId::from_bytes(bytes()),
        world: World::Live,
        name: DisplayName::parse("game servers").unwrap(),
        scopes: KeyScope::OF_A_GAME_SERVER.to_vec(),
        expires_at,
        rate_limit,
        issued_at: at(),
    }
}

fn endpoint(shape: PayloadShape, types: &[WebhookType]) -> Endpoint {
    let url = "https://game.example/hooks?from=toffee".parse().unwrap();
    Endpoint::new(World::Live, url, shape, types.to_vec())
}

pub(crate) fn game() -> Vec<(Suffix, GameEvent)> {
    let settings = |codes: &[&str]| GameSettings {
        currencies: codes.iter().map(|it| Currency::parse(it).unwrap()).collect(),
        capture_mode: CaptureMode::Manual,
        session_lifetime_s: 86_400,
        return_urls: ReturnUrls::default(),
    };
    let mut sent_back = settings(&["JPY"]);
    sent_back.return_urls = ReturnUrls {
        schemes: vec![AppScheme::parse("mygame").unwrap()],
        hosts: vec![WebHost::parse("game.example:8443").unwrap()],
    };
    let logo = Logo { sha256: ContentHash::of_digest([7; 32]), kind: ImageKind::Png };
    let look = Appearance { logo: Some(logo), accent: Some(Accent::parse("#a6470a").unwrap()) };
    let mut events = vec![
        ("return-urls", GameEvent::SettingsChanged { settings: sent_back, changed_at: at() }),
        (PLAIN, GameEvent::AppearanceChanged { appearance: look, changed_at: at() }),
        (
            "ours",
            GameEvent::AppearanceChanged { appearance: Appearance::default(), changed_at: at() },
        ),
        (
            PLAIN,
            GameEvent::Registered {
                studio_id: StudioId::from_bytes(bytes()),
                name: DisplayName::parse("Space Shooter").unwrap(),
                settings: settings(&["USD", "EUR", "GBP"]),
                registered_at: at(),
            },
        ),
        (PLAIN, GameEvent::SettingsChanged { settings: settings(&["JPY"]), changed_at: at() }),
        (PLAIN, key_issued(Some(later()), RateLimit::ByWorld)),
        ("without-expiry", key_issued(None, RateLimit::ByWorld)),
        ("own-limit", key_issued(None, RateLimit::PerSecond(50.try_into().unwrap()))),
        ("without-limit", key_issued(None, RateLimit::Unlimited)),
        (
            PLAIN,
            GameEvent::KeyRotated {
                key_id: KeyId::from_bytes(bytes()),
                new_key_id: KeyId::from_bytes(id_bytes(1, 0, [7; 16])),
                previous_expires_at: later(),
                rotated_at: at(),
            },
        ),
        (PLAIN, GameEvent::KeyRevoked { key_id: KeyId::from_bytes(bytes()), revoked_at: at() }),
    ];
    events.extend(endpoints());
    events.extend(notes_of(&EndpointId::from_bytes(bytes())));
    events
}

/// What is noted of an endpoint and changes nothing of it.
fn notes_of(endpoint_id: &EndpointId) -> Vec<(Suffix, GameEvent)> {
    vec![
        (
            PLAIN,
            GameEvent::EndpointSecretRotated {
                endpoint_id: endpoint_id.clone(),
                previous_expires_at: later(),
                rotated_at: at(),
            },
        ),
        (
            PLAIN,
            GameEvent::EndpointSecretsExpired {
                endpoint_id: endpoint_id.clone(),
                expired_at: at(),
            },
        ),
        (
            PLAIN,
            GameEvent::EndpointSecretRevealed {
                endpoint_id: endpoint_id.clone(),
                revealed_at: at(),
            },
        ),
        (
            PLAIN,
            GameEvent::WebhookResent {
                endpoint_id: endpoint_id.clone(),
                message_id: "msg_1af8d2c0".to_owned(),
                resent_at: at(),
            },
        ),
        (
            PLAIN,
            GameEvent::EndpointTested {
                endpoint_id: endpoint_id.clone(),
                webhook_type: WebhookType::SessionPaid,
                tested_at: at(),
            },
        ),
        (
            PLAIN,
            GameEvent::WebhooksRecovered {
                endpoint_id: endpoint_id.clone(),
                recovery_id: RecoveryId::parse("rec_06eajh8afc000pjtb9d5mpjtb9d5mpjtb9d5mpg")
                    .unwrap(),
                since: at(),
                recovered_at: later(),
            },
        ),
    ]
}

fn endpoints() -> Vec<(Suffix, GameEvent)> {
    let endpoint_id = EndpointId::from_bytes(bytes());
    let flat = endpoint(PayloadShape::Flat, &[WebhookType::SessionPaid]);
    let envelope = endpoint(PayloadShape::Envelope, WebhookType::ALL);
    vec![
        (
            PLAIN,
            GameEvent::EndpointAdded {
                endpoint_id: endpoint_id.clone(),
                endpoint: flat,
                added_at: at(),
            },
        ),
        (
            PLAIN,
            GameEvent::EndpointChanged {
                endpoint_id: endpoint_id.clone(),
                endpoint: envelope.clone(),
                changed_at: at(),
            },
        ),
        (
            "own-limits",
            GameEvent::EndpointChanged {
                endpoint_id: endpoint_id.clone(),
                endpoint: Endpoint {
                    description: Some(DisplayName::parse("Frankfurt").unwrap()),
                    limits: DeliveryLimits {
                        at_once: Some(4.try_into().unwrap()),
                        per_second: Some(50.try_into().unwrap()),
                    },
                    ..envelope
                },
                changed_at: at(),
            },
        ),
        (
            PLAIN,
            GameEvent::EndpointDisabled {
                endpoint_id: endpoint_id.clone(),
                by: DisabledBy::Failing,
                disabled_at: at(),
            },
        ),
        (PLAIN, GameEvent::EndpointEnabled { endpoint_id: endpoint_id.clone(), enabled_at: at() }),
        (PLAIN, GameEvent::EndpointRemoved { endpoint_id, removed_at: at() }),
    ]
}

pub(crate) fn studio() -> Vec<(Suffix, StudioEvent)> {
    let name = DisplayName::parse("Nebula Games").unwrap();
    let (person_id, role) = (person_id(), Role::Owner);
    vec![
        (PLAIN, StudioEvent::Founded { name, founded_at: at() }),
        (PLAIN, StudioEvent::MemberAdded { person_id: person_id.clone(), role, added_at: at() }),
        (PLAIN, StudioEvent::RoleChanged { person_id: person_id.clone(), role, changed_at: at() }),
        (PLAIN, StudioEvent::MemberRemoved { person_id, removed_at: at() }),
    ]
}

pub(crate) fn person() -> Vec<(Suffix, PersonEvent)> {
    let email = EmailAddress::parse("ada@studio.example").unwrap();
    let name = DisplayName::parse("Ada").unwrap();
    let sign_in_id = || SignInId::from_bytes(bytes());
    let from = || Origin {
        address: Some("203.0.113.7".to_owned()),
        agent: Some("Mozilla/5.0 (X11; Linux x86_64)".to_owned()),
    };
    let signed_in = |proof| PersonEvent::SignedIn {
        sign_in_id: sign_in_id(),
        proof,
        from: from().into(),
        signed_in_at: at(),
    };
    vec![
        (PLAIN, PersonEvent::Invited { email: email.into(), invited_at: at() }),
        (PLAIN, PersonEvent::LinkIssued { expires_at: at(), issued_at: at() }),
        (PLAIN, PersonEvent::Enrolled { name: name.into(), enrolled_at: at() }),
        (PLAIN, signed_in(Proof::PasswordAndCode)),
        ("by_link", signed_in(Proof::Link)),
        (PLAIN, PersonEvent::Proved { sign_in_id: sign_in_id(), proved_at: at() }),
        (PLAIN, PersonEvent::SignedOut { sign_in_id: sign_in_id(), signed_out_at: at() }),
        (PLAIN, PersonEvent::Locked { until: at(), from: from().into(), locked_at: at() }),
        (PLAIN, PersonEvent::ShutOut { shut_out_at: at() }),
        (PLAIN, PersonEvent::LetIn { let_in_at: at() }),
        (PLAIN, PersonEvent::Erased { erased_at: at() }),
    ]
}

fn person_id() -> PersonId {
    PersonId::from_bytes(bytes())
}
