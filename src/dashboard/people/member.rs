//! `…/people/{person_id}`: one member, and what an owner may change about them.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    member_view::{MemberView, member_page, remove_page},
    people_path,
};
use crate::{
    dashboard::{
        Dashboard,
        access::{Visitor, ask_for_proof},
        answer::{not_found, page as answer, went_wrong},
        place::StudioPlace,
    },
    domain::{id::PersonId, studio::Role},
    people::{Colleague, Stay},
};

/// Which member.
#[derive(Deserialize)]
pub(super) struct Which {
    person_id: String,
}

/// A member, as whoever looks finds them.
pub(super) struct Found {
    pub(super) person_id: PersonId,
    pub(super) colleague: Colleague,
    /// Whether it is who looks.
    pub(super) is_self: bool,
    /// Whether the studio would be left without an owner if they were none.
    pub(super) is_last_owner: bool,
}

impl Found {
    /// Finds them. Who is no member is told of as who never was.
    pub(super) async fn find(
        desk: &Dashboard,
        place: &StudioPlace,
        which: Which,
        stay: &Stay,
    ) -> Result<Self, Response> {
        let person_id = PersonId::parse(which.person_id).map_err(|_| not_found())?;
        let people = desk.people.roster(&place.studio_id).await;
        let people = people.map_err(|error| went_wrong(&error))?;
        let owners = people.iter().filter(|it| it.role == Role::Owner).count();
        let mut people = people.into_iter();
        let colleague = people.find(|it| it.person.id == person_id.as_str());
        let colleague = colleague.ok_or_else(not_found)?;
        let is_self = stay.person_id == person_id;
        let is_last_owner = colleague.role == Role::Owner && owners == 1;
        Ok(Self { person_id, colleague, is_self, is_last_owner })
    }

    /// Where they are.
    pub(super) fn path(&self, place: &StudioPlace) -> String {
        format!("{}/{}", people_path(&place.studio_id), self.person_id)
    }
}

/// `GET …/people/{person_id}`
pub(super) async fn page(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    visitor: Visitor,
    Path(which): Path<Which>,
) -> Result<Response, Response> {
    let found = Found::find(&desk, &place, which, visitor.stay()).await?;
    if let Some(elsewhere) = ask_for_proof(visitor.stay(), &desk, &found.path(&place)) {
        return Err(elsewhere);
    }
    let view = MemberView { place: &place, found: &found, why: "", problems: &[], why_not: None };
    Ok(answer(StatusCode::OK, |nonce| member_page(&view, nonce)))
}

/// `GET …/people/{person_id}/remove`
pub(super) async fn remove_look(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    visitor: Visitor,
    Path(which): Path<Which>,
) -> Result<Response, Response> {
    let found = Found::find(&desk, &place, which, visitor.stay()).await?;
    let path = format!("{}/remove", found.path(&place));
    if let Some(elsewhere) = ask_for_proof(visitor.stay(), &desk, &path) {
        return Err(elsewhere);
    }
    Ok(answer(StatusCode::OK, |nonce| remove_page(&place, &found, ("", &[]), nonce)))
}
