//! Who somebody is: the cookie, the forms by which they come in and prove who they are, and the check
//! that a form is one of ours.

mod act;
mod cookie;
mod enroll;
mod enter;
mod fields;
mod leave;
mod next;
mod origin;
mod prove;
mod refusing;
mod sign_in;
mod upload;
mod views;
mod visitor;

pub(super) use act::{Act, ask_for_proof};
pub(super) use fields::{FORM_BYTES_MAX, Fields};
pub(super) use upload::Upload;
pub(super) use visitor::{Newcomer, Visitor};

use super::table::{May, Row, form, page};

/// The pages that somebody needs to come in and to leave.
pub(super) fn rows() -> Vec<Row> {
    vec![
        page("/sign-in", May::Anybody, sign_in::sign_in_page),
        form("/sign-in", May::Anybody, sign_in::sign_in),
        page("/enter/{token}", May::Anybody, enter::enter_page),
        form("/enter/{token}", May::Anybody, enter::enter),
        page("/enroll", May::Newcomers, enroll::enroll_page),
        form("/enroll", May::Newcomers, enroll::enroll),
        page("/prove", May::Newcomers, prove::prove_page),
        form("/prove", May::Newcomers, prove::prove),
        form("/sign-out", May::Newcomers, leave::leave),
    ]
}
