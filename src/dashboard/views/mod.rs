//! The pages, each drawn from a plain struct. They decide nothing and know no store.
//!
//! Texts of people and games are escaped, isolated in `<bdi>` and free to wrap. Every page works without
//! script, and none loads anything of another site.

mod enroll;
mod home;
mod layout;
mod sign_in;
mod trouble;

pub(super) use enroll::{EnrollView, enroll_page};
pub(super) use home::{HomeView, StudioView, home_page};
pub(super) use sign_in::{ProveView, SignInView, enter_page, prove_page, sign_in_page};
pub(super) use trouble::{Trouble, trouble_page};

/// The names of forms' fields, as the pages write them and the handlers read them.
pub(super) mod field {
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
    /// What shows that a form is ours.
    pub(in crate::dashboard) const FORM_TOKEN: &str = "form_token";
}
