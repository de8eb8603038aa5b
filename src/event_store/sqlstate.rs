//! What PostgreSQL's error codes say about whose fault an error is.

/// A row with the same key is there.
pub(super) const UNIQUE_VIOLATION: &str = "23505";
/// A check says no, or no partition takes the row.
pub(super) const CHECK_VIOLATION: &str = "23514";
/// Of our own function `append_all`: a stream is not at the version that an append expects.
pub(super) const OTHER_VERSION: &str = "TP001";

/// Classes that the same statement will meet again, whenever it is repeated: cardinality, bad data,
/// a violated constraint, a program limit, an exception raised by a function of ours. All else
/// (connection, resources, locks, shutdown) passes.
///
/// Source: PostgreSQL's documentation, appendix A.
const CLASSES_OF_CONTENT: [&str; 5] = ["21", "22", "23", "54", "P0"];

/// Whether what the statement holds is at fault, so that asking again cannot help.
pub(super) fn is_about_content(code: &str) -> bool {
    CLASSES_OF_CONTENT.iter().any(|class| code.starts_with(class))
}
