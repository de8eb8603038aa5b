//! `…/people/invite`: the form by which an owner takes somebody in, and the link for them, shown this once.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    form::{EMAIL, InviteForm},
    member_view::{InviteView, Linked, invite_page, linked_page},
    people_path,
};
use crate::{
    dashboard::{
        Dashboard,
        access::{Act, Visitor, ask_for_proof},
        answer::{page, went_wrong},
        place::StudioPlace,
        views::FieldProblem,
    },
    domain::{
        person::EmailAddress,
        studio::{Role, StudioError},
        violation::Violation,
    },
    people::{Colleague, PeopleError},
};

/// `GET …/people/invite`
pub(super) async fn blank(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    visitor: Visitor,
) -> Response {
    if let Some(elsewhere) = ask_for_proof(visitor.stay(), &desk, &path(&place)) {
        return elsewhere;
    }
    let form = InviteForm { role: Role::Developer.to_string(), ..InviteForm::default() };
    show(&place, &form, &[], None, StatusCode::OK)
}

/// `POST …/people/invite`: the answer itself has the link, since nobody is shown it twice.
pub(super) async fn invite(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    act: Act,
) -> Response {
    if let Some(elsewhere) = act.ask_for_proof(&desk, &path(&place)) {
        return elsewhere;
    }
    let form = InviteForm::read(&act.fields);
    let (email, role) = match form.parse() {
        Ok(parsed) => parsed,
        Err(problems) => return show(&place, &form, &problems, None, StatusCode::BAD_REQUEST),
    };
    let context = act.context_of_several(&desk);
    match desk.people.invite_to_studio(&place.studio_id, &email, role, &context).await {
        Ok((_, link)) => {
            let url = link.as_ref().map(|it| desk.sign_in_url(it));
            let until = desk.clock.now() + crate::people::INVITATION_HOLDS;
            let linked = Linked { who: email.as_str(), role: Some(role), url, until };
            page(StatusCode::OK, |nonce| linked_page(&place, &linked, nonce))
        }
        Err(PeopleError::KnownElsewhere) => {
            let problem = FieldProblem {
                field: EMAIL,
                label: "E-mail",
                violation: Violation::new("must be one that has no account yet", email.as_str()),
            };
            let why = PeopleError::KnownElsewhere.to_string();
            show(&place, &form, &[problem], Some(&why), StatusCode::CONFLICT)
        }
        Err(PeopleError::Studio(StudioError::AlreadyMember)) => {
            already(&desk, &place, &form, &email).await
        }
        Err(error @ (PeopleError::Person(_) | PeopleError::Studio(_) | PeopleError::Conflict)) => {
            show(&place, &form, &[], Some(&error.to_string()), StatusCode::CONFLICT)
        }
        Err(error) => went_wrong(&error),
    }
}

/// They are a member: the form was sent twice, perhaps, and nobody saw the link of the first answer. Only who
/// asks for another gets one, since the first may have been handed over.
async fn already(
    desk: &Dashboard,
    place: &StudioPlace,
    form: &InviteForm,
    email: &EmailAddress,
) -> Response {
    let found = async {
        let person_id = desk.people.find_by_email(email).await?;
        let members = desk.people.roster(&place.studio_id).await?;
        let is_it =
            |it: &Colleague| person_id.as_ref().is_some_and(|id| it.person.id == id.as_str());
        Ok::<_, sqlx::Error>(members.into_iter().find(is_it))
    };
    let member = match found.await {
        Ok(member) => member,
        Err(error) => return went_wrong(&error),
    };
    let why = StudioError::AlreadyMember.to_string();
    let member = member.as_ref();
    let view = InviteView { place, form, problems: &[], why_not: Some(&why), member };
    page(StatusCode::CONFLICT, |nonce| invite_page(&view, nonce))
}

fn path(place: &StudioPlace) -> String {
    format!("{}/invite", people_path(&place.studio_id))
}

fn show(
    place: &StudioPlace,
    form: &InviteForm,
    problems: &[FieldProblem],
    why_not: Option<&str>,
    status: StatusCode,
) -> Response {
    let view = InviteView { place, form, problems, why_not, member: None };
    page(status, |nonce| invite_page(&view, nonce))
}
