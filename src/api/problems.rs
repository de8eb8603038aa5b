//! What is wrong with a request's fields, collected so that a developer mends all of them at once.

use super::{ApiError, error::InvalidField};
use crate::domain::violation::Violation;

/// Fields that break rules, in the order in which they were looked at.
#[derive(Default)]
pub(super) struct Problems(Vec<InvalidField>);

impl Problems {
    /// The parsed value; or none, and the problem is kept.
    pub(super) fn check<T>(
        &mut self,
        field: &'static str,
        reason: &'static str,
        parsed: Result<T, Violation>,
    ) -> Option<T> {
        parsed.map_err(|violation| self.0.push(InvalidField { field, reason, violation })).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_error(self) -> ApiError {
        ApiError::InvalidFields(self.0)
    }

    /// # Errors
    ///
    /// [`ApiError::InvalidFields`] if there is any.
    pub(super) fn none(self) -> Result<(), ApiError> {
        if self.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }
}
