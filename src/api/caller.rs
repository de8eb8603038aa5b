//! Who calls: the game and the world of the API key in the request's header.

use std::sync::Arc;

use http::{HeaderMap, header::AUTHORIZATION};
use sqlx::PgPool;
use subtle::ConstantTimeEq;

use super::{Api, ApiError, ApiKey};
use crate::{
    domain::{
        Timestamp,
        game::{GameError, KeyScope, RateLimit, RegisteredEndpoint},
        id::{EndpointId, KeyId, PaymentId, RefundId, SessionId},
        session::SessionError,
        world::World,
    },
    projections::{
        game::GameRow,
        payment::PaymentRow,
        refund::RefundRow,
        session::SessionRow,
        status::{StatusReader, StatusRow},
    },
};

/// The game server behind a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The key's public name.
    pub(crate) key_id: KeyId,
    /// Test or live.
    pub(crate) world: World,
    /// What the key may do.
    pub(crate) scopes: Vec<KeyScope>,
    /// How often.
    pub(crate) rate_limit: RateLimit,
    /// Its game, as it was within the last second.
    pub(crate) game: Arc<GameRow>,
}

impl Api {
    /// Finds out who calls, and counts the call: the way in for every request of a game server.
    ///
    /// # Errors
    ///
    /// [`ApiError::Unauthorized`], and [`ApiError::RateLimited`] for a key that calls too often.
    pub(crate) async fn admit(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let now = self.clock.now();
        let caller = self.identify(headers, now).await?;
        self.key_use.note(&caller.key_id, now);
        let per_second = caller.rate_limit.per_second(caller.world);
        self.rate_limits.count(&caller.key_id, per_second)?;
        Ok(caller)
    }

    /// Finds out who sent `headers`.
    ///
    /// # Errors
    ///
    /// [`ApiError::Unauthorized`] whatever is wrong with the key: the reasons are not told apart.
    async fn identify(&self, headers: &HeaderMap, now: Timestamp) -> Result<Caller, ApiError> {
        let key = bearer(headers).ok_or(ApiError::Unauthorized)?;
        let key = ApiKey::parse(key).map_err(|_| ApiError::Unauthorized)?;
        let found = self.known_keys.find(&self.pool, key.lookup()).await?;
        // Compared even if there is nothing to compare with: how long it takes tells nothing of the secret.
        let expected = found.as_ref().map_or([0; 32].as_slice(), |it| it.hash.as_slice());
        let is_right = bool::from(key.hash(&self.key_hasher).as_slice().ct_eq(expected));
        let found = found.filter(|_| is_right).ok_or(ApiError::Unauthorized)?;
        let stands = found.game.keys.iter().find(|it| it.key_id.as_str() == found.key_id);
        let stands = stands.filter(|it| it.world == key.world());
        let stands = stands.filter(|_| found.world == key.world().as_str());
        let stands = stands.filter(|it| it.expires_at.is_none_or(|at| now < at));
        let stands = stands.ok_or(ApiError::Unauthorized)?;
        let (key_id, scopes) = (stands.key_id.clone(), stands.scopes.clone());
        let (world, rate_limit) = (key.world(), stands.rate_limit);
        Ok(Caller { key_id, world, scopes, rate_limit, game: Arc::clone(&found.game) })
    }
}

impl Caller {
    /// # Errors
    ///
    /// [`ApiError::InvalidGameId`] unless the game is the key's.
    pub(crate) fn require_game(&self, game_id: &str) -> Result<(), ApiError> {
        if self.game.id == game_id { Ok(()) } else { Err(ApiError::InvalidGameId) }
    }

