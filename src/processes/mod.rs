//! What happens by itself: calls to providers that the log asks for, and the clock's commands.
//!
//! Each goes from an event, or the time, to a command. A crash anywhere in between is repaired by
//! what is in the log and in `provider_call`; every call carries a key, so that a repeat moves no
//! money. Knows no HTTP and no pages.

mod asking;
mod call;
mod clock;
mod worker;

pub use asking::ProviderCalls;
pub use clock::Timer;
pub use worker::CallWorker;
