//! `POST …/deliveries/{message_id}/again`: has one message sent again at once.

use axum::{
    extract::{Path, State},
    response::Response,
};

use super::{
    SENT_AGAIN, delivery_path,
    endpoint::{changed_meanwhile, find, no_message, not_here},
    one::Which,
};
use crate::{
    admin::AdminError,
    dashboard::{
        Dashboard, Place,
        access::Act,
        answer::{see_other, went_wrong},
        views::sessions_path,
    },
    domain::studio::Permission,
    webhooks::MessageId,
};

pub(super) async fn again(
    State(desk): State<Dashboard>,
    place: Place,
    Path(which): Path<Which>,
    act: Act,
) -> Response {
    let Some(endpoint) = find(&place, &which.endpoint_id) else { return not_here(&place) };
    let Some(id) = MessageId::parse(&which.message_id) else { return no_message(&place, endpoint) };
    let endpoint_id = &endpoint.endpoint_id;
    let admin = act.admin(&desk);
    let message = match admin.webhook(&place.game_id, endpoint_id, &id).await {
        Ok(it) => it.row,
        Err(AdminError::WebhookNotFound) => return no_message(&place, endpoint),
        Err(error) => return went_wrong(&error),
    };
    // Support may have it sent again, and sees the session but not the integration.
    let path = if place.may(Permission::SeeIntegration) {
        delivery_path(&place, endpoint_id.as_str(), id.as_str())
    } else {
        format!("{}/{}", sessions_path(&place), message.session_id)
    };
    match admin.resend_webhook(&place.game_id, endpoint_id, &id).await {
        Ok(()) => see_other(&format!("{path}?done={SENT_AGAIN}")),
        Err(AdminError::WebhookNotFound) => no_message(&place, endpoint),
        Err(AdminError::Conflict) => changed_meanwhile(&place, &path),
        Err(error) => went_wrong(&error),
    }
}
