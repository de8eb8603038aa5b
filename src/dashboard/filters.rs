//! A list's filters as they stand in the URL: read, judged field by field, and written again into links from
//! page to page. What a field means is the list's business.

use std::collections::BTreeMap;

use maud::{Markup, html};
use url::form_urlencoded;

use super::views::{FieldProblem, Pages, counted, day_text};
use crate::domain::{Timestamp, violation::Violation};

const BEFORE: &str = "before";
const AFTER: &str = "after";

/// What people call the fields that say which page it is.
const PAGE_LABEL: &str = "Page";

/// The filters of a list: what was sent in each.
#[derive(Clone, Debug)]
pub(super) struct Filters {
    /// Every field there is, and what people call it; those of pages are there by themselves.
    fields: &'static [(&'static str, &'static str)],
    values: BTreeMap<&'static str, String>,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Begins<T> {
    /// With the newest.
    Newest,
    /// After this one, going back in time.
    Before(T),
    /// After this one, coming forward.
    After(T),
}

/// Where a page ends, by the ids of what is on it.
pub(super) struct Ends<'a> {
    /// The newest on it.
    pub(super) first: Option<&'a str>,
    /// The oldest on it.
    pub(super) last: Option<&'a str>,
    /// Whether there are more matches in the direction of the turn.
    pub(super) has_more: bool,
    /// Where the look ended before all was looked at, if it did.
    pub(super) looked_until: Option<&'a str>,
}

/// Reads fields one after the other, and keeps what is wrong with them.
pub(super) struct Judge<'a> {
    filters: &'a Filters,
    problems: Vec<FieldProblem>,
}

impl Filters {
    /// Reads a URL's query. Of a field that is there twice the last counts; others are not ours.
    pub(super) fn read(fields: &'static [(&'static str, &'static str)], query: &str) -> Self {
        let mut values = BTreeMap::new();
        let known = || fields.iter().map(|(name, _)| *name).chain([BEFORE, AFTER]);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some(field) = known().find(|it| *it == name) {
                values.insert(field, value.trim().to_owned());
            }
        }
        Self { fields, values }
    }

    /// What was sent in a field; empty, if nothing was.
    pub(super) fn get(&self, field: &str) -> &str {
        self.values.get(field).map(String::as_str).unwrap_or_default()
    }

    /// Whether any of these fields is set.
    pub(super) fn has_any(&self, fields: &[&str]) -> bool {
        fields.iter().any(|it| !self.get(it).is_empty())
    }

    /// Whether it is another page than the first.
    pub(super) fn is_further(&self) -> bool {
        self.has_any(&[BEFORE, AFTER])
    }

    /// Whether anything is asked for: there is something to clear.
    pub(super) fn is_any_set(&self) -> bool {
        self.is_further() || self.fields.iter().any(|(it, _)| !self.get(it).is_empty())
    }

    /// The same search from its first page on, but for what `changes` say.
    pub(super) fn link(&self, path: &str, changes: &[(&'static str, &str)]) -> String {
        let mut values: BTreeMap<&str, &str> =
            self.values.iter().map(|(field, value)| (*field, value.as_str())).collect();
        values.remove(BEFORE);
        values.remove(AFTER);
        values.extend(changes.iter().copied());
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(values.iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The ways from this page to others.
    pub(super) fn pages(&self, path: &str, ends: &Ends<'_>) -> Pages {
        let Ends { first, last, has_more, looked_until } = *ends;
        let (newer, older) = if self.get(AFTER).is_empty() {
            let newer = first.filter(|_| self.is_further());
            (newer, looked_until.or(last.filter(|_| has_more)))
        } else {
            (looked_until.or(first.filter(|_| has_more)), last.or(Some(self.get(AFTER))))
        };
        Pages {
            newest: self.is_further().then(|| self.link(path, &[])),
            newer: newer.map(|it| self.link(path, &[(AFTER, it)])),
            older: older.map(|it| self.link(path, &[(BEFORE, it)])),
        }
    }

    /// The choices of a field. What cannot be asked for is shown as it was sent.
    pub(super) fn options<'a>(
        &'a self,
        field: &str,
        known: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Vec<(&'a str, &'a str)> {
        let sent = self.get(field);
        let mut options: Vec<_> = [("", "Any")].into_iter().chain(known).collect();
        if !options.iter().any(|(it, _)| *it == sent) {
            options.push((sent, sent));
        }
        options
    }

    /// What is wrong with a field.
    pub(super) fn problem(&self, field: &'static str, violation: Violation) -> FieldProblem {
        let label = self.fields.iter().find(|(it, _)| *it == field);
        FieldProblem { field, label: label.map_or(PAGE_LABEL, |(_, label)| label), violation }
    }

    /// Begins to read the fields.
    pub(super) fn judge(&self) -> Judge<'_> {
        Judge { filters: self, problems: vec![] }
    }
}

impl Judge<'_> {
    /// Reads a field; none, if nothing was sent in it, or nothing that can be.
    pub(super) fn check<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&str) -> Result<T, Violation>,
    ) -> Option<T> {
        let text = self.filters.get(field);
        if text.is_empty() {
            return None;
        }
        read(text).map_err(|it| self.refuse(field, it)).ok()
    }

    /// Refuses a field by a `rule` that it does not keep by itself.
    pub(super) fn require(&mut self, field: &'static str, is_kept: bool, rule: &'static str) {
        if !is_kept {
            self.refuse(field, Violation::new(rule, self.filters.get(field)));
        }
    }

    /// Reads which page it is.
    pub(super) fn begins<T>(&mut self, read: impl Fn(&str) -> Result<T, Violation>) -> Begins<T> {
        match (self.check(BEFORE, &read), self.check(AFTER, &read)) {
            (Some(before), None) => Begins::Before(before),
            (None, Some(after)) => Begins::After(after),
            (None, None) => Begins::Newest,
            (Some(_), Some(_)) => {
                self.require(AFTER, false, "must not be given together with before");
                Begins::Newest
            }
        }
    }

    /// # Errors
    ///
    /// Every [`FieldProblem`] there is.
    pub(super) fn done(self) -> Result<(), Vec<FieldProblem>> {
        if self.problems.is_empty() { Ok(()) } else { Err(self.problems) }
    }

    fn refuse(&mut self, field: &'static str, violation: Violation) {
        self.problems.push(self.filters.problem(field, violation));
    }
}

