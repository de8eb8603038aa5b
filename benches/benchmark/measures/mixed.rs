//! A mix as a game causes it: a tenth of the steps opens a session, a tenth is a page that is opened
//! and paid on, and the rest asks how it went.

use std::{
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use sqlx::{Connection, PgConnection};

use crate::{
    bench::Bench,
    load::{self, Measured, Script},
    report::{bytes, rate, times},
    requests::{Creates, Statuses},
    service::{Process, Site},
    sessions::{self, Until},
};

const CONNECTIONS: usize = 64;
/// Of a hundred steps.
const CREATES: u32 = 10;
const PAYS: u32 = 10;
/// Sessions that each connection may pay from the beginning: as many are paid as opened, so that there
/// are always some.
const UNPAID_FIRST: usize = 16;
/// The worker is to have settled all payments by then.
const SETTLED_WITHIN: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "Mixed",
        "64 connections; of a hundred steps 10 open a session, 80 ask for a status, and 10 open a page \
         and pay on it with a card: two requests. Beside the API runs a worker, which calls the \
         sandbox's bank and makes the payments `paid`. `settled after`: when the last of them was, after \
         the end of all rounds.",
    );
    let site = Site::new(bench.postgres.database("mixed_ours").await);
    let api = site.serve("api");
    let worker = site.serve("worker");
    let ids = sessions::open(&site, api.address, pending(bench), Until::Pending).await;
    let measured = load_on(bench, &site, &api, &ids).await;
    let (paid, after) = until_settled(&site).await;
    let memory = |it: &Process| it.memory().map_or("?".to_owned(), |(now, _)| bytes(now));
    bench.report.table(
        &["requests", "p50, p99", "paid", "settled after", "memory of the API, of the worker"],
        &[vec![
            rate(measured.per_second()),
            times(&measured),
            paid.to_string(),
            format!("{:.1} s", after.as_secs_f64()),
            format!("{}, {}", memory(&api), memory(&worker)),
        ]],
    );
    drop((api, worker));
    bench.postgres.drop("mixed_ours").await;
}

/// The mix on a service that is there, asking for these sessions: the median round.
pub(super) async fn load_on(
    bench: &Bench,
    site: &Site,
    api: &Process,
    ids: &Arc<Vec<String>>,
) -> Measured {
    let mut rounds = vec![];
    for _ in 0..bench.effort.rounds {
        bench.progress("mixed");
        let connections = bench.effort.at_once(CONNECTIONS);
        let count = connections * UNPAID_FIRST;
        let unpaid = sessions::open(site, api.address, count, Until::Pending).await;
        let scripts = unpaid.chunks(UNPAID_FIRST).enumerate();
        let scripts = scripts.map(|(nth, unpaid)| Mixed::new(&site.api_key, ids, unpaid, nth));
        rounds.push(load::run(&[api.address], scripts, bench.effort.pace).await);
        bench.postgres.settle().await;
    }
    rounds.sort_by(|a, b| a.per_second().total_cmp(&b.per_second()));
    rounds.swap_remove((rounds.len() - 1) / 2)
}

/// How many sessions are asked for in turns.
fn pending(bench: &Bench) -> usize {
    if bench.effort.is_smoke { 50 } else { 2_000 }
}

/// Waits until the worker has settled every payment; how many are paid, and how long it took.
///
/// # Panics
///
/// Panics if it does not, or if nobody has paid.
async fn until_settled(site: &Site) -> (i64, Duration) {
    let mut owner = PgConnection::connect(&site.database.owner_url).await.unwrap();
    let began = Instant::now();
    loop {
        let (open, paid): (i64, i64) = sqlx::query_as(
            "SELECT count(*) FILTER (WHERE is_paying), count(*) FILTER (WHERE status = 'paid')
             FROM session",
        )
        .fetch_one(&mut owner)
        .await
        .unwrap();
        if open == 0 {
            assert!(0 < paid, "nobody has paid");
            return (paid, began.elapsed());
        }
        assert!(began.elapsed() < SETTLED_WITHIN, "{open} payments are not settled, {paid} are");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What a connection waits for.
enum After {
    Anything,
    /// A session that was opened, to be paid.
    Create,
    /// The page of a session.
    Page(String),
}

struct Mixed {
    random: SmallRng,
    creates: Creates,
    statuses: Statuses,
    /// Sessions that nobody has paid.
    unpaid: Vec<String>,
    after: After,
    /// A sent form leads back to its page.
    is_form: bool,
}

impl Mixed {
    fn new(api_key: &str, ids: &Arc<Vec<String>>, unpaid: &[String], nth: usize) -> Self {
        Self {
            random: SmallRng::seed_from_u64(nth as u64),
            creates: Creates::new(api_key, false),
            statuses: Statuses::new(api_key, ids, nth),
            unpaid: unpaid.to_vec(),
            after: After::Anything,
            is_form: false,
        }
    }
}

impl Script for Mixed {
    fn next(&mut self, answer: &[u8], request: &mut Vec<u8>) {
        self.is_form = false;
        match std::mem::replace(&mut self.after, After::Anything) {
            After::Create => {
                let created: serde_json::Value = serde_json::from_slice(answer).unwrap();
                self.unpaid.push(created["session_id"].as_str().unwrap().to_owned());
            }
            After::Page(id) => {
                self.is_form = true;
                return pay(request, &id, std::str::from_utf8(answer).unwrap());
            }
            After::Anything => {}
        }
        let step = self.random.random_range(0..100);
        if step < CREATES || (step < CREATES + PAYS && self.unpaid.is_empty()) {
            self.after = After::Create;
            return self.creates.next(answer, request);
        }
        match self.unpaid.pop_if(|_| step < CREATES + PAYS) {
            Some(id) => {
                write!(request, "GET /{id} HTTP/1.1\r\nhost: bench\r\n\r\n").unwrap();
                self.after = After::Page(id);
            }
            None => self.statuses.next(answer, request),
        }
    }

    fn is_expected(&self, status: u16) -> bool {
        status == if self.is_form { 303 } else { 200 }
    }
}

/// Sends the page's card form.
fn pay(request: &mut Vec<u8>, id: &str, page: &str) {
    let (_, rest) = page.split_once(r#"name="payment_id" value=""#).unwrap();
    let (ticket, _) = rest.split_once('"').unwrap();
    let form = format!(
        "payment_id={ticket}&card_number=4242424242424242&expiry=12%20%2F%2034&security_code=123"
    );
    write!(
        request,
        "POST /{id}/pay HTTP/1.1\r\nhost: bench\r\nsec-fetch-site: same-origin\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
    .unwrap();
}
