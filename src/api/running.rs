//! Requests that their clients may repeat, one at a time for each key.
//!
//! Knows this process only. Two processes that work on the same key at once meet in the log, which
//! takes one of them and gives the other its answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::OwnedMutexGuard, time::timeout};
use uuid::Uuid;

/// Who works on which command.
#[derive(Default)]
pub(super) struct Running(Mutex<HashMap<Uuid, Lock>>);

type Lock = Arc<tokio::sync::Mutex<()>>;

/// The right to work on a command, until dropped.
pub(super) struct Turn<'a> {
    // Given up before the place is, which counts who is left.
    _guard: OwnedMutexGuard<()>,
    _place: Place<'a>,
}

/// A place in the queue for a command.
struct Place<'a> {
    running: &'a Running,
    command_id: Uuid,
    lock: Lock,
}

impl Running {
    /// Waits until nobody else works on the command; `None` after `limit`.
    pub(super) async fn turn(&self, command_id: Uuid, limit: Duration) -> Option<Turn<'_>> {
        let place = self.place(command_id);
        let guard = timeout(limit, Arc::clone(&place.lock).lock_owned()).await.ok()?;
        Some(Turn { _guard: guard, _place: place })
    }

    fn place(&self, command_id: Uuid) -> Place<'_> {
        let mut commands = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = Arc::clone(commands.entry(command_id).or_default());
        Place { running: self, command_id, lock }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut commands = self.running.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The map's and this one: nobody else waits.
        if Arc::strong_count(&self.lock) == 2 {
            commands.remove(&self.command_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRIEF: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    fn count(running: &Running) -> usize {
        running.0.lock().unwrap().len()
    }

    #[tokio::test]
    async fn a_repeat_waits_for_the_first_and_gives_up_in_the_end() {
        let (running, id) = (Running::default(), Uuid::from_u128(1));
        let first = running.turn(id, LONG).await.unwrap();
        assert!(running.turn(id, BRIEF).await.is_none());
        assert!(running.turn(Uuid::from_u128(2), BRIEF).await.is_some(), "another key is free");
        let (repeat, ()) = tokio::join!(running.turn(id, LONG), async { drop(first) });
        assert!(repeat.is_some());
    }

    #[tokio::test]
    async fn nothing_is_kept_of_what_is_over() {
        let (running, id) = (Running::default(), Uuid::from_u128(1));
        let first = running.turn(id, LONG).await;
        assert!(running.turn(id, BRIEF).await.is_none());
        assert_eq!(count(&running), 1);
        drop(first);
        assert_eq!(count(&running), 0);
    }
}
