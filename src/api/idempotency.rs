//! `Idempotency-Key`: a repeat of a request gets the answer of the first.

use std::{sync::LazyLock, time::Duration};

use buffa::Message;
use connectrpc::{RequestContext, Response};
use http::HeaderValue;
use sha2::{Digest, Sha256};

use super::{
    ApiError,
    caller::Caller,
    running::{Running, Turn},
};
use crate::{
    domain::{Timestamp, violation::Violation},
    event_store::{
        CommandContext, EventStore, ExecuteError, Once, Remember, Remembered, StoredAggregate,
    },
    ids::{NewId, REQUEST_ID_HEADER},
};

/// The header, and its longest value in bytes.
const HEADER: &str = "idempotency-key";
pub(super) const KEY_BYTES_MAX: usize = 255;

/// How long a repeat waits for the first, which is still running.
const WAIT_FOR_FIRST: Duration = Duration::from_secs(10);

static RUNNING: LazyLock<Running> = LazyLock::new(Running::default);

/// Tells the client that it sees an earlier answer again.
const REPLAYED_HEADER: &str = "idempotent-replayed";

/// A request that changes something, which its client may repeat if it gave a key.
///
/// Held until the answer is there: another request with the same key waits for it.
pub(super) struct Mutation {
    context: CommandContext,
    /// SHA-256 of the decoded request, if it may be repeated.
    fingerprint: Option<[u8; 32]>,
    _turn: Option<Turn<'static>>,
}

impl Mutation {
    /// Reads the header, and waits until no other request with the same key is running.
    ///
    /// The key is scoped to the game, the world and the method.
    ///
    /// # Errors
    ///
    /// [`ApiError::InvalidFields`] for a key that is none, and [`ApiError::InProgress`] if another
    /// request is still running in the end.
    pub(super) async fn begin(
        ctx: &RequestContext,
        caller: &Caller,
        request: &impl Message,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let request_id =
            ctx.header(REQUEST_ID_HEADER).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let context = CommandContext::new(caller.actor(), request_id, now);
        let Some(key) = ctx.header(HEADER) else {
            return Ok(Self { context, fingerprint: None, _turn: None });
        };
        let key = read_key(key)?;
        let method = ctx.path().unwrap_or_default();
        let parts = ["idempotency-key", &caller.game.id, caller.world.as_str(), method, key];
        let context = context.with_command(&parts);
        let turn = RUNNING.turn(context.command_id, WAIT_FOR_FIRST).await;
        Ok(Self {
            context,
            fingerprint: Some(Sha256::digest(request.encode_to_vec()).into()),
            _turn: Some(turn.ok_or(ApiError::InProgress)?),
        })
    }

    /// An id for what the request makes: of a request that may be repeated always the same, so that its
    /// repeat makes nothing more, even if the first died before its answer was kept.
    pub(super) fn new_id<T: NewId>(&self, now: Timestamp) -> T {
        match self.fingerprint {
            Some(_) => T::of_command(self.context.command_id),
            None => T::new(now),
        }
    }

    /// The answer to an earlier request with the same key: before anything else is looked at, since
    /// what succeeded once succeeds again.
    ///
    /// # Errors
    ///
    /// [`ApiError::IdempotencyConflict`] if that request was another one, and [`ApiError::Erased`]
    /// if its answer is gone with the player's other data.
    pub(super) async fn answered<M: Message>(
        &self,
        store: &EventStore,
    ) -> Result<Option<Response<M>>, ApiError> {
        let Some(fingerprint) = self.fingerprint else { return Ok(None) };
        let remembered = store.remembered(self.context.command_id).await?;
        remembered.map(|it| replay(fingerprint, &it)).transpose()
    }

    /// What a repeat is answered although it would be refused by now: as [`Self::answered`] has it, or
    /// as it was refused.
    ///
    /// # Errors
    ///
    /// Those of [`Self::answered`] but for a failure of ours, and `refused`.
    pub(super) async fn answered_instead<M: Message>(
        &self,
        store: &EventStore,
        refused: ApiError,
    ) -> Result<Response<M>, ApiError> {
        match self.answered(store).await {
            Ok(Some(answer)) => Ok(answer),
            Err(error @ (ApiError::IdempotencyConflict | ApiError::Erased)) => Err(error),
            Ok(None) | Err(_) => Err(refused),
        }
    }

    /// Executes a command, and answers with what it came to; a repeat is answered as
    /// [`Self::answered`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Self::answered`], and whatever the rules and the log refuse.
    pub(super) async fn execute<A: StoredAggregate, M: Message>(
        &self,
        store: &EventStore,
        id: &str,
        command: A::Command,
        respond: impl Fn(&A) -> M + Send + Sync,
    ) -> Result<Response<M>, ApiError>
    where
        ApiError: From<ExecuteError<A::Error>>,
    {
        let Some(fingerprint) = self.fingerprint else {
            let executed = store.execute::<A>(id, command, &self.context).await?;
            return Ok(Response::new(respond(&executed.aggregate)));
        };
        let encode = |aggregate: &A| respond(aggregate).encode_to_vec();
        let remember = Remember { fingerprint, respond: &encode };
        match store.execute_once(id, command, &self.context, remember).await? {
            Once::Executed(executed) => Ok(Response::new(respond(&executed.aggregate))),
            Once::Repeated(remembered) => replay(fingerprint, &remembered),
        }
    }
}

fn read_key(value: &HeaderValue) -> Result<&str, ApiError> {
    let is_printable = |it: &&str| it.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let key = value.to_str().ok().filter(|it| (1..=KEY_BYTES_MAX).contains(&it.len()));
    key.filter(is_printable).ok_or_else(|| {
        let rule = "must be 1 to 255 printable ASCII characters";
        let violation = Violation::of_number(rule, "something else");
        ApiError::field("Idempotency-Key", "invalid_argument", violation)
    })
}

fn replay<M: Message>(
    fingerprint: [u8; 32],
    remembered: &Remembered,
) -> Result<Response<M>, ApiError> {
    if remembered.fingerprint != fingerprint {
        return Err(ApiError::IdempotencyConflict);
    }
    let response = remembered.response.as_deref().ok_or(ApiError::Erased)?;
    let response = M::decode_from_slice(response).map_err(ApiError::internal)?;
    Ok(Response::new(response).with_header(REPLAYED_HEADER, "true"))
}
