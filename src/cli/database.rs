//! How every command reaches the log: the database and the master key, checked before anything.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::Args;
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;

use super::{CliError, check_key};
use crate::{
    event_store::{EventStore, migrations},
    vault::Key,
    webhooks::SecretKeys,
};

/// The most connections of a pool that is not told otherwise.
const CONNECTIONS_MAX: u32 = 20;
/// How long to wait for a connection before the database counts as unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the connections of a pool may take to end: one that hangs over a dead network does not.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The environment variable that holds the master key.
const MASTER_KEY: &str = "MASTER_KEY";
/// The one that holds the key under which new secrets of webhook endpoints are sealed.
const SECRETS_KEY: &str = "WEBHOOK_SECRETS_KEY";
/// The one that holds the key that was in its place before.
const SECRETS_KEY_BEFORE: &str = "WEBHOOK_SECRETS_KEY_BEFORE";

/// Which database.
#[derive(Clone, Debug, Args)]
pub struct DatabaseUrlArgs {
    /// The PostgreSQL database that holds the log, such as
    /// postgres://toffeepay_app:secret@db.example:5432/toffeepay?sslmode=verify-full. Another
    /// database is another log, with other games, keys and sessions. Prefer the variable: other
    /// users of this machine can read options.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

/// Which database, and the key to what is secret or personal in it.
#[derive(Clone, Debug, Args)]
pub struct DatabaseArgs {
    /// Which database.
    #[command(flatten)]
    pub url: DatabaseUrlArgs,
    /// A file that holds the master key: the base64 of exactly 32 bytes, or the dev-secrets.json
    /// of `toffeepay dev`. Without this option the key is read from the variable MASTER_KEY. Make
    /// one once, with `openssl rand -base64 32`, and back it up apart from the database. With
    /// another key than the log was written with, nothing is done; a lost key cannot be
    /// replaced.
    #[arg(long, value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
}

/// The log, opened.
pub struct Opened {
    /// For reads.
    pub pool: PgPool,
    /// For commands.
    pub store: EventStore,
    /// What everything secret hangs from.
    pub master: Key,
    /// What the secrets of webhook endpoints are sealed under.
    pub secret_keys: SecretKeys,
}

impl DatabaseUrlArgs {
    /// The database, as the driver takes it.
    ///
    /// # Errors
    ///
    /// [`CliError::Setting`] if it is missing or not a PostgreSQL URL.
    pub fn options(&self) -> Result<PgConnectOptions, CliError> {
        parse_url(self.database_url.as_deref().unwrap_or_default())
    }

    /// A pool of connections; the first is made at once.
    ///
    /// # Errors
    ///
    /// [`CliError::Setting`] and [`CliError::Connect`].
    pub async fn connect(&self) -> Result<PgPool, CliError> {
        let options = self.options()?;
        let target = target(&options);
        let pool = async {
            // Asked by itself: a pool would try until its time is over, and not say why in vain.
            let connection = timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options));
            connection.await.map_err(|late| sqlx::Error::Io(late.into()))??.close().await?;
            let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX);
            let pool = pool.acquire_timeout(CONNECT_TIMEOUT).test_before_acquire(false);
            pool.connect_with(options).await
        };
        pool.await.map_err(|source| CliError::Connect { target, source })
    }

    /// The same, for a command that needs the schema of this program.
    ///
    /// # Errors
    ///
    /// [`CliError::Setting`], [`CliError::Connect`] and [`CliError::Schema`].
    pub async fn open(&self) -> Result<PgPool, CliError> {
        let pool = self.connect().await?;
        migrations::check(&pool).await?;
        Ok(pool)
    }
}

impl DatabaseArgs {
    /// As [`DatabaseUrlArgs::options`].
    ///
    /// # Errors
    ///
    /// [`CliError::Setting`].
    pub fn options(&self) -> Result<PgConnectOptions, CliError> {
        self.url.options()
    }

    /// As [`DatabaseUrlArgs::connect`].
    ///
    /// # Errors
    ///
    /// [`CliError::Setting`] and [`CliError::Connect`].
    pub async fn connect(&self) -> Result<PgPool, CliError> {
        self.url.connect().await
    }

