//! One session's history, for people and for machines.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{report, words};
use crate::{audit::replay::ReplayedSession, domain::id::SessionId, event_store::LoadedEvent};

/// A replayed session, ready to be told.
pub(super) struct Told<'a> {
    replayed: &'a ReplayedSession,
    id: &'a SessionId,
    show_private: bool,
}

impl<'a> Told<'a> {
    pub(super) fn new(
        replayed: &'a ReplayedSession,
        id: &'a SessionId,
        show_private: bool,
    ) -> Self {
        Self { replayed, id, show_private }
    }

    /// For people.
    pub(super) fn print(&self, out: &mut (dyn Write + Send)) -> io::Result<()> {
        writeln!(out, "{}", self.id)?;
        if self.replayed.is_erased {
            writeln!(out, "Its key was destroyed: what was private in it is gone for good.")?;
        }
        for (entry, LoadedEvent { envelope, event, reason }) in &self.replayed.events {
            let (version, position) = (entry.version, entry.position);
            let at = entry.recorded_at.format("%Y-%m-%d %H:%M:%S%.6f UTC");
            let (name, actor) = (event.name(), &envelope.actor);
            writeln!(out, "\n{version}. {name}  by {actor}\n  at {at}, position {position}")?;
            if let Some(causation) = &envelope.causation {
                writeln!(out, "  because of {causation}")?;
            }
            if let Some(reason) = reason {
                let reason = Map::from_iter([("why".to_owned(), serde_json::to_value(reason)?)]);
                write!(out, "{}", words::fields(&reason, 1, self.show_private))?;
            }
            let data = inner(serde_json::to_value(event)?);
            write!(out, "{}", words::fields(&data, 1, self.show_private))?;
        }
        writeln!(out, "\nFolded")?;
        write!(out, "{}", words::fields(&self.state()?, 1, self.show_private))?;
        if self.replayed.differences.is_empty() {
            return writeln!(out, "\nThe read models agree.");
        }
        writeln!(out, "\nThe read models differ:")?;
        self.replayed.differences.iter().try_for_each(|it| report::difference(it, out))
    }

    /// For machines.
    pub(super) fn json(&self) -> Value {
        let events = self.replayed.events.iter().map(|(entry, it)| {
            let LoadedEvent { envelope, event, reason } = it;
            let mut told = json!({
                "position": entry.position,
                "version": entry.version,
                "recorded_at": entry.recorded_at,
                "event_id": envelope.event_id,
                "type": envelope.event_type,
                "actor": envelope.actor,
                "causation": envelope.causation,
                "correlation": envelope.correlation,
                "command_id": envelope.command_id,
                "occurred_at": envelope.occurred_at,
                "data": inner(serde_json::to_value(event).unwrap_or_default()),
            });
            if let Some(reason) = reason {
                told["why"] = serde_json::to_value(reason).unwrap_or_default();
            }
            told
        });
        let mut told = json!({
            "session_id": self.id,
            "is_erased": self.replayed.is_erased,
            "events": events.collect::<Vec<_>>(),
            "state": self.state().unwrap_or_default(),
            "differences": self.replayed.differences,
        });
        if !self.show_private {
            words::without_private(&mut told);
        }
        told
    }

    fn state(&self) -> Result<Map<String, Value>, serde_json::Error> {
        let state = self.replayed.session.present().ok();
        state
            .map(|it| serde_json::to_value(it).map(object))
            .transpose()
            .map(Option::unwrap_or_default)
    }
}

/// The fields of `{"Name": {…}}`.
fn inner(event: Value) -> Map<String, Value> {
    object(event).into_iter().next().map(|(_, fields)| object(fields)).unwrap_or_default()
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { Map::new() }
}
