//! The form of a game's settings: as it was typed, and judged field by field.

use crate::{
    dashboard::{access::Fields, views::FieldProblem},
    domain::{
        currency::Currency,
        game::{GameSettings, SESSION_LIFETIME_S},
        return_url::{AppScheme, RETURN_TARGETS_MAX, ReturnUrls, WebHost},
        session::CaptureMode,
        violation::Violation,
    },
};

/// The names of the fields.
pub(super) const CURRENCIES: &str = "currencies";
pub(super) const CAPTURE: &str = "capture";
pub(super) const LIFETIME: &str = "lifetime";
pub(super) const UNIT: &str = "unit";
pub(super) const SCHEMES: &str = "schemes";
pub(super) const HOSTS: &str = "hosts";

/// The units of a time, from the largest on: what the form sends, what people read, and its seconds.
pub(super) const UNITS: [(&str, &str, u32); 4] = [
    ("days", "days", 86_400),
    ("hours", "hours", 3_600),
    ("minutes", "minutes", 60),
    ("seconds", "seconds", 1),
];

/// As it was typed.
#[derive(Clone, Debug)]
pub(super) struct SettingsForm {
    pub(super) currencies: String,
    pub(super) capture: String,
    pub(super) lifetime: String,
    pub(super) unit: String,
    pub(super) schemes: String,
    pub(super) hosts: String,
}

impl SettingsForm {
    /// As it is filled in for settings that are there.
    pub(super) fn of(settings: &GameSettings) -> Self {
        let seconds = settings.session_lifetime_s;
        let whole = UNITS.into_iter().find(|(_, _, unit)| seconds.is_multiple_of(*unit));
        let (unit, _, unit_s) = whole.unwrap_or(("seconds", "", 1));
        let currencies: Vec<&str> = settings.currencies.iter().map(|it| it.code()).collect();
        let schemes: Vec<&str> =
            settings.return_urls.schemes.iter().map(|it| it.as_str()).collect();
        let hosts: Vec<&str> = settings.return_urls.hosts.iter().map(|it| it.as_str()).collect();
        Self {
            currencies: currencies.join(", "),
            capture: settings.capture_mode.to_string(),
            lifetime: (seconds / unit_s).to_string(),
            unit: unit.to_owned(),
            schemes: schemes.join("\n"),
            hosts: hosts.join("\n"),
        }
    }

    pub(super) fn read(fields: &Fields) -> Self {
        let typed = |name| fields.text(name).trim().to_owned();
        Self {
            currencies: typed(CURRENCIES),
            capture: typed(CAPTURE),
            lifetime: typed(LIFETIME),
            unit: typed(UNIT),
            schemes: typed(SCHEMES),
            hosts: typed(HOSTS),
        }
    }

    /// The settings that are asked for, by the same rules as everywhere.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub(super) fn parse(&self) -> Result<GameSettings, Vec<FieldProblem>> {
        let currencies = self.currencies();
        let capture_mode = CaptureMode::parse(&self.capture);
        let capture_mode = capture_mode
            .ok_or_else(|| Violation::new("must be automatic or manual", self.capture.as_str()));
        let lifetime = self.lifetime_s();
        let schemes = listed(&self.schemes, AppScheme::parse);
        let hosts = listed(&self.hosts, WebHost::parse);
        let settings = match (currencies, capture_mode, lifetime, schemes, hosts) {
            (Ok(currencies), Ok(capture_mode), Ok(session_lifetime_s), Ok(schemes), Ok(hosts)) => {
                let return_urls = ReturnUrls { schemes, hosts };
                return Ok(GameSettings {
                    currencies,
                    capture_mode,
                    session_lifetime_s,
                    return_urls,
                });
            }
            others => others,
        };
        let (currencies, capture_mode, lifetime, schemes, hosts) = settings;
        let wrong = [
            (CURRENCIES, "Currencies", currencies.err()),
            (CAPTURE, "Money is taken", capture_mode.err()),
            (LIFETIME, "Time to pay", lifetime.err()),
            (SCHEMES, "Apps", schemes.err()),
            (HOSTS, "Websites", hosts.err()),
        ];
        let problem = |(field, label, violation): (_, _, Option<Violation>)| {
            violation.map(|violation| FieldProblem { field, label, violation })
        };
        Err(wrong.into_iter().filter_map(problem).collect())
    }

    fn currencies(&self) -> Result<Vec<Currency>, Violation> {
        let codes = self.currencies.split([',', ' ', '\n', '\r', ';']).filter(|it| !it.is_empty());
        let mut currencies = vec![];
        for code in codes {
            let currency = Currency::parse(&code.to_ascii_uppercase())
                .map_err(|it| Violation::new(it.rule, code))?;
            if !currencies.contains(&currency) {
                currencies.push(currency);
            }
        }
        let none = || Violation::new("must be at least one", self.currencies.as_str());
        (!currencies.is_empty()).then_some(currencies).ok_or_else(none)
    }

    fn lifetime_s(&self) -> Result<u32, Violation> {
        let rule = "must be a whole number, of one minute to 30 days in all";
        let unit = UNITS.into_iter().find(|(unit, _, _)| *unit == self.unit).map(|it| it.2);
        let number = self.lifetime.parse::<u32>().ok();
        let seconds = unit.zip(number).and_then(|(unit, number)| number.checked_mul(unit));
        let seconds = seconds.filter(|it| SESSION_LIFETIME_S.contains(it));
        seconds.ok_or_else(|| Violation::new(rule, format!("{} {}", self.lifetime, self.unit)))
    }
}

