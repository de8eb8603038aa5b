//! The end of a process, announced: load balancers send nothing more before it stops listening.
//!
//! A request that reaches a socket just as it is closed is lost, and a POST is not repeated. So a
//! process that was told to end goes on answering for a while: it says that it is not ready, and the
//! server asks each client to make its next connection elsewhere.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// A token that is cancelled `notice` after `leaving` is.
pub(super) fn after_notice(leaving: &CancellationToken, notice: Duration) -> CancellationToken {
    let closing = CancellationToken::new();
    let (leaving, closes) = (leaving.clone(), closing.clone());
    tokio::spawn(async move {
        leaving.cancelled().await;
        tokio::time::sleep(notice).await;
        closes.cancel();
    });
    closing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_server_closes_once_the_notice_is_over() {
        let leaving = CancellationToken::new();
        let closing = after_notice(&leaving, Duration::from_secs(5));
        leaving.cancel();
        let begun = tokio::time::Instant::now();
        closing.cancelled().await;
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
    }
}
