//! Sessions by the million, put into the log by SQL: copies of a real one, each with every row that an
//! append writes.

use sqlx::{Connection, Executor, PgConnection};

use crate::{
    measures::Template,
    postgres::Database,
    service::{GAME, PLAYERS},
};

/// Sessions of one transaction.
const CHUNK: u64 = 200_000;

/// Adds sessions to a log that holds `from` of these, until it holds `to`.
pub(crate) async fn sessions(database: &Database, from: u64, to: u64) {
    let mut owner = PgConnection::connect(&database.owner_url).await.unwrap();
    if to <= from {
        return;
    }
    let template = Template::new(database).await;
    let mut first = from + 1;
    while first <= to {
        let last = to.min(first + CHUNK - 1);
        chunk(&mut owner, &template, first, last).await;
        first = last + 1;
    }
    // A worker that begins now is not to go through all of them first.
    owner
        .execute("UPDATE subscription SET position = (SELECT position FROM event_head)")
        .await
        .unwrap();
    owner.execute("VACUUM (ANALYZE) event, stream, session, list_count").await.unwrap();
}

/// Some of the sessions that are there, from all of the log: at random, without passing over it.
pub(crate) async fn some(database: &Database, there: u64, count: usize) -> Vec<String> {
    let mut owner = PgConnection::connect(&database.owner_url).await.unwrap();
    sqlx::query_scalar(
        "SELECT substr(stream, length('session-') + 1) FROM event
         WHERE shard = 0 AND stream LIKE 'session-%' AND position IN (
             SELECT 1 + floor(random() * $1)::bigint FROM generate_series(1, $2))",
    )
    .bind(i64::try_from(there).unwrap() as f64)
    .bind(i32::try_from(count).unwrap())
    .fetch_all(&mut owner)
    .await
    .unwrap()
}

async fn chunk(owner: &mut PgConnection, template: &Template, first: u64, last: u64) {
    let filled = format!(
        "CREATE TEMP TABLE filled ON COMMIT DROP AS
         SELECT n, head.position + row_number() OVER (ORDER BY n) AS position,
                'sess_' || lpad(to_hex(n), 12, '0') || substr(md5(n::text), 1, 26) || '0' AS id,
                now() - (10000000 - n % 10000000) * interval '0.1 s' AS at
         FROM generate_series({first}::bigint, {last}::bigint) n,
              (SELECT * FROM event_head FOR UPDATE) head;
         ANALYZE filled;"
    );
    let [entry, id] = [&template.entry, &template.id].map(|it| it.replace('\'', "''"));
    let event = format!(
        "INSERT INTO event
         SELECT 0, position, 'session-' || id, 1, 'Created', at, entry, sha256(entry)
         FROM (SELECT *, convert_to(replace('{entry}', '{id}', id), 'UTF8') AS entry
               FROM filled) f
         ORDER BY position;"
    );
    let others = format!(
        "INSERT INTO stream
         SELECT 'session-' || id, 0, 1, position, position, decode(repeat(md5(id), 4), 'hex'), NULL
         FROM filled ORDER BY position;
         INSERT INTO session
         SELECT id, 1, '{GAME}', 'test', 'player_' || n % {PLAYERS}, 'pending', '50 Gold Coins', 499, 'USD',
                NULL, NULL, 'mygame://payment-complete', at, now() + interval '30 days', NULL, NULL,
                '', false
         FROM filled ORDER BY position;
         UPDATE event_head SET position = (SELECT max(position) FROM filled), recorded_at = now();
         SELECT keep_event_partitions_ahead(2);"
    );
    let mut transaction = owner.begin().await.unwrap();
    for statements in [filled, event, others] {
        sqlx::raw_sql(&statements).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
}
