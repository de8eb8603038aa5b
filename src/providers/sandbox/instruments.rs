//! The test instruments: which numbers the sandbox knows, and how each behaves.
//!
//! The only place that sees a card number. What leaves it is the name of an instrument, or a
//! refusal that quotes nothing.

use chrono::Datelike;
use secrecy::ExposeSecret;

use super::refusal;
use crate::{
    domain::{Timestamp, session::DeclineReason},
    providers::{Instrument, ProviderError, TokenizeError},
};

/// The token that a pretended Apple Pay sheet hands out.
pub const APPLE_PAY_TOKEN: &str = "sandbox-apple-pay";

/// The numbers of the test cards, and what each stands for. Any future date and any code do.
const CARDS: [(&str, TestInstrument); 5] = [
    ("4242424242424242", TestInstrument::Pays),
    ("4000000000000002", TestInstrument::Declined),
    ("4000000000009995", TestInstrument::WithoutFunds),
    ("4000002500003155", TestInstrument::AsksForAuthentication),
    ("4000000000000259", TestInstrument::SettlesLater),
];

/// How an instrument behaves when it is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TestInstrument {
    /// Pays at once.
    Pays,
    /// Is declined.
    Declined,
    /// Is declined for want of money.
    WithoutFunds,
    /// Pays once the player has passed a 3-D Secure step.
    AsksForAuthentication,
    /// Pays, but the bank says so only later.
    SettlesLater,
    /// Apple Pay, which pays at once.
    ApplePay,
}

impl TestInstrument {
    const ALL: [Self; 6] = [
        Self::Pays,
        Self::Declined,
        Self::WithoutFunds,
        Self::AsksForAuthentication,
        Self::SettlesLater,
        Self::ApplePay,
    ];

    /// The word in the bank's books.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Pays => "pays",
            Self::Declined => "declined",
            Self::WithoutFunds => "without_funds",
            Self::AsksForAuthentication => "asks_for_authentication",
            Self::SettlesLater => "settles_later",
            Self::ApplePay => "apple_pay",
        }
    }

    /// Reads what `as_str` wrote.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Finds out which test instrument the player holds, or why it is not taken.
pub(super) fn recognize(
    instrument: &Instrument,
    now: Timestamp,
) -> Result<TestInstrument, TokenizeError> {
    let (reason, text) = match instrument {
        Instrument::WalletToken(token) if token.expose_secret() == APPLE_PAY_TOKEN => {
            return Ok(TestInstrument::ApplePay);
        }
        Instrument::WalletToken(_) => {
            (DeclineReason::InstrumentRefused, "The sandbox did not make this wallet's token.")
        }
        Instrument::Card { number, expiry_month, expiry_year, security_code } => {
            let known = CARDS.iter().find(|(digits, _)| *digits == number.expose_secret());
            match known {
                None => {
                    (DeclineReason::InstrumentRefused, "The sandbox takes its test cards only.")
                }
                Some(_) if !(1..=12).contains(expiry_month) => {
                    (DeclineReason::ExpiredCard, "There is no such month.")
                }
                Some(_) if is_past(*expiry_month, *expiry_year, now) => {
                    (DeclineReason::ExpiredCard, "The card is past its expiry date.")
                }
                Some(_) if !is_security_code(security_code.expose_secret()) => (
                    DeclineReason::IncorrectSecurityCode,
                    "A security code has three or four digits.",
                ),
                Some((_, known)) => return Ok(*known),
            }
        }
    };
    Err(TokenizeError::Refused(refusal(reason, text).map_err(|it| ProviderError(it.to_string()))?))
}

/// Whether the month that is printed on the card is over.
fn is_past(month: u8, year: u16, now: Timestamp) -> bool {
    (i32::from(year), u32::from(month)) < (now.year(), now.month())
}

fn is_security_code(text: &str) -> bool {
    (3..=4).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::domain::session::Refusal;

    fn refusal_of(instrument: &Instrument, now: Timestamp) -> Result<TestInstrument, Refusal> {
        recognize(instrument, now).map_err(|error| match error {
            TokenizeError::Refused(refusal) => refusal,
            TokenizeError::Provider(error) => panic!("{error}"),
        })
    }

    fn card(number: &str, month: u8, year: u16, code: &str) -> Result<TestInstrument, Refusal> {
        let now = chrono::Utc.with_ymd_and_hms(2026, 11, 30, 23, 59, 59).unwrap();
        let card = Instrument::Card {
            number: number.into(),
            expiry_month: month,
            expiry_year: year,
            security_code: code.into(),
        };
        refusal_of(&card, now)
    }

    fn reason(answer: Result<TestInstrument, Refusal>) -> DeclineReason {
        answer.unwrap_err().reason
    }

    #[test]
    fn every_documented_card_is_known_by_its_number() {
        for (number, instrument) in CARDS {
            assert_eq!(card(number, 12, 2030, "123"), Ok(instrument));
        }
    }

    #[test]
    fn a_number_that_is_no_test_card_is_refused_without_quoting_a_digit_of_it() {
        for number in ["4111111111111111", "5555555555554444", "4242 4242 4242 4242", "", "42"] {
            let refusal = card(number, 12, 2030, "123").unwrap_err();
            assert_eq!(refusal.reason, DeclineReason::InstrumentRefused);
            assert!(!refusal.text.as_str().chars().any(|it| it.is_ascii_digit()), "{number}");
        }
    }

    #[test]
    fn a_card_is_good_to_the_end_of_its_month() {
        assert!(card("4242424242424242", 11, 2026, "123").is_ok());
        for (month, year) in [(10, 2026), (12, 2025), (0, 2030), (13, 2030)] {
            let refused = card("4242424242424242", month, year, "123");
            assert_eq!(reason(refused), DeclineReason::ExpiredCard, "{month} {year}");
        }
    }

    #[test]
    fn a_security_code_is_three_or_four_digits() {
        assert!(card("4242424242424242", 12, 2030, "1234").is_ok());
        for code in ["", "12", "12345", "12a", "１２３"] {
            let refused = card("4242424242424242", 12, 2030, code);
            assert_eq!(reason(refused), DeclineReason::IncorrectSecurityCode, "{code}");
        }
    }

    #[test]
    fn only_the_sandboxs_own_wallet_token_is_taken() {
        let now = chrono::Utc.with_ymd_and_hms(2026, 11, 30, 0, 0, 0).unwrap();
        let recognized = |it: &str| refusal_of(&Instrument::WalletToken(it.into()), now);
        assert_eq!(recognized(APPLE_PAY_TOKEN), Ok(TestInstrument::ApplePay));
        assert_eq!(reason(recognized("another")), DeclineReason::InstrumentRefused);
    }

    #[test]
    fn every_instrument_is_read_back_from_its_word() {
        for instrument in TestInstrument::ALL {
            assert_eq!(TestInstrument::parse(instrument.as_str()), Some(instrument));
        }
    }
}