    /// # Errors
    ///
    /// [`ApiError::MissingScope`] unless the key may do this.
    pub(crate) fn require_scope(&self, scope: KeyScope) -> Result<(), ApiError> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(ApiError::MissingScope(scope)) }
    }

    /// A session of the game's.
    ///
    /// # Errors
    ///
    /// [`ApiError::SessionNotFound`]: another game's session, or the other world's, is as unknown
    /// as one that never was.
    pub(crate) async fn session(
        &self,
        pool: &PgPool,
        id: impl Into<String>,
    ) -> Result<SessionRow, ApiError> {
        let id = SessionId::parse(id).map_err(|_| ApiError::SessionNotFound)?;
        let row = SessionRow::find(pool, id.as_str()).await?;
        row.filter(|it| self.owns(&it.game_id, &it.world)).ok_or(ApiError::SessionNotFound)
    }

    /// Where a session of the game's stands.
    ///
    /// # Errors
    ///
    /// As [`Self::session`].
    pub(crate) async fn status(
        &self,
        statuses: &StatusReader,
        id: impl Into<String>,
    ) -> Result<Arc<StatusRow>, ApiError> {
        let id = SessionId::parse(id).map_err(|_| ApiError::SessionNotFound)?;
        let row = statuses.read(id.as_str()).await?;
        row.filter(|it| self.owns(&it.game_id, &it.world)).ok_or(ApiError::SessionNotFound)
    }

    /// A payment of the game's.
    ///
    /// # Errors
    ///
    /// [`SessionError::PaymentNotFound`], as [`Self::session`].
    pub(crate) async fn payment(
        &self,
        pool: &PgPool,
        id: impl Into<String>,
    ) -> Result<PaymentRow, ApiError> {
        let id = PaymentId::parse(id).map_err(|_| SessionError::PaymentNotFound)?;
        let row = PaymentRow::find(pool, id.as_str()).await?;
        let row = row.filter(|it| self.owns(&it.game_id, &it.world));
        Ok(row.ok_or(SessionError::PaymentNotFound)?)
    }

    /// A refund of the game's.
    ///
    /// # Errors
    ///
    /// [`SessionError::RefundNotFound`], as [`Self::session`].
    pub(crate) async fn refund(
        &self,
        pool: &PgPool,
        id: impl Into<String>,
    ) -> Result<RefundRow, ApiError> {
        let id = RefundId::parse(id).map_err(|_| SessionError::RefundNotFound)?;
        let row = RefundRow::find(pool, id.as_str()).await?;
        let row = row.filter(|it| self.owns(&it.game_id, &it.world));
        Ok(row.ok_or(SessionError::RefundNotFound)?)
    }

    /// The game's endpoints of the key's world, in the order in which they were added, as they are now.
    ///
    /// # Errors
    ///
    /// [`ApiError::Internal`].
    pub(crate) async fn endpoints(
        &self,
        pool: &PgPool,
    ) -> Result<Vec<RegisteredEndpoint>, ApiError> {
        let game = GameRow::find(pool, &self.game.id).await?.ok_or(ApiError::InvalidGameId)?;
        let of_world = |it: &RegisteredEndpoint| it.endpoint.world == self.world;
        Ok(game.endpoints.0.into_iter().filter(of_world).collect())
    }

    /// An endpoint of the game's.
    ///
    /// # Errors
    ///
    /// [`GameError::EndpointNotFound`], as [`Self::session`].
    pub(crate) async fn endpoint(
        &self,
        pool: &PgPool,
        id: impl Into<String>,
    ) -> Result<RegisteredEndpoint, ApiError> {
        let id = EndpointId::parse(id).map_err(|_| GameError::EndpointNotFound)?;
        let found = self.endpoints(pool).await?.into_iter().find(|it| it.endpoint_id == id);
        Ok(found.ok_or(GameError::EndpointNotFound)?)
    }

    fn owns(&self, game_id: &str, world: &str) -> bool {
        game_id == self.game.id && world == self.world.as_str()
    }

    /// How the log names it.
    pub(crate) fn actor(&self) -> String {
        format!("key:{}", self.key_id)
    }
}

/// The token of `Authorization: Bearer <token>` (RFC 6750); the scheme in any case (RFC 9110).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
