//! Payment providers: their words translated into ours, each behind the same trait.
//!
//! Knows the domain's words and no event store: a process calls a provider because of an event,
//! and what the provider says becomes a command elsewhere.

pub mod sandbox;

mod registry;

use std::fmt;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::domain::{
    id::{PaymentId, RefundId, SessionId},
    money::Money,
    session::{
        CaptureMode, PaymentMethod, PaymentOutcome, ProviderName, Reference, RefundOutcome, Refusal,
    },
};

pub use registry::Registry;
/// The wallet token of the sandbox's simulated Apple Pay.
pub use sandbox::APPLE_PAY_TOKEN as SIMULATED_WALLET_TOKEN;

/// A payment company, or the sandbox's pretended one.
///
/// Every call that moves money carries a key of ours (the payment's id, the refund's, a
/// [`RequestKey`]): repeated, it gets the answer of the first. An error means that the outcome is
/// not known.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name of its folder, as events store it.
    fn name(&self) -> ProviderName;

    /// Turns card details into a token that only this provider understands.
    ///
    /// The details are handed on and forgotten; they are never stored or logged by us.
    async fn tokenize(&self, instrument: Instrument) -> Result<Reference, TokenizeError>;

    /// Asks for the money of an attempt; idempotent by `charge.payment_id`.
    async fn charge(&self, charge: Charge) -> Result<ChargeAnswer, ProviderError>;

    /// Takes money that is held; idempotent by `key`.
    async fn capture(&self, key: &RequestKey, amount: Money)
    -> Result<ChargeAnswer, ProviderError>;

    /// Lets held money go; idempotent by `key`.
    async fn void(&self, key: &RequestKey) -> Result<ChargeAnswer, ProviderError>;

    /// Gives taken money back; idempotent by `refund_id`.
    async fn refund(
        &self,
        session_id: &SessionId,
        refund_id: &RefundId,
        payment_id: &PaymentId,
        amount: Money,
    ) -> Result<RefundAnswer, ProviderError>;

    /// What became of an attempt. Moves nothing. `None`: the provider never heard of it.
    async fn look_up(&self, payment_id: &PaymentId) -> Result<Option<ChargeAnswer>, ProviderError>;

    /// What became of a refund. Moves nothing. `None`: the provider never heard of it.
    async fn look_up_refund(
        &self,
        refund_id: &RefundId,
    ) -> Result<Option<RefundAnswer>, ProviderError>;

    /// Checks that a notification is the provider's own and says what it means.
    fn read_notification(
        &self,
        headers: &http::HeaderMap,
        body: &[u8],
        now: crate::domain::Timestamp,
    ) -> Result<Notification, NotificationError>;
}

/// What a player pays with, on its way to the provider. Never stored, never printed.
pub enum Instrument {
    /// A card typed into our form.
    Card {
        /// Digits only.
        number: SecretString,
        /// 1 to 12.
        expiry_month: u8,
        /// Four digits.
        expiry_year: u16,
        /// Three or four digits.
        security_code: SecretString,
    },
    /// A wallet's sealed payment token, handed on as it is.
    WalletToken(SecretString),
}

/// What a provider is asked to charge.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The session that the attempt belongs to; the provider's notifications name it again.
    pub session_id: SessionId,
    /// The attempt, and the idempotency key.
    pub payment_id: PaymentId,
    /// With what kind of instrument.
    pub method: PaymentMethod,
    /// How much.
    pub amount: Money,
    /// The token that [`Provider::tokenize`] gave.
    pub instrument: Reference,
    /// Whether to take the money at once.
    pub capture_mode: CaptureMode,
}

/// One request to take held money or to let it go. Printed, it is the idempotency key.
///
/// The payment alone would not do: a provider repeats its first answer to a key for ever, and so
/// would its first refusal stand against every later request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// Whose money.
    pub payment_id: PaymentId,
    /// Which request of this payment, from 1: the event's own number.
    pub number: u32,
}

impl fmt::Display for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.payment_id, self.number)
    }
}

/// What a provider says about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeAnswer {
    /// Something came of it.
    Outcome(PaymentOutcome),
    /// Not yet: a notification will tell.
    Pending,
    /// The player must first pass a step of the provider's own, on a page of its own.
    ActionRequired {
        /// Where to send the player's browser.
        url: String,
    },
}

/// What a provider says about a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundAnswer {
    /// Something came of it.
    Outcome(RefundOutcome),
    /// Not yet: a notification will tell.
    Pending,
}

/// A provider's word that came by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The provider's id of it: the same for each repeat.
    pub id: String,
    /// Whose.
    pub session_id: SessionId,
    /// What.
    pub subject: NotificationSubject,
}

/// What a notification tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotificationSubject {
    /// Of an attempt.
    Payment(PaymentId, PaymentOutcome),
    /// Of a refund.
    Refund(RefundId, RefundOutcome),
}

/// Why a provider gave no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenizeError {
    /// It does not take this instrument. Holds no part of it.
    #[error("the provider refuses the instrument")]
    Refused(Refusal),
    /// It did not answer.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// The outcome of a call is not known: it may have moved money. Ask again.
#[derive(Debug, thiserror::Error)]
#[error("the provider's answer is not known: {0}")]
pub struct ProviderError(pub String);

/// Why a notification is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// The signature is missing, wrong or too old.
    #[error("the notification's signature is missing, wrong or too old")]
    Signature,
    /// It is signed and yet makes no sense.
    #[error("the notification cannot be read")]
    Malformed,
}
