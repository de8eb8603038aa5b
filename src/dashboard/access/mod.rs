//! Who somebody is: the cookie, the forms by which they come in and prove who they are, and the check
//! that a form is one of ours.

mod cookie;
mod enroll;
mod enter;
mod fields;
mod leave;
mod next;
mod origin;
mod own_form;
mod prove;
mod refusing;
mod sign_in;
mod views;
mod visitor;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

pub(super) use visitor::Visitor;

use super::Dashboard;
use fields::FORM_BYTES_MAX;

/// The pages that somebody needs to come in and to leave.
pub(super) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/sign-in", get(sign_in::sign_in_page).post(sign_in::sign_in))
        .route("/enter/{token}", get(enter::enter_page).post(enter::enter))
        .route("/enroll", get(enroll::enroll_page).post(enroll::enroll))
        .route("/prove", get(prove::prove_page).post(prove::prove))
        .route("/sign-out", post(leave::leave))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}
