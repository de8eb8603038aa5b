//! Leaving.

use axum::{extract::State, response::Response};

use super::{act::Act, sign_in::way_out};
use crate::dashboard::{Dashboard, answer::went_wrong};

/// `POST /dashboard/sign-out`
pub(super) async fn leave(State(desk): State<Dashboard>, form: Act) -> Response {
    let newcomer = form.newcomer;
    let context = newcomer.context(desk.clock.now());
    match desk.people.sign_out(&newcomer.stay, &context).await {
        Ok(()) => way_out(&desk),
        Err(error) => went_wrong(&error),
    }
}
