//! The row of a payment, and how it is read.

use serde::Serialize;
use sqlx::{FromRow, PgPool};

use super::list::Listed;
use crate::domain::{
    Timestamp,
    session::{Attempt, SessionState},
};

/// A payment as the API reads it: the columns of table `payment`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow)]
pub struct PaymentRow {
    /// Its id.
    pub id: String,
    /// The version of its session's stream at which this was true.
    pub version: i64,
    /// The session that it is an attempt to pay.
    pub session_id: String,
    /// Whose.
    pub game_id: String,
    /// `test` or `live`.
    pub world: String,
    /// The game's name for the player; empty once erased.
    pub user_id: String,
    /// As on the wire.
    pub status: String,
    /// What was asked for, in minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// With what kind of instrument.
    pub method: String,
    /// Who was asked.
    pub provider: String,
    /// Why it was declined.
    pub error: Option<String>,
    /// When the player pressed pay.
    pub started_at: Timestamp,
    /// When the money was held.
    pub authorized_at: Option<Timestamp>,
    /// When it was taken.
    pub succeeded_at: Option<Timestamp>,
    /// When it was declined.
    pub failed_at: Option<Timestamp>,
    /// When it was let go.
    pub cancelled_at: Option<Timestamp>,
    /// When it was given back.
    pub refunded_at: Option<Timestamp>,
    /// When the clock has held money let go; `None` while none is held or an answer is awaited.
    pub void_due_at: Option<Timestamp>,
}

impl PaymentRow {
    /// The row of a payment, if there is one.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn find(pool: &PgPool, id: &str) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM payment WHERE id = $1").bind(id).fetch_optional(pool).await
    }

    /// The row that an attempt of a session comes to.
    pub(super) fn of(state: &SessionState, it: &Attempt, session_id: &str, version: i64) -> Self {
        Self {
            id: it.payment_id.to_string(),
            version,
            session_id: session_id.to_owned(),
            game_id: state.game_id.to_string(),
            world: state.world.to_string(),
            user_id: super::session::known(state.user_id.known()),
            status: it.status().to_string(),
            amount: it.amount.minor_units(),
            currency: it.amount.currency().to_string(),
            method: it.method.to_string(),
            provider: it.provider.to_string(),
            error: it.decline.map(|it| it.to_string()),
            started_at: it.started_at,
            authorized_at: it.authorized_at,
            succeeded_at: it.succeeded_at,
            failed_at: it.failed_at,
            cancelled_at: it.cancelled_at,
            refunded_at: it.refunded_at,
            void_due_at: state.void_due_at(it),
        }
    }
}

impl Listed for PaymentRow {
    const TABLE: &'static str = "payment";
    const BEGAN: &'static str = "started_at";

    fn statuses() -> Vec<&'static str> {
        vec![]
    }
}
