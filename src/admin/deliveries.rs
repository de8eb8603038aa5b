//! Webhooks that were sent or are to be sent: seeing them, and having them sent again.
//!
//! None of it changes what the log says happened, so none of it is an event.

use super::{Admin, AdminError};
use crate::{
    domain::{
        Timestamp,
        game::GameError,
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

    /// Has one message sent again at once, whatever came of it before.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], [`AdminError::WebhookNotFound`] and [`AdminError::Database`].
    pub async fn resend_webhook(
        &self,
        game_id: &GameId,
        endpoint_id: &EndpointId,
        message_id: &MessageId,
    ) -> Result<(), AdminError> {
        self.require_endpoint(game_id, endpoint_id).await?;
        let is_there = resend_message(&self.pool, endpoint_id, message_id).await?;
        is_there.then_some(()).ok_or(AdminError::WebhookNotFound)
    }

    /// Starts handing in again all that an endpoint did not take since some time. Safe to repeat.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and [`AdminError::Database`].
    pub async fn recover_webhooks(
        &self,
        game_id: &GameId,
        endpoint_id: &EndpointId,
        recovery_id: &RecoveryId,
        since: Timestamp,
    ) -> Result<Recovery, AdminError> {
        self.require_endpoint(game_id, endpoint_id).await?;
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
