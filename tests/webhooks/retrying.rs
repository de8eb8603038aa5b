//! What was not delivered comes again, for a while.

use http::StatusCode;
use toffeepay::{
    domain::game::{PayloadShape::Flat, WebhookType},
    webhooks::ATTEMPTS_MAX,
};

use super::{
    receiver::{self, Receiver},
    support::oracles::{get_ready, verify_webhook},
    world::{NOTHING, World},
};

const REFUSAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_comes_again_as_the_same_message_signed_anew() {
    get_ready();
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let (_, secret) = world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    receiver.answer(&[REFUSAL]);
    world.paid_session().await;
    world.fan_out().await;
    let worker = world.worker();

    assert_eq!(worker.deliver_due().await.unwrap(), 1);
    world.clock.advance(1);
    assert_eq!(worker.deliver_due().await.unwrap(), 0);
    world.clock.advance(2);
    assert_eq!(worker.deliver_due().await.unwrap(), 1);

    let [first, second] = receiver.received().try_into().unwrap();
    assert_eq!((first.id(), &first.body), (second.id(), &second.body));
    let time = |it: &super::receiver::Received| it.header("webhook-timestamp").parse::<i64>();
    assert_eq!(time(&first).unwrap() + 3, time(&second).unwrap());
    assert_ne!(first.header("x-toffeepay-signature"), second.header("x-toffeepay-signature"));
    verify_webhook(&secret, &second.headers, &second.body).assert_accepted();
    let attempts = world.attempts().await;
    assert_eq!(attempts, [(1, "refused".to_owned()), (2, "delivered".to_owned())]);
    assert_eq!(world.due().await, NOTHING);
}

#[tokio::test]
async fn an_answer_is_kept_with_its_status_and_sealed_the_beginning_of_its_words() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    receiver.answer(&[REFUSAL]);
    world.paid_session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    let (status, answer, message_id): (i16, Vec<u8>, String) =
        sqlx::query_as("SELECT http_status, excerpt, message_id FROM webhook_attempt")
            .fetch_one(&world.owner)
            .await
            .unwrap();
    assert_eq!((status, world.opened(&message_id, &answer)), (500, receiver::WORDS.into()));
}

#[tokio::test]
async fn a_redirect_is_a_refusal_and_is_not_followed() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    receiver.answer(&[StatusCode::TEMPORARY_REDIRECT]);
    world.paid_session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();

    assert_eq!(receiver.received().len(), 1);
    assert_eq!(world.attempts().await, [(1, "refused".to_owned())]);
    assert_eq!(world.due().await, [1]);
}

#[tokio::test]
async fn a_message_is_given_up_after_its_last_attempt_and_kept_until_it_is_handed_in_again() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let (endpoint_id, _) = world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    let attempts_max = usize::try_from(ATTEMPTS_MAX).unwrap();
    receiver.answer(&vec![REFUSAL; attempts_max]);
    world.paid_session().await;
    world.fan_out().await;
    let worker = world.worker();

    for _ in 1..attempts_max {
        assert_eq!(worker.deliver_due().await.unwrap(), 1);
        assert_eq!((world.due().await.len(), world.count("webhook_dead").await), (1, 0));
        world.wait_for_the_next_attempt().await;
    }
    assert_eq!(worker.deliver_due().await.unwrap(), 1);
    assert_eq!((world.due().await.len(), world.count("webhook_dead").await), (0, 1));
    world.clock.advance(30 * 3600);
    assert_eq!(worker.deliver_due().await.unwrap(), 0);
    assert_eq!(receiver.received().len(), attempts_max);

    assert_eq!(world.recover(&endpoint_id).await, 1);
    assert_eq!((world.due().await, world.count("webhook_dead").await), (vec![0], 0));
    assert_eq!(worker.deliver_due().await.unwrap(), 1);
    assert_eq!(receiver.received().len(), attempts_max + 1);
    assert_eq!(world.due().await, NOTHING);
    assert_eq!(world.recover(&endpoint_id).await, 0);
}

#[tokio::test]
async fn without_a_secret_nothing_is_sent_and_it_is_tried_again_once_there_is_one() {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let (endpoint_id, _) = world.endpoint(&receiver.url, Flat, &[WebhookType::SessionPaid]).await;
    sqlx::query("DELETE FROM endpoint_secret").execute(&world.service).await.unwrap();
    world.paid_session().await;
    world.fan_out().await;
    world.worker().deliver_due().await.unwrap();
    assert_eq!(receiver.received().len(), 0);
    assert_eq!(world.attempts().await, [(1, "unsigned".to_owned())]);

    world.add_secret(&endpoint_id, 1).await;
    world.clock.advance(6);
    world.worker().deliver_due().await.unwrap();
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn attempts_and_messages_are_only_ever_added_by_the_service() {
    let world = World::new().await;
    for statement in [
        "UPDATE webhook_attempt SET outcome = 'delivered'",
        "DELETE FROM webhook_attempt",
        "UPDATE webhook_message SET body = ''",
        "DELETE FROM webhook_message",
    ] {
        let refused = sqlx::query(statement).execute(&world.service).await.unwrap_err();
        let code = refused.as_database_error().and_then(|it| it.code().map(|it| it.to_string()));
        assert_eq!(code.as_deref(), Some("42501"), "{statement}");
    }
}
