//! Webhook endpoints: where they are, and the secrets that sign what is sent there.

use chrono::TimeDelta;

use super::{Admin, AdminError, new_id};
use crate::{
    domain::{
        game::{DisabledBy, Endpoint, EndpointChange, Game, GameCommand},
        id::{EndpointId, GameId},
    },
    webhooks::{Rewrapped, Rotation, WebhookSecret},
};

impl Admin {
    /// Has webhooks of a game sent to one more place, signed with `secret`. Safe to repeat.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn add_endpoint(
        &self,
        game_id: &GameId,
        endpoint_id: EndpointId,
        endpoint: Endpoint,
        secret: &WebhookSecret,
    ) -> Result<(), AdminError> {
        self.game(game_id).await?;
        let (context, at) = self.context();
        // The secret goes first: an endpoint in the log without one could never be signed for.
        self.secrets.keep_first(&self.pool, &endpoint_id, secret, at).await?;
        let add = GameCommand::AddEndpoint { endpoint_id: endpoint_id.clone(), endpoint, at };
        let added = self.execute_on_game(game_id, add, &context).await;
        if let Err(AdminError::Game(_)) = &added {
            self.secrets.forget(&self.pool, &endpoint_id).await?;
        }
        added.map(drop)
    }

    /// The same for an endpoint that has no id yet: it gets one, and a secret of its own. A repeat of the same
    /// request changes nothing, the secret least of all, and is answered with the same id.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], [`AdminError::Repeated`] for one that was removed since, and what the log has to
    /// say.
    pub async fn add_new_endpoint(
        &self,
        game_id: &GameId,
        endpoint: Endpoint,
    ) -> Result<EndpointId, AdminError> {
        self.game(game_id).await?;
        let (context, at) = self.context();
        let endpoint_id: EndpointId = new_id(&context, at);
        let secret = WebhookSecret::generate();
        let is_new = self.secrets.keep_if_none(&self.pool, &endpoint_id, &secret, at).await?;
        let add = GameCommand::AddEndpoint { endpoint_id: endpoint_id.clone(), endpoint, at };
        let added = self.execute_on_game(game_id, add, &context).await;
        let is_there = match &added {
            Ok(game) => game.endpoints.iter().any(|it| it.endpoint_id == endpoint_id),
            // After any other error the log may have it.
            Err(error) => !matches!(error, AdminError::Game(_)),
        };
        if is_new && !is_there {
            self.secrets.forget(&self.pool, &endpoint_id).await?;
        }
        added?;
        if is_there { Ok(endpoint_id) } else { Err(AdminError::Repeated) }
    }

    /// Has other webhooks of a game sent to an endpoint, or to elsewhere.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn change_endpoint(
        &self,
        game_id: &GameId,
        endpoint_id: EndpointId,
        change: EndpointChange,
    ) -> Result<(), AdminError> {
        let (context, at) = self.context();
        let change = GameCommand::ChangeEndpoint { endpoint_id, change: Box::new(change), at };
        self.execute_on_game(game_id, change, &context).await.map(drop)
    }

    /// Has nothing sent to an endpoint until it is enabled again. Safe to repeat.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn disable_endpoint(
        &self,
        game_id: &GameId,
        endpoint_id: EndpointId,
    ) -> Result<(), AdminError> {
        let (context, at) = self.context();
        let disable = GameCommand::DisableEndpoint { endpoint_id, by: DisabledBy::Person, at };
        self.execute_on_game(game_id, disable, &context).await.map(drop)
    }

    /// Has webhooks sent to an endpoint again. Safe to repeat.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn enable_endpoint(
        &self,
        game_id: &GameId,
        endpoint_id: EndpointId,
    ) -> Result<(), AdminError> {
        let (context, at) = self.context();
        let enable = GameCommand::EnableEndpoint { endpoint_id, at };
        self.execute_on_game(game_id, enable, &context).await.map(drop)
    }

    /// Has an endpoint's webhooks signed with `secret` from now on, and with the old ones too until
    /// `grace` is over, if theirs is not over before. No grace ends them at once.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], [`AdminError::Repeated`] for a request that did so before, and what the log has to
    /// say.
    pub async fn rotate_secret(
        &self,
        game_id: &GameId,
        endpoint_id: EndpointId,
        secret: &WebhookSecret,
        grace: TimeDelta,
    ) -> Result<(), AdminError> {
        let (context, at) = self.context();
        let previous_expires_at = at + grace;
        let mut turn = self.secrets.turn(&self.pool, &endpoint_id).await?;
        let rotate = GameCommand::RotateSecret { endpoint_id, previous_expires_at, at };
        // The event goes first: it is refused for an endpoint that the game does not have. A crash
        // before the secret leaves the old one signing, and the rotation can be asked for again.
        let executed = self.store.execute::<Game>(game_id.as_str(), rotate, &context).await?;
        if executed.events.is_empty() {
            return Err(AdminError::Repeated);
        }
        turn.replace(secret, at, previous_expires_at).await?;
        Ok(turn.end().await?)
    }

    /// Has an endpoint's webhooks signed with its current secret only, from now on.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn expire_old_secrets(
        &self,
        game_id: &GameId,
        endpoint_id: EndpointId,
    ) -> Result<(), AdminError> {
        let (context, at) = self.context();
        let mut turn = self.secrets.turn(&self.pool, &endpoint_id).await?;
        self.execute_on_game(game_id, GameCommand::ExpireSecrets { endpoint_id, at }, &context)
            .await?;
        turn.end_old(at).await?;
        Ok(turn.end().await?)
    }

    /// The secrets that sign an endpoint's webhooks now. That they were seen, and by whom, stands in
    /// the log before they are: only for a person who has just proved who they are.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], [`AdminError::Unsignable`] and what the log has to say.
    pub async fn reveal_secrets(
        &self,
        game_id: &GameId,
        endpoint_id: EndpointId,
    ) -> Result<Rotation, AdminError> {
        // Each time that somebody sees them, not only the first time that a request is sent.
        let (context, at) = self.own_context();
        let reveal = GameCommand::RevealSecret { endpoint_id: endpoint_id.clone(), at };
        self.execute_on_game(game_id, reveal, &context).await?;
        let mut rotation = self.secrets.rotation(&self.pool, endpoint_id.as_str()).await??;
        rotation.previous.retain(|(_, expires_at)| at < *expires_at);
        Ok(rotation)
    }

    /// Seals more secrets under the key for new ones, until all are: see
    /// [`EndpointSecrets::rewrap_some`](crate::webhooks::EndpointSecrets::rewrap_some).
    ///
    /// # Errors
    ///
    /// [`AdminError::Secrets`].
    pub async fn rewrap_some_secrets(&self, so_far: Rewrapped) -> Result<Rewrapped, AdminError> {
        Ok(self.secrets.rewrap_some(&self.pool, so_far).await?)
    }

    /// Sends nothing there any more.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn remove_endpoint(
        &self,
        game_id: &GameId,
        endpoint_id: EndpointId,
    ) -> Result<(), AdminError> {
        let (context, at) = self.context();
        let remove = GameCommand::RemoveEndpoint { endpoint_id: endpoint_id.clone(), at };
        self.execute_on_game(game_id, remove, &context).await?;
        Ok(self.secrets.forget(&self.pool, &endpoint_id).await?)
    }
}
