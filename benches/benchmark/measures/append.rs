//! Appends: our group commit beside one transaction an append, stock postgres-es, and the most that
//! Postgres takes.

use std::{sync::Arc, time::Instant};

use sqlx::{Connection, Executor, PgConnection, PgPool, postgres::PgPoolOptions};
use toffeepay::{
    clock::{Clock as _, SystemClock},
    domain::{
        id::SessionId,
        session::{Session, SessionCommand},
    },
    event_store::{
        Append, Appended, CommandContext, EventStore, Rows, StoredAggregate as _, stream_name,
    },
    ids::NewId as _,
    vault::Key,
};
use uuid::Uuid;

use crate::{
    bench::{Bench, Question, closed_loop},
    commands::{PLAYER, a_player, purchase},
    load::{Measured, Pace, histogram, micros},
    peers::{STOCK_SCHEMA, framework},
    postgres::{Database, Script},
    service::PLAYERS,
};

const CALLERS: [usize; 4] = [1, 16, 64, 256];
/// Of a batch of the bare `unnest`: as many as ours takes at most.
const BATCH: usize = 256;
/// Connections of stock postgres-es at most.
const STOCK_CONNECTIONS_MAX: usize = 64;

/// The bare row: what is stored of an event, without anything around it.
pub(crate) const BARE: &str = "
    CREATE TABLE bare (
        position    bigserial   PRIMARY KEY,
        stream      text        NOT NULL,
        version     bigint      NOT NULL,
        type        text        NOT NULL,
        recorded_at timestamptz NOT NULL,
        entry       bytea       NOT NULL,
        digest      bytea       NOT NULL
    )";

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "Append",
        "One event `Created` for each append. Ours: the event, its stream and the read-model row, \
         gapless, in groups of those that wait; each a copy of a prepared one with an id and a player \
         of its own. `bare insert`: pgbench inserts only a row with the event's bytes, one transaction \
         each. `same rows`: pgbench has the same rows written, by the same SQL function, one append for \
         each transaction. `postgres-es`: the stock store, on up to 64 connections, executes the \
         command, and here ours does too: it decides, encrypts and writes the entry. `unnest`: one \
         connection inserts 256 bare rows a statement, the most that this Postgres takes. All but \
         pgbench run within the load's own process.",
    );
    let ours_at = bench.postgres.database("append_ours").await;
    let same_at = bench.postgres.database("append_same").await;
    let peers_at = bench.postgres.bare_database("append_peers").await;
    let mut owner = PgConnection::connect(&peers_at.owner_url).await.unwrap();
    owner.execute(BARE).await.unwrap();
    owner.execute(STOCK_SCHEMA).await.unwrap();
    let template = Template::new(&ours_at).await;
    let insert = template.bare_insert();
    let mut owner = PgConnection::connect(&same_at.owner_url).await.unwrap();
    owner.execute(template.append_one().as_str()).await.unwrap();
    let mut rows = vec![];
    for callers in CALLERS.map(|it| bench.effort.at_once(it)) {
        let what =
            |goal| Question { what: format!("{callers} callers"), peer_is: "bare insert", goal };
        let ours = |pace| template.append_by(callers, pace);
        let bare = async |pace: Pace| {
            bench.postgres.pgbench(&peers_at, &Script::Own(&insert), callers, pace)
        };
        let goal = (callers == 256).then_some(3.5);
        rows.push(bench.compare(what(goal), ours, bare).await);
        let unbatched = async |pace: Pace| {
            bench.postgres.pgbench(&same_at, &Script::Own(SAME_ROWS), callers, pace)
        };
        let question = Question { peer_is: "same rows", ..what((callers == 256).then_some(60.0)) };
        rows.push(bench.compare(question, ours, unbatched).await);
        let connections = callers.min(STOCK_CONNECTIONS_MAX);
        let stock = framework(&peers_at.owner_url, connections.try_into().unwrap()).await;
        let by_stock = async |pace: Pace| {
            let stock = Arc::clone(&stock);
            closed_loop(callers, pace, move || {
                let stock = Arc::clone(&stock);
                async move {
                    let now = SystemClock.now();
                    let command = SessionCommand::Create(Box::new(purchase(&a_player(), now)));
                    stock.execute(SessionId::new(now).as_str(), command).await.unwrap();
                }
            })
            .await
        };
        let question = Question { peer_is: "postgres-es", ..what((callers == 64).then_some(8.0)) };
        let executing = |pace| template.execute_by(callers, pace);
        rows.push(bench.compare(question, executing, by_stock).await);
    }
    let most = Question { what: "256 callers".to_owned(), peer_is: "unnest", goal: None };
    let pool = PgPoolOptions::new().max_connections(1).connect(&peers_at.owner_url).await.unwrap();
    let ours = |pace| template.append_by(256, pace);
    rows.push(bench.compare(most, ours, |pace| template.unnest(&pool, pace)).await);
    bench.report.comparisons(&rows);
    pool.close().await;
    for name in ["append_ours", "append_same", "append_peers"] {
        bench.postgres.drop(name).await;
    }
}

/// pgbench's script of one whole append.
const SAME_ROWS: &str = "\\set n random(1, 9223372036854775806)\nSELECT append_one(:n);\n";

/// A real append, of which each measured one is a copy with another id.
#[derive(Clone)]
pub(crate) struct Template {
    store: EventStore,
    pub(crate) id: String,
    pub(crate) entry: String,
    row: String,
    wrapped_key: Vec<u8>,
}

