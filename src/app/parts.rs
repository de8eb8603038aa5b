//! The parts that work beside the server: begun together, stopped together.
//!
//! None of them ends by itself. One that does, or that panics, has left its work undone for good,
//! so the whole service ends with it: whoever started that starts it anew.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures::FutureExt;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The parts that were begun.
pub(super) struct Parts {
    tracker: TaskTracker,
    /// Tells them to end.
    stop: CancellationToken,
    /// Ends the service.
    shutdown: CancellationToken,
    failed: Arc<OnceLock<&'static str>>,
}

impl Parts {
    pub(super) fn new(shutdown: CancellationToken) -> Self {
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        Self { tracker, stop, shutdown, failed: Arc::default() }
    }

    /// Begins one, given what will tell it to end.
    pub(super) fn begin<F>(&self, name: &'static str, part: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let part = AssertUnwindSafe(part(self.stop.clone())).catch_unwind();
        let (stop, shutdown) = (self.stop.clone(), self.shutdown.clone());
        let failed = Arc::clone(&self.failed);
        self.tracker.spawn(async move {
            let ended = part.await;
            if ended.is_err() || !stop.is_cancelled() {
                tracing::error!(
                    part = name,
                    "a part of the service has ended; all of it is stopped"
                );
                // Of several the first counts.
                let _ = failed.set(name);
                shutdown.cancel();
            }
        });
    }

    /// Has all of them end.
    ///
    /// # Errors
    ///
    /// The name of the first that ended before it was told to.
    pub(super) async fn stop(self, within: Duration) -> Result<(), &'static str> {
        self.stop.cancel();
        self.tracker.close();
        if timeout(within, self.tracker.wait()).await.is_err() {
            tracing::warn!("workers did not finish within the drain; the log repairs what is cut");
        }
        self.failed.get().map_or(Ok(()), |name| Err(*name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn parts_go_on_until_they_are_stopped_and_end_well() {
        let shutdown = CancellationToken::new();
        let parts = Parts::new(shutdown.clone());
        parts.begin("one", |stop| async move { stop.cancelled().await });
        assert_eq!(parts.stop(PATIENCE).await, Ok(()));
        assert!(!shutdown.is_cancelled());
    }

    #[tokio::test]
    async fn a_part_that_panics_or_just_ends_stops_the_service_and_is_named() {
        let shutdown = CancellationToken::new();
        let parts = Parts::new(shutdown.clone());
        parts.begin("healthy", |stop| async move { stop.cancelled().await });
        parts.begin("panics", |_| async { panic!("on purpose") });
        timeout(PATIENCE, shutdown.cancelled()).await.unwrap();
        assert_eq!(parts.stop(PATIENCE).await, Err("panics"));

        let parts = Parts::new(CancellationToken::new());
        parts.begin("ends", |_| async {});
        timeout(PATIENCE, parts.shutdown.cancelled()).await.unwrap();
        assert_eq!(parts.stop(PATIENCE).await, Err("ends"));
    }

    #[tokio::test]
    async fn a_part_that_does_not_end_is_not_waited_for_longer_than_the_drain() {
        let parts = Parts::new(CancellationToken::new());
        parts.begin("hangs", |_| std::future::pending());
        assert_eq!(parts.stop(Duration::from_millis(10)).await, Ok(()));
    }
}
