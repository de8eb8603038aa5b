//! The row of a person.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use sqlx::{FromRow, PgPool};

use crate::{
    domain::{
        Timestamp,
        person::{Person, PersonEvent},
    },
    event_store::{Label, StoredAggregate},
};

/// A person as they are shown.
#[derive(Clone, Debug, FromRow)]
pub struct PersonRow {
    /// `per_…`
    pub id: String,
    /// Theirs, unless it was erased.
    pub email: Option<String>,
    /// What people call them, once they have said so.
    pub name: Option<String>,
    /// Since when they have an account.
    pub invited_at: Timestamp,
    /// Since when they have a password and a second factor.
    pub enrolled_at: Option<Timestamp>,
    /// Since when they may not come in, if so.
    pub shut_out_at: Option<Timestamp>,
}

impl PersonRow {
    /// The row of a person, if there is one.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn find(pool: &PgPool, id: &str) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM person WHERE id = $1").bind(id).fetch_optional(pool).await
    }
}

/// What people call some of them, by their ids; their address, until they have said so. Of one who was erased
/// there is none.
///
/// # Errors
///
/// If the database does not answer.
pub async fn names_of(
    pool: &PgPool,
    ids: &[String],
) -> Result<BTreeMap<String, String>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let named: Vec<(String, String)> = sqlx::query_as(
        "SELECT id, coalesce(name, email) FROM person
         WHERE id = ANY($1) AND coalesce(name, email) IS NOT NULL",
    )
    .bind(ids)
    .fetch_all(pool)
    .await?;
    Ok(named.into_iter().collect())
}

impl StoredAggregate for Person {
    fn label(&self, _id: &str) -> Label {
        Label::default()
    }

    fn rows(&self, id: &str, version: i64) -> impl Serialize {
        let Self::Present(state) = self else { return json!({}) };
        json!({ "people": [{
            "id": id,
            "version": version,
            "email": state.email.known(),
            "name": state.name.as_ref().and_then(|it| it.known()),
            "invited_at": state.invited_at,
            "enrolled_at": state.enrolled_at,
            "shut_out_at": state.shut_out_at,
        }] })
    }

    fn occurred_at(event: &PersonEvent) -> Timestamp {
        event.occurred_at()
    }
}
