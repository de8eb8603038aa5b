//! What people do about one session: cancel it, give its money back, have a webhook sent again. Each is
//! the command that the API gives, under their name; who may is the table's business.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    acts_view::{Asked, Refusal, cancel_page, refund_form_page, refund_look_page, refused_page},
    done::Done,
    present::{Present, Which, present},
    story_view::{refundable, session_path},
};
use crate::{
    admin::AdminError,
    dashboard::{
        Dashboard, Place,
        access::Act,
        answer::{not_found, page, see_other, went_wrong},
        views::FieldProblem,
    },
    domain::{
        id::{EndpointId, PaymentId, RefundId},
        session::{CancelledBy, RefundCause, Session, SessionCommand, SessionError},
        text::RefundReason,
    },
    event_store::{CommandContext, ExecuteError},
    ids::NewId,
    webhooks::MessageId,
};

/// Why money is given back.
pub(super) const REASON: &str = "reason";
/// Which payment's money: the one that somebody looked at, whatever else came about meanwhile.
pub(super) const PAYMENT: &str = "payment_id";
/// That somebody has looked a second time.
pub(super) const SURE: &str = "sure";

/// `GET …/cancel`
pub(super) async fn cancel_look(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
) -> Result<Response, Response> {
    let found = present(&desk, &place, which).await?;
    let checked = found.state.check_cancellable(desk.clock.now());
    checked.map_err(|error| refused(&place, &found, error))?;
    Ok(page(StatusCode::OK, |nonce| cancel_page(&place, &found, ("", &[]), nonce)))
}

/// `POST …/cancel`
pub(super) async fn cancel(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
    act: Act,
) -> Result<Response, Response> {
    let found = present(&desk, &place, which).await?;
    if let Err(problem) = act.why() {
        let (why, problems) = (act.typed_why(), [problem]);
        return Err(page(StatusCode::BAD_REQUEST, |nonce| {
            cancel_page(&place, &found, (why, &problems), nonce)
        }));
    }
    let command = SessionCommand::Cancel { by: CancelledBy::Game, at: desk.clock.now() };
    Ok(execute(&desk, &place, &found, command, &act.context(&desk), Done::Cancelled).await)
}

/// `GET …/refund`
pub(super) async fn refund_form(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
) -> Result<Response, Response> {
    let found = present(&desk, &place, which).await?;
    let Some((payment_id, amount)) = refundable(&found.state) else {
        return Err(refused(&place, &found, why_not(&found)));
    };
    let asked = Asked { place: &place, found: &found, payment_id, amount };
    Ok(page(StatusCode::OK, |nonce| refund_form_page(&asked, "", &[], nonce)))
}

/// `POST …/refund`: first to look a second time, then to do it.
pub(super) async fn refund(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
    act: Act,
) -> Result<Response, Response> {
    let found = present(&desk, &place, which).await?;
    // The refund says why itself: it is not written twice.
    let context = act.context(&desk).with_reason(None);
    let refund_id = match context.is_repeatable {
        true => RefundId::of_command(context.command_id),
        false => RefundId::new(desk.clock.now()),
    };
    if found.state.refund(&refund_id).is_some() {
        // The same form, sent twice.
        return Ok(see_other(&Done::RefundRequested.on(&session_path(&place, &found.session_id))));
    }
    let payment_id = PaymentId::parse(act.fields.text(PAYMENT))
        .map_err(|_| refused(&place, &found, SessionError::PaymentNotFound))?;
    let amount = found.state.refundable(&payment_id);
    let amount = amount.map_err(|error| refused(&place, &found, error))?;
    let asked = Asked { place: &place, found: &found, payment_id: &payment_id, amount };
    let typed = act.fields.text(REASON).trim();
    let reason = RefundReason::parse(typed).map_err(|violation| {
        let problems = [FieldProblem { field: REASON, label: "Reason", violation }];
        page(StatusCode::BAD_REQUEST, |nonce| refund_form_page(&asked, typed, &problems, nonce))
    })?;
    if act.fields.text(SURE).is_empty() {
        return Ok(page(StatusCode::OK, |nonce| refund_look_page(&asked, &reason, nonce)));
    }
    let command = SessionCommand::RequestRefund {
        refund_id,
        payment_id: payment_id.clone(),
        cause: RefundCause::Game,
        reason: Some(reason),
        at: desk.clock.now(),
    };
    Ok(execute(&desk, &place, &found, command, &context, Done::RefundRequested).await)
}

/// Which of a session's webhooks.
#[derive(Deserialize)]
pub(super) struct WhichWebhook {
    session_id: String,
    endpoint_id: String,
    message_id: String,
}

/// `POST …/webhooks/{endpoint_id}/{message_id}/resend`
pub(super) async fn resend(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<WhichWebhook>,
    act: Act,
) -> Result<Response, Response> {
    let WhichWebhook { session_id, endpoint_id, message_id } = which;
    let found = present(&desk, &place, Which { session_id }).await?;
    let messages = desk.history.of_session(&found.session_id, found.state.created_at).await;
    let messages = messages.map_err(|error| went_wrong(&error))?;
    // Only one of this session, which is of this game and world.
    let is_its =
        messages.iter().any(|it| it.endpoint_id == endpoint_id && it.message_id == message_id);
    let (Ok(endpoint_id), Some(message_id)) =
        (EndpointId::parse(endpoint_id), MessageId::parse(&message_id))
    else {
        return Err(not_found());
    };
    if !is_its {
        return Err(not_found());
    }
    let resent = act.admin(&desk).resend_webhook(&place.game_id, &endpoint_id, &message_id).await;
    resent.map_err(|error| match error {
        AdminError::Game(_) | AdminError::WebhookNotFound => not_found(),
        AdminError::Conflict => page(StatusCode::CONFLICT, |nonce| {
            refused_page(&place, &found.session_id, &Refusal::Conflict, nonce)
        }),
        error => went_wrong(&error),
    })?;
    Ok(see_other(&Done::SentAgain.on(&session_path(&place, &found.session_id))))
}

/// Why no money of a session can be given back.
fn why_not(found: &Present) -> SessionError {
    let last = found.state.attempts.last().map(|it| found.state.refundable(&it.payment_id));
    last.and_then(Result::err).unwrap_or(SessionError::RefundNotAllowed)
}

fn refused(place: &Place, found: &Present, error: SessionError) -> Response {
    let why = Refusal::Rules(error);
    page(StatusCode::CONFLICT, |nonce| refused_page(place, &found.session_id, &why, nonce))
}

async fn execute(
    desk: &Dashboard,
    place: &Place,
    found: &Present,
    command: SessionCommand,
    context: &CommandContext,
    done: Done,
) -> Response {
    let id = found.session_id.as_str();
    match desk.store.execute::<Session>(id, command, context).await {
        Ok(_) => see_other(&done.on(&session_path(place, &found.session_id))),
        Err(ExecuteError::Refused(error)) => refused(place, found, error),
        Err(ExecuteError::Conflict) => page(StatusCode::CONFLICT, |nonce| {
            refused_page(place, &found.session_id, &Refusal::Conflict, nonce)
        }),
        Err(error) => went_wrong(&error),
    }
}
