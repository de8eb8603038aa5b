//! Somebody who is in. A handler that takes one is closed to everybody else.

use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::{HeaderValue, Method, header::ACCEPT, request::Parts},
    response::Response,
};

use super::{cookie, next::Next};
use crate::{
    dashboard::{
        Dashboard,
        answer::{see_other, went_wrong},
        desk::request_id,
        views::Account,
    },
    domain::{Timestamp, studio::Role},
    event_store::CommandContext,
    people::{Membership, People, Stay, Token},
};

/// Where somebody says who they are, and where they choose a password.
pub(super) const SIGN_IN: &str = "/dashboard/sign-in";
pub(super) const ENROLL: &str = "/dashboard/enroll";

/// What a browser accepts where a page listens by itself: see `activity`.
const EVENT_STREAM: &[u8] = b"text/event-stream";

/// Somebody who is in, with or without a second factor. Asked for once in a request.
#[derive(Clone)]
pub(in crate::dashboard) struct Newcomer {
    pub(in crate::dashboard) stay: Stay,
    token: Token,
    request_id: String,
}

/// Somebody who is in and may look around.
#[derive(Clone)]
pub(in crate::dashboard) struct Visitor {
    newcomer: Newcomer,
    /// Where they work.
    pub(in crate::dashboard) memberships: Vec<Membership>,
}

impl FromRequestParts<Dashboard> for Newcomer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Dashboard) -> Result<Self, Response> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let way_in = || {
            let is_page = parts.method == Method::GET;
            // As it was sent: a nested router sees the rest of it only.
            let sent = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |it| &it.0);
            let wanted = sent.path_and_query().filter(|_| is_page).map(|it| it.as_str());
            see_other(&Next::parse(wanted.unwrap_or_default()).behind(SIGN_IN))
        };
        let token = cookie::read(&parts.headers, &desk.base_url).ok_or_else(way_in)?;
        let accepted = parts.headers.get(ACCEPT).map(HeaderValue::as_bytes);
        let stay = match accepted == Some(EVENT_STREAM) {
            true => desk.people.stay_of_watcher(&token).await,
            false => desk.people.stay(&token).await,
        };
        let stay = stay.map_err(|error| went_wrong(&error))?;
        let stay = stay.ok_or_else(way_in)?;
        let found = Self { stay, token, request_id: request_id(&parts.headers).to_owned() };
        parts.extensions.insert(found.clone());
        Ok(found)
    }
}

impl FromRequestParts<Dashboard> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Dashboard) -> Result<Self, Response> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let newcomer = Newcomer::from_request_parts(parts, desk).await?;
        if desk.needs_second_factor && !newcomer.stay.is_enrolled {
            return Err(see_other(ENROLL));
        }
        let memberships = desk.people.memberships(newcomer.stay.person_id.as_str()).await;
        let memberships = memberships.map_err(|error| went_wrong(&error))?;
        let found = Self { newcomer, memberships };
        parts.extensions.insert(found.clone());
        Ok(found)
    }
}

impl Newcomer {
    /// What every form of theirs has in it.
    pub(in crate::dashboard) fn form_token(&self, people: &People) -> String {
        people.form_token(&self.token)
    }

    /// What they do stands in the log under their name, with their stay as what led to it.
    pub(super) fn context(&self, now: Timestamp) -> CommandContext {
        let context = CommandContext::new(self.stay.actor(), self.request_id.as_str(), now);
        context.because_of(self.stay.sign_in_id.as_str())
    }

    /// Joins all that this request leads to.
    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }
}

impl Visitor {
    /// Who.
    pub(in crate::dashboard) fn stay(&self) -> &Stay {
        &self.newcomer.stay
    }

    /// What the head of each page says of them.
    pub(in crate::dashboard) fn account(&self, people: &People) -> Account {
        let called = self.newcomer.stay.called.clone();
        Account { called, form_token: self.newcomer.form_token(people) }
    }

    /// The studios that they work at.
    pub(in crate::dashboard) fn studio_ids(&self) -> Vec<String> {
        self.memberships.iter().map(|it| it.studio_id.clone()).collect()
    }

    /// What they are in a studio, if anything.
    pub(in crate::dashboard) fn role_in(&self, studio_id: &str) -> Option<Role> {
        self.memberships.iter().find(|it| it.studio_id == studio_id).map(|it| it.role)
    }
}
