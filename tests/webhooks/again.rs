//! What a person has sent again, and what is seen of it.

use std::collections::HashSet;

use http::StatusCode;
use toffeepay::{
    clock::Clock,
    domain::{
        Timestamp,
        game::{PayloadShape::Flat, WebhookType},
        id::{EndpointId, RecoveryId},
    },
    event_store::subscription::{FollowError, Step},
    ids::NewId,
    webhooks::{
        MessageId,
        history::{self, MessageState, Which},
        keep_partitions, recovery, resend_message,
    },
};

use super::{
    receiver::{self, Received, Receiver},
    world::{NOTHING, World},
};

const REFUSAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
const TYPES: [WebhookType; 1] = [WebhookType::SessionCreated];

async fn start(sessions: usize) -> (World, Receiver, EndpointId) {
    let (world, receiver) = (World::new().await, Receiver::start().await);
    let (endpoint_id, _) = world.endpoint(&receiver.url, Flat, &TYPES).await;
    for _ in 0..sessions {
        world.session().await;
    }
    world.fan_out().await;
    (world, receiver, endpoint_id)
}

/// The id of the only message.
fn only(receiver: &Receiver) -> MessageId {
    MessageId::parse(&receiver.received()[0].id()).unwrap()
}

#[tokio::test]
async fn a_message_that_was_taken_is_sent_once_more_as_the_same_message() {
    let (world, receiver, endpoint_id) = start(1).await;
    world.worker().deliver_due().await.unwrap();
    let id = only(&receiver);
    assert!(resend_message(&world.service, &endpoint_id, &id).await.unwrap());
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);

    let [first, second] = receiver.received().try_into().unwrap();
    assert_eq!((first.id(), first.body), (second.id(), second.body));
    assert_eq!((world.due().await, world.count("webhook_message").await), (vec![], 1));
}

#[tokio::test]
async fn a_message_that_waits_for_its_next_attempt_goes_at_once_even_while_its_endpoint_rests() {
    let (world, receiver, endpoint_id) = start(1).await;
    receiver.put_off(StatusCode::SERVICE_UNAVAILABLE, "3600");
    world.worker().deliver_due().await.unwrap();
    assert_eq!(world.worker().deliver_due().await.unwrap(), 0);
    assert!(resend_message(&world.service, &endpoint_id, &only(&receiver)).await.unwrap());
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    assert_eq!(world.due().await, NOTHING);
}

#[tokio::test]
async fn nothing_is_sent_again_that_the_endpoint_was_never_sent() {
    let (world, receiver, _) = start(1).await;
    let (other, _) = world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.worker().deliver_due().await.unwrap();
    assert!(!resend_message(&world.service, &other, &only(&receiver)).await.unwrap());
    assert_eq!(world.due().await, NOTHING);
}

#[tokio::test]
async fn a_recovery_hands_in_what_was_given_up_and_what_waits_and_nothing_else() {
    let (world, receiver, endpoint_id) = start(6).await;
    receiver.answer(&[REFUSAL, REFUSAL, REFUSAL, REFUSAL]);
    world.worker().deliver_due().await.unwrap();
    let given_up = "WITH gone AS (DELETE FROM webhook_due WHERE id IN
            (SELECT id FROM webhook_due ORDER BY id LIMIT 2) RETURNING *)
        INSERT INTO webhook_dead
            (endpoint_id, noted_at, message_id, session_id, sequence, ordinal, attempts, died_at)
        SELECT endpoint_id, noted_at, message_id, session_id, sequence, ordinal, 13, $1 FROM gone";
    sqlx::query(given_up).bind(world.clock.now()).execute(&world.owner).await.unwrap();

    assert_eq!(world.recover(&endpoint_id).await, 4);
    assert_eq!(world.worker().deliver_due().await.unwrap(), 4);
    let told: HashSet<String> = receiver.received().iter().map(Received::id).collect();
    assert_eq!((told.len(), receiver.received().len(), world.due().await), (6, 10, vec![]));
}

