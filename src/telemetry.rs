//! Logs, metrics and request ids. No secret, no card number and no body is ever logged.

mod requests;

use std::{
    ffi::OsStr,
    io::IsTerminal,
    panic::PanicHookInfo,
    sync::{Arc, OnceLock},
    time::Duration,
};

use clap::ValueEnum;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, fmt};

pub use requests::{Observed, guarded, observed};

/// How often measurements are folded.
const FOLD_METRICS_EVERY: Duration = Duration::from_secs(5);

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info,sqlx=warn,hyper=warn";

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people at a terminal.
    #[default]
    Pretty,
    /// One JSON object a line, for machines.
    Json,
}

/// What chooses log lines cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("RUST_LOG must be a level, or levels by module such as {DEFAULT_FILTER}; received {0:?}")]
pub struct UnreadableFilter(String);

/// Starts logging to standard error, panics included; the second call in a process changes nothing.
///
/// # Errors
///
/// [`UnreadableFilter`], so that nobody looks in vain for lines that were asked for.
pub fn start_logging(format: LogFormat) -> Result<(), UnreadableFilter> {
    let wanted = std::env::var_os("RUST_LOG").filter(|it| !it.is_empty());
    let filter = filter(wanted.as_deref().unwrap_or(DEFAULT_FILTER.as_ref()))?;
    // Once nobody reads standard error, a complaint about that would itself panic, in any task.
    let builder = fmt().log_internal_errors(false);
    let builder = builder.with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Pretty => {
            // In a file, or before another program, colours are noise.
            builder.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // Only a test that starts two services in one process comes here twice.
    if started.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(())
}

fn filter(text: &OsStr) -> Result<EnvFilter, UnreadableFilter> {
    let unreadable = || UnreadableFilter(text.to_string_lossy().into_owned());
    let text = text.to_str().ok_or_else(unreadable)?;
    EnvFilter::builder().parse(text).map_err(|_| unreadable())
}

/// One line like any other, with the request's id. Without the message, which may hold anything.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(location, "panicked");
}

/// Starts collecting metrics; the same collection for every call in a process.
pub fn start_metrics() -> Option<Arc<PrometheusHandle>> {
    static HANDLE: OnceLock<Option<Arc<PrometheusHandle>>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok().map(Arc::new)).clone()
}

/// Folds what was measured into sums again and again, until told to stop: or samples that nobody
/// fetches would fill the memory.
pub async fn keep_metrics_small(metrics: Arc<PrometheusHandle>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(FOLD_METRICS_EVERY)).await.is_some() {
        metrics.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_log_lines_is_read_or_refused_by_its_variables_name() {
        for text in [DEFAULT_FILTER, "debug", "off", "toffeepay::webhooks=trace,warn"] {
            assert!(filter(text.as_ref()).is_ok(), "{text}");
        }
        let refused = filter("toffeepay=loud".as_ref()).unwrap_err().to_string();
        assert!(refused.starts_with("RUST_LOG must be "), "{refused}");
        assert!(refused.ends_with("received \"toffeepay=loud\""), "{refused}");
    }
}
