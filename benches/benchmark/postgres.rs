//! The Postgres that everything of one run is measured on: real, durable, on this machine's disk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use hdrhistogram::Histogram;
use sqlx::{Connection, Executor, PgConnection};
use toffeepay::{
    event_store::migrations::migrate,
    private_postgres::{
        Binaries, Durability, Options, PrivatePostgres, binaries, default_data_dir,
    },
};

use crate::load::{Measured, Pace, histogram};

/// More than the most callers of any peer.
const CONNECTIONS_MAX: u16 = 400;
/// As a small production server has them; what is not named stands at its default. Durability is
/// never touched: fsync, synchronous_commit and full_page_writes are on.
pub(crate) const SETTINGS: [(&str, &str); 4] = [
    ("shared_buffers", "2GB"),
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "15min"),
    ("wal_compression", "on"),
];

/// What makes a commit durable; read back from the server before anything is measured.
const DURABLE: [&str; 3] = ["fsync", "synchronous_commit", "full_page_writes"];
/// Threads of pgbench, which otherwise has one for all its clients.
const PGBENCH_THREADS: usize = 2;

/// A login as an operator makes one.
const LOGIN: &str = "toffeepay_app";

/// A running server. Ends with the run; its folder is removed.
pub(crate) struct Postgres {
    server: Option<PrivatePostgres>,
    binaries: Binaries,
    folder: PathBuf,
}

/// One database of it.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    /// As whoever may do anything.
    pub(crate) owner_url: String,
    /// As the service: with its role's rights only.
    pub(crate) service_url: String,
}

impl Postgres {
    /// Starts a new one. Blocks.
    pub(crate) fn start() -> Self {
        let cache = default_data_dir().unwrap().join("binaries");
        let say = &mut |it: &str| eprintln!("{it}");
        let binaries = binaries::find_or_install(&cache, None, say).unwrap();
        let folder =
            std::env::temp_dir().join(format!("toffeepay-benchmark-{}", std::process::id()));
        let mut this = Self { server: None, binaries, folder };
        this.restart();
        this
    }

    /// A program beside the server itself: what is on `PATH` may be a link to that alone.
    fn program(&self, name: &str) -> PathBuf {
        let server = self.binaries.folder().join("postgres").canonicalize().unwrap();
        server.with_file_name(name)
    }

    /// Whether pgbench lies beside the server.
    pub(crate) fn has_pgbench(&self) -> bool {
        self.program("pgbench").is_file()
    }

    /// What it says of its version.
    ///
    /// # Panics
    ///
    /// Panics if a commit of the service would not be durable.
    pub(crate) async fn version(&self) -> String {
        let url = self.server().url().replacen("user=postgres", &format!("user={LOGIN}"), 1);
        let mut service = PgConnection::connect(&url).await.unwrap();
        for name in DURABLE {
            let value: String =
                sqlx::query_scalar(&format!("SHOW {name}")).fetch_one(&mut service).await.unwrap();
            assert_eq!(value, "on", "{name}");
        }
        sqlx::query_scalar("SHOW server_version").fetch_one(&mut service).await.unwrap()
    }

    /// What its data lies on, as `stat` names it; a file system in memory makes nothing durable.
    pub(crate) fn file_system(&self) -> String {
        said_by("stat", &["-f", "-c", "%T", &self.folder.to_string_lossy()])
    }

    fn restart(&mut self) {
        self.server = None;
        let options = Options { durability: Durability::Durable, connections_max: CONNECTIONS_MAX };
        let server = PrivatePostgres::start(&self.folder, &self.binaries, options).unwrap();
        self.server = Some(server);
    }

    fn server(&self) -> &PrivatePostgres {
        self.server.as_ref().unwrap()
    }

    /// Settings and the service's login; needs a second start.
    pub(crate) async fn set_up(&mut self) {
        let mut admin = PgConnection::connect(self.server().url()).await.unwrap();
        for (name, value) in SETTINGS {
            let set = format!("ALTER SYSTEM SET {name} = '{value}'");
            admin.execute(set.as_str()).await.unwrap();
        }
        admin.execute(format!("CREATE ROLE {LOGIN} LOGIN").as_str()).await.unwrap();
        admin.close().await.unwrap();
        self.restart();
    }

    /// A new empty database.
    pub(crate) async fn bare_database(&self, name: &str) -> Database {
        let mut admin = PgConnection::connect(self.server().url()).await.unwrap();
        admin
            .execute(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)").as_str())
            .await
            .unwrap();
        admin.execute(format!("CREATE DATABASE {name}").as_str()).await.unwrap();
        let owner_url = self.server().url_of(name);
        let service_url = owner_url.replacen("user=postgres", &format!("user={LOGIN}"), 1);
        Database { owner_url, service_url }
    }