/// What stands in the lines of a text, each once.
fn listed<T: PartialEq>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, Violation>,
) -> Result<Vec<T>, Violation> {
    let mut all = vec![];
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let one = parse(line)?;
        if !all.contains(&one) {
            all.push(one);
        }
    }
    if RETURN_TARGETS_MAX < all.len() {
        return Err(Violation::of_number("must be at most 32", all.len()));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> SettingsForm {
        SettingsForm {
            currencies: "usd, JPY;eur usd".to_owned(),
            capture: "manual".to_owned(),
            lifetime: "2".to_owned(),
            unit: "hours".to_owned(),
            schemes: "mygame://\nmygame\n\nmygame2".to_owned(),
            hosts: " https://game.example/ \n".to_owned(),
        }
    }

    #[test]
    fn a_form_is_read_as_people_type_it_and_filled_in_again_in_one_spelling() {
        let settings = typed().parse().unwrap();
        assert_eq!(settings.session_lifetime_s, 7_200);
        let again = SettingsForm::of(&settings);
        assert_eq!(again.currencies, "USD, JPY, EUR");
        assert_eq!((again.lifetime.as_str(), again.unit.as_str()), ("2", "hours"));
        assert_eq!(again.schemes, "mygame\nmygame2");
        assert_eq!(again.hosts, "game.example");
        assert_eq!(again.parse().unwrap(), settings);
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let wrong = SettingsForm {
            currencies: "USD XXX".to_owned(),
            capture: "later".to_owned(),
            lifetime: "31".to_owned(),
            unit: "days".to_owned(),
            schemes: "javascript".to_owned(),
            hosts: "*.example".to_owned(),
        };
        let problems = wrong.parse().unwrap_err();
        let fields: Vec<&str> = problems.iter().map(|it| it.field).collect();
        assert_eq!(fields, [CURRENCIES, CAPTURE, LIFETIME, SCHEMES, HOSTS]);
        let none = SettingsForm { currencies: " , ".to_owned(), ..typed() };
        assert_eq!(none.parse().unwrap_err().len(), 1);
    }

    #[test]
    fn a_time_to_pay_is_a_minute_to_thirty_days() {
        for (lifetime, unit, is_taken) in [
            ("59", "seconds", false),
            ("60", "seconds", true),
            ("30", "days", true),
            ("2592001", "seconds", false),
            ("4294967295", "days", false),
            ("1.5", "hours", false),
            ("1", "weeks", false),
        ] {
            let form =
                SettingsForm { lifetime: lifetime.to_owned(), unit: unit.to_owned(), ..typed() };
            assert_eq!(form.parse().is_ok(), is_taken, "{lifetime} {unit}");
        }
    }

    #[test]
    fn at_most_32_of_each_are_allowed() {
        let lines = |count: usize| (0..count).map(|it| format!("game{it}\n")).collect::<String>();
        assert!(SettingsForm { schemes: lines(32), ..typed() }.parse().is_ok());
        assert!(SettingsForm { schemes: lines(33), ..typed() }.parse().is_err());
    }
}
