//! Endpoints that are left alone: for a while since they keep failing, or until somebody enables
//! them. What is due to them waits, and costs no attempts.

use std::collections::HashSet;

use http::StatusCode;
use toffeepay::{
    clock::Clock,
    domain::{
        game::{DisabledBy, GameCommand, PayloadShape::Flat, WebhookType},
        id::EndpointId,
    },
};

use super::{
    receiver::{Received, Receiver},
    world::{NOTHING, World},
};

const REFUSAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
const TYPES: [WebhookType; 1] = [WebhookType::SessionCreated];
const HOUR_S: i64 = 3_600;
/// How many deliveries an endpoint without a limit of its own has under way at once.
const USUAL: usize = 16;

/// A world with one endpoint, and so many messages due to it.
async fn with_due(count: usize) -> (World, Receiver, EndpointId) {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let (endpoint_id, _) = world.endpoint(&receiver.url, Flat, &TYPES).await;
    for _ in 0..count {
        world.session().await;
    }
    world.fan_out().await;
    (world, receiver, endpoint_id)
}

async fn enable(world: &World, endpoint_id: EndpointId) {
    let at = world.clock.now();
    world.change_game(GameCommand::EnableEndpoint { endpoint_id, at }).await;
    world.fan_out().await;
}

#[tokio::test]
async fn an_endpoint_that_keeps_failing_is_left_alone_and_then_gets_everything() {
    let (world, receiver, _) = with_due(20).await;
    receiver.answer(&[REFUSAL; USUAL]);
    let worker = world.worker();
    assert_eq!(worker.deliver_due().await.unwrap(), USUAL);
    world.clock.advance(29);
    assert_eq!(worker.deliver_due().await.unwrap(), 0);
    assert_eq!(world.due().await.iter().sum::<i32>(), 16, "waiting costs no attempts");

    world.clock.advance(1);
    assert_eq!(worker.deliver_due().await.unwrap(), 20);
    let told: HashSet<String> = receiver.received().iter().map(Received::id).collect();
    assert_eq!((told.len(), world.due().await), (20, vec![]));
}

#[tokio::test]
async fn one_message_probes_and_if_it_is_refused_the_pause_is_twice_as_long() {
    let (world, receiver, _) = with_due(20).await;
    receiver.answer(&[REFUSAL; USUAL + 1]);
    world.worker().deliver_due().await.unwrap();
    world.clock.advance(30);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    world.clock.advance(59);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);
    world.clock.advance(1);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 20);
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_is_sent_nothing_until_it_is_over() {
    for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE] {
        let (world, receiver, _) = with_due(1).await;
        receiver.put_off(status, "120");
        world.worker().deliver_due().await.unwrap();
        world.session().await;
        world.fan_out().await;
        world.clock.advance(119);
        assert_eq!(world.worker().deliver_due().await.unwrap(), 0, "{status}");
        world.clock.advance(1);
        assert_eq!(world.worker().deliver_due().await.unwrap(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_receiver_that_puts_one_message_off_is_sent_the_others() {
    let (world, receiver, _) = with_due(1).await;
    receiver.put_off(REFUSAL, "120");
    world.worker().deliver_due().await.unwrap();
    world.session().await;
    world.fan_out().await;
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    world.clock.advance(119);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);
    world.clock.advance(1);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_an_hour() {
    let (world, receiver, _) = with_due(1).await;
    receiver.put_off(StatusCode::TOO_MANY_REQUESTS, "86400");
    world.worker().deliver_due().await.unwrap();
    world.clock.advance(HOUR_S - 1);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);
    world.clock.advance(1);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_in_the_log_until_somebody_enables_it() {
    let (world, receiver, endpoint_id) = with_due(1).await;
    receiver.answer(&[StatusCode::GONE]);
    world.worker().deliver_due().await.unwrap();
    assert_eq!(world.disabled_by().await, Some(DisabledBy::Gone));

    world.session().await;
    world.fan_out().await;
    world.clock.advance(24 * HOUR_S);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);
    assert_eq!(receiver.received().len(), 1);

    enable(&world, endpoint_id).await;
    assert_eq!(world.disabled_by().await, None);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 2);
    assert_eq!(world.due().await, NOTHING);
}

#[tokio::test]
async fn after_ninety_six_hours_of_failures_an_endpoint_is_disabled() {
    let (world, receiver, _) = with_due(1).await;
    receiver.answer(&[REFUSAL; 2]);
    world.worker().deliver_due().await.unwrap();
    world.clock.advance(96 * HOUR_S - 1);
    receiver.answer(&[REFUSAL]);
    world.worker().deliver_due().await.unwrap();
    assert_eq!(world.disabled_by().await, None);

    world.clock.advance(60);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    assert_eq!(world.disabled_by().await, Some(DisabledBy::Failing));
}

#[tokio::test]
async fn one_delivery_within_ninety_six_hours_keeps_an_endpoint_enabled() {
    let (world, receiver, _) = with_due(1).await;
    receiver.answer(&[REFUSAL, StatusCode::OK, REFUSAL]);
    world.worker().deliver_due().await.unwrap();
    world.clock.advance(95 * HOUR_S);
    world.worker().deliver_due().await.unwrap();
    world.session().await;
    world.fan_out().await;
    world.clock.advance(95 * HOUR_S);
    world.worker().deliver_due().await.unwrap();
    assert_eq!((receiver.received().len(), world.disabled_by().await), (3, None));
}

#[tokio::test]
async fn a_disabled_endpoint_is_sent_nothing_and_all_of_it_in_order_once_it_is_enabled() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let types = [WebhookType::SessionCreated, WebhookType::SessionPaid];
    let (endpoint_id, _) = world.endpoint(&receiver.url, Flat, &types).await;
    let (disabled, at) = (endpoint_id.clone(), world.clock.now());
    let by = DisabledBy::Person;
    world.change_game(GameCommand::DisableEndpoint { endpoint_id: disabled, by, at }).await;
    world.paid_session().await;
    world.fan_out().await;
    world.clock.advance(24 * HOUR_S);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);

    enable(&world, endpoint_id).await;
    assert_eq!(world.worker().deliver_due().await.unwrap(), 2);
    assert_eq!(receiver.types(), ["session.created", "session.paid"]);
}
