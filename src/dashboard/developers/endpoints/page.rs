//! An endpoint's page, and what the small forms on it are answered.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    super::{
        endpoint_of, paths,
        refused::{Refused, not_here, refused},
        snippets::Language,
    },
    Which,
    page_view::{EndpointView, drawn},
};
use crate::{
    admin::AdminError,
    dashboard::{
        Dashboard, Place,
        access::Fields,
        answer::{page, see_other, went_wrong},
    },
    domain::game::RegisteredEndpoint,
    webhooks::secret_dates,
};

/// `GET …/endpoints/{endpoint_id}`
pub(super) async fn endpoint_page(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let query = Fields::read(query.unwrap_or_default().as_bytes());
    let said = Said { done: query.text("done"), language: query.text("language"), refusal: None };
    show(&desk, &place, it, StatusCode::OK, &said).await
}

/// What an address or an answer adds to the page.
#[derive(Default)]
struct Said<'a> {
    /// What was done just now.
    done: &'a str,
    /// In which language the snippet is asked for.
    language: &'a str,
    /// Why something was not done.
    refusal: Option<&'a str>,
}

async fn show(
    desk: &Dashboard,
    place: &Place,
    endpoint: &RegisteredEndpoint,
    status: StatusCode,
    said: &Said<'_>,
) -> Response {
    let as_of = desk.clock.now();
    let secrets = match secret_dates(&desk.pool, endpoint.endpoint_id.as_str(), as_of).await {
        Ok(secrets) => secrets,
        Err(error) => return went_wrong(&error),
    };
    let language = Language::chosen(said.language);
    let Said { done, refusal, .. } = *said;
    let view = EndpointView { place, endpoint, secrets: &secrets, language, done, refusal, as_of };
    page(status, |nonce| drawn(&view, nonce))
}

/// What whoever did something with an endpoint is answered: its page, which says that it was done or why
/// not.
pub(super) async fn answered(
    desk: &Dashboard,
    place: &Place,
    endpoint: &RegisteredEndpoint,
    outcome: Result<&'static str, AdminError>,
) -> Response {
    let path = paths::endpoint(place, endpoint.endpoint_id.as_str());
    match outcome {
        Ok(done) => see_other(&format!("{path}?done={done}")),
        Err(AdminError::Repeated) => see_other(&format!("{path}?done=repeated")),
        Err(error) => match refused(place, error) {
            Refused::Answered(answer) => answer,
            Refused::Told(why) => refuse(desk, place, endpoint, &why).await,
        },
    }
}

/// Says on an endpoint's page why something was not done.
pub(super) async fn refuse(
    desk: &Dashboard,
    place: &Place,
    endpoint: &RegisteredEndpoint,
    why: &str,
) -> Response {
    let said = Said { refusal: Some(why), ..Said::default() };
    show(desk, place, endpoint, StatusCode::CONFLICT, &said).await
}