impl Template {
    pub(crate) async fn new(database: &Database) -> Self {
        let pool = PgPool::connect(&database.owner_url).await.unwrap();
        let options = database.service_url.parse().unwrap();
        let store = EventStore::open(pool.clone(), options, &Key::generate(), Arc::new(|| {}));
        let now = SystemClock.now();
        let id = SessionId::new(now).to_string();
        let context = CommandContext::new("benchmark".to_owned(), "benchmark", now);
        let command = SessionCommand::Create(Box::new(purchase(PLAYER, now)));
        let executed = store.execute::<Session>(&id, command, &context).await.unwrap();
        let row = executed.aggregate.new_row(&id, 1).unwrap();
        let (entry, wrapped_key): (Vec<u8>, Vec<u8>) = sqlx::query_as(
            "SELECT entry, wrapped_key FROM event JOIN stream USING (stream) WHERE stream = $1",
        )
        .bind(stream_name::<Session>(&id))
        .fetch_one(&pool)
        .await
        .unwrap();
        let entry = String::from_utf8(entry).unwrap();
        Self { store, id, entry, row, wrapped_key }
    }

    fn append(&self) -> Append {
        let id = SessionId::new(SystemClock.now());
        let row = self.row.replace(&self.id, id.as_str());
        let row = row.replace(PLAYER, &a_player());
        Append {
            stream: stream_name::<Session>(id.as_str()),
            expected_version: 0,
            command_id: Uuid::new_v4(),
            append_id: None,
            expires_at: None,
            wrapped_key: Some(self.wrapped_key.clone()),
            with_key: false,
            remembered: None,
            rows: Some(Rows::NewSession(row)),
            entries: vec![(
                "Created".to_owned(),
                self.entry.replace(&self.id, id.as_str()).into_bytes(),
            )],
        }
    }

    pub(crate) async fn append_by(&self, callers: usize, pace: Pace) -> Measured {
        let this = Arc::new(self.clone());
        closed_loop(callers, pace, move || {
            let this = Arc::clone(&this);
            async move {
                let appended = this.store.append(this.append()).await.unwrap();
                assert!(matches!(appended, Appended::New(_)), "{appended:?}");
            }
        })
        .await
    }

    /// Not a copy: each command is decided, and its entry made.
    async fn execute_by(&self, callers: usize, pace: Pace) -> Measured {
        let store = self.store.clone();
        closed_loop(callers, pace, move || {
            let store = store.clone();
            async move {
                let now = SystemClock.now();
                let context = CommandContext::new("benchmark".to_owned(), "benchmark", now);
                let command = SessionCommand::Create(Box::new(purchase(&a_player(), now)));
                let id = SessionId::new(now);
                store.execute::<Session>(id.as_str(), command, &context).await.unwrap();
            }
        })
        .await
    }

    /// pgbench's script of the bare row.
    pub(crate) fn bare_insert(&self) -> String {
        format!(
            "\\set n random(1, 9223372036854775806)\n\
             INSERT INTO bare (stream, version, type, recorded_at, entry, digest) VALUES \
             ('session-sess_' || :n, 1, 'Created', now(), '\\x{}'::bytea, '\\x{}'::bytea);\n",
            data_encoding::HEXLOWER.encode(self.entry.as_bytes()),
            data_encoding::HEXLOWER.encode(&[7; 32]),
        )
    }

    /// A function that makes one whole append, for pgbench: its own scripts cannot hold JSON.
    fn append_one(&self) -> String {
        let [entry, row] = [&self.entry, &self.row].map(|it| it.replace('\'', "''"));
        let id = &self.id;
        let key = data_encoding::HEXLOWER.encode(&self.wrapped_key);
        format!(
            "CREATE FUNCTION append_one(n bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
             RETURN append_all(0::smallint, ARRAY[gen_random_uuid()], ARRAY[NULL::uuid],
             ARRAY['session-sess_' || n], ARRAY[0::bigint], ARRAY[1::bigint], ARRAY[1::bigint],
             ARRAY['\\x{key}'::bytea], ARRAY[false], ARRAY[NULL::bytea], ARRAY[NULL::bytea],
             ARRAY[NULL::timestamptz], ARRAY['session-sess_' || n], ARRAY[1::bigint],
             ARRAY['Created'], ARRAY[convert_to(replace('{entry}', '{id}', 'sess_' || n), 'UTF8')],
             jsonb_build_object('new_session', jsonb_build_array(replace(replace('{row}', '{id}',
             'sess_' || n), '{PLAYER}', 'player_' || n % {PLAYERS}))), NULL);
             END $$"
        )
    }

    /// One connection, one statement after the other.
    async fn unnest(&self, pool: &PgPool, pace: Pace) -> Measured {
        let (mut latencies, mut elapsed) = (histogram(), std::time::Duration::ZERO);
        let began = Instant::now();
        while began.elapsed() < pace.warm_up + pace.measure {
            let ids: Vec<String> = (0..BATCH)
                .map(|_| format!("session-{}", SessionId::new(SystemClock.now())))
                .collect();
            let entries = vec![self.entry.as_bytes(); BATCH];
            let since = Instant::now();
            sqlx::query(
                "INSERT INTO bare (stream, version, type, recorded_at, entry, digest)
                 SELECT s, 1, 'Created', now(), e, $3 FROM unnest($1::text[], $2::bytea[]) u(s, e)",
            )
            .bind(&ids)
            .bind(&entries)
            .bind([7_u8; 32].as_slice())
            .execute(pool)
            .await
            .unwrap();
            if pace.warm_up < began.elapsed() {
                latencies.saturating_record_n(micros(since), BATCH as u64);
                elapsed += since.elapsed();
            }
        }
        Measured::new(latencies, elapsed)
    }
}
