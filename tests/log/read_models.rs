//! What the API reads is written with the append, and is what folding the log gives.

use futures::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json, to_value};
use sqlx::PgPool;
use toffeepay::{
    domain::{
        id::{PaymentId, RefundId},
        image::{ImageUrl, ItemImage},
        item::Country,
        session::{
            CancelledBy, PaymentOutcome, RefundCause, RefundOutcome, Session, SessionCommand,
        },
        text::{ItemTitle, UserId},
    },
    event_store::{Append, EventStore, ExecuteError, StoredAggregate},
    ids::NewId,
    projections::session::SessionRow,
};

use crate::{
    given::{
        append, assert_gapless, captured, committer, context, create, declined, now, pay, price,
        record, reference, refusal, session_id, store, unstorable_rows, until_waiting,
    },
    support::database::TestDatabase,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_hundreds_of_sessions_are_what_folding_the_log_gives() {
    const SESSIONS: u64 = 300;
    let database = TestDatabase::new().await;
    let store = store(&database);
    let sessions: Vec<String> = join_all((0..SESSIONS).map(|seed| live(&store, seed))).await;

    let mut folded = json!({ "sessions": [], "payments": [], "refunds": [] });
    for id in &sessions {
        let loaded = store.load::<Session>(id, None).await.unwrap();
        let rows = to_value(loaded.aggregate.rows(id, loaded.version)).unwrap();
        for (table, rows) in rows.as_object().unwrap() {
            let all = folded[table].as_array_mut().unwrap();
            all.extend(rows.as_array().unwrap().iter().cloned());
        }
    }
    for (table, at_least) in [("session", 300), ("payment", 150), ("refund", 10)] {
        let folded = &folded[format!("{table}s")];
        let rows = folded.as_array().unwrap().len();
        assert!(at_least <= rows, "{rows} rows of {table} say little");
        assert_eq!(differing(&database.service, table, folded).await, 0, "{table}");
    }
    let statuses: i64 = sqlx::query_scalar("SELECT count(DISTINCT status) FROM session")
        .fetch_one(&database.service)
        .await
        .unwrap();
    assert_eq!(statuses, 5);
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn a_read_right_after_a_write_is_right() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let id = session_id();

    for command in [create("player"), SessionCommand::OpenPage { at: now() }, cancel()] {
        let executed = store.execute::<Session>(&id, command, &context()).await.unwrap();
        let row = SessionRow::find(&database.service, &id).await.unwrap().unwrap();
        let state = executed.aggregate.present().unwrap();
        assert_eq!(row, SessionRow::of(state, &id, executed.version));
    }
}

#[tokio::test]
async fn the_row_of_a_new_session_is_right_whatever_stands_in_it() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let url = r#"https://cdn.example/a"b,c(d)\e.png?f='g'&h={i}"#;
    for title in [r#"5" Nails, (100 pcs.) \ "best""#, r"\", r#"""#, "NULL", "{金貨,🪙}", "a,,b"]
    {
        let id = session_id();
        let SessionCommand::Create(mut details) = create("player") else { unreachable!() };
        details.user_id = UserId::parse(title).unwrap();
        details.item.title = ItemTitle::parse(title).unwrap();
        details.item.image = Some(ItemImage::Linked { url: ImageUrl::parse(url).unwrap() });
        details.item.country = Some(Country::parse("JP").unwrap());
        let begin = SessionCommand::Create(details);

        let executed = store.execute::<Session>(&id, begin, &context()).await.unwrap();

        let row = SessionRow::find(&database.service, &id).await.unwrap().unwrap();
        assert_eq!((row.title.as_str(), row.user_id.as_str()), (title, title));
        assert_eq!(row, SessionRow::of(executed.aggregate.present().unwrap(), &id, 1));
    }
}

#[tokio::test]
async fn an_append_whose_rows_are_refused_adds_no_event() {
    let database = TestDatabase::new().await;
    let refused = Append { rows: Some(unstorable_rows()), ..append("session-a", 0, 1) };

    committer(&database).append(refused).await.unwrap_err();

    let streams: i64 =
        sqlx::query_scalar("SELECT count(*) FROM stream").fetch_one(&database.owner).await.unwrap();
    assert_eq!(streams, 0);
    assert_gapless(&database.owner).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_that_waits_for_the_head_holds_up_nobody_who_counts_sessions() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let (first, second) = (session_id(), session_id());
    store.execute::<Session>(&first, create("player"), &context()).await.unwrap();
    let mut holder = database.owner.begin().await.unwrap();
    // Whatever it waits for, it does not get.
    sqlx::raw_sql("SET LOCAL lock_timeout = '100ms'; SELECT FROM event_head FOR UPDATE")
        .execute(&mut *holder)
        .await
        .unwrap();

    let context = context();
    let begin = store.execute::<Session>(&second, create("player"), &context);
    let hold = async {
        until_waiting(&database.owner, 1).await;
        // Of the same game, day and status as the one that waits: the same row of counts.
        let cancel = "UPDATE session SET status = 'cancelled' WHERE id = $1";
        sqlx::query(cancel).bind(&first).execute(&mut *holder).await.unwrap();
        holder.commit().await.unwrap();
    };
    let (begun, ()) = tokio::join!(begin, hold);
    begun.unwrap();

    let counts = "SELECT status, sum(rows)::bigint FROM list_count WHERE rows <> 0
                  GROUP BY status ORDER BY status";
    let counts: Vec<(String, i64)> =
        sqlx::query_as(counts).fetch_all(&database.owner).await.unwrap();
    assert_eq!(counts, [("cancelled".to_owned(), 1), ("pending".to_owned(), 1)]);
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn an_older_version_of_a_row_never_replaces_a_newer_one() {
    let database = TestDatabase::new().await;
    let store = store(&database);
    let (id, payment_id) = (session_id(), PaymentId::new(now()));
    for command in [create("player"), pay(&payment_id), captured(&payment_id)] {
        store.execute::<Session>(&id, command, &context()).await.unwrap();
    }
    let rows_at = async |version| {
        let loaded = store.load::<Session>(&id, Some(version)).await.unwrap();
        to_value(loaded.aggregate.rows(&id, loaded.version)).unwrap()
    };
    let (old, newest) = (rows_at(2).await, rows_at(3).await);

    write(&database.service, &old).await;
    assert_eq!(differing(&database.service, "session", &newest["sessions"]).await, 0);
    assert_eq!(differing(&database.service, "payment", &newest["payments"]).await, 0);

    // A rebuild writes the same version again, here over a row that somebody damaged.
    sqlx::raw_sql("UPDATE session SET status = 'lost'; UPDATE payment SET status = 'lost'")
        .execute(&database.owner)
        .await
        .unwrap();
    write(&database.service, &newest).await;
    assert_eq!(differing(&database.service, "session", &newest["sessions"]).await, 0);
    assert_eq!(differing(&database.service, "payment", &newest["payments"]).await, 0);
}

/// Lets a session live: begun, and then whatever comes, some of it refused by the rules.
async fn live(store: &EventStore, seed: u64) -> String {
    let mut chance = StdRng::seed_from_u64(seed);
    let id = session_id();
    store.execute::<Session>(&id, create(&format!("player-{seed}")), &context()).await.unwrap();
    let mut payments = vec![PaymentId::new(now())];
    let mut refunds = vec![];
    for _ in 0..chance.random_range(0..16) {
        let command = something(&mut chance, &mut payments, &mut refunds);
        match store.execute::<Session>(&id, command, &context()).await {
            Ok(_) | Err(ExecuteError::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    id
}

fn something(
    chance: &mut StdRng,
    payments: &mut Vec<PaymentId>,
    refunds: &mut Vec<RefundId>,
) -> SessionCommand {
    let payment_id = payments.last().unwrap().clone();
    let (amount, at) = (price(), now());
    match chance.random_range(0..24) {
        0 => SessionCommand::OpenPage { at },
        1..=5 => {
            payments.push(PaymentId::new(at));
            pay(payments.last().unwrap())
        }
        6..=9 => declined(&payment_id),
        10 => {
            record(&payment_id, PaymentOutcome::Authorized { amount, reference: reference("ch_1") })
        }
        11..=13 => captured(&payment_id),
        14 => record(&payment_id, PaymentOutcome::Voided),
        15 => cancel(),
        16 => SessionCommand::Expire { at: at + chrono::TimeDelta::hours(25) },
        17..=20 => {
            refunds.push(RefundId::new(at));
            SessionCommand::RequestRefund {
                refund_id: refunds.last().unwrap().clone(),
                payment_id,
                cause: RefundCause::Game,
                reason: None,
                at,
            }
        }
        _ => match refunds.last() {
            Some(refund_id) => SessionCommand::RecordRefund {
                refund_id: refund_id.clone(),
                outcome: if chance.random_bool(0.5) {
                    RefundOutcome::Succeeded { reference: reference("re_1") }
                } else {
                    RefundOutcome::Failed(refusal())
                },
                at,
            },
            None => SessionCommand::OpenPage { at },
        },
    }
}

fn cancel() -> SessionCommand {
    SessionCommand::Cancel { by: CancelledBy::Player, at: now() }
}

async fn write(pool: &PgPool, rows: &Value) {
    let write = sqlx::query("SELECT rebuild_read_models(ARRAY[$1])").bind(rows);
    write.execute(pool).await.unwrap();
}

/// How many rows are in the table or in `folded` and not in both.
async fn differing(pool: &PgPool, table: &str, folded: &Value) -> i64 {
    let folded_rows = format!("SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1)");
    let rows = format!("SELECT * FROM {table}");
    let query = format!(
        "SELECT count(*) FROM (({rows} EXCEPT {folded_rows})
                               UNION ALL ({folded_rows} EXCEPT {rows})) it"
    );
    sqlx::query_scalar(&query).bind(folded).fetch_one(pool).await.unwrap()
}
