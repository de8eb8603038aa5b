//! Sends a message once, to a target that may be called, and says what came of it.
//!
//! Knows no queue and no retry. Never logs: neither the body, nor the headers, nor the answer.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use reqwest::{Client, Response, redirect};
use rustls::{ClientConfig, crypto::ring};
use rustls_platform_verifier::Verifier;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    outcome::{Answer, AttemptOutcome, Failure},
    retry_after::RetryAfter,
    signature::SignatureHeaders,
    target::{CheckedResolver, Lookup, SystemLookup, TargetPolicy},
};

/// How long a receiver has to take the message and to answer in full, name look-up included.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// How much of an answer is read; the rest is of no use and may never end.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// How long an idle connection is kept for the next message. Shorter than most servers do, so
/// that a message seldom meets a connection that is just being closed.
const IDLE_CONNECTION_MAX: Duration = Duration::from_secs(15);

/// Idle connections kept to one receiver.
const IDLE_CONNECTIONS_MAX: usize = 8;

/// What every delivery says of who sends it.
pub const USER_AGENT: &str = "ToffeePay-Webhooks/1";

/// What every delivery says of its body.
pub const CONTENT_TYPE_JSON: &str = "application/json";

/// Sends messages. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    policy: TargetPolicy,
    deadline: Duration,
}

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// The system's root certificates are missing or TLS is misconfigured.
    #[error("TLS for webhooks could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// Anything else.
    #[error("the HTTP client for webhooks could not be set up: {0}")]
    Client(#[from] reqwest::Error),
}

impl Sender {
    /// One that calls what the policy allows.
    ///
    /// # Errors
    ///
    /// [`SenderError`], if the system has no root certificates.
    pub fn new(policy: TargetPolicy) -> Result<Self, SenderError> {
        Self::with(policy, Arc::new(SystemLookup), ANSWER_DEADLINE)
    }

    fn with(
        policy: TargetPolicy,
        lookup: Arc<dyn Lookup>,
        deadline: Duration,
    ) -> Result<Self, SenderError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls_config()?)
            .dns_resolver(CheckedResolver { policy: policy.clone(), lookup })
            // A proxy would connect for us, to whatever it likes.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .user_agent(USER_AGENT)
            .pool_idle_timeout(IDLE_CONNECTION_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .build()?;
        Ok(Self { client, policy, deadline })
    }

    /// Makes one attempt. An answer counts once it is whole, or [`ANSWER_BYTES_MAX`] of it.
    pub async fn send(
        &self,
        target: &Url,
        headers: &SignatureHeaders,
        body: Bytes,
    ) -> AttemptOutcome {
        let started = Instant::now();
        let deadline = started + self.deadline;
        let answer = self.post(target, headers, body, deadline).await;
        let elapsed = started.elapsed();
        match answer {
            Err(failure) => AttemptOutcome::Failed { failure, elapsed },
            Ok(answer) => AttemptOutcome::Answered { answer, elapsed },
        }
    }

    async fn post(
        &self,
        target: &Url,
        headers: &SignatureHeaders,
        body: Bytes,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        self.policy.check(target)?;
        let request = self.client.post(target.clone()).header(CONTENT_TYPE, CONTENT_TYPE_JSON);
        let request = headers.iter().fold(request, |it, (name, value)| it.header(name, value));
        let response = timeout_at(deadline, request.body(body).send()).await;
        let mut response =
            response.map_err(|_| Failure::Timeout)?.map_err(|it| Failure::of(&it))?;
        let (status, mut body) = (response.status(), Vec::new());
        let retry_after = RetryAfter::read(response.headers());
        let read = timeout_at(deadline, read(&mut response, &mut body)).await;
        match read.unwrap_or(Err(Failure::Timeout)) {
            // A refusal is one, however its explanation ends.
            Err(failure) if status.is_success() => Err(failure),
            Ok(()) | Err(_) => Ok(Answer { status, body, retry_after }),
        }
    }
}

/// Reads the answer's body to its end, or [`ANSWER_BYTES_MAX`] of it.
async fn read(response: &mut Response, body: &mut Vec<u8>) -> Result<(), Failure> {
    while let Some(chunk) = response.chunk().await.map_err(|it| Failure::of(&it))? {
        let room = ANSWER_BYTES_MAX - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if room <= chunk.len() {
            break;
        }
    }
    Ok(())
}

/// TLS on `ring`, with the system's root certificates. Explicit, so that it does not matter
/// whether the process has installed a default provider.
fn tls_config() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous() // Only the method's name: the verifier is the system's.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

#[cfg(test)]
mod canary;
#[cfg(test)]
mod tests;
