//! What is asked for of an endpoint's messages: the fields of the search, judged one by one.

use super::since::read_span;
use crate::{
    dashboard::{
        filters::{Begins, Filters},
        views::FieldProblem,
    },
    domain::{game::WebhookType, violation::Violation},
    webhooks::{MessageId, MessageSearch, MessageState},
};

/// Every field there is, and what people call it.
pub(super) const FIELDS: &[(&str, &str)] =
    &[("status", "Status"), ("type", "Event"), ("from", "From"), ("to", "To")];

/// All of them narrow the list.
pub(super) const NARROWING: &[&str] = &["status", "type", "from", "to"];

/// The words for where a message stands, and what people read.
pub(super) const STATES: [(&str, &str, MessageState); 3] = [
    ("delivered", "Delivered", MessageState::Delivered),
    ("waiting", "Waiting", MessageState::Due),
    ("failed", "Given up", MessageState::Dead),
];

/// What is asked for, with every field in order.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) search: MessageSearch,
    pub(super) begins: Begins<MessageId>,
}

/// Judges all fields.
///
/// # Errors
///
/// Every [`FieldProblem`] there is.
pub(super) fn wish(filters: &Filters) -> Result<Wish, Vec<FieldProblem>> {
    let mut judge = filters.judge();
    let state = judge.check("status", read_state);
    let webhook_type = judge.check("type", read_type);
    let from = judge.check("from", read_span).map(|it| it.begins);
    let until = judge.check("to", read_span).map(|it| it.ends);
    let is_in_order = from.zip(until).is_none_or(|(from, until)| from < until);
    judge.require("to", is_in_order, "must not be before the time in From");
    let begins = judge.begins(read_message_id);
    judge.done()?;
    Ok(Wish { search: MessageSearch { state, webhook_type, from, until }, begins })
}

fn read_state(text: &str) -> Result<MessageState, Violation> {
    let known = STATES.into_iter().find(|(word, ..)| *word == text);
    let rule = "must be delivered, waiting or failed";
    known.map(|(.., state)| state).ok_or_else(|| Violation::new(rule, text))
}

fn read_type(text: &str) -> Result<WebhookType, Violation> {
    let rule = "must be a type of webhook such as session.paid";
    WebhookType::parse(text).ok_or_else(|| Violation::new(rule, text))
}

fn read_message_id(text: &str) -> Result<MessageId, Violation> {
    MessageId::parse(text).ok_or_else(|| Violation::new("must be a message’s id, msg_…", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Wish, Vec<FieldProblem>> {
        wish(&Filters::read(FIELDS, query))
    }

    fn problems(query: &str) -> Vec<String> {
        let problems = read(query).unwrap_err();
        problems.iter().map(|it| format!("{} {}", it.label, it.violation)).collect()
    }

    #[test]
    fn an_empty_form_asks_for_the_newest_of_all() {
        let wish = read("status=&type=&from=&to=&unknown=1").unwrap();
        assert_eq!(wish.begins, Begins::Newest);
        assert_eq!((wish.search.state, wish.search.webhook_type), (None, None));
    }

    #[test]
    fn a_wrong_field_is_named_with_its_rule_and_what_was_received() {
        assert_eq!(
            problems("status=dead&type=session&from=now&before=msg_1"),
            [
                "Status must be delivered, waiting or failed; received \"dead\"",
                "Event must be a type of webhook such as session.paid; received \"session\"",
                "From must be a time such as 2026-01-31T13:45, or a day such as 2026-01-31; \
                 received \"now\"",
                "Page must be a message’s id, msg_…; received \"msg_1\"",
            ]
        );
        assert_eq!(problems("from=2026-02-02&to=2026-02-01").len(), 1);
    }

    #[test]
    fn one_minute_is_a_range_too() {
        let wish = read("from=2026-02-01T10:00&to=2026-02-01T10:00").unwrap();
        assert!(wish.search.from < wish.search.until);
    }
}
