//! What a player's buttons do. Each ends on the session's page, which shows what is now true.

use std::time::Duration;

use axum::{body::Bytes, extract::Path, http::HeaderMap, response::Response};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::{
    card_form::{CardForm, read_payment_id},
    desk::{Desk, to_page, went_wrong},
    frame::problem,
    show::{Told, draw, last_setback},
    views::{Notice, Problem},
};
use crate::{
    crash_points,
    domain::{
        id::{PaymentId, SessionId, id_bytes},
        session::{
            CancelledBy, PaymentMethod, Reference, Session, SessionCommand, SessionError,
            SessionState, SessionStatus, StartPayment,
        },
        world::World,
    },
    event_store::{AppendError, ExecuteError, StoreError},
    ids::SHARD,
    page_headers::is_same_origin,
    providers::{Instrument, Provider, ProviderError, SIMULATED_WALLET_TOKEN, TokenizeError},
};

/// How long a provider may take to give a token.
const TOKENIZE_WITHIN: Duration = Duration::from_secs(10);

/// `POST /{session_id}/pay`
pub(super) async fn pay_by_card(
    desk: Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (session_id, state, payment_id) = match attempted(&desk, id, &headers, &body).await {
        Ok(attempted) => attempted,
        Err(response) => return response,
    };
    let (form, now) = (CardForm::read(&body), desk.clock.now());
    let told = Told { expiry: form.expiry_to_keep(now), ..Told::default() };
    match form.parse(now) {
        Ok(card) => {
            let wish = Wish { payment_id, method: PaymentMethod::Card, instrument: card };
            start(&desk, &session_id, &state, wish, told).await
        }
        Err(problems) => draw(&desk, &session_id, &state, Told { problems, ..told }).await,
    }
}

/// `POST /{session_id}/apple-pay`: simulated, in the test world only.
pub(super) async fn pay_by_wallet(
    desk: Desk,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (session_id, state, payment_id) = match attempted(&desk, id, &headers, &body).await {
        Ok(attempted) => attempted,
        Err(response) => return response,
    };
    if state.world != World::Test {
        return problem(Problem::Unreadable);
    }
    let instrument = Instrument::WalletToken(SIMULATED_WALLET_TOKEN.into());
    let wish = Wish { payment_id, method: PaymentMethod::ApplePay, instrument };
    start(&desk, &session_id, &state, wish, Told::default()).await
}

/// `POST /{session_id}/cancel`: while a payment is in progress its outcome is shown instead.
pub(super) async fn cancel(desk: Desk, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let (session_id, _) = match opened(&desk, id, &headers).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let command = SessionCommand::Cancel { by: CancelledBy::Player, at: desk.clock.now() };
    execute(&desk, &session_id, command).await
}

/// The session that a form of ours is about.
async fn opened(
    desk: &Desk,
    id: String,
    headers: &HeaderMap,
) -> Result<(SessionId, Box<SessionState>), Response> {
    if !is_same_origin(headers, &desk.pay_base_url) {
        return Err(problem(Problem::ForeignForm));
    }
    let session_id = SessionId::parse(id).map_err(|_| problem(Problem::NotFound))?;
    match desk.current(&session_id).await {
        Ok(Some(state)) => Ok((session_id, state)),
        Ok(None) => Err(problem(Problem::NotFound)),
        Err(error) => Err(went_wrong(&error, &session_id)),
    }
}