    /// The master key.
    ///
    /// # Errors
    ///
    /// [`CliError::Setting`], which never quotes what was received.
    pub fn master_key(&self) -> Result<Key, CliError> {
        let broken = |name, rule: String| CliError::Setting { name, rule, received: None };
        let rule = "must be the base64 of exactly 32 bytes";
        let (name, text) = match &self.master_key_file {
            Some(file) => {
                let name = "--master-key-file";
                let text = std::fs::read_to_string(file).map_err(|error| {
                    broken(name, format!("must name a file that can be read: {error}"))
                })?;
                (name, text)
            }
            None => (MASTER_KEY, std::env::var(MASTER_KEY).unwrap_or_default()),
        };
        let text = of_dev(&text).unwrap_or(text);
        let rule = match text.trim() {
            "" => format!(
                "{rule}. It is missing or empty: give the key that the log was written with, in \
                 MASTER_KEY or by --master-key-file (of `toffeepay dev`: the dev-secrets.json of \
                 its data folder). For a new log, `openssl rand -base64 32` makes one"
            ),
            _ => format!("{rule}. What it holds is not shown, since it may be a secret"),
        };
        Key::from_base64(&text).map_err(|_| broken(name, rule))
    }

    /// Checks both settings, the schema and the key: what is written under a wrong key can never be
    /// read, and never be taken out of the log again.
    ///
    /// # Errors
    ///
    /// [`CliError::Setting`], [`CliError::Connect`], [`CliError::Schema`], and
    /// [`CliError::Start`] if the log was written with another key.
    pub async fn open(&self) -> Result<Opened, CliError> {
        let (master, options) = (self.master_key()?, self.options()?);
        let secret_keys = secret_keys(&master)?;
        let pool = self.url.open().await?;
        // Processes that follow the log find new events by themselves within moments.
        let store = EventStore::open(pool.clone(), options, &master, std::sync::Arc::new(|| {}));
        check_key(&store).await?;
        Ok(Opened { pool, store, master, secret_keys })
    }
}

/// Reads the URL of a PostgreSQL database. What is wrong with it is said without its password.
///
/// # Errors
///
/// [`CliError::Setting`].
pub fn parse_url(text: &str) -> Result<PgConnectOptions, CliError> {
    let broken = |received: String| CliError::Setting {
        name: "DATABASE_URL",
        rule: "must be a URL such as postgres://user:password@host:5432/database".to_owned(),
        received: Some(received),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(broken("nothing".to_owned()));
    }
    // The rest may hold a password.
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    if !matches!(scheme, "postgres" | "postgresql") {
        let received = match scheme {
            "" => "a text that begins with no scheme".to_owned(),
            scheme => format!("one of scheme {:?}", cut(scheme)),
        };
        return Err(broken(received));
    }
    let options = PgConnectOptions::from_str(text);
    let options = options.map_err(|_| broken("one that cannot be read".to_owned()))?;
    Ok(options.application_name("toffeepay"))
}

/// Ends a pool's connections; those that do not end in time are cut off with the process.
pub async fn close(pool: &PgPool) {
    if timeout(CLOSE_TIMEOUT, pool.close()).await.is_err() {
        tracing::warn!("a connection to the database does not end, and is cut off");
    }
}

/// The keys of the secrets of webhook endpoints: from the environment, and the master key's.
///
/// # Errors
///
/// [`CliError::Setting`], which never quotes what was received.
pub fn secret_keys(master: &Key) -> Result<SecretKeys, CliError> {
    let mut keys = SecretKeys::of(master);
    if let Some(key) = key_of(SECRETS_KEY)? {
        keys = keys.sealing_with(key);
    }
    if let Some(key) = key_of(SECRETS_KEY_BEFORE)? {
        keys = keys.opening_too(key);
    }
    Ok(keys)
}

/// The key in a variable that may be missing or empty.
fn key_of(name: &'static str) -> Result<Option<Key>, CliError> {
    let text = std::env::var(name).unwrap_or_default();
    if text.trim().is_empty() {
        return Ok(None);
    }
    let rule = "must be the base64 of exactly 32 bytes, or be missing. What it holds is not shown, \
                since it may be a secret";
    let broken = |_| CliError::Setting { name, rule: rule.to_owned(), received: None };
    Key::from_base64(&text).map(Some).map_err(broken)
}

/// The key in the file in which `dev` keeps its secrets.
fn of_dev(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Secrets {
        master_key: String,
    }
    serde_json::from_str(text).ok().map(|it: Secrets| it.master_key)
}

/// Where the driver looks, without the password.
fn target(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    match options.get_socket() {
        Some(socket) => format!("socket in {}, database {database}", socket.display()),
        None => format!("host {}, database {database}", options.get_host()),
    }
}

/// Enough of a wrong scheme to recognise it.
fn cut(text: &str) -> String {
    text.chars().take(16).collect()
}
