//! The search as it stands in the URL: read, judged field by field, and written again into links.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use url::form_urlencoded;

use crate::{
    dashboard::views::FieldProblem,
    domain::{currency::Currency, id::SessionId, session::SessionStatus, violation::Violation},
};

/// The longest search, in characters: an item's title is no longer.
pub(super) const QUERY_CHARACTERS_MAX: usize = 200;

/// How many words of a title are looked for at once.
pub(super) const WORDS_MAX: usize = 8;

/// A day is written as `2026-01-31`.
const DAY_BYTES: usize = 10;

/// Every field there is, and what people call it.
const FIELDS: [(&str, &str); 8] = [
    ("q", "Search"),
    ("in", "Search in"),
    ("status", "Status"),
    ("currency", "Currency"),
    ("from", "From"),
    ("to", "To"),
    ("before", "Page"),
    ("after", "Page"),
];

/// As it was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(BTreeMap<&'static str, String>);

/// What the words of a search are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Within {
    /// To be found out.
    #[default]
    Anything,
    /// A player's id.
    Player,
    /// Words of an item's title.
    Title,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// With the newest.
    Newest,
    /// After this one, going back in time.
    Before(SessionId),
    /// After this one, coming forward.
    After(SessionId),
}

/// What is asked for, with every field in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) query: Option<String>,
    pub(super) within: Within,
    pub(super) status: Option<SessionStatus>,
    pub(super) currency: Option<Currency>,
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
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

    /// Whether any filter is set, beside the search.
    pub(super) fn has_filters(&self) -> bool {
        ["status", "currency", "from", "to"].iter().any(|it| !self.get(it).is_empty())
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
        let query = self.check(&mut problems, "q", read_query);
        let within = self.check(&mut problems, "in", read_within).unwrap_or_default();
        let status = self.check(&mut problems, "status", read_status);
        let currency = self.check(&mut problems, "currency", Currency::parse);
        let from = self.check(&mut problems, "from", read_day);
        let to = self.check(&mut problems, "to", read_day);
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            let rule = "must not be before the day in From";
            problems.push(problem("to", Violation::new(rule, self.get("to"))));
        }
        let before = self.check(&mut problems, "before", |it| SessionId::parse(it));
        let after = self.check(&mut problems, "after", |it| SessionId::parse(it));
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
        Ok(Wish { query, within, status, currency, from, to, begins })
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

fn read_query(text: &str) -> Result<String, Violation> {
    if QUERY_CHARACTERS_MAX < text.chars().count() || text.chars().any(char::is_control) {
        let rule = "must be at most 200 characters long, without control characters";
        return Err(Violation::new(rule, text));
    }
    Ok(text.to_owned())
}

fn read_within(text: &str) -> Result<Within, Violation> {
    match text {
        "player" => Ok(Within::Player),
        "title" => Ok(Within::Title),
        _ => Err(Violation::new("must be player or title", text)),
    }
}

fn read_status(text: &str) -> Result<SessionStatus, Violation> {
    let rule = "must be pending, paid, failed, cancelled or expired";
    SessionStatus::parse(text).ok_or_else(|| Violation::new(rule, text))
}

fn read_day(text: &str) -> Result<NaiveDate, Violation> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    // Nothing but four digits of a year: Postgres's calendar ends before that of the parser.
    let day = day.filter(|_| text.len() == DAY_BYTES);
    day.ok_or_else(|| Violation::new("must be a day such as 2026-01-31", text))
}

/// The words of a title in a search.
pub(super) fn words_of(query: &str) -> Vec<String> {
    query.split_whitespace().take(WORDS_MAX).map(str::to_owned).collect()
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
        let wish = Form::read("q=+&status=&currency=&from=&to=&unknown=1").wish().unwrap();
        assert_eq!(wish.query, None);
        assert_eq!(wish.begins, Begins::Newest);
        assert_eq!((wish.status, wish.from), (None, None));
    }

    #[test]
    fn a_wrong_field_is_named_with_its_rule_and_what_was_received() {
        assert_eq!(
            problems("status=done&currency=usd&from=31.1.2026"),
            [
                "Status must be pending, paid, failed, cancelled or expired; received \"done\"",
                "Currency must be an active ISO 4217 code such as USD; received \"usd\"",
                "From must be a day such as 2026-01-31; received \"31.1.2026\"",
            ]
        );
        assert_eq!(problems("from=2026-02-30").len(), 1);
        assert_eq!(problems("from=%2B99999-01-01").len(), 1);
        assert_eq!(problems("from=2026-02-02&to=2026-02-01").len(), 1);
        assert_eq!(problems(&format!("q={}", "x".repeat(201))).len(), 1);
        assert_eq!(problems("before=sess_1").len(), 1);
    }

    #[test]
    fn one_day_is_a_range_too_and_200_characters_are_a_search() {
        assert!(Form::read("from=2026-02-01&to=2026-02-01").wish().is_ok());
        assert!(Form::read(&format!("q={}", "é".repeat(200))).wish().is_ok());
    }

    #[test]
    fn a_link_keeps_the_search_and_leaves_the_page_it_is_on() {
        let form = Form::read("q=a+%26+b&status=paid&to=&before=x");
        assert_eq!(form.link("/s", &[]), "/s?q=a+%26+b&status=paid");
        assert_eq!(form.link("/s", &[("after", "y"), ("q", "")]), "/s?after=y&status=paid");
        assert_eq!(Form::default().link("/s", &[]), "/s");
    }
}
