//! Choosing a password and a second factor: the first, or others in their place.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    act::{Act, ask_for_proof},
    next::HOME,
    refusing::trouble,
    views::{EnrollView, Trouble, enroll_page as drawn, field},
    visitor::{ENROLL, Newcomer},
};
use crate::{
    dashboard::{
        Dashboard,
        answer::{page, see_other, went_wrong},
    },
    domain::text::DisplayName,
    people::{Enrollment, PeopleError, TotpKey},
    projections::person::PersonRow,
};

/// What was wrong with the form, and beside which field that is said.
struct Problem {
    field: &'static str,
    text: String,
}

/// `GET /dashboard/enroll`
pub(super) async fn enroll_page(State(desk): State<Dashboard>, newcomer: Newcomer) -> Response {
    if let Some(elsewhere) = ask_for_proof(&newcomer.stay, &desk, ENROLL) {
        return elsewhere;
    }
    show(&desk, &newcomer, &TotpKey::generate(), None, None).await
}

/// `POST /dashboard/enroll`
pub(super) async fn enroll(State(desk): State<Dashboard>, form: Act) -> Response {
    let Act { fields, newcomer } = form;
    let Some(totp) = TotpKey::from_base32(fields.text(field::TOTP_KEY)) else {
        return trouble(Trouble::Unreadable);
    };
    let typed = fields.text(field::NAME).trim();
    let name = match DisplayName::parse(typed) {
        Ok(name) => name,
        Err(violation) => {
            let problem = Problem { field: field::NAME, text: format!("Your name {violation}") };
            return show(&desk, &newcomer, &totp, Some(typed), Some(problem)).await;
        }
    };
    let (password, code) = (fields.secret(field::PASSWORD), fields.text(field::CODE).to_owned());
    let kept = TotpKey::from_base32(&totp.to_base32());
    let Some(kept) = kept else { return trouble(Trouble::Unreadable) };
    let chosen = Enrollment { name, password, totp: kept, code };
    let context = newcomer.context(desk.clock.now());
    match desk.people.enroll(&newcomer.stay, chosen, &context).await {
        Ok(()) => see_other(HOME),
        Err(PeopleError::NotProved) => match ask_for_proof(&newcomer.stay, &desk, ENROLL) {
            // It was fresh a moment ago, by another clock's reading.
            None => see_other(ENROLL),
            Some(elsewhere) => elsewhere,
        },
        Err(PeopleError::PutOut) => trouble(Trouble::PutOut),
        Err(error) => match problem(&error) {
            Some(problem) => show(&desk, &newcomer, &totp, Some(typed), Some(problem)).await,
            None => went_wrong(&error),
        },
    }
}

/// What a person is told who did not get through; `None` for what only the operator is to know.
fn problem(error: &PeopleError) -> Option<Problem> {
    let field = match error {
        PeopleError::Password(_) => field::PASSWORD,
        PeopleError::Code => field::CODE,
        PeopleError::Busy | PeopleError::Conflict | PeopleError::Person(_) => "",
        _ => return None,
    };
    Some(Problem { field, text: error.to_string() })
}

async fn show(
    desk: &Dashboard,
    newcomer: &Newcomer,
    totp: &TotpKey,
    typed: Option<&str>,
    problem: Option<Problem>,
) -> Response {
    let person = PersonRow::find(&desk.pool, newcomer.stay.person_id.as_str()).await;
    let person = match person {
        Ok(Some(person)) => person,
        // Nobody is in without a row.
        Ok(None) => return went_wrong(&sqlx::Error::RowNotFound),
        Err(error) => return went_wrong(&error),
    };
    let email = person.email.unwrap_or_default();
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let totp_url = totp.to_url(&email);
    let view = EnrollView {
        form_token: &newcomer.form_token(&desk.people),
        email: &email,
        name: typed.or(person.name.as_deref()).unwrap_or_default(),
        totp_key: &totp.to_base32(),
        totp_url: totp_url.as_deref(),
        may_leave: newcomer.stay.is_enrolled || !desk.needs_second_factor,
        is_first: !newcomer.stay.is_enrolled,
        problem: problem.as_ref().map(|it| (it.field, it.text.as_str())),
    };
    page(status, |nonce| drawn(&view, nonce))
}
