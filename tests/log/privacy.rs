//! What identifies a player is in the log only encrypted, and can be erased for good.

use std::collections::HashMap;

use cqrs_es::{
    Aggregate as _, AggregateContext as _, AggregateError, EventStore as _, event_sink::EventSink,
};
use sqlx::PgPool;
use toffeepay::{
    domain::{
        id::{PaymentId, RefundId},
        private::Private,
        session::{RefundCause, Session, SessionCommand, SessionEvent},
        text::RefundReason,
    },
    event_store::{EventStore, Once, Remember, cqrs::CqrsContext},
    ids::NewId,
    vault::Key,
};

use crate::{
    given::{captured, context, create, declined, now, pay, session_id, store, store_with},
    support::database::TestDatabase,
};

const PLAYER: &str = "ada-lovelace-1815";
/// What must never stand in the log as it is: of the player, the URL, the card, the provider.
const SECRETS: [&str; 5] =
    [PLAYER, "game.example", "tok_secret_instrument", "Ada's card", "it was for Ada's brother"];

#[tokio::test]
async fn nothing_that_identifies_a_player_is_in_the_log_in_clear_text() {
    let database = TestDatabase::new().await;
    let store = store(&database);

    let id = play(&store).await;

    let events = store.events::<Session>(&id).await.unwrap();
    let told = format!("{:?}", events.iter().map(|it| &it.event).collect::<Vec<_>>());
    for secret in SECRETS {
        assert!(told.contains(secret), "the test does not write {secret}");
        assert_eq!(places_of(&database.owner, secret).await, 0, "{secret}");
    }
}

#[tokio::test]
async fn every_digest_is_the_sha_256_of_its_entry_and_every_entry_names_its_place() {
    let database = TestDatabase::new().await;
    play(&store(&database)).await;

    let wrong = "SELECT count(*) FROM event
                 WHERE digest <> sha256(entry)
                    OR (convert_from(entry, 'UTF8')::json ->> 'stream', type, version::text)
                       IS DISTINCT FROM (stream, convert_from(entry, 'UTF8')::json ->> 'type',
                                         convert_from(entry, 'UTF8')::json ->> 'version')";
    assert_eq!(count(&database.owner, wrong).await, 0);
    assert!(5 < count(&database.owner, "SELECT count(*) FROM event").await);
}

#[tokio::test]
async fn a_destroyed_key_erases_the_player_and_leaves_the_session_and_every_digest_valid() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let id = play(&store).await;
    let before = store.load::<Session>(&id, None).await.unwrap();

    destroy_key(&database, &id).await;

    let erased = store.load::<Session>(&id, None).await.unwrap();
    let (before, state) =
        (before.aggregate.present().unwrap(), erased.aggregate.present().unwrap());
    assert_eq!((&state.user_id, &state.return_url), (&Private::Erased, &Private::Erased));
    assert_eq!((state.status, &state.item), (before.status, &before.item));
    assert_eq!(state.attempts.len(), before.attempts.len());
    assert!(state.attempts.iter().all(|it| it.instrument == Private::Erased));
    let wrong = "SELECT count(*) FROM event WHERE digest <> sha256(entry)";
    assert_eq!(count(&database.owner, wrong).await, 0);
}

#[tokio::test]
async fn an_erased_session_goes_on_and_what_is_private_in_it_stays_unreadable() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let id = session_id();
    let payment_id = PaymentId::new(now());
    store.execute::<Session>(&id, create(PLAYER), &context()).await.unwrap();
    store.execute::<Session>(&id, pay(&payment_id), &context()).await.unwrap();

    destroy_key(&database, &id).await;
    let executed = store.execute::<Session>(&id, declined(&payment_id), &context()).await.unwrap();

    assert_eq!(executed.version, 3);
    let events = store.events::<Session>(&id).await.unwrap();
    assert!(matches!(
        &events[2].event,
        SessionEvent::PaymentDeclined { provider_text: Private::Erased, .. }
    ));
    assert_eq!(places_of(&database.owner, "Ada's card").await, 0);
    assert_eq!(shown(&database, &id).await, (String::new(), String::new()));
}

