//! `Idempotency-Key`: a repeat of a request gets the answer of the first.

use connectrpc::RequestContext;
use sha2::{Digest, Sha256};

use super::{ApiError, caller::Caller};
use crate::{
    domain::{Timestamp, violation::Violation},
    event_store::{CommandContext, Remembered},
};

/// The header, and its longest value in bytes.
const HEADER: &str = "idempotency-key";
const KEY_BYTES_MAX: usize = 255;

/// Tells the client that it sees an earlier answer again.
pub(super) const REPLAYED_HEADER: &str = "idempotent-replayed";

/// A request that its client may repeat.
pub(super) struct Repeatable {
    /// SHA-256 of the decoded request.
    pub(super) fingerprint: [u8; 32],
}

/// The context of a command, and whether its client may repeat it.
///
/// The key is scoped to the game, the world and the method.
pub(super) fn context(
    ctx: &RequestContext,
    caller: &Caller,
    request: &impl buffa::Message,
    now: Timestamp,
) -> Result<(CommandContext, Option<Repeatable>), ApiError> {
    let request_id = ctx.header("x-request-id").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let context = CommandContext::new(caller.actor(), request_id, now);
    let Some(key) = ctx.header(HEADER) else { return Ok((context, None)) };
    let key = key.to_str().ok().filter(|it| (1..=KEY_BYTES_MAX).contains(&it.len()));
    let key = key.ok_or_else(|| {
        let violation = Violation::new("must be 1 to 255 printable ASCII characters", "a header");
        ApiError::field("Idempotency-Key", "invalid_argument", violation)
    })?;
    let method = ctx.path().unwrap_or_default();
    let parts = ["idempotency-key", &caller.game.id, caller.world.as_str(), method, key];
    let fingerprint = Sha256::digest(request.encode_to_vec()).into();
    Ok((context.with_command(&parts), Some(Repeatable { fingerprint })))
}

impl Repeatable {
    /// What to answer a repeat.
    ///
    /// # Errors
    ///
    /// [`ApiError::IdempotencyConflict`] if the first request was another one, and
    /// [`ApiError::Erased`] if its answer is gone with the player's other data.
    pub(super) fn replay<M: buffa::Message>(&self, remembered: &Remembered) -> Result<M, ApiError> {
        if remembered.fingerprint != self.fingerprint {
            return Err(ApiError::IdempotencyConflict);
        }
        if remembered.response.is_empty() {
            return Err(ApiError::Erased);
        }
        M::decode_from_slice(&remembered.response).map_err(ApiError::internal)
    }
}
