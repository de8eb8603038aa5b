//! The picture of an item: ours by content hash, or a link to the game's own server.
//!
//! Decoding and storing pictures is `crate::api`'s; here is only what the log keeps.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    violation::Violation,
    words::{StoredText, checked_text},
};

/// The longest link to a picture, in bytes.
pub const IMAGE_URL_BYTES_MAX: usize = 2_048;

/// Bytes of a content hash.
const SHA256_BYTES: usize = 32;

/// A kind of picture that every browser shows and that cannot hold a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageKind {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
    /// `image/webp`
    Webp,
}

impl ImageKind {
    /// The media type (RFC 6838).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// Reads what [`ImageKind::media_type`] wrote; `image/jpg` is a common misspelling.
    pub fn from_media_type(text: &str) -> Option<Self> {
        match text {
            "image/png" => Some(Self::Png),
            "image/jpeg" | "image/jpg" => Some(Self::Jpeg),
            "image/webp" => Some(Self::Webp),
            _ => None,
        }
    }
}

/// The SHA-256 of a picture's bytes: 64 lower-case hex digits, which can stand in a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(String);

impl ContentHash {
    /// Writes a digest down.
    pub fn of_digest(sha256: [u8; SHA256_BYTES]) -> Self {
        Self(HEXLOWER.encode(&sha256))
    }

    /// Reads what [`ContentHash::of_digest`] wrote.
    ///
    /// # Errors
    ///
    /// A [`Violation`] for anything else.
    pub fn parse(text: impl Into<String>) -> Result<Self, Violation> {
        let text = text.into();
        let bytes = HEXLOWER.decode(text.as_bytes()).map_or(0, |it| it.len());
        if bytes != SHA256_BYTES {
            return Err(Violation::new("must be 64 lower-case hex digits", &text));
        }
        Ok(Self(text))
    }
}

checked_text!(ContentHash, read by parse);

/// A link to a picture: an `https` URL in the form that browsers give it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredText", into = "String")]
pub struct ImageUrl(String);

impl ImageUrl {
    /// Takes a link.
    ///
    /// # Errors
    ///
    /// A [`Violation`] unless it is an `https` URL within [`IMAGE_URL_BYTES_MAX`].
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let too_long = || Violation::new("as a URL must be at most 2,048 bytes long", text);
        if IMAGE_URL_BYTES_MAX < text.len() {
            return Err(too_long());
        }
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.has_host());
        let has_login = |url: &Url| !url.username().is_empty() || url.password().is_some();
        let url = url.filter(|url| !has_login(url)).ok_or_else(|| {
            Violation::new("must be an https URL without a user name, or a data URI", text)
        })?;
        // Escaped, it may be three times as long.
        if IMAGE_URL_BYTES_MAX < url.as_str().len() {
            return Err(too_long());
        }
        Ok(Self(url.into()))
    }
}

checked_text!(ImageUrl, read by length);

/// Where an item's picture is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemImage {
    /// Kept by us outside of the log, under the SHA-256 of its bytes.
    Stored {
        /// The content hash.
        sha256: ContentHash,
        /// What it was found to be when decoded.
        kind: ImageKind,
    },
    /// On the game's own server, only ever linked.
    Linked {
        /// Where.
        url: ImageUrl,
    },
}

impl ItemImage {
    /// Takes a link to a picture.
    ///
    /// # Errors
    ///
    /// As [`ImageUrl::parse`].
    pub fn link(text: &str) -> Result<Self, Violation> {
        ImageUrl::parse(text).map(|url| Self::Linked { url })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_hash_is_64_lower_case_hex_digits() {
        let hash = ContentHash::of_digest([0x9f; 32]);
        assert_eq!(hash.as_str(), "9f".repeat(32));
        assert_eq!(ContentHash::parse(hash.as_str()), Ok(hash));
        for text in ["9f".repeat(31), "9f".repeat(33), "9F".repeat(32), "../x".repeat(16)] {
            assert!(ContentHash::parse(text.as_str()).is_err(), "{text}");
            let stored = format!(r#"{{"stored":{{"sha256":"{text}","kind":"png"}}}}"#);
            assert!(serde_json::from_str::<ItemImage>(&stored).is_err(), "{text}");
        }
    }

    #[test]
    fn a_link_is_at_most_2048_bytes_long_also_in_the_form_that_is_kept() {
        let of_length = |length: usize| format!("{:x<length$}", "https://game.example/");
        assert!(ImageUrl::parse(&of_length(2_048)).is_ok());
        assert!(ImageUrl::parse(&of_length(2_049)).is_err());
        let spaced = |count: usize| format!("https://game.example/{}x", " ".repeat(count));
        assert_eq!(ImageUrl::parse(&spaced(675)).unwrap().as_str().len(), 21 + 675 * 3 + 1);
        assert!(ImageUrl::parse(&spaced(676)).is_err());
    }
}
