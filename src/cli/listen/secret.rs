//! The secret that a developer's own server checks with.

use std::path::Path;

use secrecy::ExposeSecret;

use super::super::{CliError, Output, server_args::Server, webhook::given_secret};
use crate::webhooks::WebhookSecret;

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
    let (name, text) = given_secret(file)?;
    if file.is_some() || !text.trim().is_empty() {
        let secret = WebhookSecret::parse(text.trim());
        return secret.map_err(|error| CliError::Setting {
            name,
            rule: format!("must hold a secret: {error}"),
            received: None,
        });
    }
    let secret = WebhookSecret::made_of(server.key_text());
    writeln!(output.err, "Your server checks signatures with this secret, the same each time:")?;
    writeln!(output.err, "{}", secret.as_text().expose_secret())?;
    Ok(secret)
}
