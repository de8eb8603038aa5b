//! Workers left to themselves.

use std::{collections::HashSet, num::NonZeroU16};

use futures::future::join_all;
use toffeepay::domain::game::{EndpointChange, PayloadShape::Flat, WebhookType};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    receiver::{PATIENCE, Received, Receiver},
    world::{NOTHING, World},
};

const TYPES: [WebhookType; 1] = [WebhookType::SessionCreated];

/// How many deliveries an endpoint without a limit of its own has under way at once.
const USUAL: usize = 16;

#[tokio::test]
async fn a_dead_endpoint_with_a_thousand_due_messages_does_not_delay_a_healthy_one() {
    const SESSIONS: usize = 1_000;
    let (world, dead) = (World::new().await, Receiver::start().await);
    dead.hang();
    world.endpoint(&dead.url, Flat, &TYPES).await;
    join_all((0..SESSIONS).map(|_| world.session())).await;
    world.fan_out().await;
    assert_eq!(world.due().await.len(), SESSIONS);

    let worker = tokio::spawn(world.worker().run(CancellationToken::new()));
    // As many as one lane has under way; from here on it waits for answers that never come.
    dead.wait_for(USUAL).await;
    let healthy = Receiver::start().await;
    world.endpoint(&healthy.url, Flat, &TYPES).await;
    world.session().await;
    world.fan_out().await;
    healthy.wait_for(1).await;

    assert!(SESSIONS <= world.due().await.len());
    worker.abort();
}

#[tokio::test]
async fn endpoints_that_do_not_answer_leave_places_for_one_that_does() {
    /// On a busy machine it may take longer than an answer is waited for until all others hang, which shows
    /// nothing. If they left no places, it would take longer at each try.
    const TRIES: usize = 5;
    for _ in 0..TRIES {
        if is_heard_while_others_hang().await {
            return;
        }
    }
    panic!("{TRIES} times it was not heard before the others' time was over");
}

/// Whether an endpoint that answers hears all while others of its game do not answer, before their time is
/// over.
async fn is_heard_while_others_hang() -> bool {
    // As many endpoints as a game has beside one, each with as much at once as one may have: these
    // could take each of a worker's 512 places.
    const HANGING: usize = 15;
    const AT_ONCE: usize = 64;
    /// So many they have when each has its share.
    const SHARES: usize = 390;
    let (world, dead) = (World::new().await, Receiver::start().await);
    let at_once = Some(NonZeroU16::new(64));
    let limits = EndpointChange { at_once, ..EndpointChange::default() };
    for _ in 0..HANGING {
        let (endpoint_id, _) = world.endpoint(&dead.url, Flat, &TYPES).await;
        world.change_endpoint(&endpoint_id, limits.clone()).await;
    }
    dead.hang();
    join_all((0..AT_ONCE).map(|_| world.session())).await;
    world.fan_out().await;
    let worker = tokio::spawn(world.worker().run(CancellationToken::new()));
    dead.wait_for(SHARES).await;

    let healthy = Receiver::start().await;
    world.endpoint(&healthy.url, Flat, &TYPES).await;
    join_all((0..8).map(|_| world.session())).await;
    world.fan_out().await;
    healthy.wait_for(8).await;
    let is_in_time = world.attempts().await.iter().all(|(_, outcome)| outcome == "delivered");
    worker.abort();
    is_in_time
}

#[tokio::test]
async fn a_worker_that_is_stopped_finishes_what_is_under_way_and_begins_nothing_more() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    join_all((0..20).map(|_| world.session())).await;
    world.fan_out().await;
    receiver.hang();

    let shutdown = CancellationToken::new();
    let worker = tokio::spawn(world.worker().run(shutdown.clone()));
    receiver.wait_for(USUAL).await;
    shutdown.cancel();
    receiver.go_on();
    timeout(PATIENCE, worker).await.unwrap().unwrap();

    // By their ids: a worker that is not let run for a second loses its lane, and sends them twice.
    let received: HashSet<_> = receiver.received().iter().map(Received::id).collect();
    assert_eq!((received.len(), world.due().await.len()), (USUAL, 4));
    assert_eq!(world.worker().deliver_due().await.unwrap(), 4);
}

#[tokio::test]
async fn a_lane_lasts_as_long_as_its_deliveries_and_is_given_back_when_nothing_is_due() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.session().await;
    world.fan_out().await;
    receiver.hang();

    let shutdown = CancellationToken::new();
    let worker = tokio::spawn(world.worker().run(shutdown.clone()));
    receiver.wait_for(1).await;
    let taken_until = leased_until(&world).await;
    // Renewed while the answer is awaited.
    let renewed = async { while leased_until(&world).await <= taken_until {} };
    timeout(PATIENCE, renewed).await.unwrap();
    receiver.go_on();
    let given_back =
        async { while world.count("webhook_lane WHERE owner IS NOT NULL").await != 0 {} };
    timeout(PATIENCE, given_back).await.unwrap();
    assert_eq!(world.due().await, NOTHING);
    shutdown.cancel();
    timeout(PATIENCE, worker).await.unwrap().unwrap();
}

async fn leased_until(world: &World) -> chrono::DateTime<chrono::Utc> {
    sqlx::query_scalar("SELECT leased_until FROM webhook_lane")
        .fetch_one(&world.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn webhooks_need_none_of_the_connections_that_requests_are_answered_with() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.session().await;
    world.fan_out().await;
    let connections = world.service.options().get_max_connections();
    let taken = join_all((0..connections).map(|_| world.service.acquire())).await;
    assert!(taken.iter().all(Result::is_ok));

    assert_eq!(timeout(PATIENCE, world.worker().deliver_due()).await.unwrap().unwrap(), 1);
}
