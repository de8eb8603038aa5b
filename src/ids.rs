//! New ids: the time, the shard and randomness of the operating system, in that order.

use uuid::Uuid;

use crate::domain::{
    Timestamp,
    id::{
        EndpointId, EventId, KeyId, PaymentId, PersonId, RecoveryId, RefundId, SessionId, SignInId,
        StudioId, id_bytes,
    },
};

/// The shard of everything so far. Ids carry it, so that a later split can route by id alone.
pub const SHARD: i16 = 0;

/// The header in which a request's id travels: what joins a request, its log lines and the events
/// that it caused. Every request has one by the time that a handler sees it.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// An id that can be made new.
pub trait NewId {
    /// A new one, made at `now`.
    fn new(now: Timestamp) -> Self;

    /// The one that a command makes which may be given again. It tells no time.
    fn of_command(command_id: Uuid) -> Self;
}

macro_rules! new_id {
    ($($name:ident),+) => {
        $(impl NewId for $name {
            fn new(now: Timestamp) -> Self {
                Self::from_bytes(fresh_bytes(now))
            }

            fn of_command(command_id: Uuid) -> Self {
                Self::from_bytes(id_bytes(0, SHARD.unsigned_abs(), command_id.into_bytes()))
            }
        })+
    };
}

new_id!(
    EndpointId, EventId, KeyId, PaymentId, PersonId, RecoveryId, RefundId, SessionId, SignInId,
    StudioId
);

fn fresh_bytes(now: Timestamp) -> [u8; 24] {
    let unix_ms = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    id_bytes(unix_ms, SHARD.unsigned_abs(), random_bytes())
}

/// Random bytes from the operating system.
///
/// # Panics
///
/// If the operating system gives none: nothing that we sign or name would be safe then.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no random bytes: {error}");
    }
    bytes
}

/// A new id for a command that has none of its own.
pub fn new_command_id() -> Uuid {
    Uuid::now_v7()
}
