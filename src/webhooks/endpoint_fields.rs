//! What somebody writes about an endpoint, read and checked alike for programs and for people.
//!
//! Numbers and names have their rules in `crate::domain`. Here are those that need to know where webhooks
//! may go, and the words for what the game's rules refuse.

use url::Url;

use super::target::{BlockedTarget, TargetPolicy};
use crate::domain::{
    game::{Endpoint, GameError, PayloadShape, WebhookType},
    violation::Violation,
};

/// The longest URL of an endpoint, in bytes.
pub const ENDPOINT_URL_BYTES_MAX: usize = 2_048;

/// The most types that may be named at once: more would name some of them twice.
const TYPES_MAX: usize = WebhookType::ALL.len();

/// Reads where webhooks are to go.
///
/// # Errors
///
/// A [`Violation`], also for a place that nothing would ever be sent to.
pub fn read_endpoint_url(targets: &TargetPolicy, text: &str) -> Result<Url, Violation> {
    if ENDPOINT_URL_BYTES_MAX < text.len() {
        return Err(Violation::new("must be at most 2,048 bytes long", text));
    }
    let url = Url::parse(text);
    let url =
        url.map_err(|_| Violation::new("must be a URL such as https://game.example/hook", text))?;
    match targets.check(&url) {
        Ok(()) => Ok(url),
        // Not to be quoted: it may be a real one.
        Err(blocked @ BlockedTarget::Credentials) => {
            Err(Violation::of_number(blocked.rule(), "one with them"))
        }
        Err(blocked) => Err(Violation::new(blocked.rule(), text)),
    }
}

/// Reads how bodies are laid out.
///
/// # Errors
///
/// A [`Violation`].
pub fn read_shape(text: &str) -> Result<PayloadShape, Violation> {
    PayloadShape::parse(text).ok_or_else(|| Violation::new("must be flat or envelope", text))
}

/// Reads a type of webhook.
///
/// # Errors
///
/// A [`Violation`].
pub fn read_webhook_type(text: &str) -> Result<WebhookType, Violation> {
    let rule = "must be types of webhooks, such as session.paid";
    WebhookType::parse(text).ok_or_else(|| Violation::new(rule, text))
}

/// Reads the types that an endpoint is to take.
///
/// # Errors
///
/// A [`Violation`] of the first that is none.
pub fn read_webhook_types<T: AsRef<str>>(texts: &[T]) -> Result<Vec<WebhookType>, Violation> {
    if TYPES_MAX < texts.len() {
        let rule = "must be at most as many as there are";
        return Err(Violation::of_number(rule, texts.len()));
    }
    texts.iter().map(|it| read_webhook_type(it.as_ref())).collect()
}

/// Reads which of an endpoint's types to invent an event of; the first, if none is named.
///
/// # Errors
///
/// A [`Violation`].
pub fn read_test_type(endpoint: &Endpoint, text: Option<&str>) -> Result<WebhookType, Violation> {
    let rule = "must be one of the endpoint's types";
    let Some(text) = text else {
        return endpoint.types.first().copied().ok_or_else(|| Violation::new(rule, ""));
    };
    let known = read_webhook_type(text)?;
    endpoint.types.contains(&known).then_some(known).ok_or_else(|| Violation::new(rule, text))
}

/// What the game's rules say of an endpoint's types, as a complaint about that field; `None` for what
/// they say of anything else.
pub fn types_refused(refusal: &GameError) -> Option<Violation> {
    let rule = "must be at least one, each once; a flat endpoint takes session.… only";
    let is_about_types = *refusal == GameError::WebhookTypes;
    is_about_types.then(|| Violation::of_number(rule, "what is not so"))
}
