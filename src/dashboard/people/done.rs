//! What was just done to a studio's people, as the list's URL says it: one of a few words.

use crate::{
    dashboard::{access::Fields, people::people_path},
    domain::id::StudioId,
};

/// The field of the URL.
const FIELD: &str = "done";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    RoleChanged,
    Removed,
}

impl Done {
    /// Reads a URL's query.
    pub(super) fn read(query: &str) -> Option<Self> {
        let fields = Fields::read(query.as_bytes());
        [Self::RoleChanged, Self::Removed].into_iter().find(|it| it.word() == fields.text(FIELD))
    }

    /// The list that says so.
    pub(super) fn on(self, studio_id: &StudioId) -> String {
        format!("{}?{FIELD}={}", people_path(studio_id), self.word())
    }

    /// What people are told.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::RoleChanged => "The role was changed. It holds from their next click on.",
            Self::Removed => {
                "They are no member any more, and see nothing of this studio from now on."
            }
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::RoleChanged => "role-changed",
            Self::Removed => "removed",
        }
    }
}
