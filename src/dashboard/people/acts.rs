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
    member_view::{Linked, MemberView, linked_page, member_page, own_role_page, remove_page},
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
) -> Result<Response, Response> {
    let found = begin(&desk, &place, which, &act).await?;
    let role = match (parse_role(act.fields.text(ROLE)), act.why()) {
        (Ok(role), Ok(_)) => role,
        (role, why) => {
            let problems: Vec<_> = role.err().into_iter().chain(why.err()).collect();
            return Err(show(&place, &found, &act, &problems, None, StatusCode::BAD_REQUEST));
        }
    };
    let gives_up = found.is_self && !role.may(Permission::ChangePeople) && !found.is_last_owner;
    if gives_up && act.fields.text(SURE).is_empty() {
        let why = act.typed_why();
        return Ok(page(StatusCode::OK, |nonce| own_role_page(&place, &found, role, why, nonce)));
    }
    let (studio_id, person_id) = (&place.studio_id, found.person_id.clone());
    let context = act.context(&desk);
    let changed = desk.people.change_role(studio_id, person_id, role, &context).await;
    changed.map_err(|error| refused(&place, &found, &act, &error))?;
    Ok(see_other(&Done::RoleChanged.on(studio_id)))
}

/// `POST …/link`: the answer itself has the link, since nobody is shown it twice.
pub(super) async fn link(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    Path(which): Path<Which>,
    act: Act,
) -> Result<Response, Response> {
    let found = begin(&desk, &place, which, &act).await?;
    let context = act.context_of_several(&desk);
    let link = desk.people.renew_link(&place.studio_id, &found.person_id, &context).await;
    let link = link.map_err(|error| refused(&place, &found, &act, &error))?;
    let linked = Linked {
        who: called(&found.colleague),
        role: None,
        url: Some(desk.sign_in_url(&link)),
        until: desk.clock.now() + INVITATION_HOLDS,
    };
    Ok(page(StatusCode::OK, |nonce| linked_page(&place, &linked, nonce)))
}

/// `POST …/remove`
pub(super) async fn remove(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    Path(which): Path<Which>,
    act: Act,
) -> Result<Response, Response> {
    let found = begin(&desk, &place, which, &act).await?;
    if let Err(problem) = act.why() {
        let (why, problems) = (act.typed_why(), [problem]);
        return Err(page(StatusCode::BAD_REQUEST, |nonce| {
            remove_page(&place, &found, (why, &problems), nonce)
        }));
    }
    let (studio_id, context) = (&place.studio_id, act.context(&desk));
    let removed = desk.people.remove_member(studio_id, found.person_id.clone(), &context).await;
    removed.map_err(|error| refused(&place, &found, &act, &error))?;
    // Who has let themselves go may not see the list any more.
    let next = if found.is_self { "/dashboard".to_owned() } else { Done::Removed.on(studio_id) };
    Ok(see_other(&next))
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
fn refused(place: &StudioPlace, found: &Found, act: &Act, error: &PeopleError) -> Response {
    match error {
        PeopleError::Studio(_)
        | PeopleError::Person(_)
        | PeopleError::ChoseAlready
        | PeopleError::WorksElsewhere
        | PeopleError::Conflict => {
            show(place, found, act, &[], Some(&error.to_string()), StatusCode::CONFLICT)
        }
        _ => went_wrong(error),
    }
}

fn show(
    place: &StudioPlace,
    found: &Found,
    act: &Act,
    problems: &[FieldProblem],
    why_not: Option<&str>,
    status: StatusCode,
) -> Response {
    let view = MemberView { place, found, why: act.typed_why(), problems, why_not };
    page(status, |nonce| member_page(&view, nonce))
}
