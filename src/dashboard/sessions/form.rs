//! What is asked for of a game's sessions: the fields of the search, judged one by one.

use chrono::NaiveDate;

use crate::{
    dashboard::{
        filters::{Begins, Filters},
        views::FieldProblem,
    },
    domain::{currency::Currency, id::SessionId, session::SessionStatus, violation::Violation},
};

/// The longest search, in characters: an item's title is no longer.
pub(super) const QUERY_CHARACTERS_MAX: usize = 200;

/// How many words of a title are looked for at once.
pub(super) const WORDS_MAX: usize = 8;

/// A day is written as `2026-01-31`.
pub(super) const DAY_BYTES: usize = 10;

/// Every field there is, and what people call it.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("q", "Search"),
    ("in", "Search in"),
    ("status", "Status"),
    ("currency", "Currency"),
    ("from", "From"),
    ("to", "To"),
];

/// The fields beside the search.
pub(super) const NARROWING: &[&str] = &["status", "currency", "from", "to"];

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

/// What is asked for, with every field in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) query: Option<String>,
    pub(super) within: Within,
    pub(super) status: Option<SessionStatus>,
    pub(super) currency: Option<Currency>,
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
    pub(super) begins: Begins<SessionId>,
}

/// Judges all fields.
///
/// # Errors
///
/// Every [`FieldProblem`] there is.
pub(super) fn wish(filters: &Filters) -> Result<Wish, Vec<FieldProblem>> {
    let mut judge = filters.judge();
    let query = judge.check("q", read_query);
    let within = judge.check("in", read_within).unwrap_or_default();
    let status = judge.check("status", read_status);
    let currency = judge.check("currency", Currency::parse);
    let from = judge.check("from", read_day);
    let to = judge.check("to", read_day);
    let is_in_order = from.zip(to).is_none_or(|(from, to)| from <= to);
    judge.require("to", is_in_order, "must not be before the day in From");
    let begins = judge.begins(|it| SessionId::parse(it));
    judge.done()?;
    Ok(Wish { query, within, status, currency, from, to, begins })
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

/// The words of a title in a search: those that are looked for, and those that would be too many.
pub(super) fn words_of(query: &str) -> (Vec<String>, String) {
    let mut words = query.split_whitespace();
    let taken = words.by_ref().take(WORDS_MAX).map(str::to_owned).collect();
    (taken, words.collect::<Vec<_>>().join(" "))
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
        let wish = read("q=+&status=&currency=&from=&to=&unknown=1").unwrap();
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
        assert!(read("from=2026-02-01&to=2026-02-01").is_ok());
        assert!(read(&format!("q={}", "é".repeat(200))).is_ok());
    }

    #[test]
    fn words_beyond_the_eighth_are_known_not_to_be_looked_for() {
        let (words, left_out) = words_of("a b  c d e f g h i  j");
        assert_eq!((words.len(), left_out.as_str()), (8, "i j"));
        assert_eq!(words_of("a b"), (vec!["a".to_owned(), "b".to_owned()], String::new()));
    }
}
