//! The schema's history, built into the program, and how a database is brought up to it.
//!
//! Knows no role but the owner, who alone may change the schema: see `rights` for the service's.

use sqlx::{
    Connection, PgConnection, PgPool,
    migrate::{Migrate, MigrateError, Migration, Migrator},
    postgres::PgConnectOptions,
};

/// Every migration that this program knows, oldest first. Tests and `dev` run the same.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Why a database is not at the schema that this program needs.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A later program was here before.
    #[error(
        "the database has migration {0}, which this program does not know: it is newer than the \
         program. Run a program at least as new; nothing was changed"
    )]
    Newer(i64),
    /// An applied migration reads otherwise in this program.
    #[error(
        "migration {0} was applied in another wording than this program has. A migration is never \
         edited once released: run the program that this database was made with"
    )]
    Edited(i64),
    /// Migrations are missing.
    #[error(
        "{pending} migration(s) are missing in the database, from {first} on. \
         Run `toffeepay migrate` with the owner's DATABASE_URL"
    )]
    Behind {
        /// How many.
        pending: usize,
        /// The oldest of them.
        first: i64,
    },
    /// One migration could not be applied; those before it were.
    #[error("migration {version} failed and left nothing behind: {source}")]
    Failed {
        /// Which.
        version: i64,
        /// What the database said.
        source: MigrateError,
    },
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// The list of applied migrations could not be read or locked.
    #[error("the list of applied migrations could not be read: {0}")]
    List(#[from] MigrateError),
}

/// Applies what is missing, calling `on_applied` after each. Gives how many there were.
///
/// Two at once are safe: the second waits, and then finds nothing to do. Each migration is one
/// transaction, so that one which fails leaves nothing behind.
///
/// # Errors
///
/// A [`SchemaError`], never [`SchemaError::Behind`].
pub async fn migrate(
    options: &PgConnectOptions,
    mut on_applied: impl FnMut(&Migration),
) -> Result<usize, SchemaError> {
    // A connection of its own: closing it gives up the lock on every way out.
    let mut connection = PgConnection::connect_with(options).await?;
    let applied = apply(&mut connection, &mut on_applied).await;
    let closed = connection.close().await;
    let applied = applied?;
    closed?;
    Ok(applied)
}

async fn apply(
    connection: &mut PgConnection,
    on_applied: &mut impl FnMut(&Migration),
) -> Result<usize, SchemaError> {
    connection.lock().await?;
    connection.ensure_migrations_table().await?;
    let pending = pending(connection).await?;
    for migration in &pending {
        let failed = |source| SchemaError::Failed { version: migration.version, source };
        connection.apply(migration).await.map_err(failed)?;
        on_applied(migration);
    }
    // So that the service, which owns nothing, can tell whether the schema is its own.
    sqlx::query("GRANT SELECT ON _sqlx_migrations TO toffeepay_service")
        .execute(&mut *connection)
        .await?;
    Ok(pending.len())
}

/// Checks that the database has exactly the schema that this program knows.
///
/// # Errors
///
/// [`SchemaError::Behind`], [`SchemaError::Newer`], [`SchemaError::Edited`] and
/// [`SchemaError::Database`].
pub async fn check(pool: &PgPool) -> Result<(), SchemaError> {
    let mut connection = pool.acquire().await?;
    let has_list: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    let pending =
        if has_list { pending(&mut connection).await? } else { MIGRATOR.iter().collect() };
    let Some(first) = pending.first() else { return Ok(()) };
    Err(SchemaError::Behind { pending: pending.len(), first: first.version })
}

async fn pending(connection: &mut PgConnection) -> Result<Vec<&'static Migration>, SchemaError> {
    let applied = connection.list_applied_migrations().await?;
    for it in &applied {
        let known = MIGRATOR.iter().find(|known| known.version == it.version);
        let known = known.ok_or(SchemaError::Newer(it.version))?;
        if known.checksum != it.checksum {
            return Err(SchemaError::Edited(it.version));
        }
    }
    let is_missing = |it: &&Migration| applied.iter().all(|applied| applied.version != it.version);
    Ok(MIGRATOR.iter().filter(is_missing).collect())
}
