//! What all pages of the dashboard are made of. Knows no store and decides nothing.
//!
//! Texts of games and players are escaped, isolated in `<bdi>` and free to wrap. Nothing is told by
//! colour alone.

mod account;
mod badges;
mod forms;
mod icons;
mod layout;
mod parts;
mod problem;
mod role;
mod second_look;
mod section;
mod share;
mod values;

pub(super) use account::Account;
pub(super) use badges::{
    Badge, Tone, badge, payment_badge, refund_badge, session_badge, world_badge,
};
pub(super) use forms::{
    FORM_ID, FORM_TOKEN, Field, FieldProblem, done_notice, form_token_field, own_form, own_upload,
    problem_list,
};
pub(super) use icons::gem;
pub(super) use layout::{
    Frame, Own, account_page, account_page_in, brand, document, document_with,
    document_with_script, plain_page,
};
pub(super) use parts::{Column, Pages, empty, facts, pagination, table};
pub(super) use problem::{
    Problem, bare_problem, failed_page, not_allowed_page, problem_in, problem_in_section,
};
pub(super) use role::role_name;
pub(super) use second_look::{SecondLook, WHY, WHY_LABEL, shown_reason, why_field};
pub(super) use section::{Section, first_path_of, sessions_path};
pub(super) use share::{percent, share, thousandths};
pub(super) use values::{
    amount, balance, change, copyable, counted, day_text, fact, moment, moment_ms, plain, readable,
    shown_money, untrusted,
};
