//! How much an endpoint is sent at once, and in a second.

use std::{
    num::{NonZeroU16, NonZeroU32},
    time::{Duration, Instant},
};

use futures::future::join_all;
use http::StatusCode;
use toffeepay::domain::game::{EndpointChange, PayloadShape::Flat, WebhookType};
use tokio_util::sync::CancellationToken;

use super::{receiver::Receiver, world::World};

const TYPES: [WebhookType; 1] = [WebhookType::SessionCreated];

/// A world with an endpoint of its own limits, and so many messages due to it.
async fn with_due(count: usize, limits: EndpointChange) -> (World, Receiver) {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let (endpoint_id, _) = world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.change_endpoint(&endpoint_id, limits).await;
    join_all((0..count).map(|_| world.session())).await;
    world.fan_out().await;
    (world, receiver)
}

#[tokio::test]
async fn an_endpoint_has_no_more_deliveries_under_way_than_it_takes() {
    let at_once = Some(NonZeroU16::new(2));
    let limits = EndpointChange { at_once, ..EndpointChange::default() };
    let (world, receiver) = with_due(20, limits).await;
    receiver.hang();
    let worker = tokio::spawn(world.worker().run(CancellationToken::new()));
    receiver.wait_for(2).await;
    receiver.go_on();
    receiver.wait_for(20).await;
    assert_eq!(receiver.most_at_once(), 2);
    worker.abort();
}

#[tokio::test]
async fn an_endpoint_is_sent_no_more_in_a_second_than_it_takes() {
    let per_second = Some(NonZeroU32::new(100));
    let limits = EndpointChange { per_second, ..EndpointChange::default() };
    let (world, receiver) = with_due(30, limits).await;
    let started = Instant::now();
    let worker = tokio::spawn(world.worker().run(CancellationToken::new()));
    receiver.wait_for(30).await;
    // One each 10 ms. A slow machine only takes longer.
    assert!(Duration::from_millis(290) <= started.elapsed(), "{:?}", started.elapsed());
    worker.abort();
}

#[tokio::test]
async fn of_one_session_only_one_message_is_under_way_even_after_its_hold() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let types = [WebhookType::SessionCreated, WebhookType::SessionPaid];
    world.endpoint(&receiver.url, Flat, &types).await;
    receiver.answer(&[StatusCode::INTERNAL_SERVER_ERROR]);
    world.paid_session().await;
    world.fan_out().await;
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    // Both are due now, and neither waits for the other any more.
    world.clock.advance(3_600);
    let worker = tokio::spawn(world.worker().run(CancellationToken::new()));
    receiver.wait_for(3).await;
    assert_eq!((receiver.most_at_once(), receiver.types().len()), (1, 3));
    worker.abort();
}
