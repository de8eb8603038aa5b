//! The sandbox provider: a bank of its own, with its own books, that moves no real money.
//!
//! It is reached as a real provider is: through [`Provider`](super::Provider), by signed HTTP
//! notifications, and by the player's browser for the 3-D Secure step. Of a session it knows the
//! id, which it repeats in what it tells and in the way back; nothing of games or the log. A live
//! game can never use it.

mod bank;
mod books;
mod challenge_page;
mod faults;
mod instruments;
mod message;
mod notifier;
mod signature;

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use sqlx::PgPool;
use tokio::sync::Notify;

use self::{books::Books, notifier::ANSWER_TIMEOUT};
pub use self::{
    books::{Movement, MovementKind},
    faults::{Faults, FaultsError},
    instruments::APPLE_PAY_TOKEN,
    notifier::Notifier,
    signature::SIGNATURE_HEADER,
};
use super::ProviderError;
use crate::{
    clock::Clock,
    domain::{
        session::{DeclineReason, ProviderName, ProviderText, Refusal},
        violation::Violation,
    },
    http_client::http_client,
};

/// The provider's name in events and in paths.
pub const NAME: &str = "sandbox";

/// Where notifications go below the pay host unless configured otherwise.
pub const NOTIFICATIONS_PATH: &str = "/providers/sandbox/notifications";

/// How long the slow test card takes to pay unless configured otherwise.
pub const SETTLE_AFTER_DEFAULT: Duration = Duration::from_secs(5);

/// The longest that the slow test card may take.
const SETTLE_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How the bank is set up.
pub struct SandboxConfig {
    /// Where players' browsers reach both the payment page and the bank's own page.
    pub pay_base_url: String,
    /// Where notifications go; by default [`NOTIFICATIONS_PATH`] below `pay_base_url`.
    pub notify_url: Option<String>,
    /// Signs and verifies notifications.
    pub signing_secret: SecretString,
    /// How long the slow test card takes to pay: at most a day.
    pub settle_after: Duration,
    /// What to do wrong.
    pub faults: Faults,
}

/// Why the bank cannot open.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The slow card would take too long.
    #[error("the sandbox's slow card may take at most {SETTLE_AFTER_MAX:?} to pay, not {0:?}")]
    SettleAfter(Duration),
    /// The notifier's HTTP client could not be built.
    #[error("the sandbox bank cannot send notifications: {0}")]
    Http(#[from] reqwest::Error),
    /// The provider's name breaks its rule.
    #[error("the sandbox provider's name {0}")]
    Name(#[from] Violation),
}

/// The pretended bank. Clones share its books.
#[derive(Clone)]
pub struct SandboxBank {
    name: ProviderName,
    books: Books,
    pay_base_url: Arc<str>,
    notify_url: Arc<str>,
    signing_secret: SecretString,
    faults: Faults,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    /// Wakes the notifier of the same process.
    has_news: Arc<Notify>,
}

impl SandboxBank {
    /// Opens the bank on its schema, which the migrations have made in `pool`'s database.
    ///
    /// # Errors
    ///
    /// A [`SandboxError`] if `config` makes no sense or no HTTP client can be built.
    pub fn new(
        pool: PgPool,
        config: SandboxConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SandboxError> {
        if SETTLE_AFTER_MAX < config.settle_after {
            return Err(SandboxError::SettleAfter(config.settle_after));
        }
        let pay_base_url = config.pay_base_url.trim_end_matches('/');
        let default_url = || format!("{pay_base_url}{NOTIFICATIONS_PATH}");
        Ok(Self {
            name: ProviderName::parse(NAME)?,
            books: Books::new(pool, config.settle_after, config.faults),
            pay_base_url: pay_base_url.into(),
            notify_url: config.notify_url.unwrap_or_else(default_url).into(),
            signing_secret: config.signing_secret,
            faults: config.faults,
            clock,
            http: http_client(ANSWER_TIMEOUT)?,
            has_news: Arc::default(),
        })
    }

    /// The bank's own pages, for the host that `pay_base_url` names.
    pub fn routes(&self) -> axum::Router {
        challenge_page::routes(self.clone())
    }

    /// The worker that tells what happened. Several may run at once.
    pub fn notifier(&self) -> Notifier {
        Notifier::new(self.clone())
    }

    /// Every movement of money in the books, the earliest first, to compare with the log.
    ///
    /// # Errors
    ///
    /// If the books cannot be read.
    pub async fn movements(&self) -> Result<Vec<Movement>, ProviderError> {
        Ok(self.books.movements().await?)
    }

    fn challenge_url(&self, challenge_id: &str) -> String {
        format!("{}{}/{challenge_id}", self.pay_base_url, challenge_page::PATH)
    }
}

fn refusal(reason: DeclineReason, text: &str) -> Result<Refusal, Violation> {
    Ok(Refusal { reason, text: ProviderText::parse(text)? })
}
