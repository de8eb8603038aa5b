//! How the pages look that a game's players see.

use serde::{Deserialize, Serialize};

use crate::domain::{
    colour::Accent,
    image::{ContentHash, ImageKind},
};

/// What is a game's own on them. Whatever it has not chosen is ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appearance {
    /// Beside its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
    /// Of its buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<Accent>,
}

/// A picture that is kept outside of the log, under the SHA-256 of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// The content hash.
    pub sha256: ContentHash,
    /// What it was found to be when decoded.
    pub kind: ImageKind,
}

impl Logo {
    /// Where a browser finds it.
    pub fn path(&self) -> String {
        format!("/images/{}", self.sha256)
    }
}
