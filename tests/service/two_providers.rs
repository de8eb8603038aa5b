//! The seam for providers, with two of them in one service: each is believed about its own money.

use std::sync::Arc;

use chrono::Utc;
use reqwest::Method;
use toffeepay::{
    api::{Api, Webhooks},
    clock::SystemClock,
    domain::{
        id::{PaymentId, RefundId, SessionId},
        session::{
            PaymentMethod, PaymentOutcome, ProviderName, Reference, RefundCause, RefundOutcome,
            Session, SessionCommand, StartPayment,
        },
        world::World,
    },
    event_store::CommandContext,
    http_client::http_client,
    ids::NewId,
    projections::status::StatusReader,
    providers::{Notification, NotificationSubject, Provider, Registry},
    webhooks::{Ports, PublicUrls, SecretKeys, TargetPolicy},
};
use tokio_util::sync::CancellationToken;

use super::{
    harness::{Library, Options, Service},
    support::provider::QuietProvider,
};

/// A session paid with `one`, whose refund has no answer yet.
async fn refunding(library: &Library, session_id: &str) -> (PaymentId, RefundId) {
    let (payment_id, refund_id) = (PaymentId::new(Utc::now()), RefundId::new(Utc::now()));
    let session = library.store.load::<Session>(session_id, None).await.unwrap().aggregate;
    let amount = session.present().unwrap().item.price;
    let reference = Reference::parse("ch_1").unwrap();
    for command in [
        SessionCommand::StartPayment(Box::new(StartPayment {
            payment_id: payment_id.clone(),
            method: PaymentMethod::Card,
            provider: ProviderName::parse("one").unwrap(),
            instrument: reference.clone(),
            at: Utc::now(),
        })),
        SessionCommand::RecordPayment {
            payment_id: payment_id.clone(),
            outcome: PaymentOutcome::Captured { amount, reference },
            at: Utc::now(),
        },
        SessionCommand::RequestRefund {
            refund_id: refund_id.clone(),
            payment_id: payment_id.clone(),
            cause: RefundCause::Operator,
            reason: None,
            at: Utc::now(),
        },
    ] {
        let context = CommandContext::new("operator:test", "test", Utc::now());
        library.store.execute::<Session>(session_id, command, &context).await.unwrap();
    }
    (payment_id, refund_id)
}

#[tokio::test]
async fn a_provider_is_not_believed_about_the_money_of_another() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let (payment_id, refund_id) = refunding(&library, &session_id).await;
    let reference = Reference::parse("re_1").unwrap();
    let of_refund =
        NotificationSubject::Refund(refund_id.clone(), RefundOutcome::Succeeded { reference });
    let of_payment = NotificationSubject::Payment(payment_id, PaymentOutcome::Voided);
    let telling = |name, id: &str, subject: &NotificationSubject| {
        let session_id = SessionId::parse(session_id.as_str()).unwrap();
        let notification = Notification { id: id.to_owned(), session_id, subject: subject.clone() };
        Arc::new(QuietProvider { name, tells: Some(notification) }) as Arc<dyn Provider>
    };
    let providers = Registry::default()
        .with(World::Test, telling("one", "ntf_1", &of_refund))
        .with(World::Test, telling("two", "ntf_2", &of_refund))
        .with(World::Test, telling("three", "ntf_3", &of_payment));
    let api = Api {
        store: library.store.clone(),
        pool: library.pool.clone(),
        clock: Arc::new(SystemClock),
        key_hasher: Arc::new(library.master.derive("api-keys")),
        statuses: StatusReader::start(library.pool.clone()),
        known_keys: Arc::default(),
        key_use: Arc::default(),
        rate_limits: Arc::default(),
        pay_base_url: service.env.pay_url.parse().unwrap(),
        providers,
        webhooks: Arc::new(Webhooks::new(
            &library.pool,
            &library.master,
            SecretKeys::of(&library.master),
            PublicUrls { pay_base_url: service.env.pay_url.parse().unwrap() },
            TargetPolicy::PublicHttps(Ports::default()),
            CancellationToken::new(),
        )),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, api.routes()).await });
    let http = http_client(std::time::Duration::from_secs(30)).unwrap();
    let told = async |name| {
        let url = format!("http://{address}/providers/{name}/notifications");
        http.request(Method::POST, url).send().await.unwrap().status().as_u16()
    };
    let settled = async || {
        let session = library.store.load::<Session>(&session_id, None).await.unwrap().aggregate;
        session.present().unwrap().refund(&refund_id).unwrap().settled_at.is_some()
    };
    assert_eq!(told("two").await, 409);
    assert_eq!(told("three").await, 409);
    assert!(!settled().await);
    assert_eq!(told("one").await, 204);
    assert!(settled().await);
}
