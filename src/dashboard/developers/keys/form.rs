//! The form for a new key: as it was typed, judged field by field.

use chrono::{Days, NaiveDate, NaiveTime};

use super::super::{
    problems::{Named, Problems},
    words::usual_per_second,
};
use crate::{
    admin::NewKey,
    dashboard::{access::Fields, views::FieldProblem},
    domain::{
        Timestamp,
        game::{KeyScope, RateLimit},
        studio::{Permission, Role},
        text::DisplayName,
        violation::Violation,
        world::World,
    },
};

pub(super) const NAME: Named = ("name", "Name");
pub(super) const SCOPES: Named = ("scope", "What it may do");
pub(super) const EXPIRES: Named = ("expires", "Expires");
pub(super) const PER_SECOND: Named = ("per_second", "Requests a second");

/// The longest life of a key that has an end: ten years.
const LIFE_DAYS_MAX: u64 = 3_650;
/// A day is written as `2026-01-31`.
const DAY_BYTES: usize = 10;

/// What was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
    pub(super) expires: String,
    pub(super) per_second: String,
}

impl Typed {
    /// Before anything is: what a game server needs.
    pub(super) fn nothing() -> Self {
        let scopes = KeyScope::OF_A_GAME_SERVER.map(|it| it.to_string()).to_vec();
        Self { scopes, ..Self::default() }
    }

    /// The same for somebody, as far as they may hold it.
    pub(super) fn nothing_of(role: Role, world: World) -> Self {
        let mut typed = Self::nothing();
        if !may_hold(role, world, &KeyScope::OF_A_GAME_SERVER) {
            typed.scopes.retain(|it| it != KeyScope::Refund.as_str());
        }
        typed
    }

    /// What a form sent.
    pub(super) fn of(fields: &Fields) -> Self {
        let text = |(name, _): Named| fields.text(name).trim().to_owned();
        Self {
            name: text(NAME),
            scopes: fields.all(SCOPES.0).map(str::to_owned).collect(),
            expires: text(EXPIRES),
            per_second: text(PER_SECOND),
        }
    }

    /// The key that is asked for.
    ///
    /// # Errors
    ///
    /// Every [`FieldProblem`] there is.
    pub(super) fn read(
        &self,
        world: World,
        role: Role,
        now: Timestamp,
    ) -> Result<NewKey, Vec<FieldProblem>> {
        let mut problems = Problems::default();
        let name = problems.check(NAME, DisplayName::parse(self.name.as_str()));
        let scopes = problems.check(SCOPES, read_scopes(&self.scopes, world, role));
        let expires_at = problems.check_some(EXPIRES, &self.expires, |it| read_end(it, now));
        let per_second =
            problems.check_some(PER_SECOND, &self.per_second, |it| read_limit(it, world));
        let rate_limit = per_second.unwrap_or_default();
        match (name, scopes, problems.into_list()) {
            (Some(name), Some(scopes), problems) if problems.is_empty() => {
                Ok(NewKey { world, name, scopes, expires_at, rate_limit })
            }
            (_, _, problems) => Err(problems),
        }
    }
}

/// Whether somebody may hold a key that may do so: a live key gives back no money that they may not.
pub(super) fn may_hold(role: Role, world: World, scopes: &[KeyScope]) -> bool {
    let gives_back = world == World::Live && scopes.contains(&KeyScope::Refund);
    !gives_back || role.may(Permission::Refund)
}

fn read_scopes(texts: &[String], world: World, role: Role) -> Result<Vec<KeyScope>, Violation> {
    if texts.is_empty() {
        return Err(Violation::of_number("must be at least one thing", "none"));
    }
    let rule = "must be read, write, refund or webhooks, each once";
    let mut scopes = vec![];
    for text in texts {
        let scope = KeyScope::parse(text).filter(|it| !scopes.contains(it));
        scopes.push(scope.ok_or_else(|| Violation::new(rule, text))?);
    }
    if !may_hold(role, world, &scopes) {
        let rule = "must not have refund in the live world, since your role gives no money back; ask an owner";
        return Err(Violation::new(rule, KeyScope::Refund.as_str()));
    }
    Ok(scopes)
}

