//! The secrets of an endpoint: a new one, and an end to the old. None is shown again here: whoever
//! holds a key has not proved who they are.

use buffa::MessageField;
use chrono::TimeDelta;
use connectrpc::{RequestContext, Response};
use secrecy::ExposeSecret;

use crate::{
    api::{
        Api, ApiError,
        caller::Caller,
        idempotency::Mutation,
        message::{moment, timestamp},
    },
    domain::{
        game::{GRACE_HOURS_DEFAULT, GRACE_HOURS_MAX, Game, GameCommand, KeyScope},
        id::EndpointId,
        violation::Violation,
    },
    proto::webhooks::v1::{
        ExpireOldSecretsRequest, ExpireOldSecretsResponse, RotateSecretRequest,
        RotateSecretResponse,
    },
    webhooks::WebhookSecret,
};

/// Answers with the new secret, which a repeat within 24 hours gets again. Safe to repeat with the
/// same `Idempotency-Key`.
pub(in crate::api) async fn rotate_secret(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: RotateSecretRequest,
) -> Result<Response<RotateSecretResponse>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, now).await?;
    let id = EndpointId::parse(request.id.as_str());
    if let Some(answer) = mutation.answered(&api.store).await? {
        finish(api, id.ok(), &answer.body).await?;
        return Ok(answer);
    }
    let grace = read_grace(request.grace_hours)?;
    let id = caller.endpoint(&api.pool, request.id).await?.endpoint_id;
    let (secret, previous_expires_at) = (WebhookSecret::generate(), now + grace);
    let mut turn = api.webhooks.secrets.turn(&api.pool, &id).await?;
    let rotate =
        GameCommand::RotateSecret { endpoint_id: id.clone(), previous_expires_at, at: now };
    let respond = |_: &Game| RotateSecretResponse {
        secret: secret.as_text().expose_secret().to_owned(),
        previous_expires_at: MessageField::some(moment(previous_expires_at)),
        rotated_at: MessageField::some(moment(now)),
        ..RotateSecretResponse::default()
    };
    let answer = mutation.execute(&api.store, &caller.game.id, rotate, respond).await?;
    if answer.body.secret == *secret.as_text().expose_secret() {
        turn.replace(&secret, now, previous_expires_at).await?;
        turn.end().await?;
    } else {
        drop(turn);
        finish(api, Some(id), &answer.body).await?;
    }
    Ok(answer)
}

/// Puts in place what an earlier request was answered: it may have died before it could.
async fn finish(
    api: &Api,
    id: Option<EndpointId>,
    answer: &RotateSecretResponse,
) -> Result<(), ApiError> {
    let secret = WebhookSecret::parse(&answer.secret).map_err(ApiError::internal)?;
    let rotated_at = answer.rotated_at.as_option().and_then(timestamp);
    let expires_at = answer.previous_expires_at.as_option().and_then(timestamp);
    let (Some(id), Some(rotated_at), Some(expires_at)) = (id, rotated_at, expires_at) else {
        return Ok(());
    };
    let mut turn = api.webhooks.secrets.turn(&api.pool, &id).await?;
    turn.replace_unless_done(&secret, rotated_at, expires_at).await?;
    Ok(turn.end().await?)
}

/// Safe to repeat, with the same `Idempotency-Key` and without.
pub(in crate::api) async fn expire_old_secrets(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: ExpireOldSecretsRequest,
) -> Result<Response<ExpireOldSecretsResponse>, ApiError> {
    caller.require_scope(KeyScope::Webhooks)?;
    let at = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, at).await?;
    if let Some(answer) = mutation.answered(&api.store).await? {
        return Ok(answer);
    }
    let endpoint_id = caller.endpoint(&api.pool, request.id).await?.endpoint_id;
    let mut turn = api.webhooks.secrets.turn(&api.pool, &endpoint_id).await?;
    // Ended before the log is asked, and with it: what the log says was done was.
    turn.end_old(at).await?;
    let expire = GameCommand::ExpireSecrets { endpoint_id, at };
    let respond = |_: &Game| ExpireOldSecretsResponse::default();
    let answer = mutation.execute(&api.store, &caller.game.id, expire, respond).await?;
    turn.end().await?;
    Ok(answer)
}

fn read_grace(hours: Option<i32>) -> Result<TimeDelta, ApiError> {
    let hours = hours.map_or(GRACE_HOURS_DEFAULT, i64::from);
    if (0..=GRACE_HOURS_MAX).contains(&hours) {
        return Ok(TimeDelta::hours(hours));
    }
    let violation = Violation::of_number("must be 0 to 168", hours);
    Err(ApiError::field("grace_hours", "invalid_argument", violation))
}
