//! The rows of a session, its payments and its refunds, and how they are read.

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool};

use super::{list::Listed, literal::RowLiteral, payment::PaymentRow, refund::RefundRow};
use crate::{
    domain::{
        Timestamp,
        image::ItemImage,
        session::{Session, SessionCommand, SessionEvent, SessionState, SessionStatus, Stage},
    },
    event_store::{Label, StoredAggregate},
};

/// A session as the API reads it: the columns of table `session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct SessionRow {
    /// Its id.
    pub id: String,
    /// The version of its stream at which this was true.
    pub version: i64,
    /// Whose.
    pub game_id: String,
    /// `test` or `live`.
    pub world: String,
    /// The game's name for the player; empty once erased.
    pub user_id: String,
    /// As on the wire.
    pub status: String,
    /// What is sold.
    pub title: String,
    /// In minor units.
    pub price: i64,
    /// ISO 4217.
    pub currency: String,
    /// Where its picture is.
    #[sqlx(json(nullable))]
    pub image: Option<ItemImage>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Where the player goes afterwards; empty once erased.
    pub return_url: String,
    /// When it began.
    pub created_at: Timestamp,
    /// From when on no attempt starts.
    pub expires_at: Timestamp,
    /// When the player first saw the page.
    pub page_opened_at: Option<Timestamp>,
    /// When it became final.
    pub closed_at: Option<Timestamp>,
    /// The attempt that was paid, else the latest; empty before the first.
    pub payment_id: String,
    /// Whether an attempt is under way, for which the clock waits.
    pub is_paying: bool,
}

impl SessionRow {
    /// The row of a session, if there is one.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn find(pool: &PgPool, id: &str) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM session WHERE id = $1").bind(id).fetch_optional(pool).await
    }

    /// The rows of several sessions, in no order; of those that are not there, none.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn find_all(pool: &PgPool, ids: &[String]) -> Result<Vec<Self>, sqlx::Error> {
        let found = sqlx::query_as("SELECT * FROM session WHERE id = ANY($1)");
        found.bind(ids).fetch_all(pool).await
    }

    /// The row that a session's state comes to.
    pub fn of(state: &SessionState, id: &str, version: i64) -> Self {
        let paid = state.attempts.iter().find(|it| it.stage == Stage::Paid);
        let shown = paid.or(state.attempts.last());
        Self {
            id: id.to_owned(),
            version,
            game_id: state.game_id.to_string(),
            world: state.world.to_string(),
            user_id: known(state.user_id.known()),
            status: state.status.to_string(),
            title: state.item.title.to_string(),
            price: state.item.price.minor_units(),
            currency: state.item.price.currency().to_string(),
            image: state.item.image.clone(),
            country: state.item.country.map(|it| it.to_string()),
            return_url: known(state.return_url.known()),
            created_at: state.created_at,
            expires_at: state.expires_at,
            page_opened_at: state.page_opened_at,
            closed_at: state.closed_at,
            payment_id: shown.map(|it| it.payment_id.to_string()).unwrap_or_default(),
            is_paying: state.attempt_under_way().is_some(),
        }
    }

    /// As the database's type `new_session` reads it; `None` if its picture cannot be written.
    fn literal(&self) -> Option<String> {
        let at = |it: Timestamp| it.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let image = self.image.as_ref().map(serde_json::to_string).transpose().ok()?;
        let row = RowLiteral::with_capacity(LITERAL_BYTES)
            .field(&self.id)
            .field(self.version)
            .field(&self.game_id)
            .field(&self.world)
            .field(&self.user_id)
            .field(&self.status)
            .field(&self.title)
            .field(self.price)
            .field(&self.currency)
            .nullable(image)
            .nullable(self.country.as_ref())
            .field(&self.return_url)
            .field(at(self.created_at))
            .field(at(self.expires_at))
            .nullable(self.page_opened_at.map(at))
            .nullable(self.closed_at.map(at))
            .field(&self.payment_id)
            .field(self.is_paying);
        Some(row.finish())
    }
}

/// Of a usual row: a bit more than it takes.
const LITERAL_BYTES: usize = 512;

impl Listed for SessionRow {
    const TABLE: &'static str = "session";
    const BEGAN: &'static str = "created_at";

    fn statuses() -> Vec<&'static str> {
        SessionStatus::ALL.iter().map(|it| it.as_str()).collect()
    }
}

pub(super) fn known<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

/// The rows of one stream.
#[derive(Default, Serialize)]
struct Tables {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sessions: Vec<SessionRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    payments: Vec<PaymentRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refunds: Vec<RefundRow>,
}

impl StoredAggregate for Session {
    fn label(&self, _id: &str) -> Label {
        match self {
            Self::Present(state) => {
                Label { world: Some(state.world), game: Some(state.game_id.to_string()) }
            }
            Self::Absent | Self::Corrupt => Label::default(),
        }
    }

    fn rows(&self, id: &str, version: i64) -> impl Serialize {
        let Self::Present(state) = self else { return Tables::default() };
        let payments = state.attempts.iter().map(|it| PaymentRow::of(state, it, id, version));
        let refunds = state.refunds.iter().map(|it| RefundRow::of(state, it, id, version));
        Tables {
            sessions: vec![SessionRow::of(state, id, version)],
            payments: payments.collect(),
            refunds: refunds.collect(),
        }
    }

    fn new_row(&self, id: &str, version: i64) -> Option<String> {
        let Self::Present(state) = self else { return None };
        let has_only_its_own = state.attempts.is_empty() && state.refunds.is_empty();
        if has_only_its_own { SessionRow::of(state, id, version).literal() } else { None }
    }

    fn begins(command: &SessionCommand) -> bool {
        matches!(command, SessionCommand::Create(_))
    }

    fn occurred_at(event: &SessionEvent) -> Timestamp {
        event.occurred_at()
    }
}
