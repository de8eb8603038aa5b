//! Lanes pass from worker to worker; nothing is lost, and who lost one can do no harm.

use http::StatusCode;
use toffeepay::domain::game::{PayloadShape::Flat, WebhookType};

use super::{
    receiver::Receiver,
    world::{NOTHING, World},
};

const REFUSAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
const TYPES: [WebhookType; 1] = [WebhookType::SessionCreated];

#[tokio::test]
async fn a_lane_is_one_workers_until_its_lease_ends() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.session().await;
    world.fan_out().await;
    let (first, second) = (world.worker(), world.worker());

    let held = first.take(8).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(second.take(8).await.unwrap().len(), 0);
    world.end_leases().await;
    assert_eq!(second.take(8).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_lane_that_was_given_back_is_free_at_once() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.session().await;
    world.fan_out().await;

    let [lane] = world.worker().take(8).await.unwrap().try_into().ok().unwrap();
    lane.release().await.unwrap();
    assert_eq!(world.worker().take(8).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_worker_killed_after_sending_has_the_same_message_sent_again() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.session().await;
    world.fan_out().await;

    let killed = world.worker();
    let [lane] = killed.take(8).await.unwrap().try_into().ok().unwrap();
    let [delivery] = lane.claim(8, &[]).await.unwrap().try_into().ok().unwrap();
    assert!(lane.send(&delivery).await.is_delivered());
    drop((killed, lane, delivery));
    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);
    world.end_leases().await;
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);

    let [first, second] = receiver.received().try_into().unwrap();
    assert_eq!((first.id(), first.body), (second.id(), second.body));
    assert_eq!(world.due().await, NOTHING);
}

#[tokio::test]
async fn a_worker_that_lost_its_lane_claims_and_postpones_nothing() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    receiver.answer(&[REFUSAL, REFUSAL]);
    world.session().await;
    world.fan_out().await;
    let (slow, quick) = (world.worker(), world.worker());

    let [stale] = slow.take(8).await.unwrap().try_into().ok().unwrap();
    let [late] = stale.claim(8, &[]).await.unwrap().try_into().ok().unwrap();
    let refused = stale.send(&late).await;
    world.end_leases().await;
    let [lane] = quick.take(8).await.unwrap().try_into().ok().unwrap();

    assert_eq!(stale.claim(8, &[]).await.unwrap().len(), 0);
    stale.settle(&late, &refused).await.unwrap();
    assert_eq!(world.due().await, [0]);
    stale.release().await.unwrap();
    assert_eq!(world.worker().take(8).await.unwrap().len(), 0);

    let [delivery] = lane.claim(8, &[]).await.unwrap().try_into().ok().unwrap();
    let refused = lane.send(&delivery).await;
    lane.settle(&delivery, &refused).await.unwrap();
    lane.settle(&delivery, &refused).await.unwrap();
    assert_eq!(world.due().await, [1]);
}

#[tokio::test]
async fn a_delivery_counts_whoever_holds_the_lane_by_now() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.session().await;
    world.fan_out().await;
    let (slow, quick) = (world.worker(), world.worker());

    let [stale] = slow.take(8).await.unwrap().try_into().ok().unwrap();
    let [delivery] = stale.claim(8, &[]).await.unwrap().try_into().ok().unwrap();
    let delivered = stale.send(&delivery).await;
    world.end_leases().await;
    let [lane] = quick.take(8).await.unwrap().try_into().ok().unwrap();
    stale.settle(&delivery, &delivered).await.unwrap();

    assert_eq!(lane.claim(8, &[]).await.unwrap().len(), 0);
    assert_eq!(world.due().await, NOTHING);
}

#[tokio::test]
async fn a_message_that_was_delivered_after_all_is_not_kept_as_given_up() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    receiver.answer(&[StatusCode::OK, REFUSAL]);
    world.session().await;
    world.fan_out().await;
    let last = sqlx::query("UPDATE webhook_due SET attempts = 12");
    last.execute(&world.owner).await.unwrap();
    let (slow, quick) = (world.worker(), world.worker());

    let [stale] = slow.take(8).await.unwrap().try_into().ok().unwrap();
    let [delivery] = stale.claim(8, &[]).await.unwrap().try_into().ok().unwrap();
    let delivered = stale.send(&delivery).await;
    world.end_leases().await;
    quick.deliver_due().await.unwrap();
    assert_eq!(world.count("webhook_dead").await, 1);
    stale.settle(&delivery, &delivered).await.unwrap();

    assert_eq!((world.due().await, world.count("webhook_dead").await), (vec![], 0));
}

#[tokio::test]
async fn what_is_under_way_is_not_claimed_again_and_a_claim_is_no_larger_than_asked() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    for _ in 0..3 {
        world.session().await;
    }
    world.fan_out().await;
    let worker = world.worker();
    let [lane] = worker.take(8).await.unwrap().try_into().ok().unwrap();

    let claimed = lane.claim(2, &[]).await.unwrap();
    let under_way: Vec<_> = claimed.iter().map(|it| it.id()).collect();
    assert_eq!(under_way.len(), 2);
    let [rest] = lane.claim(8, &under_way).await.unwrap().try_into().ok().unwrap();
    assert!(!under_way.contains(&rest.id()));
}
