//! What all pages of the dashboard are made of. Knows no store and decides nothing.
//!
//! Texts of games and players are escaped, isolated in `<bdi>` and free to wrap. Nothing is told by
//! colour alone.

mod badges;
mod icons;
mod layout;
mod parts;
mod problem;
mod section;
mod values;

pub(super) use badges::{Badge, Tone, badge, payment_badge, refund_badge, session_badge};
pub(super) use layout::{
    Account, FORM_TOKEN, Frame, account_page, brand, document, form_token_field, plain_page,
};
pub(super) use parts::{Column, Pages, empty, facts, pagination, table};
pub(super) use problem::{Problem, bare_problem, problem_in};
pub(super) use section::{SESSION_ROUTE, SESSIONS_ROUTE, Section, sessions_path, sessions_path_of};
pub(super) use values::{
    amount, copyable, counted, day_text, fact, moment, moment_ms, shown_money, untrusted,
};
