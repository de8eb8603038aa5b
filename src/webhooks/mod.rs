//! Webhooks: what a session's events tell a game server, how it is signed, and how it is sent.
//!
//! Knows the domain's words and neither the API nor the pages. An event becomes a message
//! (`message`, `body`), noted for each `endpoint` that takes it (`fanout`, `notes`). Workers (`worker`) hold
//! endpoints by `lease`, each a `lane` at work (`run`), unless its `breaker` is open: what is `due`
//! is signed (`signature`), sent once, only where it may go (`destination`, `sender`, `target`, `ports`),
//! judged (`settle`, `backoff`) and written down (`attempts`). People see what came of it (`history`, `of_session`,
//! `search`, `health`, `game_health`) and have it sent again (`resend`, `recovery`). Developers have events invented (`invented`,
//! `test_event`), or kept where nothing can be sent to (`listeners`).

pub mod body;
pub mod message;

mod bodies;
mod endpoint;
mod fanout;
mod notes;

mod breaker;
mod destination;
mod due;
mod engine;
mod lane;
mod lease;
mod run;
mod wake;
mod work;
mod worker;

pub mod doctor;
mod secrets;
pub mod signature;

mod address;
mod endpoint_fields;
mod ports;
pub mod target;

mod attempt;
mod attempts;
pub mod backoff;
pub mod outcome;
mod retry_after;
pub mod sender;
mod settle;

mod game_health;
mod health;
pub mod history;
mod of_session;
pub mod recovery;
mod resend;
mod search;
mod tried;
mod upkeep;

mod invented;
mod listeners;
mod test_event;

mod objects;

#[cfg(test)]
mod fixtures;

pub use attempt::Attempt;
pub use attempts::Unwritten;
pub use backoff::ATTEMPTS_MAX;
pub use body::PublicUrls;
pub use destination::AT_ONCE_USUAL;
pub use endpoint_fields::{
    ENDPOINT_URL_BYTES_MAX, read_endpoint_url, read_shape, read_test_type, read_webhook_type,
    read_webhook_types, types_refused,
};
pub use fanout::Deliveries;
pub use game_health::{EndpointHealth, MESSAGES_COUNTED_MAX, endpoints_health};
pub use health::{
    COUNTED_MAX, Counted, Failing, HEALTH_DAY, HEALTH_DAYS, Health, Hour, health as endpoint_health,
};
pub use history::{
    AttemptRow, History, MessageDetail, MessageRow, MessageState, PAGE_MAX, Which,
    list as list_messages,
};
pub use invented::{InventError, is_ever_sent};
pub use lane::{Delivery, Lane};
pub use listeners::{Heard, LISTENERS_MAX, ListenError, Listeners};
pub use message::MessageId;
pub use of_session::{SESSION_MESSAGES_MAX, SessionMessage};
pub use ports::{Ports, PortsError};
pub use recovery::{
    Meant, RECOVERIES_SHOWN_MAX, Recovery, find as find_recovery, meant as meant_by_recovery,
    of_endpoint as recoveries_of, start as start_recovery,
};
pub use resend::resend_message;
pub use search::{
    FoundMessages, ListedMessage, MESSAGES_LOOKED_AT_MAX, MessageCursor, MessageSearch,
    MessageTurn, message_cursor, search_messages, search_messages_plans,
};
pub use secrets::{
    ENDPOINT_SECRETS_PURPOSE, EndpointSecrets, Rewrapped, SecretDates, SecretKeys, SecretsError,
    Unsignable, secret_dates,
};
pub use sender::{ANSWER_BYTES_MAX, ANSWER_DEADLINE, Sender, SenderError};
pub use signature::{Rotation, WebhookSecret};
pub use target::{BlockedTarget, TargetPolicy};
pub use test_event::{TestEventError, TestEvents};
pub use tried::Tried;
pub use upkeep::keep_partitions;
pub use worker::DeliveryWorker;
