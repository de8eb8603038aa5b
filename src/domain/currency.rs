//! Currencies in which a price can be asked: ISO 4217's active codes that have a minor unit.

use std::fmt;

use iso_currency::Flag;
use serde::{Deserialize, Serialize};

use super::violation::Violation;

/// The most digits after the point that a stored amount may have. ISO 4217 knows up to 4.
const EXPONENT_MAX: u8 = 4;

/// An active currency of ISO 4217 with a defined minor unit.
///
/// Codes without one (XXX, gold, special drawing rights) and superseded ones cannot be priced in.
///
/// Source: ISO 4217, list one, as kept by the `iso_currency` crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: iso_currency::Currency,
    exponent: u8,
}

impl Currency {
    /// Parses an upper-case alphabetic code such as `USD`.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if the code is unknown, no longer active or has no minor unit.
    pub fn parse(code: &str) -> Result<Self, Violation> {
        let unknown = || Violation::new("must be an active ISO 4217 code such as USD", code);
        let code = iso_currency::Currency::from_code(code).ok_or_else(unknown)?;
        let exponent = code.exponent().and_then(|it| u8::try_from(it).ok()).ok_or_else(unknown)?;
        // The crate marks VES as superseded by VED; ISO 4217 keeps both active.
        let superseded = code.is_superseded().is_some() && code != iso_currency::Currency::VES;
        if superseded || code.has_flag(Flag::Special) {
            return Err(unknown());
        }
        Ok(Self { code, exponent })
    }

    /// Reads a code that the log holds, with the exponent that it had when it was written: the code
    /// may have gone out of use since, and ISO 4217 may have changed the exponent.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if there never was such a code, or if no currency has so many digits.
    pub fn from_stored(code: &str, exponent: u8) -> Result<Self, Violation> {
        if EXPONENT_MAX < exponent {
            return Err(Violation::of_number("must be an exponent of 0 to 4", exponent));
        }
        Ok(Self { code: stored_code(code)?, exponent })
    }

    /// The alphabetic code, three upper-case letters.
    pub fn code(self) -> &'static str {
        self.code.code()
    }

    /// Digits after the decimal point: 2 for USD, 0 for JPY, 3 for BHD.
    pub fn exponent(self) -> u8 {
        self.exponent
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

fn stored_code(code: &str) -> Result<iso_currency::Currency, Violation> {
    let unknown = || Violation::new("must be an ISO 4217 code", code);
    iso_currency::Currency::from_code(code).ok_or_else(unknown)
}

/// A stored code without an amount, such as one of a game's settings: with today's exponent.
impl TryFrom<String> for Currency {
    type Error = Violation;

    fn try_from(code: String) -> Result<Self, Violation> {
        let exponent = stored_code(&code)?.exponent().and_then(|it| u8::try_from(it).ok());
        let unknown = || Violation::new("must be a code with a minor unit", &code);
        Self::from_stored(&code, exponent.ok_or_else(unknown)?)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_active_code_has_the_exponent_that_iso_4217_gives_it() {
        for (code, exponent) in [("USD", 2), ("EUR", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4)] {
            assert_eq!(Currency::parse(code).unwrap().exponent(), exponent, "{code}");
        }
    }

    /// ISO 4217, list one, at 2026-01-01: all codes with a minor unit, by their exponent.
    const ACTIVE: [(u8, &str); 5] = [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (
            2,
            "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD \
             CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
             GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP \
             LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK \
             NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS \
             SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST \
             XCD XCG YER ZAR ZMW ZWG",
        ),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
        // Codes of funds and units of account, in which nobody sells but which are active.
        (2, "BOV CHE CHW COU MXV USN"),
    ];

    #[test]
    fn all_of_iso_4217_s_active_codes_are_known() {
        for (exponent, codes) in ACTIVE {
            for code in codes.split_whitespace() {
                let parsed = Currency::parse(code).map(Currency::exponent);
                assert_eq!(parsed.ok(), Some(exponent), "{code}");
            }
        }
    }

    #[test]
    fn a_stored_currency_is_read_even_after_it_went_out_of_use() {
        assert_eq!(serde_json::from_str::<Currency>(r#""HRK""#).unwrap().code(), "HRK");
        assert!(Currency::parse("HRK").is_err());
    }

    #[test]
    fn codes_that_nobody_can_pay_in_are_refused() {
        for code in ["", "usd", "US", "USDX", "XXX", "XAU", "XTS", "BGN", "ABC"] {
            assert!(Currency::parse(code).is_err(), "{code}");
        }
    }
}
