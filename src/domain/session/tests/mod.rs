//! The specification of the session, as given/when/then: read it before you integrate.
//!
//! The themes stand in the order of a session's life. Unless a test says otherwise, the session
//! sells a crystal pack for USD 4.99, lives a day, and everything happens at [`now`].

mod creating;
mod paying;

mod authorizing;
mod capturing;
mod voiding;

mod cancelling;
mod expiring;

mod late_money;
mod mismatches;
mod refunding;

mod damaged_histories;
mod invariants;
mod statuses;

mod commands;
mod facts;

use cqrs_es::{
    Aggregate,
    test::{AggregateResultValidator, TestFramework},
};

use commands::*;
use facts::*;

use super::*;

/// A session to which `history` happened: one that the rules can have written.
fn given(history: impl IntoIterator<Item = SessionEvent>) -> Given {
    let history: Vec<_> = history.into_iter().collect();
    assert_ne!(fold(&history), Session::Corrupt, "the rules cannot have written {history:#?}");
    Given { history }
}

fn given_nothing() -> Given {
    given([])
}

struct Given {
    history: Vec<SessionEvent>,
}

impl Given {
    fn when(self, command: SessionCommand) -> Then {
        let result = TestFramework::with(()).given(self.history.clone()).when(command);
        Then { history: self.history, result }
    }
}

struct Then {
    history: Vec<SessionEvent>,
    result: AggregateResultValidator<Session>,
}

impl Then {
    /// These facts follow, in this order, and no others.
    #[track_caller]
    fn then<const N: usize>(self, expected: [SessionEvent; N]) {
        let whole = [self.history, expected.to_vec()].concat();
        self.result.then_expect_events(expected.into());
        assert_ne!(fold(&whole), Session::Corrupt, "what follows cannot be replayed");
    }

    /// It is accepted, and there is nothing new to write down.
    #[track_caller]
    fn then_nothing_new(self) {
        self.result.then_expect_events(vec![]);
    }

    /// It is refused, and nothing was changed.
    #[track_caller]
    fn then_refused(self, error: SessionError) {
        self.result.then_expect_error(error);
    }
}

/// What comes of a command after `history`, damaged or not.
fn decide(
    history: &[SessionEvent],
    command: SessionCommand,
) -> Result<Vec<SessionEvent>, SessionError> {
    TestFramework::<Session>::with(()).given(history.to_vec()).when(command).inspect_result()
}

/// What a replay of `history` comes to.
fn fold<'a>(history: impl IntoIterator<Item = &'a SessionEvent>) -> Session {
    let mut session = Session::default();
    history.into_iter().for_each(|event| session.apply(event.clone()));
    session
}

/// What is known of the session after `history`.
fn state_after(history: impl IntoIterator<Item = SessionEvent>) -> SessionState {
    let history: Vec<_> = history.into_iter().collect();
    fold(&history).present().expect("the session exists").clone()
}
