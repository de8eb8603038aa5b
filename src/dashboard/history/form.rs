//! What is asked for of a studio's history: the fields of the search, judged one by one.

use chrono::{Datelike, Days, NaiveDate, NaiveTime};

use crate::{
    acts::{ActCursor, ActKind, ActTurn, ActsWanted, TOFFEEPAY},
    dashboard::{
        filters::{Begins, Filters},
        views::FieldProblem,
    },
    domain::{
        Timestamp,
        id::{KeyId, PersonId},
        violation::Violation,
        world::World,
    },
    projections::game::GameRow,
};

/// Every field there is, and what people call it.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("who", "Who"),
    ("game", "Game"),
    ("world", "World"),
    ("kind", "About"),
    ("from", "From"),
    ("to", "To"),
];

/// All of them narrow the list.
pub(super) const NARROWING: &[&str] = &["who", "game", "world", "kind", "from", "to"];

/// A day is written as `2026-01-31`.
pub(super) const DAY_BYTES: usize = 10;

const DAY_RULE: &str = "must be a day such as 2026-01-31";

/// What is asked for, with every field in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) wanted: ActsWanted,
    pub(super) turn: ActTurn,
}

/// Judges all fields, for a studio that has these games.
///
/// # Errors
///
/// Every [`FieldProblem`] there is.
pub(super) fn wish(filters: &Filters, games: &[GameRow]) -> Result<Wish, Vec<FieldProblem>> {
    let mut judge = filters.judge();
    let read_game = |text: &str| {
        let is_theirs = games.iter().any(|it| it.id == text);
        let rule = "must be a game of this studio";
        is_theirs.then(|| text.to_owned()).ok_or_else(|| Violation::new(rule, text))
    };
    let wanted = ActsWanted {
        actor: judge.check("who", read_actor),
        game_id: judge.check("game", read_game),
        world: judge.check("world", read_world),
        kind: judge.check("kind", read_kind),
        from: judge.check("from", read_day),
        until: judge.check("to", |text| {
            let next = read_day(text)?.checked_add_days(Days::new(1));
            next.ok_or_else(|| Violation::new(DAY_RULE, text))
        }),
    };
    let is_in_order = wanted.from.zip(wanted.until).is_none_or(|(from, until)| from < until);
    judge.require("to", is_in_order, "must not be before the day in From");
    let turn = match judge.begins(read_cursor) {
        Begins::Newest => ActTurn::Newest,
        Begins::Before(cursor) => ActTurn::Before(cursor),
        Begins::After(cursor) => ActTurn::After(cursor),
    };
    judge.done()?;
    Ok(Wish { wanted, turn })
}

/// Somebody as an address names them: by their id alone.
pub(super) fn actor_word(actor: &str) -> &str {
    actor.split_once(':').map_or(actor, |(_, id)| id)
}

/// Where an act stands, as an address says it.
pub(super) fn cursor_word(recorded_at: Timestamp, position: i64) -> String {
    format!("{}-{position}", recorded_at.timestamp_micros())
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
        (is_ours && (1970..10_000).contains(&recorded_at.year())).then_some(cursor)
    };
    read().ok_or_else(|| Violation::new("must begin where a page of the history ends", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Wish, Vec<FieldProblem>> {
        wish(&Filters::read(FIELDS, query), &[])
    }

    fn problems(query: &str) -> Vec<String> {
        let problems = read(query).unwrap_err();
        problems.iter().map(|it| format!("{} {}", it.label, it.violation)).collect()
    }

    #[test]
    fn an_empty_form_asks_for_the_newest_of_all() {
        let wish = read("who=&game=&from=&unknown=1").unwrap();
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
        let wish = read("from=2026-02-01&to=2026-02-01").unwrap().wanted;
        let day = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(wish.from, day("2026-02-01T00:00:00Z"));
        assert_eq!(wish.until, day("2026-02-02T00:00:00Z"));
        let at: Timestamp = "2026-02-01T10:00:00.123456Z".parse().unwrap();
        let cursor = ActCursor { recorded_at: at, position: 7 };
        assert_eq!(read_cursor(&cursor_word(at, 7)), Ok(cursor));
    }
}
