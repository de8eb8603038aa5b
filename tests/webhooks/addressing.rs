//! Who is told of what, and who is not.

use http::StatusCode;
use toffeepay::{
    clock::Clock,
    domain::{
        game::{
            EndpointChange, GameCommand,
            PayloadShape::{Envelope, Flat},
            WebhookType,
        },
        world::World as MoneyWorld,
    },
    event_store::subscription::Step,
    webhooks::{Ports, TargetPolicy},
};

use super::{
    receiver::Receiver,
    world::{NOTHING, World},
};

#[tokio::test]
async fn an_endpoint_hears_of_its_own_world_only() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let live = Receiver::start().await;
    let types = [WebhookType::SessionCreated];
    world.endpoint_of(MoneyWorld::Live, &live.url, Flat, &types).await;
    world.endpoint(&receiver.url, Flat, &types).await;

    let of_test = world.session().await;
    let of_live = world.session_of(MoneyWorld::Live).await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    for (receiver, session_id) in [(receiver, of_test), (live, of_live)] {
        let [received] = receiver.received().try_into().unwrap();
        assert_eq!(received.json()["session_id"], session_id.as_str());
    }
}

#[tokio::test]
async fn an_endpoint_hears_what_it_asked_for_and_nothing_else() {
    let (world, flat) = (World::new().await, Receiver::start().await);
    let envelope = Receiver::start().await;
    let of_session: Vec<_> =
        WebhookType::ALL.iter().copied().filter(|it| it.is_of_session()).collect();
    world.endpoint(&flat.url, Flat, &of_session).await;
    world.endpoint(&envelope.url, Envelope, &[WebhookType::PaymentCreated]).await;

    world.paid_session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    assert_eq!(flat.types(), ["session.created", "session.paid"]);
    assert_eq!(envelope.types(), ["payment.created"]);
}

#[tokio::test]
async fn an_endpoint_hears_nothing_of_what_happened_before_it_was_added() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let session_id = world.session().await;
    world.clock.advance(3600);
    let types = [WebhookType::SessionCreated, WebhookType::SessionPaid];
    world.endpoint(&receiver.url, Flat, &types).await;
    world.pay(&session_id).await;

    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    assert_eq!(receiver.types(), ["session.paid"]);
}

#[tokio::test]
async fn what_locks_an_endpoint_is_committed_before_anything_else_is_looked_at() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.fan_out().await;
    world.session().await;
    world.endpoint(&receiver.url, Flat, &[WebhookType::SessionCreated]).await;
    world.session().await;
    let mut follower = world.follower();
    assert_eq!(follower.step().await.unwrap(), Step::Handled(2));
    assert_eq!(follower.step().await.unwrap(), Step::Handled(1));
    assert_eq!(world.due().await, [0]);
}

#[tokio::test]
async fn an_endpoint_hears_of_what_comes_after_it_in_the_log_whatever_clock_it_was_added_by() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.clock.advance(600);
    world.endpoint(&receiver.url, Flat, &[WebhookType::SessionCreated]).await;
    world.clock.advance(-600);
    world.session().await;

    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    assert_eq!(receiver.types(), ["session.created"]);
}

#[tokio::test]
async fn while_a_games_row_is_missing_none_of_its_webhooks_is_lost() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &[WebhookType::SessionCreated]).await;
    world.session().await;
    world.fan_out().await;
    sqlx::query("DELETE FROM game").execute(&world.owner).await.unwrap();
    world.session().await;
    world.fan_out().await;

    world.worker().deliver_due().await.unwrap();

    assert_eq!(receiver.types(), ["session.created", "session.created"]);
}

#[tokio::test]
async fn an_endpoint_that_was_removed_gets_nothing_more() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let other = Receiver::start().await;
    let types = [WebhookType::SessionCreated];
    let (endpoint_id, _) = world.endpoint(&receiver.url, Flat, &types).await;
    world.endpoint(&other.url, Flat, &types).await;
    receiver.answer(&[StatusCode::INTERNAL_SERVER_ERROR]);
    world.session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();
    world.session().await;
    world.fan_out().await;

    let at = world.clock.now();
    world.change_game(GameCommand::RemoveEndpoint { endpoint_id, at }).await;
    world.clock.advance(3600);
    world.session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    assert_eq!(receiver.received().len(), 1);
    assert_eq!(other.received().len(), 3);
    assert_eq!(world.due().await, NOTHING);
    assert_eq!(world.count("webhook_lane").await, 1);
}

#[tokio::test]
async fn an_endpoint_that_has_moved_gets_what_is_due_at_its_new_place() {
    let (world, old) = (World::new().await, Receiver::start().await);
    let new = Receiver::start().await;
    let types = [WebhookType::SessionCreated];
    let (endpoint_id, _) = world.endpoint(&old.url, Flat, &types).await;
    world.session().await;
    world.fan_out().await;

    let url = Some(new.url.clone());
    let change = Box::new(EndpointChange { url, ..EndpointChange::default() });
    let at = world.clock.now();
    world.change_game(GameCommand::ChangeEndpoint { endpoint_id, change, at }).await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    assert_eq!((old.received().len(), new.received().len()), (0, 1));
}

#[tokio::test]
async fn an_address_of_our_own_network_is_not_called_outside_of_dev() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let port = receiver.url.port().unwrap();
    let by_name = format!("https://localhost:{port}/").parse().unwrap();
    let by_address = format!("https://127.0.0.1:{port}/").parse().unwrap();
    for url in [&receiver.url, &by_name, &by_address] {
        world.endpoint(url, Flat, &[WebhookType::SessionCreated]).await;
    }
    world.session().await;
    world.fan_out().await;

    // Even if the port is allowed.
    let policy = TargetPolicy::PublicHttps(port.to_string().parse().unwrap());
    world.worker_with(policy).deliver_due().await.unwrap();

    assert_eq!(world.attempts().await, vec![(1, "blocked".to_owned()); 3]);
    assert_eq!(world.due().await, [1, 1, 1]);
    assert_eq!(receiver.received().len(), 0);
}

#[tokio::test]
async fn an_endpoint_at_a_port_that_is_not_allowed_fails_with_its_reason_and_is_tried_again() {
    let world = World::new().await;
    let url = "https://hooks.example.com:9443/".parse().unwrap();
    world.endpoint(&url, Flat, &[WebhookType::SessionCreated]).await;
    world.session().await;
    world.fan_out().await;

    world.worker_with(TargetPolicy::PublicHttps(Ports::default())).deliver_due().await.unwrap();

    assert_eq!(world.attempts().await, [(1, "blocked_port".to_owned())]);
    assert_eq!(world.due().await, [1]);
}
