//! The picture of an item: ours by content hash, or a link to the game's own server.
//!
//! Decoding and storing pictures is `crate::api`'s; here is only what the log keeps.

use serde::{Deserialize, Serialize};
use url::Url;

use super::violation::Violation;

/// The longest link to a picture, in bytes.
pub const IMAGE_URL_BYTES_MAX: usize = 2_048;

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

/// Where an item's picture is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemImage {
    /// Kept by us outside of the log, under the SHA-256 of its bytes (64 lower-case hex digits).
    Stored {
        /// The content hash.
        sha256: String,
        /// What it was found to be when decoded.
        kind: ImageKind,
    },
    /// On the game's own server, only ever linked.
    Linked {
        /// An `https` URL.
        url: String,
    },
}

impl ItemImage {
    /// Takes a link to a picture.
    ///
    /// # Errors
    ///
    /// A [`Violation`] unless it is an `https` URL within [`IMAGE_URL_BYTES_MAX`].
    pub fn link(text: &str) -> Result<Self, Violation> {
        if IMAGE_URL_BYTES_MAX < text.len() {
            return Err(Violation::new("as a URL must be at most 2,048 bytes long", text));
        }
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.has_host());
        let has_login = |url: &Url| !url.username().is_empty() || url.password().is_some();
        let url = url.filter(|url| !has_login(url));
        let url = url.ok_or_else(|| {
            Violation::new("must be an https URL without a user name, or a data URI", text)
        })?;
        Ok(Self::Linked { url: url.into() })
    }
}
