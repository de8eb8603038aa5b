//! Several `toffeepay serve` on one database, as in production: each connects as a login that may
//! only append and read, and holds nothing that another could not take over.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    process::{Child, Output, Stdio},
};

use buffa::Message;
use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection, PgPool};
use toffeepay::{
    event_store::EventStore,
    proto::pay::v1::{CreateSessionRequest, CreateSessionResponse},
    vault::Key,
};
use tokio::sync::OnceCell;

use super::books::{assert_agree, settled};
use super::client::{CREATE_SESSION, Client, LIST_SESSIONS, PAYS};
use super::harness::{EnvFile, Library, bare_command, new_database, wait_until};
use super::support::cluster::{Scratch, shared};

/// A login as an operator makes one after `toffeepay migrate`.
const LOGIN: &str = "toffeepay_app";
const PAYMENTS: usize = 24;

/// A migrated database with a game, and what processes need to serve it.
pub(crate) struct Site {
    owner_url: String,
    service_url: String,
    master_key: String,
    pub(crate) api_key: String,
    /// Where players are sent.
    pay_base_url: String,
    logs: Scratch,
}

/// One `toffeepay serve`.
pub(crate) struct Process {
    pub(crate) child: Ending,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
}

/// A child that ends with its test.
pub(crate) struct Ending(pub(crate) Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Site {
    pub(crate) async fn new() -> Self {
        static LOGIN_IS_MADE: OnceCell<()> = OnceCell::const_new();
        let (name, owner_url) = new_database().await;
        let make = async || {
            let mut admin = PgConnection::connect(shared().url()).await.unwrap();
            admin.execute(format!("CREATE ROLE {LOGIN} LOGIN").as_str()).await.unwrap();
            admin.execute(format!("GRANT toffeepay_service TO {LOGIN}").as_str()).await.unwrap();
        };
        LOGIN_IS_MADE.get_or_init(make).await;
        let service_url = owner_url.replacen("user=postgres", &format!("user={LOGIN}"), 1);
        assert_ne!(owner_url, service_url);
        let logs = Scratch::new(&name);
        std::fs::create_dir_all(logs.path()).unwrap();
        let pay_base_url = format!("http://127.0.0.1:{}", free_port());
        let master_key = Key::generate().to_base64();
        let mut site =
            Self { owner_url, service_url, master_key, api_key: String::new(), pay_base_url, logs };
        let register =
            ["games", "register", "space_shooter", "--studio", "Demo", "--name", "Space Shooter"];
        site.succeed(&register).await;
        let issue = ["keys", "issue", "space_shooter", "--world", "test", "--name", "Game server"];
        let issue = [&issue[..], &["--requests-per-s", "none"]].concat();
        site.api_key = site.succeed(&issue).await.trim().to_owned();
        site
    }

    /// Types a command as the operator does; what it printed.
    pub(crate) async fn succeed(&self, words: &[&str]) -> String {
        let mut command = bare_command();
        command.args(words).env("DATABASE_URL", &self.service_url);
        command.env("MASTER_KEY", &self.master_key);
        let output = run(command).await;
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the process that listens where players are sent.
    async fn serve_pages(&self, name: &str) -> Process {
        let address = self.pay_base_url.strip_prefix("http://").unwrap();
        let process = async || self.try_serve("api", name, address, &[]).await.ok();
        wait_until("the port of the pages", process).await
    }

    /// Starts a process on a port that nobody needs to know before.
    pub(crate) async fn serve(&self, role: &str, name: &str) -> Process {
        self.serve_with(role, name, &[]).await
    }

    /// The same with more words of its command.
    pub(crate) async fn serve_with(&self, role: &str, name: &str, more: &[&str]) -> Process {
        let process = self.try_serve(role, name, "127.0.0.1:0", more).await;
        process.unwrap_or_else(|log| panic!("{name} ended:\n{log}"))
    }

    /// Starts a process. For a moment its port may be some other connection's own: its log then.
    async fn try_serve(
        &self,
        role: &str,
        name: &str,
        listen: &str,
        more: &[&str],
    ) -> Result<Process, String> {
        let log = File::create(self.logs.path().join(name)).unwrap();
        let mut command = bare_command();
        command.args(["serve", "--sandbox", "--role", role]);
        command.args(["--listen", listen]).args(more);
        command.env("DATABASE_URL", &self.service_url).env("MASTER_KEY", &self.master_key);
        command.env("PAY_BASE_URL", &self.pay_base_url);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut child = Ending(child);
        let address = wait_until(&format!("{name} to listen"), async || {
            let ended = child.0.try_wait().unwrap().map(|_| Err(self.log(name)));
            self.listens(name).map(Ok).or(ended)
        })
        .await?;
        let env = EnvFile {
            api_url: format!("http://{address}"),
            pay_url: self.pay_base_url.clone(),
            game_id: "space_shooter".to_owned(),
            api_key: self.api_key.clone(),
            webhook_secret: String::new(),
            dashboard_url: String::new(),
            database_url: self.service_url.clone(),
        };
        let address = address.parse().unwrap();
        let mut process = Process { child, address, client: Client::new(&env) };
        wait_until(&format!("{name} to be ready"), async || {
            let ended = process.child.0.try_wait().unwrap();
            assert!(ended.is_none(), "{name} ended: {ended:?}\n{}", self.log(name));
            let ready = process.client.request(reqwest::Method::GET, "/readyz").send().await;
            ready.ok().filter(|it| it.status().is_success()).map(drop)
        })
        .await;
        Ok(process)
    }

    /// Where a process says that it listens.
    fn listens(&self, name: &str) -> Option<String> {
        let log = self.log(name);
        let lines = log.lines().filter_map(|it| serde_json::from_str::<Value>(it).ok());
        let mut serving = lines.filter(|it| it["message"] == "serving");
        Some(serving.next()?["listen"].as_str()?.to_owned())
    }

    fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.logs.path().join(name)).unwrap()
    }

    pub(crate) async fn library(&self) -> Library {
        let pool = PgPool::connect(&self.owner_url).await.unwrap();
        let master = Key::from_base64(&self.master_key).unwrap();
        let options = self.owner_url.parse().unwrap();
        let store = EventStore::open(pool.clone(), options, &master, std::sync::Arc::new(|| {}));
        Library { store, pool, master }
    }
}

