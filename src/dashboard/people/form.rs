//! The form of an invitation: as it was typed, and judged field by field.

use crate::{
    dashboard::{access::Fields, views::FieldProblem},
    domain::{person::EmailAddress, studio::Role, violation::Violation},
};

/// The names of the fields.
pub(super) const EMAIL: &str = "email";
pub(super) const ROLE: &str = "role";

/// As it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct InviteForm {
    pub(super) email: String,
    pub(super) role: String,
}

impl InviteForm {
    pub(super) fn read(fields: &Fields) -> Self {
        let typed = |name| fields.text(name).trim().to_owned();
        Self { email: typed(EMAIL), role: typed(ROLE) }
    }

    /// Who is invited, as what.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub(super) fn parse(&self) -> Result<(EmailAddress, Role), Vec<FieldProblem>> {
        let email = EmailAddress::parse(self.email.as_str());
        match (email, parse_role(&self.role)) {
            (Ok(email), Ok(role)) => Ok((email, role)),
            (email, role) => {
                let email = email.err().map(|violation| FieldProblem {
                    field: EMAIL,
                    label: "E-mail",
                    violation,
                });
                Err(email.into_iter().chain(role.err()).collect())
            }
        }
    }
}

/// A role as a form sends it.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn parse_role(text: &str) -> Result<Role, FieldProblem> {
    let rule = "must be owner, developer, finance or support";
    Role::parse(text).ok_or_else(|| FieldProblem {
        field: ROLE,
        label: "Role",
        violation: Violation::new(rule, text),
    })
}
