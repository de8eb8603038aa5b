//! How many watch: of all, and of one person, so that nobody takes the seats of the others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::feed::Unwatchable;
use crate::domain::id::PersonId;

/// How many may watch in one process.
const WATCHERS_MAX: usize = 1_000;
/// How many of them may be one person, in as many windows.
pub(super) const WATCHERS_PER_PERSON_MAX: usize = 10;

/// Who watches now.
#[derive(Clone, Default)]
pub(super) struct Seats(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    all: usize,
    by_person: HashMap<PersonId, usize>,
}

/// A seat that is taken until this is dropped.
pub(super) struct Seat {
    person_id: PersonId,
    seats: Seats,
}

impl Seats {
    /// Takes one.
    ///
    /// # Errors
    ///
    /// [`Unwatchable::TooMany`] and [`Unwatchable::TooManyOfYours`].
    pub(super) fn take(&self, person_id: &PersonId) -> Result<Seat, Unwatchable> {
        let mut taken = self.taken();
        if WATCHERS_MAX <= taken.all {
            return Err(Unwatchable::TooMany);
        }
        let own = taken.by_person.get(person_id).copied().unwrap_or_default();
        if WATCHERS_PER_PERSON_MAX <= own {
            return Err(Unwatchable::TooManyOfYours);
        }
        taken.all += 1;
        taken.by_person.insert(person_id.clone(), own + 1);
        Ok(Seat { person_id: person_id.clone(), seats: self.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.all = taken.all.saturating_sub(1);
        match taken.by_person.get_mut(&self.person_id) {
            Some(own) if 1 < *own => *own -= 1,
            _ => {
                taken.by_person.remove(&self.person_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock as _, clock::SystemClock, ids::NewId as _};

    fn somebody() -> PersonId {
        PersonId::new(SystemClock.now())
    }

    #[test]
    fn one_person_takes_ten_seats_and_gives_back_what_they_leave() {
        let (seats, ada, bob) = (Seats::default(), somebody(), somebody());
        let mut hers: Vec<Seat> =
            (0..WATCHERS_PER_PERSON_MAX).map(|_| seats.take(&ada).unwrap()).collect();
        assert_eq!(seats.take(&ada).err(), Some(Unwatchable::TooManyOfYours));
        let his = seats.take(&bob).unwrap();
        hers.pop();
        hers.push(seats.take(&ada).unwrap());
        drop((hers, his));
        assert!(seats.taken().by_person.is_empty() && seats.taken().all == 0);
    }

    #[test]
    fn a_thousand_watch_and_no_more() {
        let seats = Seats::default();
        let all: Vec<Seat> = (0..WATCHERS_MAX).map(|_| seats.take(&somebody()).unwrap()).collect();
        assert_eq!(seats.take(&somebody()).err(), Some(Unwatchable::TooMany));
        drop(all);
        assert!(seats.take(&somebody()).is_ok());
    }
}
