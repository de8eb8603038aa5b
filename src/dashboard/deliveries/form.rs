//! What is asked for of an endpoint's messages, as it stands in the URL: read, judged field by field, and
//! written again into links.

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::since::read_span;
use crate::{
    dashboard::views::FieldProblem,
    domain::{game::WebhookType, violation::Violation},
    webhooks::{MessageId, MessageSearch, MessageState},
};

/// Every field there is, and what people call it.
const FIELDS: [(&str, &str); 6] = [
    ("status", "Status"),
    ("type", "Event"),
    ("from", "From"),
    ("to", "To"),
    ("before", "Page"),
    ("after", "Page"),
];

/// The words for where a message stands.
const STATES: [(&str, MessageState); 3] = [
    ("delivered", MessageState::Delivered),
    ("waiting", MessageState::Due),
    ("failed", MessageState::Dead),
];

/// As it was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(BTreeMap<&'static str, String>);

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// With the newest.
    Newest,
    /// After this one, going back in time.
    Before(MessageId),
    /// After this one, coming forward.
    After(MessageId),
}

/// What is asked for, with every field in order.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) search: MessageSearch,
    pub(super) begins: Begins,
}

impl Form {
    /// Reads a URL's query. Of a field that is there twice the last counts; others are not ours.
    pub(super) fn read(query: &str) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some((field, _)) = FIELDS.iter().find(|(it, _)| *it == name) {
                form.0.insert(field, value.trim().to_owned());
            }
        }
        form
    }

    /// What was sent in a field; empty, if nothing was.
    pub(super) fn get(&self, field: &str) -> &str {
        self.0.get(field).map(String::as_str).unwrap_or_default()
    }

    /// Whether any filter is set.
    pub(super) fn has_filters(&self) -> bool {
        ["status", "type", "from", "to"].iter().any(|it| !self.get(it).is_empty())
    }

    /// Whether it is another page than the first.
    pub(super) fn is_further(&self) -> bool {
        ["before", "after"].iter().any(|it| !self.get(it).is_empty())
    }

    /// The same search from its first page on, but for what `changes` say.
    pub(super) fn link(&self, path: &str, changes: &[(&'static str, &str)]) -> String {
        let mut values = self.0.clone();
        values.remove("before");
        values.remove("after");
        for (field, value) in changes {
            values.insert(field, (*value).to_owned());
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(values.iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Judges all fields.
    ///
    /// # Errors
    ///
    /// Every [`FieldProblem`] there is.
    pub(super) fn wish(&self) -> Result<Wish, Vec<FieldProblem>> {
        let mut problems = vec![];
        let state = self.check(&mut problems, "status", read_state);
        let webhook_type = self.check(&mut problems, "type", read_type);
        let from = self.check(&mut problems, "from", read_span).map(|it| it.begins);
        let until = self.check(&mut problems, "to", read_span).map(|it| it.ends);
        if let (Some(from), Some(until)) = (from, until)
            && until <= from
        {
            let rule = "must not be before the time in From";
            problems.push(problem("to", Violation::new(rule, self.get("to"))));
        }
        let before = self.check(&mut problems, "before", read_message_id);
        let after = self.check(&mut problems, "after", read_message_id);
        let begins = match (before, after) {
            (Some(before), None) => Begins::Before(before),
            (None, Some(after)) => Begins::After(after),
            (None, None) => Begins::Newest,
            (Some(_), Some(after)) => {
                let rule = "must not be given together with before";
                problems.push(problem("after", Violation::new(rule, after.as_str())));
                Begins::Newest
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Wish { search: MessageSearch { state, webhook_type, from, until }, begins })
    }

    fn check<T>(
        &self,
        problems: &mut Vec<FieldProblem>,
        field: &'static str,
        read: impl FnOnce(&str) -> Result<T, Violation>,
    ) -> Option<T> {
        let text = self.get(field);
        if text.is_empty() {
            return None;
        }
        read(text).map_err(|violation| problems.push(problem(field, violation))).ok()
    }
}

/// What is wrong with one of [`FIELDS`].
pub(super) fn problem(field: &'static str, violation: Violation) -> FieldProblem {
    let label = FIELDS.iter().find(|(it, _)| *it == field).map_or(field, |(_, label)| label);
    FieldProblem { field, label, violation }
}

fn read_state(text: &str) -> Result<MessageState, Violation> {
    let known = STATES.into_iter().find(|(word, _)| *word == text);
    let rule = "must be delivered, waiting or failed";
    known.map(|(_, state)| state).ok_or_else(|| Violation::new(rule, text))
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

    fn problems(query: &str) -> Vec<String> {
        let problems = Form::read(query).wish().unwrap_err();
        problems.iter().map(|it| format!("{} {}", it.label, it.violation)).collect()
    }

    #[test]
    fn an_empty_form_asks_for_the_newest_of_all() {
        let wish = Form::read("status=&type=&from=&to=&unknown=1").wish().unwrap();
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
        let id = format!("msg_{}", "0".repeat(32));
        assert_eq!(problems(&format!("before={id}&after={id}")).len(), 1);
    }

    #[test]
    fn one_minute_is_a_range_too() {
        let wish = Form::read("from=2026-02-01T10:00&to=2026-02-01T10:00").wish().unwrap();
        assert!(wish.search.from < wish.search.until);
    }

    #[test]
    fn a_link_keeps_the_filters_and_leaves_the_page_it_is_on() {
        let form = Form::read("status=failed&to=&before=x");
        assert_eq!(form.link("/d", &[("after", "y")]), "/d?after=y&status=failed");
        assert_eq!(form.link("/d", &[("status", "")]), "/d");
    }
}