#[tokio::test]
async fn what_one_process_wrote_the_other_reads_at_once() {
    let site = Site::new().await;
    let one = site.serve_pages("one").await;
    let other = site.serve("api", "other").await;
    for (writer, reader) in [(&one.client, &other.client), (&other.client, &one.client)] {
        for _ in 0..20 {
            let session_id = writer.create_session(&writer.purchase()).await;
            assert_eq!(reader.status(&session_id).await, "pending");
            assert_eq!(newest(reader).await, session_id);
            let cancel = writer.send_form(&format!("/{session_id}/cancel"), &[]);
            assert_eq!(cancel.send().await.unwrap().status(), 303);
            assert_eq!(reader.status(&session_id).await, "cancelled");
        }
    }
    let key = |it: &Client| {
        let call = it.call(CREATE_SESSION).header("Idempotency-Key", "order-1");
        call.json(&it.purchase())
    };
    let first = key(&one.client).send().await.unwrap().bytes().await.unwrap();
    let repeat = key(&other.client).send().await.unwrap();
    assert_eq!(repeat.headers()["idempotent-replayed"], "true");
    assert_eq!(repeat.bytes().await.unwrap(), first, "one answer on every process");
}

/// The first of the listed sessions.
async fn newest(client: &Client) -> String {
    let list = json!({ "game_id": "space_shooter", "limit": 1 });
    let page: Value =
        client.call(LIST_SESSIONS).json(&list).send().await.unwrap().json().await.unwrap();
    page["sessions"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn fifty_repeats_at_once_over_two_processes_and_both_codecs_make_one_session() {
    let site = Site::new().await;
    let (one, other) = (site.serve("api", "one").await, site.serve("api", "other").await);
    let request = one.client.purchase();
    let typed: CreateSessionRequest = serde_json::from_value(request.clone()).unwrap();
    let answers = join_all((0..50).map(async |number| {
        let client = if number % 2 == 0 { &one.client } else { &other.client };
        let call = client.call(CREATE_SESSION).header("Idempotency-Key", "order-1");
        if number % 3 == 0 {
            let call = call.header("content-type", "application/proto");
            let answer = call.body(typed.encode_to_vec()).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            let bytes = answer.bytes().await.unwrap();
            CreateSessionResponse::decode_from_slice(&bytes).unwrap().session_id
        } else {
            let answer: Value = call.json(&request).send().await.unwrap().json().await.unwrap();
            answer["session_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
        }
    }));
    let answers = answers.await;
    assert!(answers.iter().all(|it| *it == answers[0]), "{answers:?}");
    let library = site.library().await;
    let sessions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(&library.pool).await.unwrap();
    assert_eq!(sessions, 1);
}

#[tokio::test]
async fn a_killed_workers_work_is_taken_over_by_another() {
    let site = Site::new().await;
    let api = site.serve_pages("api").await;
    let mut first = site.serve("worker", "first").await;
    let _second = site.serve("worker", "second").await;
    let mut sessions = vec![];
    for number in 0..PAYMENTS {
        let session_id = api.client.create_session(&api.client.purchase()).await;
        api.client.pay(&session_id, PAYS).await.unwrap();
        sessions.push(session_id);
        if number == PAYMENTS / 2 {
            first.child.0.kill().unwrap();
        }
    }
    for session_id in &sessions {
        api.client.wait_for_status(session_id, "paid").await;
    }
    let library = site.library().await;
    settled(&library.pool).await;
    assert_eq!(assert_agree(&library).await.len(), PAYMENTS);
    site.succeed(&["replay"]).await;
}

#[tokio::test]
async fn without_a_worker_a_payment_stays_pending_and_is_made_by_the_first_that_comes() {
    let site = Site::new().await;
    let api = site.serve_pages("api").await;
    let session_id = api.client.create_session(&api.client.purchase()).await;
    api.client.pay(&session_id, PAYS).await.unwrap();
    let page = api.client.open_page(&session_id).await.unwrap();
    assert!(page.contains("Processing your payment"), "{page}");
    assert_eq!(api.client.status(&session_id).await, "pending");
    let worker = site.serve("worker", "worker").await;
    api.client.wait_for_status(&session_id, "paid").await;
    let create = worker.client.call(CREATE_SESSION).json(&json!({}));
    assert_eq!(create.send().await.unwrap().status(), 404, "a worker serves no API");
}

/// A setting that `serve` must refuse, and what its one sentence must hold.
struct Refused {
    variable: &'static str,
    value: Option<&'static str>,
    says: &'static [&'static str],
}

#[tokio::test]
async fn serve_refuses_each_setting_that_is_missing_or_malformed_by_its_name() {
    let site = Site::new().await;
    let refuse = |variable, value, says| Refused { variable, value, says };
    for Refused { variable, value, says } in [
        refuse("DATABASE_URL", None, &["DATABASE_URL"]),
        refuse("DATABASE_URL", Some("mysql://db/pay"), &["DATABASE_URL", "postgres://"]),
        refuse("DATABASE_URL", Some("postgres://nobody@127.0.0.1:1/pay"), &["DATABASE_URL"]),
        refuse("MASTER_KEY", None, &["MASTER_KEY", "32 bytes"]),
        refuse("MASTER_KEY", Some("c2hvcnQ="), &["MASTER_KEY", "32 bytes"]),
        refuse("PAY_BASE_URL", None, &["PAY_BASE_URL"]),
        refuse("PAY_BASE_URL", Some("pay.example.com"), &["PAY_BASE_URL"]),
        refuse("PAY_BASE_URL", Some("https://pay.example.com/path"), &["PAY_BASE_URL", "path"]),
        refuse("ROLE", Some("boss"), &["ROLE", "worker"]),
        refuse("LISTEN", Some("everywhere"), &["LISTEN"]),
        refuse("SANDBOX_FAULTS", Some("explode"), &["SANDBOX_FAULTS", "reorder"]),
        refuse("DRAIN_S", Some("soon"), &["DRAIN_S"]),
        refuse("RUST_LOG", Some("toffeepay=loud"), &["RUST_LOG", "toffeepay=loud"]),
    ] {
        let mut command = bare_command();
        command.args(["serve"]).env("DATABASE_URL", &site.service_url);
        command.env("MASTER_KEY", &site.master_key).env("PAY_BASE_URL", &site.pay_base_url);
        command.env("LISTEN", "127.0.0.1:0");
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
        let output = run(command).await;
        let said = said(&output);
        let what = format!("{variable}={value:?} was answered: {said}");
        assert_eq!(output.status.code(), Some(2), "{what}");
        assert!(says.iter().all(|it| said.contains(it)), "{what}");
        assert!(!said.contains(&site.master_key) && !said.contains("panicked"), "{what}");
    }
}

#[tokio::test]
async fn serve_refuses_whoever_could_rewrite_the_log() {
    let site = Site::new().await;
    let mut command = bare_command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &site.owner_url);
    command.env("MASTER_KEY", &site.master_key).env("PAY_BASE_URL", &site.pay_base_url);
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(2));
    let said = said(&output);
    assert!(said.contains("superuser") && said.contains("GRANT toffeepay_service"), "{said}");
}

async fn run(command: std::process::Command) -> Output {
    tokio::process::Command::from(command).output().await.unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
