//! What a form was drawn from, as it sends it back.

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The field.
pub(super) const SEEN: &str = "seen";

/// The same for the same settings and another for others. Not secret, and nobody's word is taken for it: a
/// wrong one is refused.
pub(super) fn mark(of: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(of).unwrap_or_default();
    HEXLOWER.encode(&Sha256::digest(bytes))
}
