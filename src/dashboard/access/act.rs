//! Forms that are surely ours: sent from this origin, and with the token that each page of this stay has.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    response::Response,
};
use subtle::ConstantTimeEq;

use super::{
    fields::Fields,
    next::Next,
    prove::PROVE,
    refusing::trouble,
    views::{Trouble, field},
    visitor::Newcomer,
};
use crate::{
    admin::Admin,
    dashboard::{
        Dashboard,
        answer::see_other,
        views::{FORM_ID, FORM_TOKEN, FieldProblem, WHY, WHY_LABEL},
    },
    domain::text::Reason,
    event_store::CommandContext,
    page_headers::is_same_origin,
    people::Stay,
};

/// A form of somebody who is not in: it has no token, and what it does is no more than to come in.
pub(super) struct OpenForm(pub(super) Fields);

/// A form of somebody who is in: what they want to be done, and under whose name.
pub(in crate::dashboard) struct Act {
    pub(in crate::dashboard) fields: Fields,
    pub(super) newcomer: Newcomer,
}

impl Act {
    /// What is done stands in the log under their name, with their stay as what led to it. Sent twice, the
    /// same form does its work once.
    pub(in crate::dashboard) fn context(&self, desk: &Dashboard) -> CommandContext {
        let context = self.context_of_several(desk);
        match self.fields.text(FORM_ID) {
            "" => context,
            form_id => {
                let person_id = self.newcomer.stay.person_id.as_str();
                // With all that was typed: the same form with other words in it is another command.
                let typed = self.fields.digest(FORM_TOKEN);
                context.with_command(&["dashboard", person_id, form_id, &typed])
            }
        }
    }

    /// The same for what takes several commands: each is one of its own.
    pub(in crate::dashboard) fn context_of_several(&self, desk: &Dashboard) -> CommandContext {
        self.newcomer.context(desk.clock.now()).with_reason(self.why().ok())
    }

    /// What was typed as to why.
    pub(in crate::dashboard) fn typed_why(&self) -> &str {
        self.fields.text(WHY).trim()
    }

    /// Why it is to be done: for what must not be done without a reason.
    ///
    /// # Errors
    ///
    /// What is wrong with what was typed.
    pub(in crate::dashboard) fn why(&self) -> Result<Reason, FieldProblem> {
        let problem = |violation| FieldProblem { field: WHY, label: WHY_LABEL, violation };
        Reason::parse(self.typed_why()).map_err(problem)
    }

    /// Does under their name what the command line does.
    pub(in crate::dashboard) fn admin(&self, desk: &Dashboard) -> Admin {
        desk.admin.acting_as(&self.context(desk))
    }

    /// What they want; none, unless the fields have the token of their pages.
    pub(super) fn of(fields: Fields, newcomer: Newcomer, desk: &Dashboard) -> Option<Self> {
        let token = newcomer.form_token(&desk.people);
        let is_ours = token.as_bytes().ct_eq(fields.text(field::FORM_TOKEN).as_bytes());
        bool::from(is_ours).then_some(Self { fields, newcomer })
    }

    /// Who.
    pub(in crate::dashboard) fn stay(&self) -> &Stay {
        &self.newcomer.stay
    }

    /// For what needs a fresh proof: who has none is led to prove who they are, and then to `next`, a page of
    /// the dashboard. Nothing was done.
    pub(in crate::dashboard) fn ask_for_proof(
        &self,
        desk: &Dashboard,
        next: &str,
    ) -> Option<Response> {
        ask_for_proof(&self.newcomer.stay, desk, next)
    }
}

/// The same for a page that is only looked at.
pub(in crate::dashboard) fn ask_for_proof(
    stay: &Stay,
    desk: &Dashboard,
    next: &str,
) -> Option<Response> {
    match stay.require_proof(desk.clock.now()) {
        Ok(()) => None,
        Err(_) if stay.is_enrolled => Some(see_other(&Next::parse(next).behind(PROVE))),
        Err(_) => Some(trouble(Trouble::StaleLink)),
    }
}

impl FromRequest<Dashboard> for OpenForm {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Dashboard) -> Result<Self, Response> {
        if !is_same_origin(request.headers(), &desk.base_url) {
            return Err(trouble(Trouble::ForeignForm));
        }
        let bytes = Bytes::from_request(request, desk).await;
        bytes.map(|it| Self(Fields::read(&it))).map_err(|_| trouble(Trouble::Unreadable))
    }
}

impl FromRequest<Dashboard> for Act {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Dashboard) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let newcomer = Newcomer::from_request_parts(&mut parts, desk).await?;
        let OpenForm(fields) =
            OpenForm::from_request(Request::from_parts(parts, body), desk).await?;
        Self::of(fields, newcomer, desk).ok_or_else(|| trouble(Trouble::ForeignForm))
    }
}
