//! How long the overview takes to read, at its realistic worst.

use std::time::{Duration, Instant};

use sqlx::raw_sql;
use toffeepay::domain::studio::Role;

use super::{GAME, NOW, Room};

/// How often each page is asked for.
const ROUNDS: usize = 40;

/// Three years until now, each hour of which has a row of everything that is counted: all steps, methods and
/// reasons, and ten currencies with money taken, taken late, in dispute and given back. About 380 sessions an hour
/// are ten million in all. Rows of the other game lie between those of the one that is looked at.
/// Days are added up at once, since hour by hour takes long.
const FIGURES: &str = "
    ALTER TABLE figure DISABLE TRIGGER USER;
    INSERT INTO figure
    SELECT 1, game_id, 'test', hour, kind, subject, exponent, (380 * share)::bigint + 1,
           ((380 * share)::bigint + 1) * price
    FROM generate_series(timestamptz '{now}' - interval '1096 days', '{now}', interval '1 hour') at,
         date_trunc('hour', at, 'UTC') hour, unnest(ARRAY['{game}', 'another']) game_id, (
        SELECT kind, '' AS subject, 0 AS exponent, share, 0 AS price
        FROM (VALUES ('session_created', 1.0), ('session_opened', 0.88), ('session_started', 0.61),
                     ('session_paid', 0.52)) step (kind, share)
        UNION ALL
        SELECT 'attempt', method, 0, 0.08, 0
        FROM unnest(ARRAY['card', 'tokenized_card', 'apple_pay', 'google_pay', 'paypal', 'paylater', 'venmo',
                          'toffee_wallet']) method
        UNION ALL
        SELECT 'declined', reason, 0, 0.01, 0
        FROM unnest(ARRAY['card_declined', 'insufficient_funds', 'expired_card', 'incorrect_security_code',
                          'authentication_failed', 'instrument_refused', 'authorization_expired',
                          'provider_refused']) reason
        UNION ALL
        SELECT kind, currency, exponent, share, 749
        FROM (VALUES ('paid', 0.052), ('paid_late', 0.001), ('mismatched', 0.001), ('refunded', 0.003)) it (kind, share),
             (VALUES ('USD', 2), ('EUR', 2), ('GBP', 2), ('JPY', 0), ('KRW', 0), ('BRL', 2), ('CAD', 2), ('AUD', 2),
                     ('MXN', 2), ('BHD', 3)) money (currency, exponent)
    ) counted
    ORDER BY hour;
    INSERT INTO figure_day
    SELECT generation, game_id, world, (hour AT TIME ZONE 'UTC')::date AS day, kind, subject, exponent,
           sum(count), sum(minor_units)
    FROM figure GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY day;
    ALTER TABLE figure ENABLE TRIGGER USER";

/// As many endpoints as a game may have, each with more behind it than is counted, and attempts in every hour.
const ENDPOINTS: &str = "
    INSERT INTO webhook_endpoint (endpoint_id, game_id, endpoint, from_position, is_enabled)
    SELECT 'whe_' || n, '{game}',
           jsonb_build_object('world', 'test', 'url', 'https://game.example/hooks/' || n, 'shape', 'flat', 'types', jsonb_build_array('session.paid')), 0, true
    FROM generate_series(1, 16) n;
    INSERT INTO webhook_due (endpoint_id, message_id, session_id, sequence, ordinal)
    SELECT 'whe_' || n, 'msg_' || m, 'sess_' || m, m, 0 FROM generate_series(1, 16) n, generate_series(1, 2000) m;
    INSERT INTO webhook_dead (endpoint_id, message_id, session_id, sequence, ordinal, attempts, died_at, noted_at)
    SELECT 'whe_' || n, 'msg_' || m, 'sess_' || m, m, 0, 13, now(), now()
    FROM generate_series(1, 16) n, generate_series(2001, 4000) m;
    INSERT INTO webhook_hour
    SELECT 'whe_' || n, hour, 900, 890, 880, 870, 100, 100, 100, 100, 100, 100, 100, 100, 50, 50
    FROM generate_series(1, 16) n, generate_series(timestamptz '{now}' - interval '8 days', '{now}', interval '1 hour') at,
         date_trunc('hour', at, 'UTC') hour";

fn of_now(sql: &str) -> String {
    sql.replace("{now}", NOW).replace("{game}", GAME)
}

/// On demand: `cargo test --release --test dashboard how_long_the_overview -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "prints times to look at"]
async fn how_long_the_overview_takes_after_ten_million_sessions() {
    let room = Room::at(NOW).await;
    let owner = &room.database.owner;
    let began = Instant::now();
    raw_sql(&of_now(FIGURES)).execute(owner).await.unwrap();
    raw_sql(&of_now(ENDPOINTS)).execute(owner).await.unwrap();
    room.count().await;
    raw_sql("VACUUM ANALYZE").execute(owner).await.unwrap();
    let rows: (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM figure), count(*), sum(count) FILTER (WHERE kind = 'session_created')::bigint
         FROM figure WHERE game_id = $1",
    )
    .bind(GAME)
    .fetch_one(owner)
    .await
    .unwrap();
    println!(
        "{} rows, {} of the game, of {} sessions; in {:.0?}",
        rows.0,
        rows.1,
        rows.2,
        began.elapsed()
    );
    let (_, link) = room.person("fast@studio.example", GAME, Role::Finance).await;
    let cookie = room.enter(&link).await;
    for page in [
        "overview?span=today",
        "overview?span=7d",
        "overview?span=28d",
        "overview?span=this-month",
        "overview?span=last-month",
        "overview/money.csv?span=last-month",
    ] {
        let path = format!("/dashboard/{GAME}/test/{page}");
        let mut took: Vec<Duration> = vec![];
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let page = room.get_as(&cookie, &path).await;
            took.push(began.elapsed());
            assert!(page.status.is_success(), "{}", page.text);
            bytes = page.text.len();
        }
        took.sort_unstable();
        println!(
            "{page}: {bytes} bytes, median {:.1?}, worst {:.1?}",
            took[ROUNDS / 2],
            took[ROUNDS - 1]
        );
    }
}