/// The same, and the attempt that a form to pay with may begin.
async fn attempted(
    desk: &Desk,
    id: String,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(SessionId, Box<SessionState>, PaymentId), Response> {
    let (session_id, state) = opened(desk, id, headers).await?;
    let ticket = read_payment_id(body).ok_or_else(|| problem(Problem::Unreadable))?;
    let payment_id = attempt_id(&session_id, &state, &ticket);
    if !may_start(&state, &payment_id) {
        return Err(not_started(desk, &session_id, &state, &payment_id).await);
    }
    Ok((session_id, state, payment_id))
}

/// Not if the session is over or an attempt is under way; nor for a form sent once more.
fn may_start(state: &SessionState, payment_id: &PaymentId) -> bool {
    state.status == SessionStatus::Pending
        && state.attempt_under_way().is_none()
        && state.attempt(payment_id).is_none()
}

/// The page shows what is true; and says so if the form belongs to an attempt that is over.
async fn not_started(
    desk: &Desk,
    session_id: &SessionId,
    state: &SessionState,
    payment_id: &PaymentId,
) -> Response {
    let is_used = state.status == SessionStatus::Pending
        && state.attempt_under_way().is_none()
        && state.attempt(payment_id).is_some();
    if !is_used {
        return to_page(session_id);
    }
    let notice = last_setback(state).unwrap_or(Notice::AttemptIsOver);
    draw(desk, session_id, state, Told { notice: Some(notice), ..Told::default() }).await
}

/// The attempt that a page's form begins: the same for the same form of the same session.
///
/// The form names it only in part. Were its field the id itself, a player could name an attempt
/// of another session, and have one charge pay for two.
fn attempt_id(session_id: &SessionId, state: &SessionState, ticket: &PaymentId) -> PaymentId {
    let hash = Sha256::digest(format!("{session_id} {ticket}"));
    let mut unguessable = [0; 16];
    unguessable.copy_from_slice(&hash[..16]);
    let unix_ms = u64::try_from(state.created_at.timestamp_millis()).unwrap_or_default();
    PaymentId::from_bytes(id_bytes(unix_ms, SHARD.unsigned_abs(), unguessable))
}

/// What the player wants to pay with.
struct Wish {
    payment_id: PaymentId,
    method: PaymentMethod,
    instrument: Instrument,
}

/// Hands the instrument to the provider for a token, and begins the attempt with it. `told` is what
/// the page says again if nothing is begun.
async fn start(
    desk: &Desk,
    session_id: &SessionId,
    state: &SessionState,
    wish: Wish,
    told: Told,
) -> Response {
    let Wish { payment_id, method, instrument } = wish;
    let Some(provider) = desk.providers.taking(state.world) else {
        tracing::error!(%session_id, world = %state.world, "no provider is set up");
        let notice = Some(Notice::ProviderUnreachable);
        return draw(desk, session_id, state, Told { notice, ..told }).await;
    };
    let tokenized = timeout(TOKENIZE_WITHIN, provider.tokenize(instrument)).await;
    let tokenized = tokenized.unwrap_or_else(|_| Err(ProviderError("no answer".to_owned()).into()));
    let notice = match tokenized {
        Ok(token) => {
            return begin(desk, session_id, payment_id, method, provider.as_ref(), token).await;
        }
        Err(TokenizeError::Refused(refusal)) => {
            Notice::Declined { reason: refusal.reason, attempts_left: None }
        }
        Err(TokenizeError::Provider(error)) => {
            tracing::warn!(%error, %session_id, "the provider gave no token");
            Notice::ProviderUnreachable
        }
    };
    draw(desk, session_id, state, Told { notice: Some(notice), ..told }).await
}

async fn begin(
    desk: &Desk,
    session_id: &SessionId,
    payment_id: PaymentId,
    method: PaymentMethod,
    provider: &dyn Provider,
    instrument: Reference,
) -> Response {
    let (provider, at) = (provider.name(), desk.clock.now());
    let attempt = StartPayment { payment_id, method, provider, instrument, at };
    let response = execute(desk, session_id, SessionCommand::StartPayment(Box::new(attempt))).await;
    crash_points::reach("after_payment_started");
    response
}

/// Whatever the rules say, the session's page shows it.
async fn execute(desk: &Desk, session_id: &SessionId, command: SessionCommand) -> Response {
    let context = desk.context("player");
    match desk.store.execute::<Session>(session_id.as_str(), command, &context).await {
        Ok(_) => to_page(session_id),
        Err(ExecuteError::Refused(SessionError::NotFound)) => problem(Problem::NotFound),
        // Over, or under way, or changed in another tab: the page tells.
        Err(ExecuteError::Refused(_) | ExecuteError::Conflict) => to_page(session_id),
        Err(ExecuteError::Store(StoreError::Append(AppendError::Unavailable))) => {
            problem(Problem::Busy)
        }
        // It may have been taken: the page shows whether it was.
        Err(ExecuteError::Store(StoreError::Append(AppendError::Unknown))) => to_page(session_id),
        Err(error) => went_wrong(&error, session_id),
    }
}
