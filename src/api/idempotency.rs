//! `Idempotency-Key`: a repeat of a request gets the answer of the first.

use std::{sync::LazyLock, time::Duration};

use connectrpc::RequestContext;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    ApiError,
    caller::Caller,
    running::{Running, Turn},
};
use crate::{
    domain::{Timestamp, violation::Violation},
    event_store::{CommandContext, Remembered},
    ids::REQUEST_ID_HEADER,
};

/// The header, and its longest value in bytes.
const HEADER: &str = "idempotency-key";
const KEY_BYTES_MAX: usize = 255;

/// How long a repeat waits for the first, which is still running.
const WAIT_FOR_FIRST: Duration = Duration::from_secs(10);

static RUNNING: LazyLock<Running> = LazyLock::new(Running::default);

/// Tells the client that it sees an earlier answer again.
pub(super) const REPLAYED_HEADER: &str = "idempotent-replayed";

/// A request that its client may repeat.
pub(super) struct Repeatable {
    /// SHA-256 of the decoded request.
    pub(super) fingerprint: [u8; 32],
    command_id: Uuid,
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
    let request_id =
        ctx.header(REQUEST_ID_HEADER).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let context = CommandContext::new(caller.actor(), request_id, now);
    let Some(key) = ctx.header(HEADER) else { return Ok((context, None)) };
    let is_printable = |it: &&str| it.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let key = key.to_str().ok().filter(|it| (1..=KEY_BYTES_MAX).contains(&it.len()));
    let key = key.filter(is_printable).ok_or_else(|| {
        let rule = "must be 1 to 255 printable ASCII characters";
        let violation = Violation::of_number(rule, "something else");
        ApiError::field("Idempotency-Key", "invalid_argument", violation)
    })?;
    let method = ctx.path().unwrap_or_default();
    let parts = ["idempotency-key", &caller.game.id, caller.world.as_str(), method, key];
    let fingerprint = Sha256::digest(request.encode_to_vec()).into();
    let context = context.with_command(&parts);
    let command_id = context.command_id;
    Ok((context, Some(Repeatable { fingerprint, command_id })))
}

impl Repeatable {
    /// Waits until no other request with this key is running.
    ///
    /// # Errors
    ///
    /// [`ApiError::InProgress`] if one still is in the end.
    pub(super) async fn turn(&self) -> Result<Turn<'static>, ApiError> {
        RUNNING.turn(self.command_id, WAIT_FOR_FIRST).await.ok_or(ApiError::InProgress)
    }

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
        let response = remembered.response.as_deref().ok_or(ApiError::Erased)?;
        M::decode_from_slice(response).map_err(ApiError::internal)
    }
}
