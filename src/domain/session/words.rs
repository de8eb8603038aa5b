//! The small vocabulary of sessions: statuses, methods, reasons. Spelled as the wire spells them.

use serde::{Deserialize, Serialize};

use super::super::{
    violation::Violation,
    words::{StoredText, checked_text, words},
};

words! {
    /// Where a session stands. All but `pending` are final.
    SessionStatus {
        /// The player can still pay.
        Pending = "pending",
        /// The money was taken.
        Paid = "paid",
        /// The last allowed attempt was declined.
        Failed = "failed",
        /// The game, the player or the third voided attempt ended it.
        Cancelled = "cancelled",
        /// Its time ran out.
        Expired = "expired",
    }
}

words! {
    /// Where one attempt to pay stands.
    PaymentStatus {
        /// The provider has not given a final answer.
        Processing = "processing",
        /// The money is held.
        Authorized = "authorized",
        /// The money was taken.
        Succeeded = "succeeded",
        /// The money was given back.
        Refunded = "refunded",
        /// The provider said no.
        Failed = "failed",
        /// The held money was let go.
        Cancelled = "cancelled",
    }
}

words! {
    /// Where a refund stands.
    RefundStatus {
        /// Asked for.
        Pending = "pending",
        /// The money is back.
        Succeeded = "succeeded",
        /// The provider refused.
        Failed = "failed",
        /// Called off before it was paid out.
        Cancelled = "cancelled",
    }
}

words! {
    /// With what a player pays.
    PaymentMethod {
        /// A card typed in.
        Card = "card",
        /// A card that the provider had on file.
        TokenizedCard = "tokenized_card",
        /// Apple Pay.
        ApplePay = "apple_pay",
        /// Google Pay.
        GooglePay = "google_pay",
        /// PayPal.
        Paypal = "paypal",
        /// Pay later.
        Paylater = "paylater",
        /// Venmo.
        Venmo = "venmo",
        /// Our own wallet.
        ToffeeWallet = "toffee_wallet",
    }
}

words! {
    /// When authorized money is captured.
    CaptureMode {
        /// As soon as it is authorized.
        Automatic = "automatic",
        /// When the game calls CompletePayment.
        Manual = "manual",
    }
}

words! {
    /// Why a provider refused to do something.
    DeclineReason {
        /// The card was declined without a better reason.
        CardDeclined = "card_declined",
        /// There is not enough money.
        InsufficientFunds = "insufficient_funds",
        /// The card is past its date.
        ExpiredCard = "expired_card",
        /// The security code is wrong.
        IncorrectSecurityCode = "incorrect_security_code",
        /// The player did not pass the bank's check (3-D Secure).
        AuthenticationFailed = "authentication_failed",
        /// The provider does not take this instrument.
        InstrumentRefused = "instrument_refused",
        /// The provider no longer holds the authorization.
        AuthorizationExpired = "authorization_expired",
        /// Anything else; the provider's own words say more.
        ProviderRefused = "provider_refused",
    }
}

words! {
    /// Who or what ended a session as cancelled.
    CancelReason {
        /// The game server called CancelSession.
        Game = "game",
        /// The player pressed cancel.
        Player = "player",
        /// The third attempt was voided.
        AttemptsVoided = "attempts_voided",
    }
}

words! {
    /// Why held money is let go.
    VoidReason {
        /// The game server called CancelPayment.
        Game = "game",
        /// The session was cancelled while the money was held.
        SessionCancelled = "session_cancelled",
        /// Nobody captured it in time.
        NotCapturedInTime = "not_captured_in_time",
        /// It was to be captured at once and could not be.
        CaptureFailed = "capture_failed",
        /// It was authorized after the attempt had been given up.
        AuthorizedLate = "authorized_late",
        /// Another attempt of the session was paid meanwhile.
        PaidOtherwise = "paid_otherwise",
    }
}

words! {
    /// Who or what asked for a refund.
    RefundCause {
        /// The game server called CreateRefund.
        Game = "game",
        /// Money came in after the session was over.
        PaidLate = "paid_late",
        /// A person of ours settled something.
        Operator = "operator",
    }
}

/// Defines a short text without control characters, for what providers call things.
macro_rules! provider_word {
    ($(#[$doc:meta])* $name:ident, $max:literal, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "StoredText", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a text that keeps the rule.
            ///
            /// # Errors
            ///
            /// A [`Violation`] if it does not.
            pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
                let text = text.into();
                if !(1..=$max).contains(&text.len()) || text.chars().any(char::is_control) {
                    return Err(Violation::new($rule, &text));
                }
                Ok(Self(text))
            }
        }

        checked_text!($name, read by length);
    };
}

provider_word! {
    /// Which provider: the name of its folder under `src/providers/`.
    ProviderName, 32, "must be 1 to 32 bytes long, without control characters"
}
provider_word! {
    /// A provider's name for a charge, a refund or an instrument.
    Reference, 255, "must be 1 to 255 bytes long, without control characters"
}
provider_word! {
    /// What a provider said, in its own words. May hold personal data.
    ProviderText, 1000, "must be 1 to 1,000 bytes long, without control characters"
}

impl DeclineReason {
    /// In words, for a studio's developers. The provider's own words are not passed on.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::CardDeclined => "The card was declined.",
            Self::InsufficientFunds => "There is not enough money on the card.",
            Self::ExpiredCard => "The card has expired.",
            Self::IncorrectSecurityCode => "The card's security code is wrong.",
            Self::AuthenticationFailed => "The player did not pass the bank's check.",
            Self::InstrumentRefused => "The provider does not take this card or wallet.",
            Self::AuthorizationExpired => "The provider no longer holds the money.",
            Self::ProviderRefused => "The provider refused.",
        }
    }
}
