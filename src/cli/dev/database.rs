//! Dev's database: the one that it was given, or a private Postgres in the data folder.

use std::path::Path;

use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::super::{CliError, database::parse_url};
use crate::{
    app::Database,
    event_store::migrations,
    private_postgres::{Options, PrivatePostgres, binaries, major_version},
};

/// The database that dev makes in its private Postgres.
const NAME: &str = "toffeepay";
/// The role as which even dev serves, so that what it must not do fails here too.
const ROLE: &str = "toffeepay_service";
/// The most connections of the service's pool.
const CONNECTIONS_MAX: u32 = 20;

/// A Postgres that dev uses, and stops at its end if it is dev's own.
pub(super) struct Server {
    url: String,
    owner: PgConnectOptions,
    private: Option<PrivatePostgres>,
}

/// Takes the database of `url`, else starts a private one in `folder`.
pub(super) async fn open(url: Option<&str>, folder: &Path) -> Result<Server, CliError> {
    if let Some(url) = url.filter(|it| !it.is_empty()) {
        return Ok(Server { url: url.to_owned(), owner: parse_url(url)?, private: None });
    }
    let (folder, cache) = (folder.join("postgres"), folder.join("binaries"));
    let private = tokio::task::spawn_blocking(move || {
        let mut say = |it: &str| eprintln!("{it}");
        let found = binaries::find_or_install(&cache, major_version(&folder)?, &mut say)?;
        PrivatePostgres::start(&folder, &found, Options::default())
    });
    let private = private.await.map_err(CliError::start)?.map_err(CliError::start)?;
    let url = private.url_of(NAME);
    Ok(Server { owner: parse_url(&url)?, url, private: Some(private) })
}

impl Server {
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether dev started it.
    pub(super) fn is_private(&self) -> bool {
        self.private.is_some()
    }

    pub(super) fn describe(&self) -> &'static str {
        if self.private.is_some() { "its own Postgres" } else { "the Postgres it was given" }
    }

    /// Makes the database and its schema, and connects as the restricted role.
    pub(super) async fn prepare(&mut self) -> Result<Database, CliError> {
        if let Some(private) = &self.private {
            create_database(private.url()).await?;
        }
        migrations::migrate(&self.owner, |_| ()).await?;
        let connection = PgConnection::connect_with(&self.owner).await;
        let mut connection = connection.map_err(CliError::start)?;
        let grant = format!("GRANT {ROLE} TO CURRENT_USER");
        // A superuser needs no grant, and an owner that may not grant finds out below.
        let _ = sqlx::query(&grant).execute(&mut connection).await;
        connection.close().await.map_err(CliError::start)?;
        let options = self.owner.clone().options([("role", ROLE)]);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).test_before_acquire(false);
        let pool = pool.connect_with(options.clone()).await.map_err(CliError::start)?;
        Ok(Database { pool, options })
    }

    /// Stops what dev started.
    pub(super) async fn stop(self) {
        if let Some(private) = self.private {
            // Should it panic, the server ends with this process all the same.
            let _ = tokio::task::spawn_blocking(move || private.stop()).await;
        }
    }
}

async fn create_database(url: &str) -> Result<(), CliError> {
    let mut connection = PgConnection::connect(url).await.map_err(CliError::start)?;
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(NAME)
            .fetch_one(&mut connection)
            .await
            .map_err(CliError::start)?;
    if !exists {
        let create = format!("CREATE DATABASE {NAME}");
        sqlx::query(&create).execute(&mut connection).await.map_err(CliError::start)?;
    }
    connection.close().await.map_err(CliError::start)
}
