//! A small aggregate: a number that is set and added to, and that can be made to wait.

use std::sync::Arc;

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use serde::{Deserialize, Serialize};
use serde_json::json;
use toffeepay::{
    domain::Timestamp,
    event_store::{Label, StoredAggregate},
};
use tokio::sync::{Semaphore, mpsc};

use crate::given::now;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Counter {
    pub total: i64,
}

#[derive(Clone)]
pub enum Count {
    /// Changes nothing if that is the total already.
    Set(i64),
    Add(i64),
    /// Adds one to the total that it finds, once it may go on.
    AddOneWhenTold(Gate),
}

/// Where a decision waits.
#[derive(Clone)]
pub struct Gate {
    /// Told of each decision that waits.
    pub reached: mpsc::UnboundedSender<()>,
    /// Lets decisions go on.
    pub go_on: Arc<Semaphore>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Counted {
    Counted { total: i64, at: Timestamp },
}

impl DomainEvent for Counted {
    fn event_type(&self) -> String {
        "Counted".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Aggregate for Counter {
    const TYPE: &'static str = "counter";
    type Command = Count;
    type Event = Counted;
    type Error = std::fmt::Error;
    type Services = ();

    async fn handle(
        &mut self,
        command: Count,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), std::fmt::Error> {
        let total = match command {
            Count::Set(total) if total == self.total => return Ok(()),
            Count::Set(total) => total,
            Count::Add(amount) => self.total + amount,
            Count::AddOneWhenTold(Gate { reached, go_on }) => {
                reached.send(()).unwrap();
                go_on.acquire().await.unwrap().forget();
                self.total + 1
            }
        };
        sink.write(Counted::Counted { total, at: now() }, self).await;
        Ok(())
    }

    fn apply(&mut self, Counted::Counted { total, .. }: Counted) {
        self.total = total;
    }
}

impl StoredAggregate for Counter {
    fn label(&self, _id: &str) -> Label {
        Label::default()
    }

    fn rows(&self, _id: &str, _version: i64) -> impl Serialize {
        json!({})
    }

    fn occurred_at(Counted::Counted { at, .. }: &Counted) -> Timestamp {
        *at
    }
}
