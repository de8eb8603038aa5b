//! The stored form, byte for byte: what was written once must be read for ever.

use cqrs_es::{Aggregate, event_sink::EventSink, persist::SemanticVersionEventUpcaster};
use serde_json::json;

use super::*;
use crate::{
    domain::{private::Private, world::World},
    event_store::{StreamKeys, command_id},
};

/// An entry as it stands in the log, made by other code than ours (Python's `cryptography`).
const GOLDEN: &str = include_str!("../../../tests/golden/entry/Noted.1.2.json");
/// The same of a command that came with a reason; made likewise.
const GOLDEN_WITH_REASON: &str =
    include_str!("../../../tests/golden/entry/Noted.1.2.with-reason.json");
/// The key of its stream, wrapped under a master key of 32 ones; made likewise.
const GOLDEN_KEY: &str =
    "CQkJCQkJCQkJCQkJVf+sKD8f7nQ7Q2MKdkUDtMGvWKvUyBu9FfNDFXBqTUc9YKTIYWXzJOKMs7fqTCUA";

#[test]
fn an_entry_is_read_with_its_streams_key_and_its_private_part_is_erased_without() {
    let LoadedEvent { envelope, event, reason } =
        read::<Note>(&recorded(GOLDEN), Some(&golden_key())).unwrap();
    assert_eq!((&event, reason), (&noted(Private::Known("ada".to_owned())), None));
    assert_eq!((envelope.stream.as_str(), envelope.world), ("note-n1", Some(World::Test)));

    let erased = read::<Note>(&recorded(GOLDEN), None).unwrap();
    assert_eq!(erased.event, noted(Private::Erased));
}