#[tokio::test]
async fn a_recovery_is_done_in_pieces_and_goes_on_where_it_was() {
    let (world, _, endpoint_id) = start(1).await;
    let many = "INSERT INTO webhook_dead
            (endpoint_id, noted_at, message_id, session_id, sequence, ordinal, attempts, died_at)
        SELECT $1, now(), 'msg_' || it, 'sess_' || it, 1, 0, 13, $2 FROM generate_series(1, 1200) it";
    let now = world.clock.now();
    let insert = sqlx::query(many).bind(endpoint_id.as_str()).bind(now);
    insert.execute(&world.owner).await.unwrap();
    let (id, since) = (RecoveryId::new(now), Timestamp::UNIX_EPOCH);
    let started = recovery::start(&world.service, &id, &endpoint_id, since).await.unwrap();
    assert_eq!((started.total, started.handed_in), (1_200, 0));
    // A start that was repeated, since its answer was lost, is the same job.
    let again = recovery::start(&world.service, &id, &endpoint_id, since).await.unwrap();
    assert_eq!(again, started);

    let mut progress = vec![];
    while let Some(step) = recovery::step(&world.service).await.unwrap() {
        progress.push((step.handed_in, step.finished_at.is_some()));
    }
    assert_eq!(progress, [(500, false), (1_000, false), (1_200, false), (1_200, true)]);
    let known = recovery::find(&world.service, id.as_str()).await.unwrap().unwrap();
    assert_eq!((known.handed_in, world.count("webhook_dead").await), (1_200, 0));
}

#[tokio::test]
async fn a_recovery_that_fails_keeps_no_other_from_its_end() {
    let (world, receiver, stuck) = start(0).await;
    let (other, _) = world.endpoint(&receiver.url, Flat, &TYPES).await;
    world.fan_out().await;
    let given_up = "INSERT INTO webhook_dead
            (endpoint_id, noted_at, message_id, session_id, sequence, ordinal, attempts, died_at)
        SELECT endpoint_id, now(), 'msg_1', 'sess_1', 1, 0, 13, now() FROM webhook_endpoint";
    sqlx::query(given_up).execute(&world.owner).await.unwrap();
    let refuse = format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
         CREATE TRIGGER refuses BEFORE DELETE ON webhook_dead FOR EACH ROW
            WHEN (OLD.endpoint_id = '{stuck}') EXECUTE FUNCTION refuse()"
    );
    sqlx::raw_sql(&refuse).execute(&world.owner).await.unwrap();
    let mut ids = vec![];
    for endpoint_id in [&stuck, &other] {
        let id = RecoveryId::new(world.clock.now());
        let since = Timestamp::UNIX_EPOCH;
        recovery::start(&world.service, &id, endpoint_id, since).await.unwrap();
        ids.push(id);
    }

    // Which one is done is chance: that it is never the other one, all these times, is none.
    for _ in 0..200 {
        let _ = recovery::step(&world.service).await;
    }
    let mut is_finished = vec![];
    for id in &ids {
        let known = recovery::find(&world.service, id.as_str()).await.unwrap().unwrap();
        is_finished.push(known.finished_at.is_some());
    }
    assert_eq!(is_finished, [false, true]);
}

#[tokio::test]
async fn what_is_due_without_a_message_is_forgotten_and_holds_nothing_up() {
    let (world, receiver, _) = start(2).await;
    let lose = "DELETE FROM webhook_message WHERE message_id IN
        (SELECT message_id FROM webhook_due ORDER BY id LIMIT 1)";
    sqlx::query(lose).execute(&world.owner).await.unwrap();
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    assert_eq!((receiver.received().len(), world.due().await), (1, vec![]));
}

