//! Tells what happened: signed POSTs, repeated until somebody acknowledges them.
//!
//! Also settles charges whose time has come, since nobody asks the bank to.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{
    SIGNATURE_HEADER, SandboxBank,
    books::{BooksError, CLAIM_MAX, Waiting},
    signature,
};

/// How long a receiver may take to answer.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How often to look for what came due by itself, or was written by another process.
const POLL_EVERY: Duration = Duration::from_millis(500);

/// A worker of the bank.
pub struct Notifier {
    bank: SandboxBank,
}

impl Notifier {
    pub(super) fn new(bank: SandboxBank) -> Self {
        Self { bank }
    }

    /// Works until told to stop. Whatever is under way then is sent again later.
    pub async fn run(self, shutdown: CancellationToken) {
        while let Some(delivered) = shutdown.run_until_cancelled(self.deliver_due()).await {
            // A full batch was acknowledged: there may be more.
            if usize::try_from(CLAIM_MAX).is_ok_and(|max| max <= delivered) {
                continue;
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.bank.has_news.notified() => {}
                () = tokio::time::sleep(POLL_EVERY) => {}
            }
        }
    }

    /// Settles what is due and sends one batch of notifications, one after the other. Answers how
    /// many of them were acknowledged.
    pub async fn deliver_due(&self) -> usize {
        match self.work().await {
            Ok(delivered) => delivered,
            Err(error) => {
                tracing::warn!(%error, "the sandbox bank's notifier must wait");
                0
            }
        }
    }

    async fn work(&self) -> Result<usize, BooksError> {
        let books = &self.bank.books;
        while books.settle_next(self.bank.clock.now()).await? {}
        let mut delivered = 0;
        for waiting in books.claim_due(self.bank.clock.now()).await? {
            if self.deliver(&waiting).await {
                books.mark_delivered(waiting.number, self.bank.clock.now()).await?;
                delivered += 1;
            }
        }
        Ok(delivered)
    }

    /// Sends a notification as often as the faults want. Whether all were acknowledged.
    async fn deliver(&self, waiting: &Waiting) -> bool {
        for _ in 0..self.bank.faults.repeat {
            if let Err(problem) = self.post(&waiting.body).await {
                tracing::warn!(
                    notification = %waiting.id,
                    attempt = waiting.attempts,
                    problem,
                    "a notification of the sandbox bank was not acknowledged"
                );
                return false;
            }
        }
        true
    }

    async fn post(&self, body: &str) -> Result<(), String> {
        let now = self.bank.clock.now();
        let signature = signature::sign(&self.bank.signing_secret, body.as_bytes(), now);
        let answer = self
            .bank
            .http
            .post(&*self.bank.notify_url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE_HEADER, signature)
            .body(body.to_owned())
            .send()
            .await
            .map_err(|error| error.without_url().to_string())?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("the receiver answered {status}")) }
    }
}
