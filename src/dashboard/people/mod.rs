//! The people of a studio: who they are, what they may do, and whether they can come in. Owners invite them,
//! change their roles and let them go.

mod acts;
mod done;
mod form;
mod invite;
mod list;
mod list_view;
mod member;
mod member_view;
mod words;

use super::table::{May, Row, form as sent, page};
use crate::domain::{
    id::StudioId,
    studio::Permission::{ChangePeople, SeePeople},
};

/// Its pages and forms. To change anything, a person has just proved who they are.
pub(super) fn rows() -> Vec<Row> {
    vec![
        page("/studios/{studio_id}/people", May::Studio(SeePeople), list::list),
        page("/studios/{studio_id}/people/invite", May::Studio(ChangePeople), invite::blank),
        sent("/studios/{studio_id}/people/invite", May::Studio(ChangePeople), invite::invite),
        page("/studios/{studio_id}/people/{person_id}", May::Studio(ChangePeople), member::page),
        sent("/studios/{studio_id}/people/{person_id}/role", May::Studio(ChangePeople), acts::role),
        sent("/studios/{studio_id}/people/{person_id}/link", May::Studio(ChangePeople), acts::link),
        page(
            "/studios/{studio_id}/people/{person_id}/remove",
            May::Studio(ChangePeople),
            member::remove_look,
        ),
        sent(
            "/studios/{studio_id}/people/{person_id}/remove",
            May::Studio(ChangePeople),
            acts::remove,
        ),
    ]
}

/// Where the people of a studio are.
pub(super) fn people_path(studio_id: &StudioId) -> String {
    people_path_of(studio_id.as_str())
}

/// The same for an id out of a row.
pub(super) fn people_path_of(studio_id: &str) -> String {
    format!("/dashboard/studios/{studio_id}/people")
}
