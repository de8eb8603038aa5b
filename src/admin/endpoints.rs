//! Webhook endpoints: where they are, and the secrets that sign what is sent there.

use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::{Admin, AdminError};
use crate::{
    domain::{
        Timestamp,
        game::{DisabledBy, Endpoint, EndpointChange, GameCommand},
        id::{EndpointId, GameId},
    },
    vault::VaultError,
    webhooks::WebhookSecret,
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
        self.keep_first_secret(&endpoint_id, secret).await?;
        let add = GameCommand::AddEndpoint { endpoint_id: endpoint_id.clone(), endpoint, at };
        let added = self.execute_on_game(game_id, add, &context).await;
        if let Err(AdminError::Game(_)) = &added {
            self.forget_secrets(&endpoint_id).await?;
        }
        added.map(drop)
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
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn rotate_secret(
        &self,
        game_id: &GameId,
        endpoint_id: EndpointId,
        secret: &WebhookSecret,
        grace: TimeDelta,
    ) -> Result<(), AdminError> {
        let (context, at) = self.context();
        let previous_expires_at = at + grace;
        let rotated = endpoint_id.clone();
        let rotate = GameCommand::RotateSecret { endpoint_id: rotated, previous_expires_at, at };
        // The event goes first: it is refused for an endpoint that the game does not have. A crash
        // before the secret leaves the old one signing, and the rotation can be asked for again.
        self.execute_on_game(game_id, rotate, &context).await?;
        self.replace_secret(&endpoint_id, secret, previous_expires_at).await
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
        self.forget_secrets(&endpoint_id).await
    }

    async fn keep_first_secret(
        &self,
        endpoint_id: &EndpointId,
        secret: &WebhookSecret,
    ) -> Result<(), AdminError> {
        sqlx::query(
            "INSERT INTO endpoint_secret (endpoint_id, number, sealed) VALUES ($1, 1, $2)
             ON CONFLICT (endpoint_id, number) DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(endpoint_id.as_str())
        .bind(self.seal(endpoint_id, secret)?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Removes the secrets of an endpoint that is not in the log, or not any more.
    async fn forget_secrets(&self, endpoint_id: &EndpointId) -> Result<(), AdminError> {
        let query = sqlx::query("DELETE FROM endpoint_secret WHERE endpoint_id = $1");
        query.bind(endpoint_id.as_str()).execute(&self.pool).await?;
        Ok(())
    }

    fn seal(
        &self,
        endpoint_id: &EndpointId,
        secret: &WebhookSecret,
    ) -> Result<Vec<u8>, VaultError> {
        let text = secret.as_text().expose_secret();
        self.endpoint_secrets.seal(endpoint_id.as_str().as_bytes(), text.as_bytes())
    }

    /// Puts a secret in place, and an end to those before it.
    async fn replace_secret(
        &self,
        endpoint_id: &EndpointId,
        secret: &WebhookSecret,
        previous_expires_at: Timestamp,
    ) -> Result<(), AdminError> {
        let mut transaction = self.pool.begin().await?;
        // Of two rotations at once the second must see the first's new secret to end it.
        sqlx::query("SELECT FROM endpoint_secret WHERE endpoint_id = $1 FOR UPDATE")
            .bind(endpoint_id.as_str())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "UPDATE endpoint_secret SET expires_at = $2
             WHERE endpoint_id = $1 AND (expires_at IS NULL OR $2 < expires_at)",
        )
        .bind(endpoint_id.as_str())
        .bind(previous_expires_at)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO endpoint_secret (endpoint_id, number, sealed)
             SELECT $1, coalesce(max(number), 0) + 1, $2 FROM endpoint_secret
             WHERE endpoint_id = $1",
        )
        .bind(endpoint_id.as_str())
        .bind(self.seal(endpoint_id, secret)?)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }
}
