//! A mix as a game causes it: a tenth of the steps opens a session, a tenth is a page that is opened
//! and paid on, and the rest asks how it went.

use std::{io::Write as _, sync::Arc};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

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

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "Mixed",
        "64 connections; of a hundred steps 10 open a session, 80 ask for a status, and 10 open a page \
         and pay on it with a card. Beside the API runs a worker, which calls the sandbox's bank and \
         makes the payments `paid`.",
    );
    let site = Site::new(bench.postgres.database("mixed_ours").await);
    let api = site.serve("api");
    let worker = site.serve("worker");
    let measured = load_on(bench, &site, &api).await;
    let memory = |it: &Process| it.memory().map_or("?".to_owned(), |(now, _)| bytes(now));
    bench.report.table(
        &["requests", "p50, p99", "memory of the API", "memory of the worker"],
        &[vec![rate(measured.per_second()), times(&measured), memory(&api), memory(&worker)]],
    );
    drop((api, worker));
    bench.postgres.drop("mixed_ours").await;
}

/// The mix on a service that is there.
pub(super) async fn load_on(bench: &Bench, site: &Site, api: &Process) -> Measured {
    bench.progress("mixed");
    let count = if bench.effort.is_smoke { 50 } else { 2_000 };
    let ids = sessions::open(site, api.address, count, Until::Pending).await;
    let scripts = (0..CONNECTIONS).map(|nth| Mixed::new(&site.api_key, &ids, nth));
    load::run(&[api.address], scripts, bench.effort.pace).await
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
    /// The latest session that this connection has opened and nobody has paid.
    unpaid: Option<String>,
    after: After,
}

impl Mixed {
    fn new(api_key: &str, ids: &Arc<Vec<String>>, nth: usize) -> Self {
        Self {
            random: SmallRng::seed_from_u64(nth as u64),
            creates: Creates::new(api_key, false),
            statuses: Statuses::new(api_key, ids, nth),
            unpaid: None,
            after: After::Anything,
        }
    }
}

impl Script for Mixed {
    fn next(&mut self, answer: &[u8], request: &mut Vec<u8>) {
        match std::mem::replace(&mut self.after, After::Anything) {
            After::Create => {
                let created: serde_json::Value = serde_json::from_slice(answer).unwrap();
                self.unpaid = created["session_id"].as_str().map(str::to_owned);
            }
            After::Page(id) => return pay(request, &id, std::str::from_utf8(answer).unwrap()),
            After::Anything => {}
        }
        let step = self.random.random_range(0..100);
        if step < CREATES || (step < CREATES + PAYS && self.unpaid.is_none()) {
            self.after = After::Create;
            return self.creates.next(answer, request);
        }
        match self.unpaid.take_if(|_| step < CREATES + PAYS) {
            Some(id) => {
                write!(request, "GET /{id} HTTP/1.1\r\nhost: bench\r\n\r\n").unwrap();
                self.after = After::Page(id);
            }
            None => self.statuses.next(answer, request),
        }
    }

    fn is_expected(&self, status: u16) -> bool {
        // A paid form leads back to its page.
        matches!(status, 200 | 303)
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
