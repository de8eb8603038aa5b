//! What is asked for of a studio's history, as it stands in the URL: read, judged field by field, and written
//! again into links.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveTime};
use url::form_urlencoded;

use crate::{
    acts::{ActCursor, ActKind, ActTurn, ActsWanted, TOFFEEPAY},
    dashboard::views::FieldProblem,
    domain::{
        Timestamp,
        id::{KeyId, PersonId},
        violation::Violation,
        world::World,
    },
    projections::game::GameRow,
};

/// Every field there is, and what people call it.
const FIELDS: [(&str, &str); 8] = [
    ("who", "Who"),
    ("game", "Game"),
    ("world", "World"),
    ("kind", "About"),
    ("from", "From"),
    ("to", "To"),
    ("before", "Page"),
    ("after", "Page"),
];

/// Those that say where a page begins, and not of what.
const TURNS: [&str; 2] = ["before", "after"];

/// A day is written as `2026-01-31`.
pub(super) const DAY_BYTES: usize = 10;

/// As it was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(BTreeMap<&'static str, String>);

/// What is asked for, with every field in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) wanted: ActsWanted,
    pub(super) turn: ActTurn,
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
        self.0.iter().any(|(field, value)| !TURNS.contains(field) && !value.is_empty())
    }

    /// Whether it is another page than the first.
    pub(super) fn is_further(&self) -> bool {
        TURNS.iter().any(|it| !self.get(it).is_empty())
    }

    /// The same from its first page on, but for what `changes` say.
    pub(super) fn link(&self, path: &str, changes: &[(&'static str, &str)]) -> String {
        let mut values = self.0.clone();
        values.retain(|field, _| !TURNS.contains(field));
        for (field, value) in changes {
            values.insert(field, (*value).to_owned());
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(values.iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Judges all fields, for a studio that has these games.
    ///
    /// # Errors
    ///
    /// Every [`FieldProblem`] there is.
    pub(super) fn wish(&self, games: &[GameRow]) -> Result<Wish, Vec<FieldProblem>> {
        let mut problems = vec![];
        let read_game = |text: &str| {
            let rule = "must be a game of this studio";
            let is_theirs = games.iter().any(|it| it.id == text);
            is_theirs.then(|| text.to_owned()).ok_or_else(|| Violation::new(rule, text))
        };
        let wanted = ActsWanted {
            actor: self.check(&mut problems, "who", read_actor),
            game_id: self.check(&mut problems, "game", read_game),
            world: self.check(&mut problems, "world", read_world),
            kind: self.check(&mut problems, "kind", read_kind),
            from: self.check(&mut problems, "from", read_day),
            until: self.check(&mut problems, "to", |text| {
                let next = read_day(text)?.checked_add_days(Days::new(1));
                next.ok_or_else(|| Violation::new(DAY_RULE, text))
            }),
        };
        if let (Some(from), Some(until)) = (wanted.from, wanted.until)
            && until <= from
        {
            let rule = "must not be before the day in From";
            problems.push(problem("to", Violation::new(rule, self.get("to"))));
        }
        let before = self.check(&mut problems, "before", read_cursor);
        let after = self.check(&mut problems, "after", read_cursor);
        let turn = match (before, after) {
            (Some(before), None) => ActTurn::Before(before),
            (None, Some(after)) => ActTurn::After(after),
            (None, None) => ActTurn::Newest,
            (Some(_), Some(_)) => {
                let rule = "must not be given together with before";
                problems.push(problem("after", Violation::new(rule, self.get("after"))));
                ActTurn::Newest
            }
        };
        if problems.is_empty() { Ok(Wish { wanted, turn }) } else { Err(problems) }
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

/// Somebody as an address names them: by their id alone.
pub(super) fn actor_word(actor: &str) -> &str {
    actor.split_once(':').map_or(actor, |(_, id)| id)
}

/// Where an act stands, as an address says it.
pub(super) fn cursor_word(recorded_at: Timestamp, position: i64) -> String {
    format!("{}-{position}", recorded_at.timestamp_micros())
}

/// What is wrong with one of [`FIELDS`].
fn problem(field: &'static str, violation: Violation) -> FieldProblem {
    let label = FIELDS.iter().find(|(it, _)| *it == field).map_or(field, |(_, label)| label);
    FieldProblem { field, label, violation }
}

fn read_actor(text: &str) -> Result<String, Violation> {
    if text == TOFFEEPAY {
        Ok(text.to_owned())
    } else if PersonId::parse(text).is_ok() {
        Ok(format!("person:{text}"))
    } else if KeyId::parse(text).is_ok() {
        Ok(format!("key:{text}"))
    } else {
        Err(Violation::new("must be a person’s id, a key’s id or toffeepay", text))
    }
}

fn read_world(text: &str) -> Result<World, Violation> {
    World::parse(text).ok_or_else(|| Violation::new("must be test or live", text))
}

fn read_kind(text: &str) -> Result<ActKind, Violation> {
    let rule = "must be a kind of act such as refunds";
    ActKind::parse(text).ok_or_else(|| Violation::new(rule, text))
}

const DAY_RULE: &str = "must be a day such as 2026-01-31";

fn read_day(text: &str) -> Result<Timestamp, Violation> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    // Nothing but four digits of a year: Postgres's calendar ends before that of the parser.
    let day = day.filter(|_| text.len() == DAY_BYTES && !text.starts_with(['+', '-']));
    let begins = day.map(|it| it.and_time(NaiveTime::MIN).and_utc());
    begins.ok_or_else(|| Violation::new(DAY_RULE, text))
}

fn read_cursor(text: &str) -> Result<ActCursor, Violation> {
    let read = || {
        let (at, position) = text.split_once('-')?;
        let recorded_at = Timestamp::from_timestamp_micros(at.parse().ok()?)?;
        let cursor = ActCursor { recorded_at, position: position.parse().ok()? };
        // As we write it, and no moment that Postgres could not have written.
        let is_ours = cursor_word(recorded_at, cursor.position) == text;
        (is_ours && (1970..10_000).contains(&chrono::Datelike::year(&recorded_at)))
            .then_some(cursor)
    };
    read().ok_or_else(|| Violation::new("must begin where a page of the history ends", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(query: &str) -> Vec<String> {
        let problems = Form::read(query).wish(&[]).unwrap_err();
        problems.iter().map(|it| format!("{} {}", it.label, it.violation)).collect()
    }

    #[test]
    fn an_empty_form_asks_for_the_newest_of_all() {
        let wish = Form::read("who=&game=&from=&unknown=1").wish(&[]).unwrap();
        assert_eq!(wish, Wish { wanted: ActsWanted::default(), turn: ActTurn::Newest });
    }

    #[test]
    fn a_wrong_field_is_named_with_its_rule_and_what_was_received() {
        assert_eq!(
            problems("who=ada&game=theirs&world=both&kind=all&from=now&to=2026-02-30&before=1-x"),
            [
                "Who must be a person’s id, a key’s id or toffeepay; received \"ada\"",
                "Game must be a game of this studio; received \"theirs\"",
                "World must be test or live; received \"both\"",
                "About must be a kind of act such as refunds; received \"all\"",
                "From must be a day such as 2026-01-31; received \"now\"",
                "To must be a day such as 2026-01-31; received \"2026-02-30\"",
                "Page must begin where a page of the history ends; received \"1-x\"",
            ]
        );
        assert_eq!(problems("from=2026-02-02&to=2026-02-01").len(), 1);
        assert_eq!(problems("before=1-1&after=1-1").len(), 1);
        for text in ["", "1", "-1-1", "01-1", "9223372036854775807-1"] {
            assert!(read_cursor(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_is_meant_to_its_end_and_a_place_is_read_as_it_was_written() {
        let wish = Form::read("from=2026-02-01&to=2026-02-01").wish(&[]).unwrap().wanted;
        let day = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(wish.from, day("2026-02-01T00:00:00Z"));
        assert_eq!(wish.until, day("2026-02-02T00:00:00Z"));
        let at: Timestamp = "2026-02-01T10:00:00.123456Z".parse().unwrap();
        let cursor = ActCursor { recorded_at: at, position: 7 };
        assert_eq!(read_cursor(&cursor_word(at, 7)), Ok(cursor));
    }

    #[test]
    fn a_link_keeps_the_filters_and_goes_back_to_the_first_page() {
        let form = Form::read("kind=keys&before=1-1&world=");
        assert_eq!(form.link("/h", &[("world", "live")]), "/h?kind=keys&world=live");
        assert_eq!(form.link("/h", &[("kind", "")]), "/h");
    }
}
