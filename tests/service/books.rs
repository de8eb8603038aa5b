//! Compares the bank's books with the log: nobody charged twice, nothing charged and forgotten.
//!
//! The bank keeps its own account of every movement of money and knows nothing of the log.

use std::collections::BTreeMap;

use sqlx::PgPool;
use toffeepay::domain::session::{Session, SessionState, SessionStatus, Stage};

use super::harness::{Library, wait_for};

/// What the bank moved, by the attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Moved {
    session_id: String,
    captured: Vec<i64>,
    refunded: Vec<i64>,
}

/// Waits until no attempt is under way, the bank has told all and no call to it is left.
pub(crate) async fn settled(pool: &PgPool) {
    wait_for("every attempt to be settled", async || {
        let open: Open = sqlx::query_as(
            "SELECT (SELECT count(*) FROM session WHERE is_paying) AS paying,
                    (SELECT count(*) FROM provider_call) AS calls,
                    (SELECT count(*) FROM sandbox_bank.notification WHERE delivered_at IS NULL)
                        AS notifications",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        if open == Open::default() { Ok(()) } else { Err(open) }
    })
    .await;
}

/// What is not settled yet.
#[derive(Debug, Default, PartialEq, Eq, sqlx::FromRow)]
struct Open {
    paying: i64,
    calls: i64,
    notifications: i64,
}

/// All sessions, folded from the log alone.
pub(crate) async fn folded(library: &Library) -> BTreeMap<String, Box<SessionState>> {
    let streams: Vec<String> =
        sqlx::query_scalar("SELECT stream FROM stream WHERE stream LIKE 'session-%'")
            .fetch_all(&library.pool)
            .await
            .unwrap();
    let mut sessions = BTreeMap::new();
    for stream in streams {
        let id = stream.strip_prefix("session-").unwrap();
        match library.store.load::<Session>(id, None).await.unwrap().aggregate {
            Session::Present(state) => drop(sessions.insert(id.to_owned(), state)),
            Session::Absent | Session::Corrupt => panic!("{id} has no sound history"),
        }
    }
    sessions
}

/// Holds the bank's books against the log, both ways. Gives the ids of all paid sessions.
pub(crate) async fn assert_agree(library: &Library) -> Vec<String> {
    let (mut moved, sessions) = (movements(&library.pool).await, folded(library).await);
    let mut paid = vec![];
    for (id, state) in &sessions {
        let mut captures = 0;
        for attempt in &state.attempts {
            let in_bank = moved.remove(attempt.payment_id.as_str()).unwrap_or_default();
            let in_log = |it: Option<toffeepay::domain::money::Money>| -> Vec<i64> {
                it.iter().map(|it| it.minor_units()).collect()
            };
            let attempt_id = &attempt.payment_id;
            assert_eq!(in_bank.captured, in_log(attempt.captured), "captured: {id} {attempt_id}");
            assert_eq!(in_bank.refunded, in_log(attempt.refunded), "refunded: {id} {attempt_id}");
            let is_its_own = in_bank.captured.is_empty() || in_bank.session_id == *id;
            assert!(is_its_own, "{attempt_id} of {id} was charged for {}", in_bank.session_id);
            captures += in_bank.captured.len() - in_bank.refunded.len();
        }
        let is_paid = state.status == SessionStatus::Paid;
        let is_given_back =
            state.attempts.iter().any(|it| it.stage == Stage::Paid && it.refunded.is_some());
        assert_eq!(
            captures,
            usize::from(is_paid && !is_given_back),
            "{id} is {} with {captures} charges",
            state.status
        );
        if is_paid {
            paid.push(id.clone());
        }
    }
    assert!(moved.is_empty(), "money moved that the log knows nothing of: {moved:?}");
    paid
}

/// One session is paid, once: by the bank, by the log's events, and by its status.
pub(crate) async fn assert_paid_once(library: &Library, session_id: &str) {
    assert!(assert_agree(library).await.iter().any(|it| it == session_id));
    let events: i64 =
        sqlx::query_scalar("SELECT count(*) FROM event WHERE stream = $1 AND type = 'Paid'")
            .bind(format!("session-{session_id}"))
            .fetch_one(&library.pool)
            .await
            .unwrap();
    assert_eq!(events, 1, "events that say {session_id} is paid");
}

async fn movements(pool: &PgPool) -> BTreeMap<String, Moved> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT payment_id, session_id, kind, movement.minor_units
         FROM sandbox_bank.movement JOIN sandbox_bank.charge USING (payment_id) ORDER BY number",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut moved = BTreeMap::<String, Moved>::new();
    for (payment_id, session_id, kind, minor_units) in rows {
        let it = moved.entry(payment_id).or_default();
        it.session_id = session_id;
        match kind.as_str() {
            "captured" => it.captured.push(minor_units),
            "refunded" => it.refunded.push(minor_units),
            other => panic!("the bank knows no movement {other}"),
        }
    }
    moved
}
