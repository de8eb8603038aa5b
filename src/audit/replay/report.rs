//! What a replay found.

use serde::Serialize;

use super::{Damage, Difference, Totals};

/// How many findings of a kind are kept to be shown; all are counted.
const SHOWN_MAX: usize = 100;

/// The findings of a replay of the whole log.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Entries that were checked.
    pub events: i64,
    /// What the streams come to.
    #[serde(flatten)]
    pub totals: Totals,
    /// What is wrong with the log.
    pub damage: Found<Damage>,
    /// Where the read models say something else.
    pub differences: Found<Difference>,
    /// Differences that a rebuild has put right.
    pub mended: usize,
}

/// What a report comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The log is whole and the read models follow from it.
    Agrees,
    /// The log is whole, and a read model says something else.
    Differs,
    /// The log is not whole.
    Damaged,
}

impl Report {
    /// What it comes to.
    pub fn verdict(&self) -> Verdict {
        match (self.damage.count, self.differences.count) {
            (0, 0) => Verdict::Agrees,
            (0, _) => Verdict::Differs,
            _ => Verdict::Damaged,
        }
    }
}

/// Findings: all counted, the first of them kept.
#[derive(Debug, Serialize)]
pub struct Found<T> {
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub first: Vec<T>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { count: 0, first: vec![] }
    }
}

impl<T> Found<T> {
    pub(super) fn push(&mut self, it: T) {
        self.count += 1;
        if self.first.len() < SHOWN_MAX {
            self.first.push(it);
        }
    }

    pub(super) fn extend(&mut self, all: impl IntoIterator<Item = T>) {
        all.into_iter().for_each(|it| self.push(it));
    }

    pub(super) fn append(&mut self, other: Self) {
        let unseen = other.count - other.first.len();
        self.extend(other.first);
        self.count += unseen;
    }
}
