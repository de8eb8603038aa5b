//! `POST /providers/{name}/notifications`: what a provider tells us by itself.
//!
//! Believed only if signed. Its id is kept for ever, so that a repeat changes nothing, and it is
//! acknowledged only once the log has it.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};

use super::Api;
use crate::{
    crash_points,
    domain::session::{Attempt, Session, SessionCommand, SessionError, SessionState},
    event_store::{CommandContext, ExecuteError},
    providers::{Notification, NotificationError, NotificationSubject},
};

/// The largest notification, in bytes.
const NOTIFICATION_BYTES_MAX: usize = 64 * 1024;

pub(super) fn routes(api: &Api) -> Router {
    Router::new()
        .route("/providers/{name}/notifications", post(receive))
        .layer(DefaultBodyLimit::max(NOTIFICATION_BYTES_MAX))
        .with_state(api.clone())
}

async fn receive(
    State(api): State<Api>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some(provider) = api.providers.named(&name) else { return StatusCode::NOT_FOUND };
    let notification = match provider.read_notification(&headers, &body, api.clock.now()) {
        Ok(notification) => notification,
        Err(NotificationError::Signature) => return StatusCode::UNAUTHORIZED,
        Err(NotificationError::Malformed) => {
            tracing::error!(provider = name, "a signed notification cannot be read");
            return StatusCode::BAD_REQUEST;
        }
    };
    match record(&api, &name, &notification).await {
        Ok(()) => {
            crash_points::reach("before_notification_acknowledged");
            StatusCode::NO_CONTENT
        }
        Err(ExecuteError::Refused(refusal)) => refused(&name, &notification, refusal),
        Err(error) => {
            // Not acknowledged, so the provider sends it again.
            tracing::error!(%error, provider = name, id = notification.id, "a notification waits");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Tells the aggregate, under a command id made from the notification's own.
async fn record(
    api: &Api,
    provider: &str,
    notification: &Notification,
) -> Result<(), ExecuteError<SessionError>> {
    let at = api.clock.now();
    let command = match notification.subject.clone() {
        NotificationSubject::Payment(payment_id, outcome) => {
            SessionCommand::RecordPayment { payment_id, outcome, at }
        }
        NotificationSubject::Refund(refund_id, outcome) => {
            SessionCommand::RecordRefund { refund_id, outcome, at }
        }
    };
    let context = CommandContext::new(format!("provider:{provider}"), &notification.id, at)
        .with_command(&["notification", provider, &notification.id])
        .because_of(&notification.id)
        .for_ever();
    let session_id = notification.session_id.as_str();
    let session = api.store.load::<Session>(session_id, None).await?.aggregate;
    let state = session.present().map_err(ExecuteError::Refused)?;
    // A provider speaks of its own charges only.
    if attempt_of(state, &notification.subject).is_some_and(|it| it.provider.as_str() != provider) {
        return Err(ExecuteError::Refused(SessionError::PaymentNotFound));
    }
    api.store.execute::<Session>(session_id, command, &context).await?;
    Ok(())
}

/// The attempt whose money a notification is about.
fn attempt_of<'a>(state: &'a SessionState, subject: &NotificationSubject) -> Option<&'a Attempt> {
    match subject {
        NotificationSubject::Payment(payment_id, _) => state.attempt(payment_id),
        NotificationSubject::Refund(refund_id, _) => {
            state.attempt(&state.refund(refund_id)?.payment_id)
        }
    }
}

/// Word of money that our rules cannot place is for a human: asked for again, never dropped.
fn refused(provider: &str, notification: &Notification, refusal: SessionError) -> StatusCode {
    tracing::error!(
        %refusal,
        provider,
        id = notification.id,
        session_id = %notification.session_id,
        "a notification cannot be placed; a human must settle it"
    );
    StatusCode::CONFLICT
}