impl<T> Begins<T> {
    /// The field that says so, and what it names.
    pub(super) fn named(&self) -> Option<(&'static str, &T)> {
        match self {
            Self::Newest => None,
            Self::Before(id) => Some((BEFORE, id)),
            Self::After(id) => Some((AFTER, id)),
        }
    }
}

/// Says how far a search went that reads only so many at a time, where that is not to the end.
pub(super) fn how_far(looked_until: Option<Timestamp>, most: u32, one: &str, many: &str) -> Markup {
    html! {
        @if let Some(at) = looked_until {
            p class="note" {
                "This search reads " (counted(most.into(), one, many))
                " at a time. It got as far as " (day_text(at)) "; there may be more beyond."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[(&str, &str)] = &[("q", "Search"), ("status", "Status")];

    fn number(text: &str) -> Result<u8, Violation> {
        text.parse().map_err(|_| Violation::new("must be a number", text))
    }

    #[test]
    fn a_link_keeps_the_search_and_leaves_the_page_it_is_on() {
        let filters = Filters::read(FIELDS, "q=+a+%26+b&status=paid&to=&before=x");
        assert_eq!(filters.link("/s", &[]), "/s?q=a+%26+b&status=paid");
        assert_eq!(filters.link("/s", &[("after", "y"), ("q", "")]), "/s?after=y&status=paid");
        assert_eq!(Filters::read(FIELDS, "").link("/s", &[]), "/s");
    }

    #[test]
    fn one_page_begins_at_one_place() {
        let begins = |query| {
            let filters = Filters::read(FIELDS, query);
            let mut judge = filters.judge();
            let begins = judge.begins(number);
            judge.done().map(|()| begins).map_err(|problems| problems.len())
        };
        assert_eq!(begins(""), Ok(Begins::Newest));
        assert_eq!(begins("before=1"), Ok(Begins::Before(1)));
        assert_eq!(begins("after=1&after=2"), Ok(Begins::After(2)));
        assert_eq!(begins("before=1&after=2"), Err(1));
        assert_eq!(begins("before=x&after=y"), Err(2));
    }

    #[test]
    fn what_cannot_be_asked_for_is_a_choice_as_it_was_sent() {
        let filters = Filters::read(FIELDS, "status=odd");
        let known = [("paid", "Paid")];
        assert_eq!(
            filters.options("status", known),
            [("", "Any"), ("paid", "Paid"), ("odd", "odd")]
        );
        assert_eq!(filters.options("q", known), [("", "Any"), ("paid", "Paid")]);
    }
}
