//! The service killed at each place between a player's click and the game's webhook. Whatever was
//! cut off is repaired from the log after the next start.
//!
//! Players pay by plain HTTP here: what they are answered, if at all, does not matter.

use std::os::unix::process::ExitStatusExt;

use futures::future::join_all;

use super::books::{assert_paid_once, settled};
use super::client::PAYS;
use super::harness::{Options, Service, wait_until};
use super::receiver::Receiver;

const SIGKILL: i32 = 9;

/// Kills the service at `place` while a player pays, and starts it again.
async fn a_crash_is_repaired_at(place: &'static str) {
    let receiver = Receiver::start().await;
    let webhook_url = Some(receiver.url.clone());
    let options = Options { crash_at: Some(place), webhook_url, ..Options::default() };
    let mut service = Service::start(options).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    // The crash may cut the answer off.
    let _ = service.client.pay(&session_id, PAYS).await;
    assert_eq!(service.ended().await.signal(), Some(SIGKILL), "it died at {place}");

    service.restart().await;
    service.client.wait_for_status(&session_id, "paid").await;
    let library = service.library().await;
    settled(&library.pool).await;
    assert_paid_once(&library, &session_id).await;
    receiver.wait_for(&session_id, "paid").await;
    service.stop().await;
}

/// All at once, since each waits for the dead process's lease on its call to run out.
#[tokio::test]
async fn killed_anywhere_between_the_click_and_the_paid_session_it_charges_once_after_the_next_start()
 {
    let places = [
        // The attempt is in the log, and nothing else.
        "after_payment_started",
        // The call is noted, and nobody has made it.
        "before_provider_call",
        // The bank has taken the money, and nobody has heard of it.
        "after_bank_booked",
        // The bank's answer was in hand, and is lost.
        "after_provider_call",
        // The answer is in the log, and the call still stands to be made.
        "after_provider_answer",
        // The bank's notification is in the log, and the bank will repeat it.
        "before_notification_acknowledged",
    ];
    join_all(places.map(a_crash_is_repaired_at)).await;
}

/// The same, for a place that is reached before anybody could pay. The webhook on whose account it
/// is reached arrives `times` times in all.
async fn no_webhook_is_lost_at(place: &'static str, times: usize) {
    let receiver = Receiver::start().await;
    let webhook_url = Some(receiver.url.clone());
    let options = Options { crash_at: Some(place), webhook_url, ..Options::default() };
    let mut service = Service::start(options).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    assert_eq!(service.ended().await.signal(), Some(SIGKILL), "it died at {place}");

    service.restart().await;
    let telling = || receiver.telling(&session_id, "pending");
    wait_until("the webhook", async || (times <= telling().len()).then_some(())).await;
    service.client.pay(&session_id, PAYS).await.unwrap();
    receiver.wait_for(&session_id, "paid").await;
    let ids: Vec<_> = telling().iter().map(|it| it.header("webhook-id").to_owned()).collect();
    assert!(ids.iter().all(|it| *it == ids[0]), "a repeat is known by its id: {ids:?}");
    service.stop().await;
}

#[tokio::test]
async fn killed_while_a_webhook_is_noted_it_notes_it_after_the_next_start() {
    no_webhook_is_lost_at("before_webhook_noted", 1).await;
}

#[tokio::test]
async fn killed_when_a_webhook_is_sent_and_not_ticked_off_it_sends_it_again() {
    no_webhook_is_lost_at("after_webhook_sent", 2).await;
}
