//! What came of one attempt to deliver a message, in words that a row can keep.

use std::{error::Error, io, time::Duration};

use http::StatusCode;

use super::{retry_after::RetryAfter, target::BlockedTarget};

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The receiver answered.
    Answered {
        /// With what.
        answer: Answer,
        /// How long the whole attempt took.
        elapsed: Duration,
    },
    /// There was no whole answer.
    Failed {
        /// Why.
        failure: Failure,
        /// How long the whole attempt took.
        elapsed: Duration,
    },
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The beginning of the body: whatever bytes came, at most
    /// [`super::sender::ANSWER_BYTES_MAX`]. For the endpoint's owner only; never logged.
    pub body: Vec<u8>,
    /// When it wants to be called again.
    pub retry_after: Option<RetryAfter>,
}

impl AttemptOutcome {
    /// Whether the message is done with: any status 2xx. A redirect is a refusal.
    pub fn is_delivered(&self) -> bool {
        self.answer().is_some_and(|it| it.status.is_success())
    }

    /// What was answered, if anything was.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answered { answer, .. } => Some(answer),
            Self::Failed { .. } => None,
        }
    }

    /// How long the whole attempt took.
    pub fn elapsed(&self) -> Duration {
        match self {
            Self::Answered { elapsed, .. } | Self::Failed { elapsed, .. } => *elapsed,
        }
    }
}

/// The word for a message whose endpoint is at a port that is not allowed.
pub const BLOCKED_PORT: &str = "blocked_port";

/// The words for attempts in which nothing was sent.
pub(super) const UNSENT: [&str; 5] = [BLOCKED_PORT, "blocked", "resolve", "connect", "tls"];

/// Why there was no whole answer. The receiver may have taken the message all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The target may not be called; nothing was sent.
    #[error(transparent)]
    Blocked(#[from] BlockedTarget),
    /// The name has no address.
    #[error("the host's name could not be resolved")]
    Resolve,
    /// Nobody accepted the connection.
    #[error("no connection could be made")]
    Connect,
    /// The certificate or the handshake is wrong.
    #[error("the TLS handshake failed")]
    Tls,
    /// The answer was not whole in time.
    #[error("there was no whole answer in time")]
    Timeout,
    /// The connection broke, or what came over it was no HTTP.
    #[error("the answer broke off or was no HTTP")]
    Broken,
}

impl Failure {
    /// The word under which a row keeps it.
    pub fn as_str(&self) -> &'static str {
        match self {
            // An endpoint from before there was this rule: only its owner can move it.
            Self::Blocked(BlockedTarget::Port { .. }) => BLOCKED_PORT,
            Self::Blocked(_) => "blocked",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
        }
    }

    /// Reads the HTTP client's error by what lies at its bottom.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let blocked = causes(error).find_map(|it| it.downcast_ref::<BlockedTarget>());
        if let Some(blocked) = blocked {
            Self::Blocked(blocked.clone())
        } else if causes(error).any(|it| it.is::<rustls::Error>()) {
            Self::Tls
        } else if error.is_timeout() {
            Self::Timeout
        } else if error.is_dns() {
            Self::Resolve
        } else if error.is_connect() {
            Self::Connect
        } else {
            Self::Broken
        }
    }
}

/// The error itself, what caused it, what caused that.
///
/// An `io::Error` leaves what it wraps out when asked for its source, and TLS errors are wrapped
/// in one or two of them.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|it| it as &(dyn Error + 'static)).or_else(|| error.source());
        Some(error)
    })
}