#[test]
fn an_entry_is_written_as_ever_byte_for_byte() {
    let label = Label { world: Some(World::Test), game: Some("space_shooter".to_owned()) };
    let parts = [
        "idempotency-key",
        "space_shooter",
        "test",
        "/pay.v1.PaymentService/CreateSession",
        "order-17",
    ];
    let context = CommandContext {
        command_id: command_id(&parts),
        causation: Some("evt_cause".to_owned()),
        ..CommandContext::new("player", "request-1", at())
    };
    let (event_id, key) = (golden().event_id, golden_key());
    let place = Place {
        event_id: event_id.clone(),
        stream: "note-n1",
        version: 1,
        label: &label,
        context: &context,
        key: &key,
    };

    let (name, entry) = write::<Note>(&noted(Private::Known("ada".to_owned())), place).unwrap();

    let written: Envelope = serde_json::from_slice(&entry).unwrap();
    let open = |envelope: &Envelope| {
        let sealed = STANDARD.decode(envelope.private.as_ref().unwrap()).unwrap();
        String::from_utf8(key.open(event_id.as_str().as_bytes(), &sealed).unwrap()).unwrap()
    };
    assert_eq!(open(&written), r#"{"by":"ada"}"#);
    assert_eq!(open(&golden()), r#"{"by":"ada"}"#);
    // All but the nonce, which is new each time.
    let (sealed, golden_sealed) = (written.private.unwrap(), golden().private.unwrap());
    assert_eq!(sealed.len(), golden_sealed.len());
    let entry = String::from_utf8(entry).unwrap().replace(&sealed, &golden_sealed);
    assert_eq!((name.as_str(), entry.as_str()), ("Noted", GOLDEN));
}

#[test]
fn a_reason_is_read_with_its_streams_key_and_is_erased_without() {
    let entry = recorded(GOLDEN_WITH_REASON);
    let known = read::<Note>(&entry, Some(&golden_key())).unwrap();
    assert_eq!(known.reason, Some(Private::Known(Reason::parse("asked by Ada").unwrap())));
    assert_eq!(known.event, noted(Private::Known("ada".to_owned())));
    assert_eq!(read_without_key::<Note>(&entry).unwrap().reason, Some(Private::Erased));
    assert!(!GOLDEN_WITH_REASON.contains("Ada"));
}

#[test]
fn an_entry_with_a_reason_is_written_as_ever_and_neither_sealed_part_opens_as_the_other() {
    let golden: Envelope = serde_json::from_str(GOLDEN_WITH_REASON).unwrap();
    let label = Label { world: golden.world, game: golden.game.clone() };
    let context = CommandContext {
        command_id: golden.command_id,
        causation: golden.causation.clone(),
        ..CommandContext::new("player", "request-1", at())
    }
    .with_reason(Some(Reason::parse("asked by Ada").unwrap()));
    let (event_id, key) = (golden.event_id.clone(), golden_key());
    let (label, context, key) = (&label, &context, &key);
    let place = Place { event_id, stream: "note-n1", version: 1, label, context, key };
    let (_, entry) = write::<Note>(&noted(Private::Known("ada".to_owned())), place).unwrap();
    let mut written: Envelope = serde_json::from_slice(&entry).unwrap();
    let mut text = String::from_utf8(entry).unwrap();
    for (ours, theirs) in [(&written.private, &golden.private), (&written.reason, &golden.reason)] {
        text = text.replace(ours.as_ref().unwrap(), theirs.as_ref().unwrap());
    }
    assert_eq!(text, GOLDEN_WITH_REASON);
    std::mem::swap(&mut written.private, &mut written.reason);
    let swapped = recorded(&serde_json::to_string(&written).unwrap());
    let refused = read::<Note>(&swapped, Some(key)).map(|it| it.event);
    assert!(matches!(refused, Err(EntryError::Private(_))), "{refused:?}");
}

#[test]
fn an_event_of_any_older_version_is_read_as_todays() {
    let today = noted(Private::Known("ada".to_owned()));
    for (schema, data) in [
        ("1.0", json!({ "at": at(), "length": 3 })),
        ("1.1", json!({ "at": at(), "words": 3 })),
        ("1.2", json!({ "at": at(), "words": 3, "tone": "kind" })),
    ] {
        let mut old = golden();
        old.schema = schema.to_owned();
        old.data = data.as_object().unwrap().clone();
        let old = serde_json::to_string(&old).unwrap();
        let read = read::<Note>(&recorded(&old), Some(&golden_key())).unwrap();
        assert_eq!(read.event, today, "{schema}");
    }
}

#[test]
fn what_cannot_be_read_is_never_quoted() {
    let mut entry = golden();
    let sealed = golden_key().seal(entry.event_id.as_str().as_bytes(), br#"{"by":1815}"#);
    entry.private = Some(STANDARD.encode(sealed.unwrap()));
    let entry = serde_json::to_string(&entry).unwrap();

    let read = read::<Note>(&recorded(&entry), Some(&golden_key()));
    let error = read.map(|it| it.event).unwrap_err();

    assert!(matches!(error, EntryError::Json { kind: Category::Data, .. }));
    assert!(!format!("{error} {error:?}").contains("1815"), "{error}");
}

fn golden() -> Envelope {
    serde_json::from_str(GOLDEN).unwrap()
}

fn golden_key() -> Key {
    let ones = Key::from_base64(&STANDARD.encode([1; 32])).unwrap();
    StreamKeys::of(&ones).unwrap("note-n1", &STANDARD.decode(GOLDEN_KEY).unwrap()).unwrap()
}

fn recorded(entry: &str) -> RecordedEntry {
    RecordedEntry {
        shard: 0,
        position: 1,
        stream: "note-n1".to_owned(),
        version: 1,
        event_type: "Noted".to_owned(),
        recorded_at: at(),
        entry: entry.as_bytes().to_vec(),
        digest: vec![],
    }
}

fn at() -> Timestamp {
    "2026-11-23T09:00:00.123456Z".parse().unwrap()
}

fn noted(by: Private<String>) -> NoteEvent {
    NoteEvent::Noted { words: 3, tone: "kind".to_owned(), by, at: at() }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Note;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum NoteEvent {
    Noted {
        words: u32,
        tone: String,
        #[serde(default)]
        by: Private<String>,
        at: Timestamp,
    },
}

impl DomainEvent for NoteEvent {
    fn event_type(&self) -> String {
        "Noted".to_owned()
    }

    fn event_version(&self) -> String {
        "1.2".to_owned()
    }
}

impl Aggregate for Note {
    const TYPE: &'static str = "note";
    type Command = ();
    type Event = NoteEvent;
    type Error = std::fmt::Error;
    type Services = ();

    async fn handle(
        &mut self,
        (): (),
        _services: &(),
        _sink: &EventSink<Self>,
    ) -> Result<(), std::fmt::Error> {
        Ok(())
    }

    fn apply(&mut self, _event: NoteEvent) {}
}

impl StoredAggregate for Note {
    fn label(&self, _id: &str) -> Label {
        Label::default()
    }

    fn rows(&self, _id: &str, _version: i64) -> impl Serialize {
        json!({})
    }

    fn occurred_at(NoteEvent::Noted { at, .. }: &NoteEvent) -> Timestamp {
        *at
    }

    /// 1.1 renamed `length`; 1.2 added `tone`.
    fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
        let renamed = |mut event: Value| {
            let fields = event["Noted"].as_object_mut().unwrap();
            let length = fields.remove("length").unwrap();
            fields.insert("words".to_owned(), length);
            event
        };
        let added = |mut event: Value| {
            event["Noted"]["tone"] = json!("kind");
            event
        };
        vec![
            Box::new(SemanticVersionEventUpcaster::new("Noted", "1.1", Box::new(renamed))),
            Box::new(SemanticVersionEventUpcaster::new("Noted", "1.2", Box::new(added))),
        ]
    }
}
