//! The one script of the dashboard. Without it the page shows the latest events and how to load it again.

/// Adds events as they arrive, and stops when asked to.
pub(super) const SCRIPT: &str = include_str!("activity.js");
