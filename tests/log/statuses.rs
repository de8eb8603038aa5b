//! Statuses are asked for together, and one dead connection holds up nobody.

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use toffeepay::{domain::session::Session, projections::status::StatusReader};

use crate::{
    cut::{Network, Proxy},
    given::{PATIENCE, context, create, session_id, store},
    support::database::TestDatabase,
};

/// Longer than any test waits: nothing but the reader itself gives a connection up.
const FOR_EVER: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_during_a_question_holds_up_nobody_for_long() {
    let database = TestDatabase::new().await;
    let id = session_id();
    store(&database).execute::<Session>(&id, create("player"), &context()).await.unwrap();
    let proxy = Proxy::before(&database).await;
    let pool = PgPoolOptions::new().acquire_timeout(FOR_EVER).max_connections(4);
    let statuses = StatusReader::start(pool.connect_lazy_with(proxy.options.clone()));
    proxy.becomes(Network::SilentOnTheNextConnection);

    let asked = tokio::time::timeout(PATIENCE, statuses.read(&id)).await;

    let row = asked.expect("the question still waits").unwrap().unwrap();
    assert_eq!((row.id.as_str(), row.status.as_str()), (id.as_str(), "pending"));
}
