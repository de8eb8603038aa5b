//! Where a read model says something else than the log.

use serde::Serialize;
use serde_json::Value;

/// One row that is not what its stream folds to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// In which table.
    pub table: &'static str,
    /// Of which row.
    pub id: String,
    /// The stream that the row should follow from; of a count, the table.
    pub stream: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub kind: DifferenceKind,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "difference", rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The log tells of it, and it is not there.
    Missing,
    /// It is there, and the log does not tell of it.
    Unexpected,
    /// The log tells of it, and not all that belongs to it: no row can be made.
    Underivable {
        /// What the log does not tell.
        reason: &'static str,
    },
    /// It is there with other values.
    Changed {
        /// Which.
        columns: Vec<ColumnDifference>,
        /// Whether it claims a later version than its stream has, so that no write replaces it.
        is_ahead: bool,
    },
}

/// One value that is not what the log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnDifference {
    /// Which column.
    pub column: String,
    /// What the log says; left out of what identifies a player.
    pub folded: Option<Value>,
    /// What the table says; left out of what identifies a player.
    pub stored: Option<Value>,
}
