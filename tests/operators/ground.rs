//! What each test of the operators' commands stands on: a migrated database of its own, the
//! commands as they are typed, and what they write.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, PgPool};
use toffeepay::cli::{
    CliError, EXIT_TROUBLE, Output, dead_letters::DeadLettersArgs, deliveries::DeliveriesArgs,
    dev::DevArgs, endpoints::EndpointsArgs, games::GamesArgs, keys::KeysArgs, listen::ListenArgs,
    migrate::MigrateArgs, people::PeopleArgs, replay::ReplayArgs, serve::ServeArgs,
    trigger::TriggerArgs, webhook::WebhookArgs,
};
use toffeepay::domain::id::GameId;
use toffeepay::event_store::{EventStore, migrations};
use toffeepay::vault::Key;
use tokio::sync::OnceCell;

use crate::support::cluster;

const TEMPLATE: &str = "operators_template";
/// A login as the service is to have one.
pub(crate) const SERVICE: &str = "operators_service";

/// What must be able to seal or hash something.
const WITH_KEY: [&str; 16] = [
    "register",
    "set",
    "issue",
    "revoke",
    "add",
    "rotate",
    "remove",
    "retry",
    "change",
    "disable",
    "enable",
    "resend",
    "recover",
    "reveal",
    "expire-old",
    "rewrap",
];

#[derive(Parser)]
enum Line {
    Dev(DevArgs),
    Serve(ServeArgs),
    Migrate(MigrateArgs),
    Games(GamesArgs),
    Keys(KeysArgs),
    People(PeopleArgs),
    Endpoints(EndpointsArgs),
    Deliveries(DeliveriesArgs),
    Replay(ReplayArgs),
    DeadLetters(DeadLettersArgs),
    Webhook(WebhookArgs),
    Trigger(TriggerArgs),
    Listen(ListenArgs),
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) struct Ground {
    /// As a superuser, who owns everything.
    pub(crate) owner: PgPool,
    pub(crate) owner_url: String,
    /// As the service.
    pub(crate) service: PgPool,
    pub(crate) service_url: String,
    pub(crate) master: Key,
    pub(crate) store: EventStore,
    key_file: PathBuf,
}

/// A database with our schema.
impl Ground {
    pub(crate) async fn new() -> Self {
        static TEMPLATE_IS_MADE: OnceCell<()> = OnceCell::const_new();
        TEMPLATE_IS_MADE.get_or_init(make_template).await;
        let owner_url = new_database(&format!("TEMPLATE {TEMPLATE}")).await;
        let service_url = login(&owner_url, SERVICE);
        let service = PgPool::connect(&service_url).await.unwrap();
        let options: PgConnectOptions = service_url.parse().unwrap();
        let master = Key::generate();
        let key_file = std::env::temp_dir().join(format!("toffeepay-key-{}", uuid::Uuid::new_v4()));
        std::fs::write(&key_file, master.to_base64()).unwrap();
        let on_commit = std::sync::Arc::new(|| {});
        Self {
            owner: PgPool::connect(&owner_url).await.unwrap(),
            store: EventStore::open(service.clone(), options, &master, on_commit),
            owner_url,
            service,
            service_url,
            master,
            key_file,
        }
    }

    /// A game that takes test money.
    pub(crate) async fn game(&self, id: &str) -> GameId {
        let registered =
            self.run(&["games", "register", id, "--studio", "Acme", "--name", "Game"]).await;
        assert_eq!(registered.code, 0, "{registered:?}");
        GameId::parse(id).unwrap()
    }

    /// Types a command, as the service's login.
    pub(crate) async fn run(&self, words: &[&str]) -> Ran {
        self.run_at(&self.service_url, words).await
    }

    /// Types a command, as the login that owns the database.
    pub(crate) async fn run_as_owner(&self, words: &[&str]) -> Ran {
        self.run_at(&self.owner_url, words).await
    }

