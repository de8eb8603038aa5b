//! A restart of every process, one after the other, behind one address and under load: no client
//! notices.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use toffeepay::http_client::http_client;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::books::folded;
use super::client::{CREATE_SESSION, Client, GET_SESSION, LIST_SESSIONS};
use super::harness::wait_until;
use super::two_processes::{Process, Site};

const CLIENTS: usize = 8;
/// Rounds of calls that the clients make between one step and the next.
const ROUNDS: usize = 40;
/// How often the balancer asks each process whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// Longer than the balancer takes to notice.
const NOTICE_S: &str = "2";

/// Sends each new connection to the next process that says it is ready, as a balancer in
/// production does. It knows nothing of HTTP.
#[derive(Clone, Default)]
struct Balancer {
    backends: Arc<Mutex<Vec<SocketAddr>>>,
    ready: Arc<Mutex<Vec<SocketAddr>>>,
    connections: Arc<AtomicUsize>,
}

impl Balancer {
    /// Starts one; where it listens.
    async fn start() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let balancer = Self::default();
        tokio::spawn(balancer.clone().ask());
        tokio::spawn(balancer.clone().accept(listener));
        (balancer, address)
    }

    /// Takes a process in, and waits until connections go to it.
    async fn add(&self, process: &Process) {
        let address = process.address;
        self.backends.lock().unwrap().push(address);
        let is_there = async || self.ready.lock().unwrap().contains(&address).then_some(());
        wait_until("the balancer to see the process", is_there).await;
    }

    async fn ask(self) {
        let http = http_client(Duration::from_secs(2)).unwrap();
        let mut tick = tokio::time::interval(ASK_EVERY);
        loop {
            tick.tick().await;
            let backends = self.backends.lock().unwrap().clone();
            let mut ready = vec![];
            for it in backends {
                let answer = http.get(format!("http://{it}/readyz")).send().await;
                if answer.is_ok_and(|it| it.status().is_success()) {
                    ready.push(it);
                }
            }
            *self.ready.lock().unwrap() = ready;
        }
    }

    async fn accept(self, listener: TcpListener) {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let number = self.connections.fetch_add(1, Ordering::Relaxed);
            let ready = self.ready.lock().unwrap().clone();
            let Some(backend) = ready.get(number % ready.len().max(1)).copied() else { continue };
            tokio::spawn(async move {
                let Ok(mut server) = TcpStream::connect(backend).await else { return };
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    }
}

/// Game servers that call without a pause, and all that went wrong.
#[derive(Default)]
struct Load {
    stop: AtomicBool,
    rounds: AtomicUsize,
    failures: Mutex<Vec<String>>,
    created: Mutex<Vec<String>>,
}

impl Load {
    async fn play(self: Arc<Self>, client: Client, number: usize) {
        let mut round = 0;
        while !self.stop.load(Ordering::Relaxed) {
            if let Err(failure) = self.round(&client, &format!("order-{number}-{round}")).await {
                self.failures.lock().unwrap().push(failure);
            }
            round += 1;
            self.rounds.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn round(&self, client: &Client, key: &str) -> Result<(), String> {
        let create = client.call(CREATE_SESSION).header("Idempotency-Key", key);
        let created = answer(create.json(&client.purchase())).await?;
        let id = created["session_id"].as_str().unwrap().to_owned();
        let read = answer(client.call(GET_SESSION).json(&json!({ "id": id }))).await?;
        if read["session"]["id"] != *id {
            return Err(format!("{read}"));
        }
        let list = json!({ "game_id": "space_shooter", "limit": 3 });
        answer(client.call(LIST_SESSIONS).json(&list)).await?;
        self.created.lock().unwrap().push(id);
        Ok(())
    }

    /// Waits until the clients have gone on for a while.
    async fn go_on(&self) {
        let wanted = self.rounds.load(Ordering::Relaxed) + ROUNDS;
        let is_there = async || (wanted <= self.rounds.load(Ordering::Relaxed)).then_some(());
        wait_until("the clients to go on", is_there).await;
    }
}

async fn answer(call: reqwest::RequestBuilder) -> Result<Value, String> {
    let answer = call.send().await.map_err(|it| format!("{it:?}"))?;
    let (status, body) = (answer.status(), answer.text().await.map_err(|it| format!("{it:?}"))?);
    if status != 200 {
        return Err(format!("{status} {body}"));
    }
    serde_json::from_str(&body).map_err(|it| format!("{it}: {body}"))
}

/// Ends a process as an operator does, and waits for it.
async fn end(process: &mut Process) {
    let pid = Pid::from_raw(process.child.0.id().try_into().unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
    let status = wait_until("the process to end", async || process.child.0.try_wait().unwrap());
    assert!(status.await.success());
}

#[tokio::test]
async fn two_processes_are_restarted_one_after_the_other_and_no_call_fails() {
    let site = Site::new().await;
    let start = async |name| site.serve_with("all", name, &["--notice-s", NOTICE_S]).await;
    let (balancer, address) = Balancer::start().await;
    let mut processes = vec![start("one").await, start("two").await];
    for it in &processes {
        balancer.add(it).await;
    }
    let load = Arc::new(Load::default());
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        // Each with connections of its own, which it keeps.
        let client = processes[0].client.at(&format!("http://{address}"));
        clients.spawn(Arc::clone(&load).play(client, number));
    }
    load.go_on().await;
    for (number, name) in ["one again", "two again"].into_iter().enumerate() {
        end(&mut processes[number]).await;
        load.go_on().await;
        processes[number] = start(name).await;
        balancer.add(&processes[number]).await;
        load.go_on().await;
    }
    load.stop.store(true, Ordering::Relaxed);
    clients.join_all().await;

    let failures = load.failures.lock().unwrap().clone();
    assert!(failures.is_empty(), "{} calls failed: {failures:#?}", failures.len());
    let in_log = folded(&site.library().await).await;
    let created = load.created.lock().unwrap().clone();
    assert!(5 * ROUNDS <= created.len(), "{} rounds", created.len());
    assert_eq!(in_log.len(), created.len());
    assert!(created.iter().all(|it| in_log.contains_key(it)), "acknowledged and not in the log");
}
