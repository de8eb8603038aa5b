//! Two and four server processes on one database, beside one.

use crate::{
    bench::{Bench, Question},
    load::{self, Pace},
    requests::{Creates, Statuses},
    service::Site,
    sessions::{self, Until},
};

const CONNECTIONS: usize = 64;
const SESSIONS: usize = 2_000;

pub(crate) async fn run(bench: &mut Bench) {
    bench.report.section(
        "Several processes on one database",
        "The same load of 64 connections, spread over two and four server processes, beside one. All \
         share the cores, so that this shows what more processes cost, not what more machines bring.",
    );
    let site = Site::new(bench.postgres.database("processes_ours").await);
    let servers: Vec<_> = (0..4).map(|_| site.serve("api")).collect();
    let addresses: Vec<_> = servers.iter().map(|it| it.address).collect();
    let count = if bench.effort.is_smoke { 50 } else { SESSIONS };
    let ids = sessions::open(&site, addresses[0], count, Until::Pending).await;
    let creates = || (0..CONNECTIONS).map(|_| Creates::new(&site.api_key, false));
    let asks = || (0..CONNECTIONS).map(|nth| Statuses::new(&site.api_key, &ids, nth));
    let mut rows = vec![];
    for processes in [2, 4] {
        let question = |what: &str| Question {
            what: format!("{what}, {processes} processes"),
            peer_is: "one process",
            goal: None,
        };
        let (several, one) = (&addresses[..processes], &addresses[..1]);
        let ours = async |pace: Pace| load::run(several, creates(), pace).await;
        let by_one = async |pace: Pace| load::run(one, creates(), pace).await;
        rows.push(bench.compare(question("CreateSession"), ours, by_one).await);
        let ours = async |pace: Pace| load::run(several, asks(), pace).await;
        let by_one = async |pace: Pace| load::run(one, asks(), pace).await;
        rows.push(bench.compare(question("GetSessionStatus, pending"), ours, by_one).await);
    }
    bench.report.comparisons(&rows);
    drop(servers);
    bench.postgres.drop("processes_ours").await;
}
