//! What a session sells.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{image::ItemImage, money::Money, text::ItemTitle, violation::Violation};

/// The one thing that a session sells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is called.
    pub title: ItemTitle,
    /// What it costs.
    pub price: Money,
    /// How it looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ItemImage>,
    /// The country in which it is sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// A country's two upper-case letters.
///
/// Source: ISO 3166-1 alpha-2, for the shape; whether the country exists is not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// Takes a code such as `DE`.
    ///
    /// # Errors
    ///
    /// A [`Violation`] unless it is two upper-case letters.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        match text.as_bytes() {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Ok(Self([*a, *b])),
            _ => Err(Violation::new("must be two upper-case letters (ISO 3166-1 alpha-2)", text)),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl TryFrom<String> for Country {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        Self::parse(&text)
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.to_string()
    }
}
