//! Following the log: whatever is not written in the append's own transaction.
//!
//! A subscription takes each event in order and moves its checkpoint in the transaction of its
//! effect, so that a crash repeats or loses nothing. One process follows at a time, under a lease
//! with a fence. Knows nothing of what events mean, and never appends.

mod backoff;
mod batch;
mod dead_letter;
mod follower;
mod gauges;
mod generation;
mod key;
mod lease;
mod progress;
mod reader;
mod retry;
mod subscriber;
mod wake;
mod wire;

pub use dead_letter::{ParkedStream, parked_streams};
pub use follower::{FollowError, Follower, Step};
pub use generation::{SwitchError, live_generation, register, switch};
pub use progress::{Followed, Progress, progress_of};
pub use reader::{Page, ReadError, read_after};
pub use retry::{Retried, retry_dead_letters};
pub use subscriber::{HandleError, NotAll, StartsAt, Subscriber};
pub use wake::{Signal, Wake};
pub use wire::{announce, listen};
