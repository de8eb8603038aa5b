//! What one would write on stock parts: axum, and our aggregate on cqrs-es and postgres-es as they
//! are published. No key is checked, no read model written, and positions have no order.

use std::sync::Arc;

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use cqrs_es::{CqrsFramework, persist::PersistedEventStore};
use postgres_es::{PostgresEventRepository, postgres_cqrs};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{PgPool, postgres::PgPoolOptions};
use toffeepay::{
    clock::{Clock as _, SystemClock},
    domain::{
        id::SessionId,
        session::{Session, SessionCommand},
    },
    ids::NewId as _,
};

use crate::commands::create;

/// Where a session is opened.
pub(crate) const CREATE_PATH: &str = "/create";

/// The tables of postgres-es, as its own documentation gives them.
pub(crate) const SCHEMA: &str = "
    CREATE TABLE events (
        aggregate_type text                         NOT NULL,
        aggregate_id   text                         NOT NULL,
        sequence       bigint CHECK (sequence >= 0) NOT NULL,
        event_type     text                         NOT NULL,
        event_version  text                         NOT NULL,
        payload        json                         NOT NULL,
        metadata       json                         NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    );
    CREATE TABLE snapshots (
        aggregate_type   text                                 NOT NULL,
        aggregate_id     text                                 NOT NULL,
        last_sequence    bigint CHECK (last_sequence >= 0)    NOT NULL,
        current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL,
        payload          json                                 NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, last_sequence)
    )";

/// sqlx would take 10; such a service waits for its database most of the time.
const CONNECTIONS_MAX: u32 = 32;

pub(crate) type Stock =
    CqrsFramework<Session, PersistedEventStore<PostgresEventRepository, Session>>;

/// The framework on a pool of so many connections.
pub(crate) async fn framework(database_url: &str, connections: u32) -> Arc<Stock> {
    let pool = PgPoolOptions::new().max_connections(connections).min_connections(connections);
    // As ours: no ping before each use.
    let pool: PgPool = pool.test_before_acquire(false).connect(database_url).await.unwrap();
    Arc::new(postgres_cqrs(pool, vec![], ()))
}

#[derive(Deserialize)]
struct Request {
    game_id: String,
    user_id: String,
    item: Item,
    return_url: String,
}

#[derive(Deserialize)]
struct Item {
    title: String,
    price: i64,
    currency: String,
}

pub(super) async fn routes(database_url: &str) -> Router {
    let framework = framework(database_url, CONNECTIONS_MAX).await;
    Router::new().route(CREATE_PATH, post(create_session)).with_state(framework)
}

async fn create_session(
    State(framework): State<Arc<Stock>>,
    Json(request): Json<Request>,
) -> Result<Json<Value>, StatusCode> {
    let Request { game_id, user_id, item: Item { title, price, currency }, return_url } = request;
    let now = SystemClock.now();
    let id = SessionId::new(now);
    let command = create(&game_id, &user_id, &title, price, &currency, &return_url, now);
    let command = command.ok_or(StatusCode::BAD_REQUEST)?;
    let command = SessionCommand::Create(Box::new(command));
    let executed = framework.execute(id.as_str(), command).await;
    executed.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(json!({ "session_id": id.as_str(), "status": "pending" })))
}
