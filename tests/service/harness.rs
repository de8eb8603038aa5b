//! Starts `toffeepay dev` on a database of its own, kills it, starts it again, and stops it.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::Deserialize;
use sqlx::{Connection, Executor, PgConnection, PgPool, postgres::PgPoolOptions};
use toffeepay::{crash_points, event_store::EventStore, event_store::migrations, vault::Key};
use tokio::{sync::OnceCell, time::Instant};

use super::client::Client;
use super::support::cluster::{Scratch, shared};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_toffeepay");

/// How long anything may take that is bound to happen. Generous: after a crash a provider call is
/// made again when its lease of 30 s has run out, and tests share two cores with a build.
const WAIT_MAX: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What the program reads, but for what a test sets.
const OUR_VARIABLES: [&str; 18] = [
    "DATABASE_URL",
    "DRAIN_S",
    "LISTEN",
    "LOG_FORMAT",
    "MASTER_KEY",
    "NOTIFY_BASE_URL",
    "PAY_BASE_URL",
    "PROXIES",
    "ROLE",
    "RUST_LOG",
    "SANDBOX",
    "SANDBOX_FAULTS",
    "TOFFEEPAY_API_KEY",
    "TOFFEEPAY_URL",
    "WEBHOOK_PORTS",
    "WEBHOOK_SECRETS_KEY",
    "WEBHOOK_SECRETS_KEY_BEFORE",
    crash_points::VARIABLE,
];
/// How much of a service's log is shown when its test fails.
const LAST_LINES: usize = 60;

/// How a service is started.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) webhook_url: Option<String>,
    /// As `--sandbox-faults` takes them.
    pub(crate) faults: &'static str,
    /// The place at which the first process kills itself.
    pub(crate) crash_at: Option<&'static str>,
    /// As `RUST_LOG` takes it.
    pub(crate) log: Option<&'static str>,
    /// Whether the demo's players buy before the test does anything.
    pub(crate) purchases: bool,
}

/// What `--env-file` holds.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct EnvFile {
    pub(crate) api_url: String,
    pub(crate) pay_url: String,
    pub(crate) game_id: String,
    pub(crate) api_key: String,
    pub(crate) webhook_secret: String,
    pub(crate) dashboard_url: String,
    pub(crate) database_url: String,
}

/// A running service. It ends with its test, whatever becomes of that.
pub(crate) struct Service {
    pub(crate) env: EnvFile,
    pub(crate) client: Client,
    options: Options,
    dir: Scratch,
    database: String,
    database_url: String,
    child: Child,
}

/// The service's log and database, opened in the test's own process.
pub(crate) struct Library {
    pub(crate) store: EventStore,
    pub(crate) pool: PgPool,
    pub(crate) master: Key,
}

impl Service {
    pub(crate) async fn start(options: Options) -> Self {
        let (name, database_url) = new_database().await;
        let dir = Scratch::new(&name);
        fs::create_dir_all(dir.path()).unwrap();
        let listen: SocketAddr = ([127, 0, 0, 1], 0).into();
        let mut child = spawn(&options, dir.path(), &database_url, listen, options.crash_at);
        let env = wait_for_env_file(&mut child, dir.path()).await.unwrap_or_else(|status| {
            panic!("the service did not start ({status}):\n{}", log_of(dir.path()))
        });
        let client = Client::new(&env);
        Self { env, client, options, dir, database: name, database_url, child }
    }

    /// As a power cut would end it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after its end: same folder, same database, same address, no crash.
    pub(crate) async fn restart(&mut self) {
        let env = self.start_again().await;
        assert_eq!(env.api_key, self.env.api_key, "the demo key is kept");
    }

    /// The same, with whatever demo key.
    pub(crate) async fn start_again(&mut self) -> EnvFile {
        let listen = self.env.api_url.strip_prefix("http://").unwrap().parse().unwrap();
        let dir = self.dir.path();
        let began = Instant::now();
        loop {
            let _ = fs::remove_file(env_file(dir));
            self.child = spawn(&self.options, dir, &self.database_url, listen, None);
            match wait_for_env_file(&mut self.child, dir).await {
                Ok(env) => return env,
                // For a moment the port may be some other connection's own.
                Err(status) => {
                    let is_port = self.log().contains("cannot listen on");
                    let in_time = began.elapsed() < WAIT_MAX;
                    assert!(is_port && in_time, "no new start ({status}):\n{}", self.log());
                }
            }
        }
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        wait_until("the end of the service", async || self.child.try_wait().unwrap()).await
    }

