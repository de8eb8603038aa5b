//! Amounts of money: whole minor units with their currency. No floats, nothing converted silently.

use serde::{Deserialize, Serialize};

use super::{currency::Currency, violation::Violation};

/// The highest price of an item, in minor units. The wire's `int32` sets this, not the domain.
pub const PRICE_MINOR_UNITS_MAX: i64 = 99_999_999;

/// An amount in the minor unit of its currency: 1999 is EUR 19.99, but JPY 1999.
///
/// Never negative: the event that carries an amount says which way it moves. Stored with the
/// currency's exponent, so that an old event can be read without today's table; amounts of another
/// exponent are of another currency.
///
/// Source: ISO 4217, for the number of minor-unit digits of each currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredMoney", into = "StoredMoney")]
pub struct Money {
    minor_units: i64,
    currency: Currency,
}

/// Why two amounts could not be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Amounts of different currencies met.
    #[error("the amounts are in different currencies")]
    CurrencyMismatch,
    /// The result would be negative or larger than 64 bits hold.
    #[error("the amount is out of range")]
    OutOfRange,
}

impl Money {
    /// Any amount that is not negative.
    ///
    /// # Errors
    ///
    /// [`MoneyError::OutOfRange`] for a negative one.
    pub fn new(minor_units: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor_units < 0 {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Self { minor_units, currency })
    }

    /// The price of an item: 1 to [`PRICE_MINOR_UNITS_MAX`].
    ///
    /// # Errors
    ///
    /// A [`Violation`] outside of these limits.
    pub fn price(minor_units: i64, currency: Currency) -> Result<Self, Violation> {
        Ok(Self { minor_units: Self::check_price(minor_units)?, currency })
    }

    /// Checks the number of a price whose currency is not known yet.
    ///
    /// # Errors
    ///
    /// As [`Money::price`].
    pub fn check_price(minor_units: i64) -> Result<i64, Violation> {
        if !(1..=PRICE_MINOR_UNITS_MAX).contains(&minor_units) {
            let rule = "must be 1 to 99,999,999 in the currency's minor unit";
            return Err(Violation::of_number(rule, minor_units));
        }
        Ok(minor_units)
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { minor_units: 0, currency }
    }

    /// The amount in minor units.
    pub fn minor_units(self) -> i64 {
        self.minor_units
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Puts two amounts together.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::CurrencyMismatch`]: nothing is ever converted silently.
    /// - [`MoneyError::OutOfRange`]: the sum is larger than 64 bits hold.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.require_same_currency(other)?;
        let sum = self.minor_units.checked_add(other.minor_units);
        Ok(Self { minor_units: sum.ok_or(MoneyError::OutOfRange)?, ..self })
    }

    /// Takes `other` away.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::CurrencyMismatch`]: nothing is ever converted silently.
    /// - [`MoneyError::OutOfRange`]: `other` is the larger.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.require_same_currency(other)?;
        let difference = self.minor_units.checked_sub(other.minor_units).filter(|it| 0 <= *it);
        Ok(Self { minor_units: difference.ok_or(MoneyError::OutOfRange)?, ..self })
    }

    /// Whether `other` is of the same currency and no larger.
    pub fn covers(self, other: Self) -> bool {
        self.currency == other.currency && other.minor_units <= self.minor_units
    }

    fn require_same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::CurrencyMismatch) }
    }
}

/// How an amount stands in a stored event.
#[derive(Serialize, Deserialize)]
struct StoredMoney {
    minor_units: i64,
    currency: String,
    exponent: u8,
}

impl From<Money> for StoredMoney {
    fn from(money: Money) -> Self {
        let Money { minor_units, currency } = money;
        Self { minor_units, currency: currency.into(), exponent: currency.exponent() }
    }
}

impl TryFrom<StoredMoney> for Money {
    type Error = String;

    fn try_from(stored: StoredMoney) -> Result<Self, String> {
        let currency = Currency::from_stored(&stored.currency, stored.exponent);
        let currency = currency.map_err(|violation| violation.to_string())?;
        Self::new(stored.minor_units, currency).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(minor_units: i64) -> Money {
        Money::new(minor_units, Currency::parse("USD").unwrap()).unwrap()
    }

    #[test]
    fn amounts_of_two_currencies_are_never_put_together() {
        let yen = Money::new(1, Currency::parse("JPY").unwrap()).unwrap();
        assert_eq!(usd(1).checked_add(yen), Err(MoneyError::CurrencyMismatch));
        assert_eq!(usd(1).checked_sub(yen), Err(MoneyError::CurrencyMismatch));
        assert!(!usd(1).covers(yen));
    }

    #[test]
    fn an_amount_is_never_below_zero_nor_above_what_64_bits_hold() {
        assert_eq!(usd(5).checked_sub(usd(5)), Ok(usd(0)));
        assert_eq!(usd(5).checked_sub(usd(6)), Err(MoneyError::OutOfRange));
        assert_eq!(usd(i64::MAX).checked_add(usd(1)), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn a_price_is_1_to_99_999_999() {
        let currency = usd(0).currency();
        assert!(Money::price(0, currency).is_err());
        assert!(Money::price(1, currency).is_ok());
        assert!(Money::price(99_999_999, currency).is_ok());
        assert!(Money::price(100_000_000, currency).is_err());
    }

    #[test]
    fn a_stored_amount_is_read_with_its_own_exponent_and_not_mixed_with_today_s() {
        let json = serde_json::to_string(&usd(499)).unwrap();
        assert_eq!(json, r#"{"minor_units":499,"currency":"USD","exponent":2}"#);
        assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), usd(499));
        let older: Money = serde_json::from_str(&json.replace(":2", ":0")).unwrap();
        assert_eq!((older.minor_units(), older.currency().exponent()), (499, 0));
        assert_eq!(usd(1).checked_add(older), Err(MoneyError::CurrencyMismatch));
        assert!(!usd(500).covers(older));
    }

    #[test]
    fn a_stored_amount_that_cannot_be_one_is_refused() {
        let json = serde_json::to_string(&usd(499)).unwrap();
        assert!(serde_json::from_str::<Money>(&json.replace(":2", ":4")).is_ok());
        assert!(serde_json::from_str::<Money>(&json.replace(":2", ":5")).is_err());
        assert!(serde_json::from_str::<Money>(&json.replace("USD", "ABC")).is_err());
        assert!(serde_json::from_str::<Money>(&json.replace("499", "-1")).is_err());
    }
}
