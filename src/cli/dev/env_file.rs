//! The file that scripts wait for: what a client needs to talk to this service.

use std::path::Path;

use serde_json::json;
use url::Url;

use super::{super::CliError, demo::Demo, private_file};

/// Writes it whole or not at all.
pub(super) fn write(
    path: &Path,
    base: &Url,
    demo: &Demo,
    database_url: &str,
) -> Result<(), CliError> {
    let base = base.as_str().trim_end_matches('/');
    let content = json!({
        "api_url": base,
        "pay_url": base,
        "game_id": demo.game_id.as_str(),
        "api_key": demo.api_key,
        "webhook_secret": demo.webhook_secret,
        "database_url": database_url,
    });
    private_file::write(path, format!("{content:#}\n").as_bytes())
}