    /// Asks it to stop; it must end well.
    pub(crate) async fn stop(&mut self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(pid, Signal::SIGTERM).unwrap();
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "a stop ends well:\n{}", self.log());
    }

    /// Everything logged so far, by every process of this service.
    pub(crate) fn log(&self) -> String {
        log_of(self.dir.path())
    }

    /// Everything printed so far for the person at the terminal.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(self.dir.path().join("stdout")).unwrap()
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The master key that dev keeps, as `MASTER_KEY` takes it.
    pub(crate) fn master_key(&self) -> String {
        let kept = fs::read(self.dir.path().join("dev-secrets.json")).unwrap();
        let kept: serde_json::Value = serde_json::from_slice(&kept).unwrap();
        kept["master_key"].as_str().unwrap().to_owned()
    }

    /// Opens its log and database beside it.
    pub(crate) async fn library(&self) -> Library {
        let pool = PgPoolOptions::new().max_connections(8).connect(&self.database_url).await;
        let pool = pool.unwrap();
        let master = Key::from_base64(&self.master_key()).unwrap();
        let options = self.database_url.parse().unwrap();
        let store = EventStore::open(pool.clone(), options, &master, std::sync::Arc::new(|| {}));
        Library { store, pool, master }
    }

    /// Cuts its connections to the database, which takes no new ones.
    pub(crate) async fn take_database_away(&self) {
        self.allow_connections(false).await;
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        let mut admin = PgConnection::connect(shared().url()).await.unwrap();
        admin.execute(sqlx::query(cut).bind(&self.database)).await.unwrap();
    }

    pub(crate) async fn give_database_back(&self) {
        self.allow_connections(true).await;
    }

    async fn allow_connections(&self, is_allowed: bool) {
        let alter = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {is_allowed}", self.database);
        let mut admin = PgConnection::connect(shared().url()).await.unwrap();
        admin.execute(alter.as_str()).await.unwrap();
    }

    /// Runs another command of the program on the same database.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Output {
        let mut command = bare_command();
        command.args(arguments);
        command.env("DATABASE_URL", &self.database_url).env("MASTER_KEY", self.master_key());
        tokio::process::Command::from(command).output().await.unwrap()
    }

    /// `toffeepay replay` must find that the log and the read models agree.
    pub(crate) async fn assert_replay_agrees(&self) {
        let output = self.command(&["replay"]).await;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (said(&output.stdout), said(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "replay found a difference:\n{out}\n{err}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = log_of(self.dir.path());
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
            eprintln!("--- the end of the service's log\n{}", last.join("\n"));
        }
    }
}

/// Asks again and again until there is an answer.
///
/// # Panics
///
/// Panics after [`WAIT_MAX`].
pub(crate) async fn wait_until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    wait_for(what, async || look().await.ok_or("no word of it")).await
}

/// The same, for what can say what is still missing.
pub(crate) async fn wait_for<T, E: std::fmt::Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(missing) => {
                assert!(began.elapsed() < WAIT_MAX, "waited in vain for {what}: {missing:?}");
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The program without any setting of whoever runs the tests.
pub(crate) fn bare_command() -> Command {
    let mut command = Command::new(PROGRAM);
    for name in OUR_VARIABLES {
        command.env_remove(name);
    }
    end_with_this_thread(&mut command);
    command
}

/// A migrated database that no other test uses: its name and its URL.
pub(crate) async fn new_database() -> (String, String) {
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    let cluster = tokio::task::spawn_blocking(shared).await.unwrap();
    let mut admin = PgConnection::connect(cluster.url()).await.unwrap();
    let make_template = async || {
        let mut admin = PgConnection::connect(cluster.url()).await.unwrap();
        admin.execute("CREATE DATABASE migrated").await.unwrap();
        let owner = cluster.url_of("migrated").parse().unwrap();
        migrations::migrate(&owner, |_| ()).await.unwrap();
    };
    TEMPLATE.get_or_init(make_template).await;
    let name = format!("service_{}", uuid::Uuid::new_v4().simple());
    let create = format!("CREATE DATABASE {name} TEMPLATE migrated");
    admin.execute(create.as_str()).await.unwrap();
    let url = cluster.url_of(&name);
    (name, url)
}

fn spawn(
    options: &Options,
    dir: &Path,
    database_url: &str,
    listen: SocketAddr,
    crash_at: Option<&str>,
) -> Child {
    let append = |name| File::options().create(true).append(true).open(dir.join(name)).unwrap();
    let mut command = bare_command();
    command.arg("dev").arg("--listen").arg(listen.to_string());
    command.arg("--data-dir").arg(dir).arg("--env-file").arg(env_file(dir));
    command.args(["--database-url", database_url]);
    if !options.purchases {
        command.arg("--no-purchases");
    }
    if let Some(url) = &options.webhook_url {
        command.args(["--webhook-url", url]);
    }
    if !options.faults.is_empty() {
        command.args(["--sandbox-faults", options.faults]);
    }
    if let Some(place) = crash_at {
        command.env(crash_points::VARIABLE, place);
    }
    command.env("RUST_LOG", options.log.unwrap_or("info"));
    command.stdin(Stdio::null()).stdout(append("stdout")).stderr(append("stderr"));
    command.spawn().unwrap()
}

fn env_file(dir: &Path) -> PathBuf {
    dir.join("env.json")
}

fn log_of(dir: &Path) -> String {
    String::from_utf8_lossy(&fs::read(dir.join("stderr")).unwrap_or_default()).into_owned()
}

/// The file is written whole, once everything answers. An error is how the process ended instead.
async fn wait_for_env_file(child: &mut Child, dir: &Path) -> Result<EnvFile, ExitStatus> {
    wait_until("the env file", async || {
        if let Ok(bytes) = fs::read(env_file(dir)) {
            return Some(Ok(serde_json::from_slice(&bytes).unwrap()));
        }
        child.try_wait().unwrap().map(Err)
    })
    .await
}

/// Has the kernel kill the program should this thread, which is the test's own, end without a word.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "pre_exec is unsafe, and only the child can make this request")]
fn end_with_this_thread(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let request = || Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?);
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; this is one system
    // call, without allocation or lock.
    unsafe {
        command.pre_exec(request);
    }
}

/// Only Linux can do this.
#[cfg(not(target_os = "linux"))]
fn end_with_this_thread(_command: &mut Command) {}