    async fn run_at(&self, url: &str, words: &[&str]) -> Ran {
        let mut words = [&["toffeepay"], words].concat();
        words.extend(["--database-url", url]);
        let opens = words.contains(&"replay") || words[1..3] == ["deliveries", "show"];
        let opens = opens || words[1] == "people";
        let is_with_key = opens || WITH_KEY.contains(&words[2]);
        if is_with_key {
            words.extend(["--master-key-file", self.key_file.to_str().unwrap()]);
        }
        run(&words).await
    }

    /// From now on commands are given a key that the log was not written with.
    pub(crate) fn mix_up_keys(&self) {
        std::fs::write(&self.key_file, Key::generate().to_base64()).unwrap();
    }

    /// Does what only a superuser can, with the log's guards switched off.
    pub(crate) async fn tamper(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.owner_url).await.unwrap();
        let statement = format!("SET session_replication_role = replica; {statement}");
        sqlx::raw_sql(&statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    pub(crate) async fn text(&self, query: &str) -> String {
        sqlx::query_scalar(query).fetch_one(&self.owner).await.unwrap()
    }

    pub(crate) async fn number(&self, query: &str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.owner).await.unwrap()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.key_file);
    }
}

/// Types a command.
pub(crate) async fn run(words: &[&str]) -> Ran {
    let line = Line::try_parse_from(words).unwrap_or_else(|error| panic!("{error}"));
    let (mut out, mut err) = (vec![], vec![]);
    let output = &mut Output { out: &mut out, err: &mut err, is_watched: false };
    let succeeded = |_| 0;
    let code: Result<u8, CliError> = match line {
        Line::Dev(args) => args.run().await.map(|()| 0),
        Line::Serve(args) => args.run().await.map(|()| 0),
        Line::Migrate(args) => args.run(output).await.map(succeeded),
        Line::Games(args) => args.run(output).await.map(succeeded),
        Line::Keys(args) => args.run(output).await.map(succeeded),
        Line::People(args) => args.run(output).await.map(succeeded),
        Line::Endpoints(args) => args.run(output).await.map(succeeded),
        Line::Deliveries(args) => args.run(output).await.map(succeeded),
        Line::Replay(args) => args.run(output).await,
        Line::DeadLetters(args) => args.run(output).await,
        Line::Webhook(args) => args.run(output),
        Line::Trigger(args) => args.run(output).await.map(succeeded),
        Line::Listen(args) => args.run(output).await.map(succeeded),
    };
    let (out, mut err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
    let code = code.unwrap_or_else(|error| {
        err.push_str(&error.to_string());
        EXIT_TROUBLE
    });
    Ran { code, out, err }
}

/// What clap says to words that it refuses.
pub(crate) fn refusal(words: &[&str]) -> String {
    let Err(error) = Line::try_parse_from(words) else { panic!("{words:?} was taken") };
    error.to_string()
}

/// A new database's URL, as a superuser.
pub(crate) async fn new_database(options: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("operators_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    in_cluster(&format!("CREATE DATABASE {name} {options}")).await;
    cluster::shared().url_of(&name)
}

/// The same database for another login.
pub(crate) fn login(url: &str, role: &str) -> String {
    let other = url.replacen("user=postgres", &format!("user={role}"), 1);
    assert_ne!(other, url);
    other
}

pub(crate) async fn in_cluster(statement: &str) {
    let server = tokio::task::spawn_blocking(cluster::shared).await.unwrap();
    let mut connection = PgConnection::connect(server.url()).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn make_template() {
    in_cluster(&format!("CREATE DATABASE {TEMPLATE}")).await;
    let options: PgConnectOptions = cluster::shared().url_of(TEMPLATE).parse().unwrap();
    migrations::migrate(&options, |_| ()).await.unwrap();
    let role = format!("CREATE ROLE {SERVICE} LOGIN; GRANT toffeepay_service TO {SERVICE}");
    in_cluster(&role).await;
}
