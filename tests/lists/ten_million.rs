//! How the lists are read among ten million sessions. On demand, and some minutes long:
//!
//! ```sh
//! cargo test --test lists ten_million -- --ignored --nocapture
//! ```
//!
//! Makes a Postgres of its own on disk (about 8 GB, removed at the end), fills it, and prints the
//! plan of each query with what it read and how long it took. `docs/list-plans.md` is what it
//! printed once.

use std::{str::FromStr, time::Instant};

use sqlx::{postgres::PgConnectOptions, raw_sql};
use toffeepay::{
    event_store::migrations::migrate,
    projections::{
        list::{Filter, Listed, page, plans},
        payment::PaymentRow,
        refund::RefundRow,
        session::SessionRow,
    },
};

use super::{
    rows::{ALL, add_payments_and_refunds, add_sessions, window},
    support::{
        cluster::{Scratch, durable},
        database::TestDatabase,
    },
};

const SESSIONS: u64 = 10_000_000;
/// Written at once, so that there is progress to be seen.
const STEP: u64 = 1_000_000;
/// Ten million of them are 116 days.
const SPREAD: &str = "1 second";

#[tokio::test]
#[ignore = "fills ten million rows, which takes minutes"]
async fn ten_million_sessions_are_listed_without_reading_a_whole_table() {
    let scratch = Scratch::new("ten-million");
    let cluster = durable(scratch.path());
    let url = cluster.url().to_owned();
    migrate(&PgConnectOptions::from_str(&url).unwrap(), |_| ()).await.unwrap();
    let database = TestDatabase::at(url);
    for from in (1..SESSIONS).step_by(STEP.try_into().unwrap()) {
        add_sessions(&database.owner, from, STEP, SPREAD).await;
        println!("{} sessions", from + STEP - 1);
    }
    add_payments_and_refunds(&database.owner, 10).await;
    println!("as many payments, and a tenth as many refunds");
    raw_sql("VACUUM ANALYZE session, payment, refund, list_count")
        .execute(&database.owner)
        .await
        .unwrap();

    let last = 8_000_000;
    show::<SessionRow>(&database, "sessions, first page", ALL, 0).await;
    show::<SessionRow>(&database, "sessions, far behind", ALL, last).await;
    let failed = Filter { status: Some("failed"), ..ALL };
    show::<SessionRow>(&database, "failed sessions, one of a thousand", failed, 0).await;
    let pending = Filter { status: Some("pending"), ..ALL };
    show::<SessionRow>(&database, "pending sessions, far behind", pending, 700_000).await;
    show::<SessionRow>(&database, "past the end", ALL, 9_000_000).await;
    let player = Filter { user_id: Some("player_1000"), ..ALL };
    show::<SessionRow>(&database, "a player's sessions", player, 0).await;
    let often = Filter { user_id: Some("often"), ..ALL };
    show::<SessionRow>(&database, "a player's with very many", often, 0).await;
    show::<PaymentRow>(&database, "payments, first page", ALL, 0).await;
    show::<PaymentRow>(&database, "payments, far behind", ALL, last).await;
    show::<RefundRow>(&database, "refunds, first page", ALL, 0).await;
    show::<RefundRow>(&database, "failed refunds", failed, 0).await;
    let payment_id = Some("pay_000000000010");
    show::<RefundRow>(&database, "a payment's refunds", Filter { payment_id, ..ALL }, 0).await;
}

async fn show<R: Listed>(database: &TestDatabase, what: &str, filter: Filter<'_>, offset: u32) {
    let window = window(50, offset);
    let began = Instant::now();
    let page = page::<R>(&database.service, filter, window.clone()).await.unwrap();
    let took = began.elapsed();
    println!("\n## {what}\n");
    println!("offset {offset}: {} rows of {} in {took:.1?}\n", page.rows.len(), page.total);
    for plan in plans::<R>(&database.service, filter, window).await.unwrap() {
        println!("```text\n{plan}\n```\n");
        assert!(!plan.contains("Seq Scan"), "{what} reads a whole table");
    }
}
