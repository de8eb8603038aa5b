//! The pages of the way in, each with one thing to do.

mod card;
mod enroll;
mod sign_in;
mod trouble;

pub(super) use enroll::{EnrollView, enroll_page};
pub(super) use sign_in::{ProveView, SignInView, enter_page, prove_page, sign_in_page};
pub(super) use trouble::{Trouble, trouble_page};

/// The names of forms' fields, as the pages write them and the handlers read them.
pub(super) mod field {
    pub(in crate::dashboard) use crate::dashboard::views::FORM_TOKEN;

    /// An e-mail address.
    pub(in crate::dashboard) const EMAIL: &str = "email";
    /// A password.
    pub(in crate::dashboard) const PASSWORD: &str = "password";
    /// What an authenticator shows.
    pub(in crate::dashboard) const CODE: &str = "code";
    /// Where to go afterwards.
    pub(in crate::dashboard) const NEXT: &str = "next";
    /// What people call somebody.
    pub(in crate::dashboard) const NAME: &str = "name";
    /// What an authenticator is given.
    pub(in crate::dashboard) const TOTP_KEY: &str = "totp_key";
}
