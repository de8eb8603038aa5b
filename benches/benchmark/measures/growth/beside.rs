//! Everything that a grown log could make slower, on it and on an empty one in turns.

use std::sync::Arc;

use crate::{
    bench::{Bench, Course, Question},
    fill,
    load::{self, Measured, Pace},
    measures::Template,
    report::Compared,
    requests::{Creates, Gets, Statuses},
    service::{Process, Site},
    sessions::{self, Until},
};

const CONNECTIONS: usize = 64;
/// Sessions that are asked for.
const SESSIONS: usize = 2_000;

/// One of the two logs, and a server on it.
pub(super) struct Side<'a> {
    site: &'a Site,
    pub(super) api: Process,
    template: Template,
    connections: usize,
    /// Pending.
    pub(super) pending: Arc<Vec<String>>,
    /// Final, and asked for before.
    done: Arc<Vec<String>>,
    /// Whose pages are visited. Opened by the API: those that were put there have no key.
    visited: Arc<Vec<String>>,
}

/// What was found.
pub(super) struct Found {
    pub(super) compared: Vec<Compared>,
    /// How CreateSession went from the checkpoint on.
    pub(super) creates: Course,
}

impl<'a> Side<'a> {
    /// `there`: how many sessions were put there, of which some are asked for. Of an empty log all are.
    pub(super) async fn new(bench: &Bench, site: &'a Site, there: u64) -> Self {
        let api = site.serve("api");
        let asked = if bench.effort.is_smoke { 50 } else { SESSIONS };
        let pending = if there == 0 {
            sessions::open(site, api.address, asked, Until::Pending).await
        } else {
            Arc::new(fill::some(&site.database, there, asked).await)
        };
        let done = sessions::open(site, api.address, asked, Until::Cancelled).await;
        let connections = bench.effort.at_once(CONNECTIONS);
        let visited = sessions::open(site, api.address, connections, Until::Pending).await;
        let template = Template::new(&site.database).await;
        Self { site, api, template, connections, pending, done, visited }
    }

    async fn creates(&self, pace: Pace) -> Measured {
        let scripts = (0..self.connections).map(|_| Creates::new(&self.site.api_key, false));
        load::run(&[self.api.address], scripts, pace).await
    }

    async fn statuses(&self, ids: &Arc<Vec<String>>, pace: Pace) -> Measured {
        let scripts = (0..self.connections).map(|nth| Statuses::new(&self.site.api_key, ids, nth));
        load::run(&[self.api.address], scripts, pace).await
    }

    async fn pages(&self, pace: Pace) -> Measured {
        let scripts = self.visited.iter().map(|id| Gets(format!("/{id}")));
        load::run(&[self.api.address], scripts, pace).await
    }

    async fn appends(&self, pace: Pace) -> Measured {
        self.template.append_by(self.connections, pace).await
    }
}

/// Measures each in turns. The goal is that of the largest log.
pub(super) async fn beside_empty(
    bench: &Bench,
    grown: &Side<'_>,
    empty: &Side<'_>,
    events: u64,
    is_last: bool,
) -> Found {
    let question = |what: &str, goal: Option<f64>| Question {
        what: format!("{what} at {events} events"),
        peer_is: "empty log",
        goal: goal.filter(|_| is_last),
    };
    let (creates, course) = bench
        .compare_from_a_checkpoint_on(
            question("CreateSession", Some(0.9)),
            async |pace| grown.creates(pace).await,
            async |pace| empty.creates(pace).await,
        )
        .await;
    let appends = bench.compare(
        question("append", None),
        async |pace| grown.appends(pace).await,
        async |pace| empty.appends(pace).await,
    );
    let appends = appends.await;
    let pending = bench.compare(
        question("pending status", None),
        async |pace| grown.statuses(&grown.pending, pace).await,
        async |pace| empty.statuses(&empty.pending, pace).await,
    );
    let pending = pending.await;
    let done = bench.compare(
        question("final status", None),
        async |pace| grown.statuses(&grown.done, pace).await,
        async |pace| empty.statuses(&empty.done, pace).await,
    );
    let done = done.await;
    let pages = bench.compare(
        question("payment page", None),
        async |pace| grown.pages(pace).await,
        async |pace| empty.pages(pace).await,
    );
    let pages = pages.await;
    Found { compared: vec![creates, appends, pending, done, pages], creates: course }
}
