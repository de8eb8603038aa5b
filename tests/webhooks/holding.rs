//! The order within a session, and what it may hold up.

use chrono::TimeDelta;
use http::StatusCode;
use toffeepay::domain::{
    Timestamp,
    game::{PayloadShape::Flat, WebhookType},
};

use tokio_util::sync::CancellationToken;

use super::{receiver::Receiver, world::World};

const REFUSAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
const TYPES: [WebhookType; 2] = [WebhookType::SessionCreated, WebhookType::SessionPaid];

/// When the later of a session's messages was noted: 60 seconds before its hold is over.
async fn noting_of_the_later(world: &World) -> Timestamp {
    let (before, now, after): (Timestamp, Timestamp, Timestamp) = sqlx::query_as(
        "SELECT noted_at, hold_until - interval '60 seconds', clock_timestamp()
         FROM webhook_due ORDER BY sequence DESC LIMIT 1",
    )
    .fetch_one(&world.owner)
    .await
    .unwrap();
    assert!(before <= now && now <= after, "{before} {now} {after}");
    now
}

#[tokio::test]
async fn a_later_message_waits_for_an_earlier_one_of_its_session_for_60_seconds() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    receiver.answer(&[REFUSAL, REFUSAL]);
    world.paid_session().await;
    world.fan_out().await;
    let worker = world.worker();
    let noted_at = noting_of_the_later(&world).await;

    world.clock.set(noted_at);
    worker.deliver_due().await.unwrap();
    assert_eq!(receiver.types(), ["session.created"]);

    world.clock.set(noted_at + TimeDelta::seconds(59));
    worker.deliver_due().await.unwrap();
    assert_eq!(receiver.types(), ["session.created", "session.created"]);

    world.clock.set(noted_at + TimeDelta::seconds(60));
    worker.deliver_due().await.unwrap();
    assert_eq!(receiver.types(), ["session.created", "session.created", "session.paid"]);
}

#[tokio::test]
async fn a_later_message_goes_as_soon_as_the_earlier_one_is_delivered() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    receiver.answer(&[REFUSAL]);
    world.paid_session().await;
    world.fan_out().await;
    let worker = world.worker();

    worker.deliver_due().await.unwrap();
    world.clock.advance(6);
    worker.deliver_due().await.unwrap();

    assert_eq!(receiver.types(), ["session.created", "session.created", "session.paid"]);
}

#[tokio::test]
async fn after_a_pause_of_the_workers_a_session_is_still_told_of_in_order() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.paid_session().await;
    world.fan_out().await;
    let noted_at = noting_of_the_later(&world).await;
    world.clock.set(noted_at + TimeDelta::seconds(120));

    let worker = world.worker();
    assert_eq!(worker.deliver_due().await.unwrap(), 2);
    assert_eq!(receiver.most_at_once(), 1);
    assert_eq!(receiver.types(), ["session.created", "session.paid"]);
}

#[tokio::test]
async fn a_session_whose_message_is_refused_holds_up_no_other_session_and_no_other_endpoint() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let healthy = Receiver::start().await;
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.endpoint(&healthy.url, Flat, &TYPES).await;
    receiver.answer(&[REFUSAL]);
    let refused = world.paid_session().await;
    world.fan_out().await;
    let worker = world.worker();
    worker.deliver_due().await.unwrap();

    let other = world.paid_session().await;
    world.fan_out().await;
    worker.deliver_due().await.unwrap();

    let told = |receiver: &Receiver, session_id: &str| {
        let received = receiver.received();
        received.iter().filter(|it| it.json()["session_id"] == session_id).count()
    };
    assert_eq!((told(&receiver, refused.as_str()), told(&receiver, other.as_str())), (1, 2));
    assert_eq!((told(&healthy, refused.as_str()), told(&healthy, other.as_str())), (2, 2));
}

#[tokio::test]
async fn a_slow_message_holds_up_its_own_session_and_no_other_even_of_the_same_endpoint() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    receiver.hang();
    world.paid_session().await;
    world.fan_out().await;
    let worker = tokio::spawn(world.worker().run(CancellationToken::new()));
    receiver.wait_for(1).await;
    let other = world.session().await;
    world.fan_out().await;
    let [_, second] = receiver.wait_for(2).await.try_into().unwrap();
    assert_eq!(second.json()["session_id"], other.as_str());
    worker.abort();
}

#[tokio::test]
async fn a_message_put_off_just_as_the_earlier_one_is_delivered_goes_at_once() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &TYPES).await;
    receiver.answer(&[REFUSAL]);
    let session_id = world.session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();
    world.wait_for_the_next_attempt().await;
    receiver.hang();
    let worker = tokio::spawn(world.worker().run(CancellationToken::new()));
    receiver.wait_for(2).await;

    // The lane has seen the earlier one and is about to put the later one off.
    let stop = "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$;
        CREATE TRIGGER stops BEFORE UPDATE ON webhook_due FOR EACH ROW
            WHEN (NEW.next_at = OLD.hold_until) EXECUTE FUNCTION stop()";
    sqlx::raw_sql(stop).execute(&world.owner).await.unwrap();
    let mut stopping = world.owner.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(7)").execute(&mut *stopping).await.unwrap();
    world.pay(&session_id).await;
    world.fan_out().await;
    let is_stopped =
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)";
    while !sqlx::query_scalar::<_, bool>(is_stopped).fetch_one(&world.owner).await.unwrap() {}
    receiver.go_on();
    while world.due().await.len() != 1 {}
    stopping.rollback().await.unwrap();

    // By the worker's clock, which stands still, its hold is never over.
    assert_eq!(receiver.wait_for(3).await.last().unwrap().webhook_type(), "session.paid");
    worker.abort();
}
