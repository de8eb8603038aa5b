//! Stops the service on SIGINT and SIGTERM; a second signal does not wait.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that a signal ended (the shell's convention for SIGINT).
const EXIT_INTERRUPTED: i32 = 130;

/// Cancels `stop` on the first signal, for what may end at any moment.
pub(super) fn quietly_on_signal(stop: &CancellationToken) {
    let stop = stop.clone();
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        stop.cancel();
    });
}

/// Cancels `stop` on the first signal.
pub(super) fn on_signal(stop: &CancellationToken) {
    let stop = stop.clone();
    tokio::spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            tracing::error!("signals cannot be heard; the service stops only when killed");
            return;
        };
        let mut any = async || {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        };
        any().await;
        // Before anything is said of it: whether the log can be written must not matter.
        stop.cancel();
        tracing::info!("stopping: open requests are finished first; a second signal stops at once");
        any().await;
        #[allow(clippy::disallowed_methods, reason = "a second signal asks for just that")]
        std::process::exit(EXIT_INTERRUPTED);
    });
}
