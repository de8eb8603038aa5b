//! `toffeepay listen` beside a running service: what happens arrives on the developer's machine,
//! signed as it will be.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver as Lines, channel},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::client::PAYS;
use super::harness::{Options, Service, bare_command, wait_until};
use super::keys::issue;
use super::receiver::Receiver;
use super::support::oracles::{get_ready, verify_webhook};

/// How long a line may take to be printed.
const LINE_WITHIN: Duration = Duration::from_secs(30);

/// The command at work, killed at the test's end.
struct Listening {
    child: Child,
    out: BufReader<ChildStdout>,
    err: Lines<String>,
}

impl Listening {
    /// Starts it, and waits until it listens.
    fn start(service: &Service, receiver: &Receiver, more: &[&str]) -> Self {
        let mut command = command(service, receiver);
        command.args(more).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (said, err) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|it| said.send(it)));
        Self { child, out, err }
    }

    /// What it says for people, up to and with a line that begins so.
    fn said_until(&self, beginning: &str) -> Vec<String> {
        let mut said = vec![];
        loop {
            let line = self.err.recv_timeout(LINE_WITHIN);
            said.push(line.unwrap_or_else(|_| panic!("{beginning} is not said after {said:?}")));
            if said.last().is_some_and(|it| it.starts_with(beginning)) {
                return said;
            }
        }
    }

    /// The next line that it prints.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(service: &Service, receiver: &Receiver) -> Command {
    let mut command = bare_command();
    let file = service.dir().join("env.json");
    command.args(["listen", "--forward-to", &receiver.url, "--api-key-file"]).arg(file);
    command.env_remove("WEBHOOK_SECRET");
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_posted_in_order_with_signatures_that_libraries_accept() {
    let (service, receiver) = (Service::start(Options::default()).await, Receiver::start().await);
    let mut listening = Listening::start(&service, &receiver, &[]);
    let said = listening.said_until("Listening to space_shooter");
    let secret = said.iter().find(|it| it.starts_with("whsec_")).unwrap().clone();

    let session_id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session_id, PAYS).await.unwrap();
    let paid = receiver.wait_for(&session_id, "paid").await;
    let told: Vec<_> =
        receiver.deliveries().iter().map(|it| it.message()["type"].clone()).collect();
    assert_eq!(told, ["session.created", "session.paid"]);
    let judge = move || {
        get_ready();
        verify_webhook(&secret, &paid.headers, &paid.body).assert_accepted();
    };
    tokio::task::spawn_blocking(judge).await.unwrap();
    let lines = [listening.line(), listening.line()];
    assert!(lines[0].starts_with("session.created\tmsg_"), "{lines:?}");
    assert!(lines[1].contains("\t200 after "), "{lines:?}");
    kill(Pid::from_raw(listening.child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    assert!(listening.child.wait().unwrap().success(), "Ctrl-C ends it, as it should");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_after_a_restart_of_the_service_and_after_a_refusal_of_the_server() {
    let (mut service, receiver) =
        (Service::start(Options::default()).await, Receiver::start().await);
    receiver.refuse_next(1);
    let mut listening = Listening::start(&service, &receiver, &["--type", "session.created"]);
    listening.said_until("Listening");
    let first = service.client.create_session(&service.client.purchase()).await;
    receiver.wait_for(&first, "pending").await;
    assert!(listening.line().contains("\t500 after "));

    service.kill();
    listening.said_until("It is asked again");
    service.restart().await;
    let second = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&second, PAYS).await.unwrap();
    receiver.wait_for(&second, "pending").await;
    assert_eq!(receiver.telling(&first, "pending").len(), 1, "a refused one is not posted again");
    let third = service.client.create_session(&service.client.purchase()).await;
    receiver.wait_for(&third, "pending").await;
    assert!(receiver.telling(&second, "paid").is_empty(), "nobody asked for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_ones_own_signs_and_a_live_key_hears_nothing() {
    let (service, receiver) = (Service::start(Options::default()).await, Receiver::start().await);
    let file = service.dir().join("own-secret.txt");
    std::fs::write(&file, format!("{}\n", service.env.webhook_secret)).unwrap();
    let own = ["--secret-file", file.to_str().unwrap(), "--shape", "envelope"];
    let listening = Listening::start(&service, &receiver, &own);
    let said = listening.said_until("Listening");
    assert!(!said.iter().any(|it| it.contains("whsec_")), "{said:?}");
    service.client.create_session(&service.client.purchase()).await;
    let told = wait_until("the event", async || receiver.deliveries().first().cloned()).await;
    assert_eq!(told.message()["data"]["status"], "pending", "in the envelope's shape");
    let secret = service.env.webhook_secret.clone();
    let judge = move || {
        get_ready();
        verify_webhook(&secret, &told.headers, &told.body).assert_accepted();
    };
    tokio::task::spawn_blocking(judge).await.unwrap();

    let live = issue(&service, &["--world", "live", "--scope", "webhooks"]).await;
    let mut refused = bare_command();
    refused.args(["listen", "--forward-to", &receiver.url, "--server", &service.env.api_url]);
    let refused = refused.env("TOFFEEPAY_API_KEY", live).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(2) && said.contains("is for live money"), "{said}");
}
