//! A studio: who owns games. So far only a name; its people and contracts come to live here.

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use serde::{Deserialize, Serialize};

use super::{Timestamp, text::DisplayName};

/// A studio as its events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Studio {
    /// Not taken in.
    #[default]
    Absent,
    /// The usual case.
    Present {
        /// What people call it.
        name: DisplayName,
        /// When it was taken in.
        founded_at: Timestamp,
    },
    /// A history that the rules cannot have written: it refuses every further command.
    Corrupt,
}

/// A wish; [`Studio`] decides what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StudioCommand {
    /// Take the studio in.
    Found {
        /// What people call it.
        name: DisplayName,
        /// Now.
        at: Timestamp,
    },
}

/// A fact about one studio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StudioEvent {
    /// The studio was taken in.
    Founded {
        /// What people call it.
        name: DisplayName,
        /// When.
        founded_at: Timestamp,
    },
}

/// Why a studio refuses a command. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StudioError {
    /// A studio is taken in once.
    #[error("the studio exists already")]
    AlreadyFounded,
    /// The history of this studio cannot have been written by its rules.
    #[error("the studio's history is damaged")]
    Corrupt,
}

impl DomainEvent for StudioEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Founded { .. } => "Founded".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl StudioEvent {
    /// When it happened, by the clock of whoever decided it.
    pub fn occurred_at(&self) -> Timestamp {
        match self {
            Self::Founded { founded_at, .. } => *founded_at,
        }
    }
}

impl Aggregate for Studio {
    const TYPE: &'static str = "studio";
    type Command = StudioCommand;
    type Event = StudioEvent;
    type Error = StudioError;
    /// None, as for every aggregate here.
    type Services = ();

    async fn handle(
        &mut self,
        command: StudioCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), StudioError> {
        let StudioCommand::Found { name, at } = command;
        match self {
            Self::Absent => {
                sink.write(StudioEvent::Founded { name, founded_at: at }, self).await;
                Ok(())
            }
            Self::Present { .. } => Err(StudioError::AlreadyFounded),
            Self::Corrupt => Err(StudioError::Corrupt),
        }
    }

    fn apply(&mut self, event: StudioEvent) {
        let StudioEvent::Founded { name, founded_at } = event;
        *self = match self {
            Self::Absent => Self::Present { name, founded_at },
            Self::Present { .. } | Self::Corrupt => Self::Corrupt,
        };
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use cqrs_es::test::TestFramework;

    use super::*;

    fn now() -> Timestamp {
        Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
    }

    fn found() -> StudioCommand {
        StudioCommand::Found { name: DisplayName::parse("Nebula Games").unwrap(), at: now() }
    }

    fn founded() -> StudioEvent {
        let name = DisplayName::parse("Nebula Games").unwrap();
        StudioEvent::Founded { name, founded_at: now() }
    }

    fn given(history: Vec<StudioEvent>) -> cqrs_es::test::AggregateTestExecutor<Studio> {
        TestFramework::with(()).given(history)
    }

    #[test]
    fn a_studio_is_taken_in_once() {
        given(vec![]).when(found()).then_expect_events(vec![founded()]);
        given(vec![founded()]).when(found()).then_expect_error(StudioError::AlreadyFounded);
    }

    #[test]
    fn a_studio_taken_in_twice_is_damaged_and_refuses_everything() {
        given(vec![founded(), founded()]).when(found()).then_expect_error(StudioError::Corrupt);
    }
}
