//! An aggregate whose event has changed its shape, as one of ours will: first `Called { name }`,
//! then, from version 2.0 on, `Called { name, words }`.

use cqrs_es::{
    Aggregate, DomainEvent,
    event_sink::EventSink,
    persist::{EventUpcaster, SemanticVersionEventUpcaster},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use toffeepay::{
    domain::Timestamp,
    event_store::{Label, StoredAggregate},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum CallEvent {
    Called { name: String, words: u64 },
}

impl DomainEvent for CallEvent {
    fn event_type(&self) -> String {
        "Called".to_owned()
    }

    fn event_version(&self) -> String {
        "2.0".to_owned()
    }
}

/// The golden files of both versions.
pub(crate) fn files() -> Vec<(String, Value)> {
    let older = json!({ "Called": { "name": "crystal pack" } });
    let current = json!({ "Called": { "name": "sword", "words": 1 } });
    vec![("Called.1.0.json".to_owned(), older), ("Called.2.0.json".to_owned(), current)]
}

fn count_words(mut older: Value) -> Value {
    let words = older["Called"]["name"].as_str().unwrap_or_default().split(' ').count();
    older["Called"]["words"] = words.into();
    older
}

macro_rules! aggregate {
    ($(#[$doc:meta])* $name:ident, $upcasters:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        pub(crate) struct $name;

        impl Aggregate for $name {
            const TYPE: &'static str = "call";
            type Command = ();
            type Event = CallEvent;
            type Error = std::fmt::Error;
            type Services = ();

            async fn handle(
                &mut self,
                (): (),
                (): &(),
                _: &EventSink<Self>,
            ) -> Result<(), Self::Error> {
                Ok(())
            }

            fn apply(&mut self, _: CallEvent) {}
        }

        impl StoredAggregate for $name {
            fn label(&self, _: &str) -> Label {
                Label::default()
            }

            fn rows(&self, _: &str, _: i64) -> impl Serialize {
                json!({})
            }

            fn occurred_at(_: &CallEvent) -> Timestamp {
                Timestamp::UNIX_EPOCH
            }

            fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
                $upcasters
            }
        }
    };
}

aggregate! {
    /// Knows what to do with its first version.
    Named, vec![Box::new(SemanticVersionEventUpcaster::new("Called", "2.0", Box::new(count_words)))]
}
aggregate! {
    /// Does not.
    Forgetful, vec![]
}
