//! A database for a test of its own: ours, migrated, in the cluster that the tests share.

use std::{
    str::FromStr,
    sync::atomic::{AtomicUsize, Ordering},
};

use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use toffeepay::event_store::migrations::migrate;
use tokio::sync::OnceCell;

use super::cluster;

/// The database that all others are copied from: migrated once a process.
const TEMPLATE: &str = "migrated";

/// Connections of each pool, opened as they are needed.
const CONNECTIONS_MAX: u32 = 10;

/// A database that nobody else uses. It goes with its cluster.
pub struct TestDatabase {
    /// Where it is, for other processes.
    pub url: String,
    /// As whoever may do anything.
    pub owner: PgPool,
    /// As whoever may do anything.
    pub owner_options: PgConnectOptions,
    /// As the service: with its role's rights only.
    pub service: PgPool,
    /// As the service: with its role's rights only.
    pub service_options: PgConnectOptions,
}

impl TestDatabase {
    /// A new one, in the cluster that the tests of this process share.
    pub async fn new() -> Self {
        static TEMPLATE_IS_MADE: OnceCell<()> = OnceCell::const_new();
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        TEMPLATE_IS_MADE.get_or_init(make_template).await;
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        run_in_cluster(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
        Self::at(cluster::shared().url_of(&name))
    }

    /// One that is there and migrated already.
    pub fn at(url: String) -> Self {
        let owner_options = PgConnectOptions::from_str(&url).unwrap();
        let service_options = as_service(&owner_options);
        let pool = |options: &PgConnectOptions| {
            let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX);
            pool.connect_lazy_with(options.clone())
        };
        Self {
            url,
            owner: pool(&owner_options),
            service: pool(&service_options),
            owner_options,
            service_options,
        }
    }
}

/// The same connection with the rights of the service's role only.
pub fn as_service(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([("role", "toffeepay_service")])
}

async fn make_template() {
    run_in_cluster(&format!("CREATE DATABASE {TEMPLATE}")).await;
    let url = cluster::shared().url_of(TEMPLATE);
    migrate(&PgConnectOptions::from_str(&url).unwrap(), |_| ()).await.unwrap();
}

async fn run_in_cluster(statement: &str) {
    let mut connection = PgConnection::connect(cluster::shared().url()).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
