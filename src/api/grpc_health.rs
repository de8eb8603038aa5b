//! `grpc.health.v1.Health`: what `/readyz` says, for gRPC clients and the probes of clusters.

use std::{sync::Arc, time::Duration};

use connectrpc::{ConnectError, Router as ConnectRouter};
use connectrpc_health::{
    Checker, HEALTH_SERVICE_NAME, HealthExt, HealthService, Status, StatusStream,
    apply_request_limits, request_limits,
};
use futures::{Stream, StreamExt, stream};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use super::{
    health::{Health, Readiness},
    service::SERVICES,
};

/// How old the last look at the database may be for those who watch.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Adds the service, with requests of 16 KiB at most.
pub(super) fn register(connect: ConnectRouter, health: Health) -> ConnectRouter {
    let service = HealthService::new(Probe(Arc::new(Looks { health, last: Mutex::default() })));
    apply_request_limits(Arc::new(service).register(connect), request_limits())
}

/// Answers for each service alike: they stand and fall with the database.
struct Probe(Arc<Looks>);

struct Looks {
    health: Health,
    /// For all who watch, however many they are. Locked while somebody looks.
    last: Mutex<Option<(Instant, Status)>>,
}

impl Checker for Probe {
    async fn check(&self, service: &str) -> Result<Status, ConnectError> {
        require_known(service)?;
        Ok(self.0.now().await)
    }

    async fn watch(&self, service: &str) -> Result<StatusStream, ConnectError> {
        require_known(service)?;
        let stopping = self.0.health.stopping.clone().cancelled_owned();
        // It ends with the last word, so that no open stream holds up a stop.
        let changes = changes(Arc::clone(&self.0)).take_until(stopping);
        Ok(StatusStream::new(changes.chain(stream::iter([Status::NotServing]))))
    }
}

impl Looks {
    async fn now(&self) -> Status {
        match self.health.readiness().await {
            Readiness::Ready { .. } => Status::Serving,
            Readiness::NoDatabase | Readiness::Stopping => Status::NotServing,
        }
    }

    async fn recent(&self) -> Status {
        let mut last = self.last.lock().await;
        if let Some((at, status)) = *last
            && at.elapsed() < LOOK_EVERY
        {
            return status;
        }
        let status = self.now().await;
        *last = Some((Instant::now(), status));
        status
    }
}

/// Each status that differs from the one before; the first at once.
fn changes(looks: Arc<Looks>) -> impl Stream<Item = Status> + Send {
    stream::unfold((looks, None), async |(looks, before)| {
        loop {
            let status = looks.recent().await;
            if before != Some(status) {
                return Some((status, (looks, Some(status))));
            }
            sleep(LOOK_EVERY).await;
        }
    })
}

fn require_known(service: &str) -> Result<(), ConnectError> {
    let is_known = service.is_empty() || service == HEALTH_SERVICE_NAME;
    if is_known || SERVICES.contains(&service) {
        return Ok(());
    }
    Err(ConnectError::not_found("there is no such service"))
}
