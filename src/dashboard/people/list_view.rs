//! Draws the people of a studio.

use maud::{Markup, html};

use super::{
    done::Done,
    people_path,
    words::{address, called, role_meaning, standing, standing_since},
};
use crate::{
    dashboard::{
        place::StudioPlace,
        views::{
            Column, account_page, counted, done_notice, fact, facts, moment, role_name, table,
            untrusted,
        },
    },
    domain::studio::{Permission, Role},
    page_headers::Nonce,
    people::Colleague,
};

const COLUMNS: [Column; 5] = [
    Column::plain("Person"),
    Column::text("Role"),
    Column::text("Account"),
    Column::text("Second factor"),
    Column::text("Seen"),
];
/// For who may change them.
const COLUMN_OF_ACTS: Column = Column::text("Change");

/// What the page shows.
pub(super) struct ListView<'a> {
    pub(super) place: &'a StudioPlace,
    pub(super) people: &'a [Colleague],
    /// Who looks.
    pub(super) own_id: &'a str,
    /// What was just done.
    pub(super) done: Option<Done>,
}

/// Draws the page.
pub(super) fn list_page(view: &ListView<'_>, nonce: &Nonce) -> Markup {
    let ListView { place, people, .. } = view;
    let may_change = place.may(Permission::ChangePeople);
    let path = people_path(&place.studio_id);
    let columns: Vec<Column> =
        COLUMNS.into_iter().chain(may_change.then_some(COLUMN_OF_ACTS)).collect();
    let count = i64::try_from(people.len()).unwrap_or(i64::MAX);
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { a href="/dashboard" { "Your games" } }
        div class="head" {
            h1 { "People of " (untrusted(&place.studio_name)) }
            @if may_change { a class="button primary" href={ (path) "/invite" } { "Invite somebody" } }
        }
        @if let Some(done) = view.done { (done_notice(done.text())) }
        p class="count" { (counted(count, "person", "people")) }
        (table("People of the studio", &columns, people.iter().map(|it| row(view, it, may_change))))
        section {
            h2 { "What the roles may do" }
            (facts(Role::ALL.iter().map(|it| fact(role_name(*it), html! { (role_meaning(*it)) }))))
        }
        p class="hint" {
            "Seen is when somebody last did something here, while they are in; times are UTC. Whatever people do stands in the log under their names."
        }
    };
    account_page("People", &place.account, &main, nonce)
}

fn row(view: &ListView<'_>, it: &Colleague, may_change: bool) -> Vec<Markup> {
    let person = &it.person;
    let is_self = person.id == view.own_id;
    let (word, since) = standing_since(it);
    let mut cells = vec![
        html! {
            strong { (untrusted(called(it))) }
            @if is_self { " " span class="role" { "You" } }
            @if person.name.is_some() { div class="hint" { (address(it)) } }
        },
        html! { (role_name(it.role)) },
        html! { (standing(it)) " " span class="hint" { (word) " " (moment(since)) } },
        html! { @if person.enrolled_at.is_some() { "Yes" } @else { "Not yet" } },
        html! { @match it.seen_at { Some(at) => (moment(at)), None => span class="none" { "Not in now" } } },
    ];
    if may_change {
        let path = people_path(&view.place.studio_id);
        cells.push(html! {
            a class="row-link" href={ (path) "/" (person.id) } {
                "Change" span class="visually-hidden" { " " (untrusted(called(it))) }
            }
        });
    }
    cells
}