#[tokio::test]
async fn an_event_whose_day_has_no_partition_waits_for_one_and_is_no_dead_letter() {
    let (world, receiver, _) = start(0).await;
    let drop = "DO $$ DECLARE it text; BEGIN
        FOR it IN SELECT name FROM webhook_partitions() WHERE parent = 'webhook_message' LOOP
            EXECUTE format('DROP TABLE %I', it);
        END LOOP; END $$";
    sqlx::raw_sql(drop).execute(&world.owner).await.unwrap();
    world.session().await;
    let mut follower = world.follower();
    assert!(matches!(follower.step().await, Err(FollowError::Database(_))));

    keep_partitions(&world.service).await.unwrap();
    assert_eq!(follower.step().await.unwrap(), Step::Handled(1));
    assert_eq!(world.count("dead_letter").await, 0);
    world.worker().deliver_due().await.unwrap();
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn each_attempt_is_seen_with_its_answer_and_the_message_with_its_bytes() {
    let (world, receiver, endpoint_id) = start(1).await;
    receiver.answer(&[REFUSAL]);
    world.worker().deliver_due().await.unwrap();
    let list =
        async || history::list(&world.service, &endpoint_id, &Which::default(), 50).await.unwrap();
    let [due] = list().await.try_into().unwrap();
    assert_eq!((due.state, due.attempts), (MessageState::Due, Some(1)));

    world.wait_for_the_next_attempt().await;
    world.worker().deliver_due().await.unwrap();
    let [delivered] = list().await.try_into().unwrap();
    assert_eq!((delivered.state, delivered.attempts), (MessageState::Delivered, None));
    let detail = world.history().find(&endpoint_id, &only(&receiver)).await.unwrap().unwrap();
    assert_eq!(detail.body.unwrap(), receiver.received()[0].body);
    let seen: Vec<_> = detail.attempts.iter().map(|it| (it.number, it.http_status)).collect();
    assert_eq!(seen, [(1, Some(500)), (2, Some(200))]);
    for it in &detail.attempts {
        assert_eq!(it.answer.as_deref(), Some(receiver::WORDS.as_bytes()));
    }
}

#[tokio::test]
async fn messages_are_listed_page_by_page_the_newest_first() {
    let (world, _, endpoint_id) = start(5).await;
    let page = async |which: &Which, most| {
        history::list(&world.service, &endpoint_id, which, most).await.unwrap()
    };
    let all = page(&Which::default(), 50).await;
    assert!(all.is_sorted_by(|one, next| next.noted_at <= one.noted_at));
    let (mut paged, mut which) = (vec![], Which::default());
    loop {
        let next = page(&which, 2).await;
        let Some(last) = next.last() else { break };
        which.before = Some((last.noted_at, last.message_id.clone()));
        paged.extend(next);
    }
    assert_eq!((paged.len(), paged), (5, all));
}

#[tokio::test]
async fn what_is_older_than_thirty_days_is_dropped_with_what_is_still_due_of_it() {
    let (world, _, endpoint_id) = start(1).await;
    let old = "DO $$
        DECLARE day date := (now() AT TIME ZONE 'UTC')::date - 31;
        BEGIN
            PERFORM add_webhook_partition('webhook_message', day);
            PERFORM add_webhook_partition('webhook_attempt', day);
            INSERT INTO webhook_message
                (noted_at, endpoint_id, message_id, session_id, sequence, ordinal, type, body)
            SELECT day::timestamp AT TIME ZONE 'UTC', endpoint_id, 'msg_old', session_id,
                   sequence, ordinal, type, body FROM webhook_message;
            INSERT INTO webhook_due
                (noted_at, endpoint_id, message_id, session_id, sequence, ordinal)
            SELECT noted_at, endpoint_id, message_id, session_id, sequence, ordinal
            FROM webhook_message WHERE message_id = 'msg_old';
        END $$";
    sqlx::raw_sql(old).execute(&world.owner).await.unwrap();
    let list = async || {
        let which = Which::default();
        history::list(&world.service, &endpoint_id, &which, 50).await.unwrap().len()
    };
    let partitions = async || world.count("webhook_partitions()").await;
    assert_eq!((list().await, world.due().await.len(), partitions().await), (2, 2, 68));

    keep_partitions(&world.service).await.unwrap();
    assert_eq!((list().await, world.due().await.len(), partitions().await), (1, 1, 66));
}

/// As while processes are replaced one after the other: the schema is new, and one of them is not.
#[tokio::test]
async fn what_a_process_of_the_version_before_has_noted_is_sent() {
    let (world, receiver, _) = start(1).await;
    let as_before = "
        CREATE TEMP TABLE noted AS SELECT * FROM webhook_message;
        DELETE FROM webhook_due;
        DELETE FROM webhook_message;
        UPDATE webhook_wake SET due_at = NULL;
        BEGIN;
        INSERT INTO webhook_message
            (endpoint_id, message_id, session_id, sequence, ordinal, type, body)
        SELECT endpoint_id, message_id, session_id, sequence, ordinal, type, body FROM noted;
        INSERT INTO webhook_due (endpoint_id, message_id, session_id, sequence, ordinal)
        SELECT endpoint_id, message_id, session_id, sequence, ordinal FROM noted;
        COMMIT";
    sqlx::raw_sql(as_before).execute(&world.owner).await.unwrap();
    assert_eq!(world.worker().deliver_due().await.unwrap(), 1);
    assert_eq!((receiver.received().len(), world.due().await), (1, vec![]));
}
