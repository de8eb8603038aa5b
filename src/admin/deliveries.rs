//! Webhooks that were sent or are to be sent: seeing them, and having them sent again.
//!
//! None of it changes what the log says happened; that somebody wanted it is an event of its own.

use super::{Admin, AdminError};
use crate::{
    domain::{
        Timestamp,
        game::{Game, GameCommand, GameError, WebhookType},
        id::{EndpointId, GameId, RecoveryId},
    },
    webhooks::{MessageDetail, MessageId, Recovery, resend_message, start_recovery},
};

impl Admin {
    /// One message of an endpoint, with its body and its attempts.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], [`AdminError::WebhookNotFound`] and [`AdminError::Database`].
    pub async fn webhook(
        &self,
        game_id: &GameId,
        endpoint_id: &EndpointId,
        message_id: &MessageId,
    ) -> Result<MessageDetail, AdminError> {
        self.require_endpoint(game_id, endpoint_id).await?;
        let found = self.history.find(endpoint_id, message_id).await?;
        found.ok_or(AdminError::WebhookNotFound)
    }

    /// Notes in the log that somebody has a test event sent.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn note_test(
        &self,
        game_id: &GameId,
        endpoint_id: &EndpointId,
        webhook_type: WebhookType,
    ) -> Result<(), AdminError> {
        let (context, at) = self.context();
        let endpoint_id = endpoint_id.clone();
        let note = GameCommand::TestEndpoint { endpoint_id, webhook_type, at };
        self.execute_on_game(game_id, note, &context).await.map(drop)
    }

    /// Has one message sent again at once, whatever came of it before. Who wanted it stands in the log first.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], [`AdminError::WebhookNotFound`] and what the log has to say.
    pub async fn resend_webhook(
        &self,
        game_id: &GameId,
        endpoint_id: &EndpointId,
        message_id: &MessageId,
    ) -> Result<(), AdminError> {
        self.webhook(game_id, endpoint_id, message_id).await?;
        let (context, at) = self.context();
        let (id, message) = (endpoint_id.clone(), message_id.as_str().to_owned());
        let note = GameCommand::ResendWebhook { endpoint_id: id, message_id: message, at };
        let noted = self.store.execute::<Game>(game_id.as_str(), note, &context).await?;
        if noted.events.is_empty() {
            // The same request, sent twice: it is sent again once.
            return Ok(());
        }
        let is_there = resend_message(&self.pool, endpoint_id, message_id).await?;
        is_there.then_some(()).ok_or(AdminError::WebhookNotFound)
    }

    /// Starts handing in again all that an endpoint did not take since some time. Safe to repeat. Who
    /// wanted it stands in the log first.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn recover_webhooks(
        &self,
        game_id: &GameId,
        endpoint_id: &EndpointId,
        recovery_id: &RecoveryId,
        since: Timestamp,
    ) -> Result<Recovery, AdminError> {
        let (context, at) = self.context();
        let (id, recovery) = (endpoint_id.clone(), recovery_id.clone());
        let note =
            GameCommand::RecoverWebhooks { endpoint_id: id, recovery_id: recovery, since, at };
        self.execute_on_game(game_id, note, &context).await?;
        Ok(start_recovery(&self.pool, recovery_id, endpoint_id, since).await?)
    }

    async fn require_endpoint(
        &self,
        game_id: &GameId,
        endpoint_id: &EndpointId,
    ) -> Result<(), AdminError> {
        let game = self.game(game_id).await?;
        let is_there = game.endpoints.iter().any(|it| it.endpoint_id == *endpoint_id);
        is_there.then_some(()).ok_or(AdminError::Game(GameError::EndpointNotFound))
    }
}
