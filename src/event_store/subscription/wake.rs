//! Waking readers inside a process, without a queue: a thousand wake-ups unseen are one.

use std::sync::Arc;

use tokio::sync::watch;

/// Tells followers that there may be something to read. All clones are one.
#[derive(Clone, Debug)]
pub struct Wake {
    readers: Arc<watch::Sender<()>>,
    /// Only what this process appended: what another announced must not be announced again.
    announcer: Arc<watch::Sender<()>>,
}

impl Default for Wake {
    fn default() -> Self {
        Self {
            readers: Arc::new(watch::Sender::new(())),
            announcer: Arc::new(watch::Sender::new(())),
        }
    }
}

impl Wake {
    /// This process appended something: wakes its own readers, and has the others told.
    pub fn notify(&self) {
        self.readers.send_replace(());
        self.announcer.send_replace(());
    }

    /// Wakes the readers of this process only.
    pub(super) fn notify_readers(&self) {
        self.readers.send_replace(());
    }

    /// Hears of everything appended from now on, by whichever process.
    pub fn readers(&self) -> Signal {
        Signal(self.readers.subscribe())
    }

    /// Hears of what this process appends from now on.
    pub(super) fn announcer(&self) -> Signal {
        Signal(self.announcer.subscribe())
    }
}

/// One listener's end of a [`Wake`].
#[derive(Debug)]
pub struct Signal(watch::Receiver<()>);

impl Signal {
    /// Returns once there was a wake-up since the last return or [`Signal::clear`].
    pub async fn woken(&mut self) {
        if self.0.changed().await.is_err() {
            // Every Wake is gone: nobody will ever call again.
            std::future::pending::<()>().await;
        }
    }

    /// Forgets earlier wake-ups: what they were for is about to be read.
    pub fn clear(&mut self) {
        self.0.mark_unchanged();
    }
}
