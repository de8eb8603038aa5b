//! Notifications: signed, repeated, in any order, until somebody takes them.

use std::time::Duration;

use toffeepay::{
    clock::Clock,
    domain::{id::RefundId, session::CaptureMode},
    ids::NewId,
    providers::{NotificationError, Provider, sandbox::SIGNATURE_HEADER},
};
use tokio_util::sync::CancellationToken;

use super::world::*;

#[tokio::test]
async fn every_outcome_is_told_once_in_its_order() {
    let world = world().await;
    let payment_id = world.held().await;
    world.bank.capture(&first(&payment_id), usd(499)).await.unwrap();
    world.bank.capture(&first(&payment_id), usd(499)).await.unwrap();
    let refund_id = RefundId::new(world.clock.now());
    world.refund(&payment_id, &refund_id, 499).await;
    world.charge(DECLINED, CaptureMode::Automatic).await;
    let held = world.held().await;
    world.bank.void(&first(&held)).await.unwrap();
    let notifier = world.bank.notifier();
    assert_eq!(notifier.deliver_due().await, 6);
    assert_eq!(notifier.deliver_due().await, 0);
    let told = ["authorized", "captured", "refunded", "declined", "authorized", "voided"];
    assert_eq!(world.told_kinds(), told);
    assert!(world.told().iter().all(|it| it.session_id == world.session_id));
}

#[tokio::test]
async fn a_notification_is_believed_only_with_its_own_fresh_signature() {
    let world = world().await;
    world.captured().await;
    world.bank.notifier().deliver_due().await;
    let (headers, body) = world.receiver.received().remove(0);
    let read = |headers: &http::HeaderMap, body: &[u8], later_s: u64| {
        let now = world.clock.now() + Duration::from_secs(later_s);
        world.bank.read_notification(headers, body, now)
    };
    assert!(read(&headers, &body, 300).is_ok());
    assert_eq!(read(&headers, &body, 301), Err(NotificationError::Signature));
    let forged = String::from_utf8(body.to_vec()).unwrap().replace("499", "498");
    assert_eq!(read(&headers, forged.as_bytes(), 0), Err(NotificationError::Signature));
    let unsigned = http::HeaderMap::new();
    assert_eq!(read(&unsigned, &body, 0), Err(NotificationError::Signature));
    let mut twice = headers.clone();
    twice.append(SIGNATURE_HEADER, headers[SIGNATURE_HEADER].clone());
    assert_eq!(read(&twice, &body, 0), Err(NotificationError::Signature));
}

#[tokio::test]
async fn a_made_up_signature_is_refused() {
    let world = world().await;
    let body = b"{}";
    let mut headers = http::HeaderMap::new();
    let signature = format!("t={},v1={}", world.clock.now().timestamp(), "00".repeat(32));
    headers.insert(SIGNATURE_HEADER, signature.parse().unwrap());
    let read = world.bank.read_notification(&headers, body, world.clock.now());
    assert_eq!(read, Err(NotificationError::Signature));
}

#[tokio::test]
async fn an_unacknowledged_notification_is_sent_again_after_growing_waits() {
    let world = world().await;
    world.captured().await;
    world.receiver.refuse_next(3);
    let notifier = world.bank.notifier();
    assert_eq!(notifier.deliver_due().await, 0);
    for (wait_s, acknowledged) in [(1, 0), (2, 0), (4, 1)] {
        let sent_before = world.receiver.received().len();
        world.clock.advance(Duration::from_secs(wait_s) - Duration::from_micros(1));
        assert_eq!(notifier.deliver_due().await, 0);
        assert_eq!(world.receiver.received().len(), sent_before, "sent before its time");
        world.clock.advance(Duration::from_micros(1));
        assert_eq!(notifier.deliver_due().await, acknowledged);
        assert_eq!(world.receiver.received().len(), sent_before + 1);
    }
    let told = world.told();
    assert!(told.iter().all(|it| it.id == told[0].id), "a repeat has the same id");
    let signature = |it: usize| world.receiver.received()[it].0[SIGNATURE_HEADER].clone();
    assert_ne!(signature(0), signature(3), "each attempt is signed anew");
}

#[tokio::test]
async fn a_receiver_long_gone_is_asked_once_a_minute() {
    let world = world().await;
    world.captured().await;
    world.receiver.refuse_next(40);
    let notifier = world.bank.notifier();
    for sent in 1..40 {
        notifier.deliver_due().await;
        assert_eq!(world.receiver.received().len(), sent);
        world.clock.advance(Duration::from_secs(60));
    }
    notifier.deliver_due().await;
    world.clock.advance(Duration::from_secs(60) - Duration::from_micros(1));
    notifier.deliver_due().await;
    assert_eq!(world.receiver.received().len(), 40);
}

#[tokio::test]
async fn notifications_are_repeated_on_request() {
    let world = world_with("repeat=3").await;
    world.captured().await;
    assert_eq!(world.bank.notifier().deliver_due().await, 1);
    let told = world.told();
    assert_eq!(world.told_kinds(), ["captured"; 3]);
    assert!(told.iter().all(|it| *it == told[0]));
}

#[tokio::test]
async fn notifications_overtake_each_other_on_request() {
    let world = world_with("reorder").await;
    let payment_id = world.held().await;
    let notifier = world.bank.notifier();
    assert_eq!(notifier.deliver_due().await, 0, "held back until more has gathered");
    world.clock.advance(Duration::from_secs(1));
    world.bank.capture(&first(&payment_id), usd(499)).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(notifier.deliver_due().await, 2);
    assert_eq!(world.told_kinds(), ["captured", "authorized"]);
}

#[tokio::test]
async fn two_notifiers_do_not_send_the_same_at_the_same_time() {
    let world = world().await;
    for _ in 0..5 {
        world.captured().await;
    }
    let (one, other) = (world.bank.notifier(), world.bank.notifier());
    let (by_one, by_other) = tokio::join!(one.deliver_due(), other.deliver_due());
    assert_eq!(by_one + by_other, 5);
    assert_eq!(world.receiver.received().len(), 5);
}

#[tokio::test]
async fn the_running_notifier_tells_at_once_and_stops_when_told_to() {
    let world = world().await;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(world.bank.notifier().run(shutdown.clone()));
    world.captured().await;
    world.receiver.wait_for(1).await;
    assert_eq!(world.told_kinds(), ["captured"]);
    shutdown.cancel();
    running.await.unwrap();
}
