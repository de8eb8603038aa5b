//! Webhooks: what a session's events tell a game server, how it is signed, and how it is sent.
//!
//! Knows the domain's words and neither the API nor the pages. An event becomes a message
//! (`message`, `body`), noted for each `endpoint` that takes it (`fanout`). Workers (`worker`) hold
//! endpoints by `lease`, each a `lane` at work (`run`): what is `due` is signed (`signature`),
//! sent once, only where it may go (`sender`, `target`), and settled (`settle`, `backoff`, `dead`).

pub mod body;
pub mod message;

mod bodies;
mod endpoint;
mod fanout;

mod due;
mod lane;
mod lease;
mod run;
mod worker;

pub mod doctor;
mod secrets;
pub mod signature;

mod address;
pub mod target;

mod attempt;
pub mod backoff;
mod dead;
pub mod outcome;
pub mod sender;
mod settle;

mod objects;

#[cfg(test)]
mod fixtures;

pub use attempt::Attempt;
pub use backoff::ATTEMPTS_MAX;
pub use body::PublicUrls;
pub use dead::retry_dead;
pub use fanout::Deliveries;
pub use lane::{Delivery, Lane};
pub use secrets::ENDPOINT_SECRETS_PURPOSE;
pub use sender::{ANSWER_DEADLINE, Sender, SenderError};
pub use signature::{Rotation, WebhookSecret};
pub use target::TargetPolicy;
pub use worker::DeliveryWorker;
