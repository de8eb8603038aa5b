//! One more place that webhooks are sent to.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    super::{
        paths,
        problems::problem,
        refused::{Refused, refused},
    },
    form::{TYPES, Typed},
    form_view::{EndpointForm, endpoint_form},
};
use crate::{
    admin::AdminError,
    dashboard::{
        Dashboard, Place,
        access::Act,
        answer::{page, see_other},
        views::FieldProblem,
    },
    domain::game::RegisteredEndpoint,
    webhooks::types_refused,
};

/// `GET …/endpoints/new`
pub(super) async fn new_endpoint_page(place: Place) -> Response {
    let typed = Typed::nothing();
    FormOf { place: &place, endpoint: None, typed: &typed }.again(StatusCode::OK, &[], None)
}

/// `POST …/endpoints/new`: sent twice, it adds one endpoint.
pub(super) async fn add_endpoint(
    State(desk): State<Dashboard>,
    place: Place,
    act: Act,
) -> Response {
    let typed = Typed::of(&act.fields);
    let form = FormOf { place: &place, endpoint: None, typed: &typed };
    let endpoint = match typed.read(place.world, &desk.targets) {
        Ok(endpoint) => endpoint,
        Err(problems) => return form.again(StatusCode::BAD_REQUEST, &problems, None),
    };
    match act.admin(&desk).add_new_endpoint(&place.game_id, endpoint).await {
        Ok(id) => see_other(&format!("{}?done=added", paths::endpoint(&place, id.as_str()))),
        Err(error) => form.refused(error),
    }
}

/// The form of an endpoint, with what was typed.
pub(super) struct FormOf<'a> {
    pub(super) place: &'a Place,
    /// A new one, if `None`.
    pub(super) endpoint: Option<&'a RegisteredEndpoint>,
    pub(super) typed: &'a Typed,
}

impl FormOf<'_> {
    /// Shows it, or shows it again.
    pub(super) fn again(
        &self,
        status: StatusCode,
        problems: &[FieldProblem],
        refusal: Option<&str>,
    ) -> Response {
        let Self { place, endpoint, typed } = *self;
        let view = EndpointForm { place, of: endpoint, typed, problems, refusal };
        page(status, |nonce| endpoint_form(&view, nonce))
    }

    /// Says why nothing was done.
    pub(super) fn refused(&self, error: AdminError) -> Response {
        if let AdminError::Game(refusal) = &error
            && let Some(violation) = types_refused(refusal)
        {
            return self.again(StatusCode::BAD_REQUEST, &[problem(TYPES, violation)], None);
        }
        match refused(self.place, error) {
            Refused::Answered(answer) => answer,
            Refused::Told(why) => self.again(StatusCode::CONFLICT, &[], Some(&why)),
        }
    }
}
