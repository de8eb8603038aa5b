//! What an owner does about one member: another role, another link, or letting them go.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use super::{
    done::Done,
    form::{ROLE, parse_role},
    member::{Found, Which},
    member_view::{Linked, MemberView, linked_page, member_page, own_role_page},
    words::called,
};
use crate::{
    dashboard::{
        Dashboard,
        access::Act,
        answer::{page, see_other, went_wrong},
        place::StudioPlace,
        views::FieldProblem,
    },
    domain::studio::Permission,
    people::{INVITATION_HOLDS, PeopleError},
};

/// That somebody has looked a second time.
pub(super) const SURE: &str = "sure";

/// `POST …/role`. Who changes their own role is told first what they give up.
pub(super) async fn role(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    Path(which): Path<Which>,
    act: Act,
) -> Response {
    let found = match begin(&desk, &place, which, &act).await {
        Ok(found) => found,
        Err(elsewhere) => return elsewhere,
    };
    let role = match parse_role(act.fields.text(ROLE)) {
        Ok(role) => role,
        Err(problem) => {
            return show(&place, &found, &[problem], None, StatusCode::BAD_REQUEST);
        }
    };
    let gives_up = found.is_self && !role.may(Permission::ChangePeople) && !found.is_last_owner;
    if gives_up && act.fields.text(SURE).is_empty() {
        return page(StatusCode::OK, |nonce| own_role_page(&place, &found, role, nonce));
    }
    let (studio_id, person_id) = (&place.studio_id, found.person_id.clone());
    let context = act.context(&desk);
    match desk.people.change_role(studio_id, person_id, role, &context).await {
        Ok(()) => see_other(&Done::RoleChanged.on(studio_id)),
        Err(error) => refused(&place, &found, &error),
    }
}

/// `POST …/link`: the answer itself has the link, since nobody is shown it twice.
pub(super) async fn link(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    Path(which): Path<Which>,
    act: Act,
) -> Response {
    let found = match begin(&desk, &place, which, &act).await {
        Ok(found) => found,
        Err(elsewhere) => return elsewhere,
    };
    let context = act.context_of_several(&desk);
    match desk.people.renew_link(&place.studio_id, &found.person_id, &context).await {
        Ok(link) => {
            let linked = Linked {
                who: called(&found.colleague),
                role: None,
                url: Some(desk.sign_in_url(&link)),
                until: desk.clock.now() + INVITATION_HOLDS,
            };
            page(StatusCode::OK, |nonce| linked_page(&place, &linked, nonce))
        }
        Err(error) => refused(&place, &found, &error),
    }
}

/// `POST …/remove`
pub(super) async fn remove(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    Path(which): Path<Which>,
    act: Act,
) -> Response {
    let found = match begin(&desk, &place, which, &act).await {
        Ok(found) => found,
        Err(elsewhere) => return elsewhere,
    };
    let (studio_id, context) = (&place.studio_id, act.context(&desk));
    match desk.people.remove_member(studio_id, found.person_id.clone(), &context).await {
        // Who has let themselves go may not see the list any more.
        Ok(()) if found.is_self => see_other("/dashboard"),
        Ok(()) => see_other(&Done::Removed.on(studio_id)),
        Err(error) => refused(&place, &found, &error),
    }
}

async fn begin(
    desk: &Dashboard,
    place: &StudioPlace,
    which: Which,
    act: &Act,
) -> Result<Found, Response> {
    let found = Found::find(desk, place, which, act.stay()).await?;
    if let Some(elsewhere) = act.ask_for_proof(desk, &found.path(place)) {
        return Err(elsewhere);
    }
    Ok(found)
}

/// Says why nothing was changed, unless that is for the operator only.
fn refused(place: &StudioPlace, found: &Found, error: &PeopleError) -> Response {
    match error {
        PeopleError::Studio(_)
        | PeopleError::Person(_)
        | PeopleError::ChoseAlready
        | PeopleError::WorksElsewhere
        | PeopleError::Conflict => {
            show(place, found, &[], Some(&error.to_string()), StatusCode::CONFLICT)
        }
        _ => went_wrong(error),
    }
}

fn show(
    place: &StudioPlace,
    found: &Found,
    problems: &[FieldProblem],
    why_not: Option<&str>,
    status: StatusCode,
) -> Response {
    let view = MemberView { place, found, problems, why_not };
    page(status, |nonce| member_page(&view, nonce))
}