/// The beginning of a day.
fn read_end(text: &str, now: Timestamp) -> Result<Timestamp, Violation> {
    let rule = "must be a day from tomorrow on, within ten years, such as 2027-01-31";
    let refused = || Violation::new(rule, text);
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let day = day.filter(|_| text.len() == DAY_BYTES).ok_or_else(refused)?;
    let last = now.date_naive().checked_add_days(Days::new(LIFE_DAYS_MAX));
    let is_in_time = now.date_naive() < day && last.is_none_or(|last| day <= last);
    is_in_time.then(|| day.and_time(NaiveTime::MIN).and_utc()).ok_or_else(refused)
}

/// A studio's own people set a key's limit below that of its world. Above it, only who runs the service
/// does, since the limits are there to protect it.
fn read_limit(text: &str, world: World) -> Result<RateLimit, Violation> {
    let rule = match world {
        World::Test => "must be a number from 1 to the test world’s own limit",
        World::Live => "must be a number from 1 to the live world’s own limit",
    };
    let limit = text.parse().ok().filter(|it| *it <= usual_per_second(world));
    limit.map(RateLimit::PerSecond).ok_or_else(|| Violation::new(rule, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-03T23:30:00Z".parse().unwrap()
    }

    fn typed() -> Typed {
        Typed { name: "Game server".to_owned(), ..Typed::nothing() }
    }

    fn wrong(typed: &Typed) -> Vec<&'static str> {
        let problems = typed.read(World::Test, Role::Developer, now()).unwrap_err();
        problems.iter().map(|it| it.field).collect()
    }

    #[test]
    fn a_form_with_a_name_asks_for_what_a_game_server_needs() {
        let key = typed().read(World::Test, Role::Developer, now()).unwrap();
        assert_eq!(key.scopes, KeyScope::OF_A_GAME_SERVER);
        assert_eq!((key.expires_at, key.rate_limit), (None, RateLimit::ByWorld));
    }

    #[test]
    fn nobody_gets_a_live_key_that_gives_back_money_which_they_may_not() {
        let read = |role, world| typed().read(world, role, now()).is_ok();
        assert!(!read(Role::Developer, World::Live));
        assert!(read(Role::Developer, World::Test) && read(Role::Owner, World::Live));
        let all_but = Typed { scopes: vec!["read".to_owned(), "write".to_owned()], ..typed() };
        assert!(all_but.read(World::Live, Role::Developer, now()).is_ok());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let typed = Typed {
            name: String::new(),
            scopes: vec![],
            expires: "3.11.2026".to_owned(),
            per_second: "none".to_owned(),
        };
        assert_eq!(wrong(&typed), ["name", "scope", "expires", "per_second"]);
        let twice = vec!["read".to_owned(), "read".to_owned()];
        assert_eq!(wrong(&Typed { scopes: twice, ..super::tests::typed() }), ["scope"]);
    }

    #[test]
    fn a_key_ends_with_the_beginning_of_a_day_between_tomorrow_and_ten_years_on() {
        let end = |day: &str| read_end(day, now()).ok().map(|it| it.to_rfc3339());
        assert_eq!(end("2026-11-03"), None, "today");
        assert_eq!(end("2026-11-04").as_deref(), Some("2026-11-04T00:00:00+00:00"));
        assert!(end("2036-10-31").is_some());
        assert_eq!(end("2036-11-01"), None);
        assert_eq!(end("+2027-01-01"), None);
    }

    #[test]
    fn a_studio_s_people_may_lower_a_limit_and_not_raise_it() {
        let limit = |text: &str, world| read_limit(text, world).is_ok();
        assert!(limit("1", World::Test) && limit("25", World::Test) && limit("100", World::Live));
        for text in ["0", "26", "none", "-1", "1.5", "99999999999"] {
            assert!(!limit(text, World::Test), "{text}");
        }
        assert!(!limit("101", World::Live));
    }
}
