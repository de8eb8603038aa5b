//! `toffeepay trigger` beside a running service: what it names really happens, and is told of.

use std::process::Output;

use toffeepay::{
    admin::Admin,
    clock::{Clock, SystemClock},
    domain::{
        game::{Endpoint, PayloadShape, WebhookType},
        id::{EndpointId, GameId},
        world::World,
    },
    ids::NewId,
    webhooks::WebhookSecret,
};

use super::harness::{Options, Service, bare_command, wait_until};
use super::payments::with_manual_capture;
use super::receiver::Receiver;

/// A receiver that hears of everything that happens to the demo game.
async fn told_of_all(service: &Service) -> Receiver {
    let (library, receiver) = (service.library().await, Receiver::start().await);
    let admin = Admin::new(library.store, library.pool, &library.master, "test");
    let (url, types) = (receiver.url.parse().unwrap(), WebhookType::ALL.to_vec());
    let endpoint = Endpoint::new(World::Test, url, PayloadShape::Envelope, types);
    let game_id = GameId::parse("space_shooter").unwrap();
    let (id, secret) = (EndpointId::new(SystemClock.now()), WebhookSecret::generate());
    admin.add_endpoint(&game_id, id, endpoint, &secret).await.unwrap();
    receiver
}

/// Types it with the service's env file, and nothing else.
async fn trigger(service: &Service, words: &[&str]) -> Output {
    let file = service.dir().join("env.json");
    let words = [&["trigger"], words, &["--api-key-file", file.to_str().unwrap()]].concat();
    service.command(&words).await
}

/// What it printed for scripts and for people.
fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// The event happens, and the receiver is told of it for one of the ids that were printed.
async fn assert_told(service: &Service, receiver: &Receiver, event: &str) {
    let output = trigger(service, &[event]).await;
    let (out, err) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{event}: {err}");
    assert!(err.ends_with(&format!("{event} has happened.\n")), "{err}");
    assert!(out.starts_with("session_id=sess_"), "{out}");
    let ids: Vec<&str> = out.lines().map(|it| it.split_once('=').unwrap().1).collect();
    wait_until(event, async || {
        let told = receiver.deliveries().into_iter().map(|it| it.message());
        let mut told = told.filter(|it| it["type"] == event).map(|it| it.to_string());
        told.any(|it| ids.iter().any(|id| it.contains(id))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_event_that_the_sandbox_can_make_happen_is_told_of() {
    let service = Service::start(Options::default()).await;
    let receiver = told_of_all(&service).await;
    for event in [
        "session.created",
        "session.paid",
        "session.failed",
        "session.cancelled",
        "payment.created",
        "payment.succeeded",
        "payment.failed",
        "refund.created",
        "refund.succeeded",
    ] {
        assert_told(&service, &receiver, event).await;
    }
    for event in ["payment.authorized", "payment.cancelled"] {
        let output = trigger(&service, &[event]).await;
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).1.contains("--capture manual"), "{output:?}");
    }
    let output = trigger(&service, &["refund.failed"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).1.contains("with `--sandbox-faults refuse_refunds`"), "{output:?}");
}

#[tokio::test]
async fn a_game_that_takes_held_money_itself_has_it_held_let_go_and_taken() {
    let service = with_manual_capture().await;
    let receiver = told_of_all(&service).await;
    for event in ["payment.authorized", "payment.cancelled", "session.paid"] {
        assert_told(&service, &receiver, event).await;
    }
}

#[tokio::test]
async fn a_bank_that_refuses_refunds_has_them_fail() {
    let options = Options { faults: "refuse_refunds", ..Options::default() };
    let service = Service::start(options).await;
    let receiver = told_of_all(&service).await;
    assert_told(&service, &receiver, "refund.failed").await;
    let output = trigger(&service, &["refund.succeeded"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).1.contains("without `--sandbox-faults"), "{output:?}");
}

#[tokio::test]
async fn what_is_sold_and_to_whom_is_up_to_the_developer() {
    let service = Service::start(Options::default()).await;
    let words = ["session.created", "--user", "me", "--price", "1250", "--currency", "EUR"];
    let output = trigger(&service, &words).await;
    let (out, _) = said(&output);
    let session_id = out.trim_end().strip_prefix("session_id=").unwrap();
    let session = super::sessions::session(&service, session_id).await;
    assert_eq!(session["user_id"], "me");
    assert_eq!(
        (&session["item"]["price"], &session["item"]["currency"]),
        (&1250.into(), &"EUR".into())
    );

    let output = trigger(&service, &["session.paid", "--currency", "XXX"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).1.contains("invalid_currency"), "{output:?}");
    let output = trigger(&service, &["session.paid", "--game", "another"]).await;
    assert!(said(&output).1.contains("invalid_game_id"), "{output:?}");
}

#[tokio::test]
async fn a_key_of_another_server_is_refused_with_where_it_is_from() {
    let service = Service::start(Options::default()).await;
    let mut command = bare_command();
    let key = format!("tp_test_{}", "0".repeat(64));
    command.args(["trigger", "session.paid"]).env("TOFFEEPAY_API_KEY", &key);
    command.env("TOFFEEPAY_URL", &service.env.api_url);
    let output = tokio::process::Command::from(command).output().await.unwrap();
    let (out, err) = said(&output);
    assert_eq!((output.status.code(), out.as_str()), (Some(2), ""));
    assert!(err.contains("unauthorized") && err.contains("is from TOFFEEPAY_API_KEY"), "{err}");
    assert!(!err.contains(&key), "{err}");
}
