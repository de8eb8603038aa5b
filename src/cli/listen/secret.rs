//! The secret that a developer's own server checks with.

use std::path::Path;

use secrecy::ExposeSecret;

use super::super::{CliError, Output, server_args::Server};
use crate::webhooks::WebhookSecret;

/// The environment variable that holds it.
const WEBHOOK_SECRET: &str = "WEBHOOK_SECRET";

/// Their own; or one that is made of the API key, which is then shown.
///
/// # Errors
///
/// [`CliError::Setting`], which never quotes what was received.
pub(super) fn find(
    file: Option<&Path>,
    server: &Server,
    output: &mut Output<'_>,
) -> Result<WebhookSecret, CliError> {
    let broken = |name, rule: String| CliError::Setting { name, rule, received: None };
    let own = match file {
        Some(file) => {
            let name = "--secret-file";
            let text = std::fs::read_to_string(file).map_err(|error| {
                broken(name, format!("must name a file that can be read: {}", error.kind()))
            })?;
            Some((name, text))
        }
        None => std::env::var(WEBHOOK_SECRET).ok().map(|it| (WEBHOOK_SECRET, it)),
    };
    if let Some((name, text)) = own.filter(|(_, text)| !text.trim().is_empty()) {
        let secret = WebhookSecret::parse(text.trim());
        return secret.map_err(|error| broken(name, format!("must hold one: {error}")));
    }
    let secret = WebhookSecret::made_of(server.key_text());
    writeln!(output.err, "Your server checks signatures with this secret, the same each time:")?;
    writeln!(output.err, "{}", secret.as_text().expose_secret())?;
    Ok(secret)
}
