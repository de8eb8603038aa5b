//! What arrives, and that it proves itself.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::json;
use toffeepay::{
    clock::Clock,
    domain::game::{
        GameCommand,
        PayloadShape::{Envelope, Flat},
        WebhookType,
    },
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    receiver::{PATIENCE, Received, Receiver},
    support::oracles::{get_ready, verify_webhook},
    world::{NOTHING, PLAYER, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_session_is_told_in_the_flat_shape_and_every_judge_accepts_it() {
    get_ready();
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let (_, secret) = world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    let session_id = world.paid_session().await;
    world.fan_out().await;

    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);

    let [received] = receiver.received().try_into().unwrap();
    let body = received.json();
    assert_eq!(
        body,
        json!({
            "session_id": session_id.as_str(),
            "user_id": PLAYER,
            "game_id": "space_shooter",
            "status": "paid",
            "item": { "title": "50 Gold Coins", "price": 499, "currency": "USD" },
            "id": received.id(),
            "type": "session.paid",
            "timestamp": body["timestamp"],
            "sequence": 3,
        })
    );
    assert_eq!(received.header("content-type"), "application/json");
    verify_webhook(&secret, &received.headers, &received.body).assert_accepted();
    assert_eq!(world.attempts().await, [(1, "delivered".to_owned())]);
    assert_eq!(world.due().await, NOTHING);
}

#[tokio::test]
async fn a_payment_tells_an_envelope_endpoint_first_of_the_money_and_then_of_the_session() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let types = [WebhookType::SessionPaid, WebhookType::PaymentSucceeded];
    world.endpoint(&receiver.url, Envelope, &types).await;
    receiver.answer(&[StatusCode::INTERNAL_SERVER_ERROR]);
    world.paid_session().await;
    world.fan_out().await;

    world.worker().deliver_due().await.unwrap();
    assert_eq!(receiver.types(), ["payment.succeeded"]);
    world.clock.advance(6);
    world.worker().deliver_due().await.unwrap();

    assert_eq!(receiver.types(), ["payment.succeeded", "payment.succeeded", "session.paid"]);
    let [_, payment, session] = receiver.received().try_into().unwrap();
    assert_eq!(payment.json()["sequence"], session.json()["sequence"]);
    assert_eq!(payment.json()["data"]["status"], "succeeded");
    assert_eq!(session.json()["data"]["status"], "paid");
    assert_ne!(payment.id(), session.id());
}

#[tokio::test]
async fn a_message_shows_the_session_as_it_was_right_after_its_event() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let types = [WebhookType::SessionCreated, WebhookType::SessionPaid];
    world.endpoint(&receiver.url, Flat, &types).await;
    world.paid_session().await;
    world.fan_out().await;

    world.worker().deliver_due().await.unwrap();

    let statuses =
        receiver.received().iter().map(|it| it.json()["status"].clone()).collect::<Vec<_>>();
    assert_eq!(statuses, ["pending", "paid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_rotated_secret_lasts_old_new_and_old_sign_and_afterwards_the_new_one_alone() {
    get_ready();
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let (endpoint_id, old) = world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    let previous_expires_at = world.clock.now() + chrono::TimeDelta::seconds(60);
    sqlx::query("UPDATE endpoint_secret SET expires_at = $1")
        .bind(previous_expires_at)
        .execute(&world.service)
        .await
        .unwrap();
    let new = world.add_secret(&endpoint_id, 2).await;
    let at = world.clock.now();
    world.change_game(GameCommand::RotateSecret { endpoint_id, previous_expires_at, at }).await;

    world.paid_session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();
    world.clock.advance(60);
    world.paid_session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    let [during, after] = receiver.received().try_into().unwrap();
    let header = during.header("x-toffeepay-signature");
    let signatures: Vec<_> = header.split(',').skip(1).collect();
    assert_eq!(signatures.len(), 3);
    assert_eq!(signatures[0], signatures[2]);
    assert_ne!(signatures[0], signatures[1]);
    verify_webhook(&old, &during.headers, &during.body).assert_accepted();
    let by_new = verify_webhook(&new, &during.headers, &during.body);
    assert!(by_new.node.stripe && by_new.node.standard, "{by_new:#?}");
    assert_eq!(after.header("x-toffeepay-signature").split(',').count(), 2);
    verify_webhook(&new, &after.headers, &after.body).assert_accepted();
    verify_webhook(&old, &after.headers, &after.body).assert_refused();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_rotated_twice_within_its_grace_still_signs() {
    get_ready();
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let (endpoint_id, old) = world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    world.add_secret(&endpoint_id, 2).await;
    let end = sqlx::query("UPDATE endpoint_secret SET expires_at = now() + interval '1 day'");
    end.execute(&world.service).await.unwrap();
    world.add_secret(&endpoint_id, 3).await;

    world.paid_session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    let [received] = receiver.received().try_into().unwrap();
    verify_webhook(&old, &received.headers, &received.body).assert_accepted();
}

#[tokio::test]
async fn an_event_that_is_handled_again_tells_nobody_twice() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    world.paid_session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    sqlx::query("UPDATE subscription SET position = 0").execute(&world.owner).await.unwrap();
    world.fan_out().await;

    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn many_sessions_are_each_told_of_in_order_by_several_workers() {
    const SESSIONS: usize = 60;
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let types = [WebhookType::SessionCreated, WebhookType::SessionPaid];
    world.endpoint(&receiver.url, Flat, &types).await;
    world.endpoint(&receiver.url, Envelope, &types).await;
    let sessions = futures::future::join_all((0..SESSIONS).map(|_| world.paid_session())).await;

    let shutdown = CancellationToken::new();
    let workers: Vec<_> =
        (0..3).map(|_| tokio::spawn(world.worker().run(shutdown.clone()))).collect();
    world.fan_out().await;
    let all_are_done = async { while !world.due().await.is_empty() {} };
    timeout(PATIENCE, all_are_done).await.unwrap();
    shutdown.cancel();
    futures::future::join_all(workers).await;

    let received = receiver.received();
    // A worker that is not let run for a second loses its lanes, and then some come twice.
    let mut told = HashSet::new();
    let is_flat = |it: &Received| it.json()["data"].is_null();
    let received: Vec<_> =
        received.into_iter().filter(|it| told.insert((it.id(), is_flat(it)))).collect();
    assert_eq!(received.len(), SESSIONS * 4);
    for session_id in sessions {
        let flat = received.iter().filter(|it| it.json()["session_id"] == session_id.as_str());
        let sequences: Vec<_> = flat.map(|it| it.json()["sequence"].as_i64().unwrap()).collect();
        assert_eq!(sequences, [1, 3]);
    }
    assert_eq!(world.due().await, NOTHING);
}

#[tokio::test]
async fn a_body_waits_sealed_so_that_a_look_at_the_database_names_no_player() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    world.paid_session().await;
    world.fan_out().await;

    let body: Vec<u8> = sqlx::query_scalar("SELECT body FROM webhook_message")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert!(!body.windows(PLAYER.len()).any(|it| it == PLAYER.as_bytes()));
}
