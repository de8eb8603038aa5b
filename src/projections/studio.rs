//! The row of a studio.

use serde::Serialize;
use serde_json::json;

use crate::{
    domain::{
        Timestamp,
        studio::{Studio, StudioEvent},
    },
    event_store::{Label, StoredAggregate},
};

impl StoredAggregate for Studio {
    fn label(&self, _id: &str) -> Label {
        Label::default()
    }

    fn rows(&self, id: &str, version: i64) -> impl Serialize {
        match self {
            Self::Present { name, members, .. } => json!({ "studios": [{
                "id": id, "version": version, "name": name, "members": members,
            }] }),
            Self::Absent | Self::Corrupt => json!({}),
        }
    }

    fn occurred_at(event: &StudioEvent) -> Timestamp {
        event.occurred_at()
    }
}
