//! What is wrong with a form's fields, collected so that all of it is told at once.

use crate::{dashboard::views::FieldProblem, domain::violation::Violation};

/// A field's name and what people call it.
pub(super) type Named = (&'static str, &'static str);

/// Fields that break rules, in the order in which they were looked at.
#[derive(Default)]
pub(super) struct Problems(Vec<FieldProblem>);

impl Problems {
    /// What was read; or none, and the problem is kept.
    pub(super) fn check<T>(&mut self, named: Named, read: Result<T, Violation>) -> Option<T> {
        read.map_err(|violation| self.0.push(problem(named, violation))).ok()
    }

    /// The same for a field that may be empty.
    pub(super) fn check_some<T>(
        &mut self,
        named: Named,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, Violation>,
    ) -> Option<T> {
        if text.is_empty() { None } else { self.check(named, read(text)) }
    }

    /// All of them.
    pub(super) fn into_list(self) -> Vec<FieldProblem> {
        self.0
    }
}

/// What is wrong with a field.
pub(super) fn problem((field, label): Named, violation: Violation) -> FieldProblem {
    FieldProblem { field, label, violation }
}
