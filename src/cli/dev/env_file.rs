//! The file that scripts wait for: what a client needs to talk to this service.

use std::path::Path;

use serde_json::json;
use url::Url;

use super::{super::CliError, demo::Demo, private_file};

/// Removes the last run's, whose address nobody serves any more, and sees that there is a folder
/// for this run's.
pub(super) fn make_way(path: &Path) -> Result<(), CliError> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_there = folder.metadata().map(|_| ());
    let removed = is_there.and_then(|()| private_file::remove(path));
    removed.map_err(|error| CliError::file(path, &error))
}

/// Writes it whole or not at all.
pub(super) fn write(
    path: &Path,
    base: &Url,
    demo: &Demo,
    dashboard: &Url,
    database_url: &str,
) -> Result<(), CliError> {
    let base = base.as_str().trim_end_matches('/');
    let content = json!({
        "api_url": base,
        "pay_url": base,
        "game_id": demo.game_id.as_str(),
        "api_key": demo.api_key,
        "webhook_secret": demo.webhook_secret,
        "dashboard_url": dashboard,
        "database_url": database_url,
    });
    private_file::write(path, format!("{content:#}\n").as_bytes())
}
