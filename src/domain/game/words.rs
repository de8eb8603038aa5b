//! The small vocabulary of a game's settings, spelled as the wire spells it.

use serde::{Deserialize, Serialize};

use super::super::words::words;

words! {
    /// What an API key may do.
    KeyScope {
        /// Get and list.
        Read = "read",
        /// Create, cancel, capture, void.
        Write = "write",
        /// Give money back.
        Refund = "refund",
        /// Say where webhooks go, see their secrets when they are made, and what was sent.
        Webhooks = "webhooks",
    }
}

impl KeyScope {
    /// What a game server needs. Not to change where webhooks go: whoever took its key could have all
    /// of them sent to themselves.
    pub const OF_A_GAME_SERVER: [Self; 3] = [Self::Read, Self::Write, Self::Refund];
}

words! {
    /// How a webhook's body is laid out.
    PayloadShape {
        /// The session's fields at the top, as the getting-started guide prints them.
        Flat = "flat",
        /// The whole object under `data`, as the SDKs expect.
        Envelope = "envelope",
    }
}

impl PayloadShape {
    /// What an endpoint of this shape hears of that names nothing: as much as a receiver expects who was
    /// built from the guide, and all for those who know the SDKs.
    pub fn usual_types(self) -> Vec<WebhookType> {
        match self {
            Self::Flat => vec![WebhookType::SessionPaid],
            Self::Envelope => WebhookType::ALL.to_vec(),
        }
    }
}

words! {
    /// What an endpoint can be told of.
    WebhookType {
        /// A session began.
        SessionCreated = "session.created",
        /// The session is paid.
        SessionPaid = "session.paid",
        /// The last allowed attempt was declined.
        SessionFailed = "session.failed",
        /// The session's time ran out.
        SessionExpired = "session.expired",
        /// The session was cancelled.
        SessionCancelled = "session.cancelled",
        /// An attempt to pay began.
        PaymentCreated = "payment.created",
        /// The money is held.
        PaymentAuthorized = "payment.authorized",
        /// The money was taken.
        PaymentSucceeded = "payment.succeeded",
        /// The provider said no.
        PaymentFailed = "payment.failed",
        /// The held money was let go.
        PaymentCancelled = "payment.cancelled",
        /// A refund was asked for.
        RefundCreated = "refund.created",
        /// The money is back.
        RefundSucceeded = "refund.succeeded",
        /// The refund was refused.
        RefundFailed = "refund.failed",
        /// The refund was called off.
        RefundCancelled = "refund.cancelled",
        /// A deposit to a wallet came in.
        DepositSucceeded = "deposit.succeeded",
        /// A deposit to a wallet was refused.
        DepositFailed = "deposit.failed",
    }
}

impl WebhookType {
    /// Whether it tells of a session itself, which is all that a flat endpoint may take.
    pub fn is_of_session(self) -> bool {
        self.as_str().starts_with("session.")
    }
}
