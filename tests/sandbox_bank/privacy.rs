//! What the bank must not keep: card numbers and security codes.

use sqlx::PgPool;
use toffeepay::{
    domain::session::CaptureMode,
    providers::{Instrument, Provider},
};

use super::world::*;

/// Numbers that the sandbox refuses, of which nothing may stay either.
const REFUSED: &str = "4111111111111111";

#[tokio::test]
async fn no_card_number_and_no_security_code_is_in_any_table() {
    let world = world().await;
    let numbers = [PAYS, DECLINED, WITHOUT_FUNDS, ASKS_FOR_AUTHENTICATION, SETTLES_LATER];
    for number in numbers {
        world.charge(number, CaptureMode::Automatic).await;
    }
    refusal(world.bank.tokenize(card(REFUSED)).await);
    refusal(world.bank.tokenize(Instrument::WalletToken(REFUSED.into())).await);
    world.bank.notifier().deliver_due().await;

    let dump = dump(&world.owner).await;
    assert!(dump.contains("asks_for_authentication") && dump.contains("charge.captured"));
    for number in numbers.into_iter().chain([REFUSED]) {
        assert!(!dump.contains(number), "{number} was kept");
    }
    let mut words = dump.split(|it: char| !it.is_alphanumeric());
    assert!(!words.any(|it| it == SECURITY_CODE), "the security code was kept");
    for (headers, body) in world.receiver.received() {
        let sent = format!("{headers:?} {}", String::from_utf8_lossy(&body));
        assert!(numbers.iter().all(|it| !sent.contains(it)), "{sent}");
    }
}

#[tokio::test]
async fn the_service_cannot_rewrite_what_moved() {
    let world = world().await;
    world.captured().await;
    for change in [
        "UPDATE sandbox_bank.movement SET minor_units = 1",
        "DELETE FROM sandbox_bank.movement",
        "TRUNCATE sandbox_bank.movement",
        "UPDATE sandbox_bank.token SET instrument = 'pays'",
        "DELETE FROM sandbox_bank.charge",
    ] {
        let mut connection = world.owner.acquire().await.unwrap();
        sqlx::query("SET ROLE toffeepay_service").execute(&mut *connection).await.unwrap();
        let refused = sqlx::query(change).execute(&mut *connection).await.unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{change}: {refused}");
        connection.close().await.unwrap();
    }
}

/// Every row of every table, as text.
async fn dump(owner: &PgPool) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
         WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
           AND table_type = 'BASE TABLE'",
    )
    .fetch_all(owner)
    .await
    .unwrap();
    assert!(6 <= tables.len(), "{tables:?}");
    let mut dump = String::new();
    for table in tables {
        let rows = format!("SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {table} t");
        let rows: String = sqlx::query_scalar(&rows).fetch_one(owner).await.unwrap();
        dump.push_str(&rows);
        dump.push('\n');
    }
    dump
}