#[tokio::test]
async fn an_append_decided_before_an_erasure_does_not_bring_the_player_back() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let id = session_id();
    store.execute::<Session>(&id, create(PLAYER), &context()).await.unwrap();
    let mut decided: CqrsContext<Session> = store.load_aggregate(&id).await.unwrap();
    let sink = EventSink::default();
    let open_page = || SessionCommand::OpenPage { at: now() };
    decided.aggregate().handle(open_page(), &(), &sink).await.unwrap();

    destroy_key(&database, &id).await;

    let late = store.commit(sink.collect().await, decided, HashMap::new()).await;
    assert!(matches!(late, Err(AggregateError::AggregateConflict)), "{late:?}");
    let executed = store.execute::<Session>(&id, open_page(), &context()).await.unwrap();
    assert_eq!(executed.version, 2);
    assert_eq!(shown(&database, &id).await, (String::new(), String::new()));
}

#[tokio::test]
async fn a_remembered_answer_is_erased_with_the_player_it_names() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let (id, context) = (session_id(), context());
    let respond = |_: &Session| format!("hello {PLAYER}").into_bytes();
    let remember = || Remember { fingerprint: [7; 32], respond: &respond };
    store.execute_once::<Session>(&id, create(PLAYER), &context, remember()).await.unwrap();
    assert_eq!(places_of(&database.owner, PLAYER).await, 0);

    destroy_key(&database, &id).await;

    let repeat =
        store.execute_once::<Session>(&session_id(), create(PLAYER), &context, remember()).await;
    let Once::Repeated(remembered) = repeat.unwrap() else { panic!("it was executed again") };
    assert_eq!((remembered.fingerprint, remembered.response), (vec![7; 32], None));
}

#[tokio::test]
async fn without_its_master_key_a_log_is_not_read_wrongly_but_not_at_all() {
    let database = TestDatabase::new().await;
    let id = play(&store(&database)).await;

    let other = store_with(&database, &Key::generate());

    assert!(other.load::<Session>(&id, None).await.is_err());
}

/// A session with something private in it of every kind.
async fn play(store: &EventStore) -> String {
    let id = session_id();
    let (first, second) = (PaymentId::new(now()), PaymentId::new(now()));
    let refund = SessionCommand::RequestRefund {
        refund_id: RefundId::new(now()),
        payment_id: second.clone(),
        cause: RefundCause::Game,
        reason: Some(RefundReason::parse("it was for Ada's brother").unwrap()),
        at: now(),
    };
    for command in
        [create(PLAYER), pay(&first), declined(&first), pay(&second), captured(&second), refund]
    {
        store.execute::<Session>(&id, command, &context()).await.unwrap();
    }
    id
}

/// As the owner, after the service was refused: what cannot be undone is not the service's to do.
async fn destroy_key(database: &TestDatabase, id: &str) {
    let destroy = || {
        let destroy = sqlx::query_scalar("SELECT destroy_stream_key($1)");
        destroy.bind(format!("session-{id}"))
    };
    let refused: Result<bool, _> = destroy().fetch_one(&database.service).await;
    assert!(refused.is_err(), "the service destroyed a key");
    let destroyed: bool = destroy().fetch_one(&database.owner).await.unwrap();
    assert!(destroyed);
}

/// The player and the return URL, as the API shows them.
async fn shown(database: &TestDatabase, id: &str) -> (String, String) {
    let row = sqlx::query_as("SELECT user_id, return_url FROM session WHERE id = $1").bind(id);
    row.fetch_one(&database.service).await.unwrap()
}

/// In how many rows of the log, in whatever column, a text stands.
async fn places_of(pool: &PgPool, text: &str) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM (
             SELECT event::text AS it, entry AS bytes FROM event
             UNION ALL SELECT stream::text, coalesce(wrapped_key, '') FROM stream
             UNION ALL SELECT command::text, coalesce(fingerprint, '') || coalesce(response, '')
                       FROM command) log
         WHERE strpos(it, $1) > 0 OR position(convert_to($1, 'UTF8') IN bytes) > 0",
    )
    .bind(text)
    .fetch_one(pool)
    .await
    .unwrap()
}

async fn count(pool: &PgPool, query: &str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}
