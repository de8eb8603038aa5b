//! The rules of a game's API keys: giving them out, replacing them, refusing them.
//!
//! A key here is its name and what it may do. What game servers prove themselves with is not known.

use serde::{Deserialize, Serialize};

use super::super::{Timestamp, id::KeyId, text::DisplayName, world::World};
use super::{GameError, GameEvent, GameState, IssueKey, KEYS_MAX, KeyScope, RateLimit, RotateKey};

/// An API key, by its public name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its name in the log. Not the key.
    pub key_id: KeyId,
    /// Test or live.
    pub world: World,
    /// What people call it.
    pub name: DisplayName,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// How often it may be used.
    #[serde(default, skip_serializing_if = "RateLimit::is_by_world")]
    pub rate_limit: RateLimit,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The key that takes its place, if it was rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_to: Option<KeyId>,
}

impl GameState {
    pub(super) fn issue_key(&self, key: IssueKey) -> Result<Vec<GameEvent>, GameError> {
        // The same wish again: the key is there already.
        if self.key(&key.key_id).is_some() {
            return Ok(vec![]);
        }
        if self.keys.len() >= KEYS_MAX {
            return Err(GameError::TooManyKeys);
        }
        let has_twice = |it: &KeyScope| key.scopes.iter().filter(|other| it == *other).count() > 1;
        if key.scopes.is_empty() || key.scopes.iter().any(has_twice) {
            return Err(GameError::Scopes);
        }
        if !key.rate_limit.is_countable() {
            return Err(GameError::RateLimit);
        }
        Ok(vec![GameEvent::KeyIssued {
            key_id: key.key_id,
            world: key.world,
            name: key.name,
            scopes: key.scopes,
            expires_at: key.expires_at,
            rate_limit: key.rate_limit,
            issued_at: key.at,
        }])
    }

    /// A key has one successor at most: a second one would be a key that nobody asked for.
    pub(super) fn rotate_key(&self, rotate: RotateKey) -> Result<Vec<GameEvent>, GameError> {
        let RotateKey { key_id, new_key_id, previous_expires_at, at } = rotate;
        if self.key(&new_key_id).is_some() {
            return Ok(vec![]);
        }
        let old = self.key(&key_id).ok_or(GameError::KeyNotFound)?;
        if old.rotated_to.is_some() {
            return Err(GameError::KeyRotated);
        }
        // As long a life as the old one was given.
        let life_of = |end: Timestamp| end - old.issued_at;
        let end_after = |life| at.checked_add_signed(life).unwrap_or(Timestamp::MAX_UTC);
        let mut events = self.issue_key(IssueKey {
            key_id: new_key_id.clone(),
            world: old.world,
            name: old.name.clone(),
            scopes: old.scopes.clone(),
            expires_at: old.expires_at.map(life_of).map(end_after),
            rate_limit: old.rate_limit,
            at,
        })?;
        let sooner = |end: Timestamp| end.min(previous_expires_at);
        let previous_expires_at = old.expires_at.map_or(previous_expires_at, sooner);
        let rotated_at = at;
        events.push(GameEvent::KeyRotated { key_id, new_key_id, previous_expires_at, rotated_at });
        Ok(events)
    }

    pub(super) fn revoke_key(
        &self,
        key_id: KeyId,
        at: Timestamp,
    ) -> Result<Vec<GameEvent>, GameError> {
        self.key(&key_id).ok_or(GameError::KeyNotFound)?;
        Ok(vec![GameEvent::KeyRevoked { key_id, revoked_at: at }])
    }

    /// `None` if the rotation cannot have followed.
    pub(super) fn end_rotated_key(
        &mut self,
        key_id: &KeyId,
        new_key_id: KeyId,
        expires_at: Timestamp,
    ) -> Option<()> {
        self.key(&new_key_id)?;
        let old = self.keys.iter_mut().find(|it| it.key_id == *key_id)?;
        let is_sooner = old.expires_at.is_none_or(|end| expires_at <= end);
        (old.rotated_to.is_none() && is_sooner).then_some(())?;
        old.expires_at = Some(expires_at);
        old.rotated_to = Some(new_key_id);
        Some(())
    }

    fn key(&self, key_id: &KeyId) -> Option<&Key> {
        self.keys.iter().find(|it| it.key_id == *key_id)
    }
}
