//! What people call the roles.

use crate::domain::studio::Role;

/// What people call a role.
pub(in crate::dashboard) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Developer => "Developer",
        Role::Finance => "Finance",
        Role::Support => "Support",
    }
}
