//! What the tests begin with: a store, sessions, and appends that no aggregate made.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use serde_json::value::RawValue;
use sqlx::PgPool;
use toffeepay::{
    clock::{Clock, SystemClock},
    domain::{
        Timestamp,
        currency::Currency,
        id::{GameId, PaymentId, SessionId},
        item::Item,
        money::Money,
        return_url::ReturnUrl,
        session::{
            CaptureMode, CreateSession, DeclineReason, PaymentMethod, PaymentOutcome, ProviderName,
            ProviderText, Reference, Refusal, SessionCommand, StartPayment,
        },
        text::{ItemTitle, UserId},
        world::World,
    },
    event_store::{Append, CommandContext, CommitLimits, Committer, EventStore, Rows},
    ids::NewId,
    vault::Key,
};
use uuid::Uuid;

use crate::support::database::TestDatabase;

/// A test that waits longer for something has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Opens the log as the service does, with a master key of its own.
pub fn store(database: &TestDatabase) -> EventStore {
    store_with(database, &Key::generate())
}

/// Opens the log as the service does.
pub fn store_with(database: &TestDatabase, master: &Key) -> EventStore {
    let options = database.service_options.clone();
    EventStore::open(database.service.clone(), options, master, Arc::new(|| {}))
}

/// Appends as the service does.
pub fn committer(database: &TestDatabase) -> Committer {
    Committer::start(database.service_options.clone(), CommitLimits::default(), Arc::new(|| {}))
}

/// Now, as the service tells it.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// A new command, which may be repeated.
pub fn context() -> CommandContext {
    unrepeatable().with_command(&[&Uuid::new_v4().to_string()])
}

/// A command that nobody can repeat.
pub fn unrepeatable() -> CommandContext {
    CommandContext::new("player", "request-1", now())
}

/// The name of a new session.
pub fn session_id() -> String {
    SessionId::new(now()).to_string()
}

/// Begins a session whose player is `user_id`, who goes back to `https://game.example/<user_id>`.
pub fn create(user_id: &str) -> SessionCommand {
    SessionCommand::Create(Box::new(CreateSession {
        game_id: GameId::parse("space_shooter").unwrap(),
        world: World::Test,
        user_id: UserId::parse(user_id).unwrap(),
        item: Item {
            title: ItemTitle::parse("100 coins").unwrap(),
            price: price(),
            image: None,
            country: None,
        },
        return_url: ReturnUrl::parse(format!("https://game.example/{user_id}")).unwrap(),
        capture_mode: CaptureMode::Automatic,
        wallet_enabled: false,
        created_at: now(),
        expires_at: now() + TimeDelta::hours(24),
    }))
}

/// What every session here costs.
pub fn price() -> Money {
    Money::price(499, Currency::parse("USD").unwrap()).unwrap()
}

/// Presses pay.
pub fn pay(payment_id: &PaymentId) -> SessionCommand {
    SessionCommand::StartPayment(Box::new(StartPayment {
        payment_id: payment_id.clone(),
        method: PaymentMethod::Card,
        provider: ProviderName::parse("sandbox").unwrap(),
        instrument: reference("tok_secret_instrument"),
        at: now(),
    }))
}

/// The provider took the money.
pub fn captured(payment_id: &PaymentId) -> SessionCommand {
    let (amount, reference) = (price(), reference("ch_1"));
    record(payment_id, PaymentOutcome::Captured { amount, reference })
}

/// The provider said no.
pub fn declined(payment_id: &PaymentId) -> SessionCommand {
    record(payment_id, PaymentOutcome::Declined(refusal()))
}

/// The provider said something about an attempt.
pub fn record(payment_id: &PaymentId, outcome: PaymentOutcome) -> SessionCommand {
    SessionCommand::RecordPayment { payment_id: payment_id.clone(), outcome, at: now() }
}

/// A refusal in a provider's own words.
pub fn refusal() -> Refusal {
    Refusal {
        reason: DeclineReason::InsufficientFunds,
        text: ProviderText::parse("no money left on Ada's card").unwrap(),
    }
}

/// A provider's name for something.
pub fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

/// An append of `events` events that no aggregate made, of a new command.
pub fn append(stream: &str, expected_version: i64, events: usize) -> Append {
    let command_id = Uuid::new_v4();
    let entry = format!(r#"{{"command_id":"{command_id}"}}"#).into_bytes();
    Append {
        stream: stream.to_owned(),
        expected_version,
        command_id,
        append_id: Some(Uuid::new_v4()),
        expires_at: None,
        wrapped_key: None,
        with_key: false,
        remembered: None,
        rows: None,
        entries: vec![("Noted".to_owned(), entry); events],
    }
}

/// The same command again, asked for by somebody who does not know that it was.
pub fn again(append: &Append) -> Append {
    Append { append_id: Some(Uuid::new_v4()), ..append.clone() }
}

/// Rows that no database takes.
pub fn unstorable_rows() -> Rows {
    let objects = r#"{"sessions":[{"id":"\u0000"}]}"#;
    Rows::Objects(RawValue::from_string(objects.to_owned()).unwrap())
}

/// How often the log holds a command's events, by their entries.
pub async fn events_of(pool: &PgPool, append: &Append) -> usize {
    let found: i64 =
        sqlx::query_scalar("SELECT count(*) FROM event WHERE entry = $1 AND digest = sha256($1)")
            .bind(&append.entries[0].1)
            .fetch_one(pool)
            .await
            .unwrap();
    usize::try_from(found).unwrap()
}

/// The position of the log's last event.
pub async fn head(pool: &PgPool) -> i64 {
    let head = sqlx::query_scalar("SELECT position FROM event_head WHERE shard = 0");
    head.fetch_one(pool).await.unwrap()
}

/// Fails unless positions and every stream's versions have no gap and time never runs backwards.
pub async fn assert_gapless(pool: &PgPool) {
    let wrong: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT position, stream, version FROM (
             SELECT *, row_number() OVER (ORDER BY position) AS position_wanted,
                    row_number() OVER (PARTITION BY stream ORDER BY position) AS version_wanted,
                    lag(recorded_at, 1, '-infinity') OVER (ORDER BY position) AS before
             FROM event) it
         WHERE position <> position_wanted OR version <> version_wanted OR recorded_at < before",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert_eq!(wrong, []);
    let is_whole: bool = sqlx::query_scalar(
        "SELECT (SELECT position FROM event_head) = (SELECT count(*) FROM event)
            AND NOT EXISTS (
                SELECT FROM stream s FULL JOIN (
                    SELECT stream, max(version) AS version, min(position) AS first_position,
                           max(position) AS last_position
                    FROM event GROUP BY stream) e USING (stream)
                WHERE (s.version, s.first_position, s.last_position)
                      IS DISTINCT FROM (e.version, e.first_position, e.last_position))",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    assert!(is_whole, "the head or a stream's row does not agree with the events");
}

/// Waits until `count` appends wait for the head's lock, by asking the database.
pub async fn until_waiting(pool: &PgPool, count: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'
                     AND query LIKE '%append_all(%'";
    let all_wait = async {
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(pool).await.unwrap() != count {}
    };
    tokio::time::timeout(PATIENCE, all_wait).await.expect("the appends do not wait");
}
