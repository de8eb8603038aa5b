//! The row of a refund, and how it is read.

use serde::Serialize;
use sqlx::{FromRow, PgPool};

use super::list::Listed;
use crate::domain::{
    Timestamp,
    session::{Refund, RefundStatus, SessionState},
};

/// A refund as the API reads it: the columns of table `refund`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow)]
pub struct RefundRow {
    /// Its id.
    pub id: String,
    /// The version of its session's stream at which this was true.
    pub version: i64,
    /// The payment whose money it is.
    pub payment_id: String,
    /// The session that was paid with it.
    pub session_id: String,
    /// Whose.
    pub game_id: String,
    /// `test` or `live`.
    pub world: String,
    /// As on the wire.
    pub status: String,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// Why, in the words of whoever asked; none once erased.
    pub reason: Option<String>,
    /// Why the provider refused.
    pub error: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it became final.
    pub settled_at: Option<Timestamp>,
}

impl RefundRow {
    /// The row of a refund, if there is one.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn find(pool: &PgPool, id: &str) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM refund WHERE id = $1").bind(id).fetch_optional(pool).await
    }

    /// The row that a refund of a session's comes to.
    pub fn of(state: &SessionState, it: &Refund, session_id: &str, version: i64) -> Self {
        let reason = it.reason.known().and_then(Option::as_ref);
        Self {
            id: it.refund_id.to_string(),
            version,
            payment_id: it.payment_id.to_string(),
            session_id: session_id.to_owned(),
            game_id: state.game_id.to_string(),
            world: state.world.to_string(),
            status: it.status.to_string(),
            amount: it.amount.minor_units(),
            currency: it.amount.currency().to_string(),
            reason: reason.map(ToString::to_string),
            error: it.decline.map(|it| it.to_string()),
            requested_at: it.requested_at,
            settled_at: it.settled_at,
        }
    }
}

impl Listed for RefundRow {
    const TABLE: &'static str = "refund";
    const BEGAN: &'static str = "requested_at";

    fn statuses() -> Vec<&'static str> {
        RefundStatus::ALL.iter().map(|it| it.as_str()).collect()
    }
}
