//! Signs an event and posts it, as a worker would, to wherever a developer likes.

use url::Url;

use super::super::CliError;
use crate::{
    clock::{Clock as _, SystemClock},
    webhooks::{
        MessageId, Rotation, Sender, TargetPolicy, WebhookSecret,
        outcome::{Answer, AttemptOutcome},
        signature::sign,
    },
};

/// The most of an answer that was no success that is shown, in characters.
const SHOWN_MAX: usize = 200;

/// Posts events.
pub(super) struct Forwarder {
    target: Url,
    secrets: Rotation,
    sender: Sender,
}

impl Forwarder {
    pub(super) fn new(target: Url, secret: WebhookSecret) -> Result<Self, CliError> {
        let secrets = Rotation { current: secret, previous: vec![] };
        let sender = Sender::new(TargetPolicy::Anywhere).map_err(CliError::start)?;
        Ok(Self { target, secrets, sender })
    }

    /// Posts one, and says what came of it.
    pub(super) async fn post(&self, message_id: &str, body: &str) -> Result<String, CliError> {
        let id = MessageId::parse(message_id).ok_or_else(|| {
            CliError::Start(format!("the service sent an event whose id is none: {message_id:?}"))
        })?;
        let headers = sign(&self.secrets, &id, SystemClock.now().timestamp(), body.as_bytes());
        let outcome = self.sender.send(&self.target, &headers, body.to_owned().into()).await;
        let ms = outcome.elapsed().as_millis();
        Ok(match &outcome {
            AttemptOutcome::Answered { answer, .. } => {
                format!("{} after {ms} ms{}", answer.status.as_u16(), words_of(answer))
            }
            AttemptOutcome::Failed { failure, .. } => format!("{failure}, after {ms} ms"),
        })
    }
}

/// What an answer says that was no success, on one line.
fn words_of(answer: &Answer) -> String {
    if answer.status.is_success() || answer.body.is_empty() {
        return String::new();
    }
    let text = String::from_utf8_lossy(&answer.body);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = line.chars().take(SHOWN_MAX).map(|it| it.escape_debug().to_string());
    format!(": {}", shown.collect::<String>())
}

/// Reads where to post, as clap wants it. A host and port alone read as a scheme of that name.
pub(super) fn target(text: &str) -> Result<Url, String> {
    let rule = "must be a URL such as http://localhost:3000/webhooks";
    let url = Url::parse(text).map_err(|error| format!("{rule}: {error}"))?;
    TargetPolicy::Anywhere.check(&url).map_err(|blocked| format!("{rule}: {blocked}"))?;
    Ok(url)
}
