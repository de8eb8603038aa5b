//! Answers commands with events, or refuses. Pure, so after a conflict it simply runs again.

mod closing;
mod holding;
mod opening;
mod outcomes;
mod refunding;

use super::{Session, SessionCommand as Command, SessionError, SessionEvent};

/// What a decision comes to: facts (none, if there is nothing new) or a refusal.
type Decision = Result<Vec<SessionEvent>, SessionError>;

/// Decides one command against all that is known of the session.
pub(super) fn decide(session: &Session, command: Command) -> Decision {
    let state = match (session, command) {
        (Session::Absent, Command::Create(details)) => return Ok(vec![opening::create(*details)]),
        (Session::Present(_), Command::Create(_)) => return Err(SessionError::AlreadyCreated),
        (session, command) => (session.present()?, command),
    };
    match state {
        (_, Command::Create(_)) => Err(SessionError::AlreadyCreated),
        (state, Command::OpenPage { at }) => Ok(opening::open_page(state, at)),
        (state, Command::StartPayment(attempt)) => opening::start_payment(state, *attempt),
        (state, Command::RequestCapture { payment_id, at }) => {
            holding::request_capture(state, &payment_id, at)
        }
        (state, Command::RequestVoid { payment_id, at }) => {
            holding::request_void(state, &payment_id, at)
        }
        (state, Command::VoidUncaptured { payment_id, at }) => {
            holding::void_uncaptured(state, &payment_id, at)
        }
        (state, Command::Cancel { by, at }) => closing::cancel(state, by, at),
        (state, Command::Expire { at }) => closing::expire(state, at),
        (state, Command::RecordPayment { payment_id, outcome, at }) => {
            outcomes::record(state, &payment_id, outcome, at)
        }
        (state, Command::RecordAnswer { payment_id, number, outcome, at }) => {
            outcomes::record_answer(state, &payment_id, number, outcome, at)
        }
        (state, Command::RequestRefund { refund_id, payment_id, cause, reason, at }) => {
            refunding::request(state, refund_id, &payment_id, cause, reason, at)
        }
        (state, Command::CancelRefund { refund_id, at }) => {
            refunding::cancel(state, &refund_id, at)
        }
        (state, Command::RecordRefund { refund_id, outcome, at }) => {
            refunding::record(state, &refund_id, outcome, at)
        }
    }
}
