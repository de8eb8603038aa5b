//! API keys: giving them out, replacing them and refusing them again.

use chrono::TimeDelta;

use super::{Admin, AdminError, new_id};
use crate::{
    api::ApiKey,
    domain::{
        Timestamp,
        game::{GameCommand, GameError, IssueKey, KeyScope, RateLimit, RotateKey},
        id::{GameId, KeyId},
        text::DisplayName,
        world::World,
    },
};

/// How long a rotated key goes on working beside its successor unless it is said, in hours.
pub const KEY_OVERLAP_HOURS_DEFAULT: i64 = 24;
/// The longest that it does: a week.
pub const KEY_OVERLAP_HOURS_MAX: i64 = 168;

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
    /// How often it may be used.
    pub rate_limit: RateLimit,
}

/// A key that took another's place.
pub struct RotatedKey {
    /// The new key's name in the log.
    pub key_id: KeyId,
    /// The new key.
    pub key: ApiKey,
    /// From when on the new key is refused; never, if `None`.
    pub expires_at: Option<Timestamp>,
    /// From when on the old key is refused.
    pub previous_expires_at: Option<Timestamp>,
}

impl Admin {
    /// Gives out an API key. This is the only moment at which anybody can know it whole.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], [`AdminError::Repeated`] for a request that was given its key before, and what the
    /// log has to say.
    pub async fn issue_key(
        &self,
        game_id: &GameId,
        new: NewKey,
    ) -> Result<(KeyId, ApiKey), AdminError> {
        self.game(game_id).await?;
        let NewKey { world, name, scopes, expires_at, rate_limit } = new;
        let (context, at) = self.context();
        let (key_id, key): (KeyId, _) = (new_id(&context, at), ApiKey::generate(world));
        self.keep_hash(game_id, &key_id, &key).await?;
        let issued = key_id.clone();
        let issue = IssueKey { key_id: issued, world, name, scopes, expires_at, rate_limit, at };
        let issue = GameCommand::IssueKey(Box::new(issue));
        self.execute_on_game(game_id, issue, &context).await?;
        Ok((key_id, key))
    }

    /// Gives out an API key that takes another's place; the old one works for `overlap` more, unless
    /// it ends before. No overlap refuses it at once.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], [`AdminError::Repeated`] for a request that was given its key before, and what the
    /// log has to say.
    pub async fn rotate_key(
        &self,
        game_id: &GameId,
        key_id: KeyId,
        overlap: TimeDelta,
    ) -> Result<RotatedKey, AdminError> {
        let no_key = AdminError::Game(GameError::KeyNotFound);
        let game = self.game(game_id).await?;
        let old = game.keys.iter().find(|it| it.key_id == key_id).ok_or(no_key)?;
        let (context, at) = self.context();
        let (new_key_id, key): (KeyId, _) = (new_id(&context, at), ApiKey::generate(old.world));
        self.keep_hash(game_id, &new_key_id, &key).await?;
        let rotate = RotateKey {
            key_id: key_id.clone(),
            new_key_id: new_key_id.clone(),
            previous_expires_at: at + overlap,
            at,
        };
        let rotate = GameCommand::RotateKey(Box::new(rotate));
        let game = self.execute_on_game(game_id, rotate, &context).await?;
        let end_of = |key_id: &KeyId| game.keys.iter().find(|it| it.key_id == *key_id)?.expires_at;
        let (expires_at, previous_expires_at) = (end_of(&new_key_id), end_of(&key_id));
        Ok(RotatedKey { key_id: new_key_id, key, expires_at, previous_expires_at })
    }

    /// Keeps the hash of a key, before the log tells of the key. A crash in between then leaves a
    /// row that opens nothing, since a key must also stand in its game's stream. The other way
    /// round the log would tell of a key that can never have worked. A repeat is refused here: it would open
    /// the same key's door with another secret.
    async fn keep_hash(
        &self,
        game_id: &GameId,
        key_id: &KeyId,
        key: &ApiKey,
    ) -> Result<(), AdminError> {
        let kept = sqlx::query(
            "INSERT INTO api_key_secret (lookup, key_id, game_id, world, hash)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key_id) DO NOTHING",
        )
        .bind(key.lookup())
        .bind(key_id.as_str())
        .bind(game_id.as_str())
        .bind(key.world().as_str())
        .bind(key.hash(&self.api_keys).as_slice())
        .execute(&self.pool)
        .await?;
        if kept.rows_affected() == 0 { Err(AdminError::Repeated) } else { Ok(()) }
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