    /// A new one with our schema.
    pub(crate) async fn database(&self, name: &str) -> Database {
        let database = self.bare_database(name).await;
        migrate(&database.owner_url.parse().unwrap(), |_| ()).await.unwrap();
        let mut admin = PgConnection::connect(self.server().url()).await.unwrap();
        admin.execute(format!("GRANT toffeepay_service TO {LOGIN}").as_str()).await.unwrap();
        database
    }

    /// Removes a database.
    pub(crate) async fn drop(&self, name: &str) {
        let mut admin = PgConnection::connect(self.server().url()).await.unwrap();
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        admin.execute(drop.as_str()).await.unwrap();
    }

    /// Writes what is only in memory, so that nobody measures after another's mess.
    pub(crate) async fn settle(&self) {
        let mut admin = PgConnection::connect(self.server().url()).await.unwrap();
        admin.execute("CHECKPOINT").await.unwrap();
    }

    /// Runs pgbench, prepared, each transaction on a connection of its client, a second time after a
    /// short run that warms it up. Nothing, where this Postgres comes without it.
    ///
    /// # Panics
    ///
    /// Panics with its words if it fails.
    pub(crate) fn pgbench(
        &self,
        database: &Database,
        script: &Script<'_>,
        clients: usize,
        pace: Pace,
    ) -> Measured {
        if !self.has_pgbench() {
            return Measured::new(histogram(), Duration::from_secs(1));
        }
        // Which may be too short for any transaction to end.
        let _ = self.pgbench_once(database, script, clients, pace.warm_up);
        let measured = self.pgbench_once(database, script, clients, pace.measure);
        measured.unwrap_or_else(|said| panic!("pgbench said no rate: {said}"))
    }

    /// One run; what pgbench said, if that was no rate.
    fn pgbench_once(
        &self,
        database: &Database,
        script: &Script<'_>,
        clients: usize,
        measure: Duration,
    ) -> Result<Measured, String> {
        let scratch = self.folder.join("pgbench");
        let _ = fs::remove_dir_all(&scratch);
        fs::create_dir_all(&scratch).unwrap();
        let mut command = Command::new(self.program("pgbench"));
        command.current_dir(&scratch).args(["--no-vacuum", "--protocol=prepared", "--log"]);
        command
            .arg(format!("--client={clients}"))
            .arg(format!("--jobs={}", PGBENCH_THREADS.min(clients)));
        command.arg(format!("--time={}", measure.as_secs().max(1)));
        match script {
            Script::Select => drop(command.arg("--select-only")),
            Script::Own(sql) => {
                fs::write(scratch.join("script.sql"), sql).unwrap();
                command.arg("--file=script.sql");
            }
        }
        command.arg(&database.owner_url);
        let output = tokio::task::block_in_place(|| command.output());
        let output = output.unwrap_or_else(|why| {
            panic!("pgbench, which comes with PostgreSQL's own packages, does not start: {why}")
        });
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "pgbench: {errors}");
        let rate = |line: &str| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok();
        let rate = said.lines().find_map(rate).filter(|it| 0.0 < *it).ok_or(said)?;
        let latencies = logged_latencies(&scratch);
        let elapsed = Duration::from_secs_f64(latencies.len() as f64 / rate);
        Ok(Measured::new(latencies, elapsed))
    }

    /// Fills pgbench's own tables.
    pub(crate) fn pgbench_initialize(&self, database: &Database, scale: u32) {
        if !self.has_pgbench() {
            return;
        }
        let mut command = Command::new(self.program("pgbench"));
        command.args(["--initialize", "--quiet", &format!("--scale={scale}")]);
        let output = command.arg(&database.owner_url).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.server = None;
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The first line of what a program says; a question mark if it does not.
pub(crate) fn said_by(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    let output = output.ok().filter(|it| it.status.success());
    let line =
        output.and_then(|it| String::from_utf8(it.stdout).ok()?.lines().next().map(String::from));
    line.unwrap_or_else(|| "?".to_owned())
}

/// What pgbench runs.
pub(crate) enum Script<'a> {
    /// Its own look-up by primary key: `-S`.
    Select,
    Own(&'a str),
}

/// The third column of its log is a transaction's time in microseconds.
fn logged_latencies(folder: &Path) -> Histogram<u64> {
    let mut latencies = histogram();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "sql") {
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines() {
            let micros = line.split(' ').nth(2).and_then(|it| it.parse().ok()).unwrap();
            latencies.saturating_record(micros);
        }
    }
    latencies
}
