//! API keys: giving them out and refusing them again.

use super::{Admin, AdminError};
use crate::{
    api::ApiKey,
    domain::{
        Timestamp,
        game::{GameCommand, IssueKey, KeyScope},
        id::{GameId, KeyId},
        text::DisplayName,
        world::World,
    },
    ids::NewId,
};

/// All that a new API key is made of, except the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Test or live.
    pub world: World,
    /// What people call it.
    pub name: DisplayName,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// From when on it is refused; never, if `None`.
    pub expires_at: Option<Timestamp>,
}

impl Admin {
    /// Gives out an API key. This is the only moment at which anybody can know it whole.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn issue_key(
        &self,
        game_id: &GameId,
        new: NewKey,
    ) -> Result<(KeyId, ApiKey), AdminError> {
        self.game(game_id).await?;
        let NewKey { world, name, scopes, expires_at } = new;
        let (context, at) = self.context();
        let (key_id, key) = (KeyId::new(at), ApiKey::generate(world));
        // The hash goes first. A crash before the event then leaves a row that opens nothing,
        // since a key must also stand in its game's stream. The other way round the log would
        // tell of a key that can never have worked.
        sqlx::query(
            "INSERT INTO api_key_secret (lookup, key_id, game_id, world, hash)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(key.lookup())
        .bind(key_id.as_str())
        .bind(game_id.as_str())
        .bind(world.as_str())
        .bind(key.hash(&self.api_keys).as_slice())
        .execute(&self.pool)
        .await?;
        let issue = IssueKey { key_id: key_id.clone(), world, name, scopes, expires_at, at };
        let issue = GameCommand::IssueKey(Box::new(issue));
        self.execute_on_game(game_id, issue, &context).await?;
        Ok((key_id, key))
    }

    /// Refuses a key from now on.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn revoke_key(&self, game_id: &GameId, key_id: KeyId) -> Result<(), AdminError> {
        let (context, at) = self.context();
        let revoke = GameCommand::RevokeKey { key_id, at };
        self.execute_on_game(game_id, revoke, &context).await?;
        Ok(())
    }
}
