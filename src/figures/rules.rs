//! What an event counts as, and in which hour.
//!
//! Steps on the way to a payment count in the hour in which their session was created, so that of the
//! sessions of an hour it can be said how many were paid. Money counts in the hour in which it moved.
//! The times are the events' own, as people see them everywhere else.

use super::{FigureKind as Kind, Sums};
use crate::domain::{Timestamp, id::GameId, session::SessionEvent as Event, world::World};

/// What the first event of a session says of all that follows. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whose.
    pub game_id: GameId,
    /// Test or live money.
    pub world: World,
    /// When the session began.
    pub created_at: Timestamp,
}

impl Origin {
    /// Of a session whose first event this is; `None`, if it cannot be one.
    pub fn of(first: &Event) -> Option<Self> {
        let Event::Created { game_id, world, created_at, .. } = first else { return None };
        Some(Self { game_id: game_id.clone(), world: *world, created_at: *created_at })
    }
}

/// Counts one event of a session. No wildcard arm: whoever adds an event chooses what it counts as.
pub fn count(sums: &mut Sums, origin: &Origin, event: &Event) {
    let (at, began) = (event.occurred_at(), origin.created_at);
    match event {
        Event::Created { .. } => sums.add(origin, Kind::Created, began, ""),
        Event::PageOpened { .. } => sums.add(origin, Kind::Opened, began, ""),
        Event::PaymentStarted { number, method, .. } => {
            if *number == 1 {
                sums.add(origin, Kind::Started, began, "");
            }
            sums.add(origin, Kind::Attempt, at, method.as_str());
        }
        Event::Paid { amount, .. } => {
            sums.add(origin, Kind::Bought, began, "");
            sums.add_money(origin, Kind::Paid, at, *amount);
        }
        Event::PaidLate { amount, .. } => sums.add_money(origin, Kind::PaidLate, at, *amount),
        Event::CaptureMismatched { captured, .. } => {
            sums.add_money(origin, Kind::Mismatched, at, *captured);
        }
        Event::Refunded { amount, .. } => sums.add_money(origin, Kind::Refunded, at, *amount),
        Event::PaymentDeclined { reason, .. } => {
            sums.add(origin, Kind::Declined, at, reason.as_str());
        }
        // No money moved by these, and no player came further.
        Event::PaymentAuthorized { .. }
        | Event::CaptureRequested { .. }
        | Event::CaptureFailed { .. }
        | Event::VoidRequested { .. }
        | Event::VoidFailed { .. }
        | Event::PaymentVoided { .. }
        | Event::Failed { .. }
        | Event::Cancelled { .. }
        | Event::Expired { .. }
        | Event::RefundRequested { .. }
        | Event::RefundFailed { .. }
        | Event::RefundCancelled { .. } => {}
    }
}
