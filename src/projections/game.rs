//! The row of a game with its keys and endpoints, and how it is read.

use serde::Serialize;
use serde_json::json;
use sqlx::{FromRow, PgPool, types::Json};

use crate::{
    domain::{
        Timestamp,
        game::{Game, GameEvent, Key, Logo, RegisteredEndpoint},
        return_url::ReturnUrls,
    },
    event_store::{Label, StoredAggregate},
};

/// A game as the API reads it.
#[derive(Clone, Debug, FromRow)]
pub struct GameRow {
    /// The name that its studio chose.
    pub id: String,
    /// The version of its stream at which this was true.
    pub version: i64,
    /// Whose.
    pub studio_id: String,
    /// What players see.
    pub name: String,
    /// In which it may ask for money, ISO 4217.
    pub currencies: Vec<String>,
    /// `automatic` or `manual`.
    pub capture_mode: String,
    /// How long a player has to pay, in seconds.
    pub session_lifetime_s: i32,
    /// Where its players may be sent back to.
    pub return_urls: Json<ReturnUrls>,
    /// Beside its name on the pages that players see.
    pub logo: Option<Json<Logo>>,
    /// The colour of the buttons there, `#rrggbb`.
    pub accent: Option<String>,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// Keys that were not revoked.
    pub keys: Json<Vec<Key>>,
    /// Endpoints that were not removed.
    pub endpoints: Json<Vec<RegisteredEndpoint>>,
}

impl GameRow {
    /// The row of a game, if there is one.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn find(pool: &PgPool, id: &str) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM game WHERE id = $1").bind(id).fetch_optional(pool).await
    }

    /// The games of some studios, by what players see.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn of_studios(
        pool: &PgPool,
        studio_ids: &[String],
    ) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM game WHERE studio_id = ANY ($1) ORDER BY name, id")
            .bind(studio_ids)
            .fetch_all(pool)
            .await
    }

    /// All games, by their names.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn all(pool: &PgPool) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM game ORDER BY id").fetch_all(pool).await
    }
}

impl StoredAggregate for Game {
    fn label(&self, id: &str) -> Label {
        Label { world: None, game: Some(id.to_owned()) }
    }

    fn rows(&self, id: &str, version: i64) -> impl Serialize {
        let Self::Present(state) = self else { return json!({}) };
        json!({ "games": [{
            "id": id,
            "version": version,
            "studio_id": state.studio_id,
            "name": state.name,
            "currencies": state.settings.currencies,
            "capture_mode": state.settings.capture_mode,
            "session_lifetime_s": state.settings.session_lifetime_s,
            "return_urls": state.settings.return_urls,
            "logo": state.appearance.logo,
            "accent": state.appearance.accent,
            "registered_at": state.registered_at,
            "keys": state.keys,
            "endpoints": state.endpoints,
        }] })
    }

    fn occurred_at(event: &GameEvent) -> Timestamp {
        event.occurred_at()
    }
}
