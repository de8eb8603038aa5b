//! Stored events are a commitment: every shape ever written must be read for ever.
//!
//! A file that differs from its sample means that the shape of a stored event changed: give the
//! event a new version and an upcaster instead. Files are only ever added, never rewritten.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

#[path = "golden/older.rs"]
mod older;
#[path = "golden/samples.rs"]
mod samples;

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use cqrs_es::{DomainEvent, persist::SerializedEvent};
use serde_json::Value;
use toffeepay::{
    domain::{
        game::{DisabledBy, Game, GameEvent, KeyScope, PayloadShape, WebhookType},
        person::{Person, PersonEvent, Proof},
        private::MARK,
        session::{
            CancelReason, CaptureMode, DeclineReason, PaymentMethod, PaymentStatus, RefundCause,
            RefundStatus, Session, SessionEvent, SessionStatus, VoidReason,
        },
        studio::{Role, Studio, StudioEvent},
    },
    event_store::StoredAggregate,
};

/// Set to write the files of new samples.
const UPDATE: &str = "UPDATE_GOLDEN";

fn folder(aggregate: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(aggregate)
}

fn files(aggregate: &str) -> Vec<(String, Value)> {
    let entries = fs::read_dir(folder(aggregate)).expect("the folder is there");
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("the file is UTF-8");
            (name, serde_json::from_str(&text).expect("the file is JSON"))
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

fn file_name<E: DomainEvent>(suffix: &str, event: &E) -> String {
    let dot = if suffix.is_empty() { "" } else { "." };
    format!("{}.{}{dot}{suffix}.json", event.event_type(), event.event_version())
}

fn every_sample_stands_in_its_file<E: DomainEvent>(aggregate: &str, samples: Vec<(&str, E)>) {
    for (suffix, event) in samples {
        let (name, json) = (file_name(suffix, &event), serde_json::to_value(&event).unwrap());
        let path = folder(aggregate).join(&name);
        if !path.exists() && std::env::var_os(UPDATE).is_some_and(|it| it == "1") {
            fs::create_dir_all(folder(aggregate)).unwrap();
            let mut file = fs::File::create_new(&path).unwrap();
            writeln!(file, "{}", serde_json::to_string_pretty(&json).unwrap()).unwrap();
        }
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|_| panic!("{aggregate}/{name} is missing: set {UPDATE}=1 to add it"));
        let stored: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json, stored, "{aggregate}/{name}: the shape of a stored event changed");
    }
}

/// What a file holds in the form of today, brought up by the aggregate's upcasters as the log does,
/// and whether one of them had to.
fn brought_up<A: StoredAggregate>(name: &str, stored: &Value) -> (Value, bool) {
    let mut parts = name.splitn(4, '.');
    let mut next = || parts.next().expect("Kind.major.minor.json");
    let (kind, major, minor) = (next(), next(), next());
    let stored = SerializedEvent {
        aggregate_id: "1".to_owned(),
        sequence: 1,
        aggregate_type: A::TYPE.to_owned(),
        event_type: kind.to_owned(),
        event_version: format!("{major}.{minor}"),
        payload: stored.clone(),
        metadata: Value::Null,
    };
    let upcasters = A::upcasters();
    let (today, is_older) = upcasters.iter().fold((stored, false), |(event, is_older), it| {
        let applies = it.can_upcast(&event.event_type, &event.event_version);
        if applies { (it.upcast(event), true) } else { (event, is_older) }
    });
    (today.payload, is_older)
}

fn read<A: StoredAggregate>(name: &str, stored: &Value) -> A::Event {
    serde_json::from_value(brought_up::<A>(name, stored).0)
        .unwrap_or_else(|error| panic!("{name} is no longer read: {error}"))
}

/// A file of the current version is written back the same; an older one as its upcasters left it.
fn every_file_is_read_and_written_back<A: StoredAggregate>(files: Vec<(String, Value)>) {
    for (name, stored) in files {
        let event = read::<A>(&name, &stored);
        let (today, is_older) = brought_up::<A>(&name, &stored);
        assert_eq!(serde_json::to_value(&event).unwrap(), today, "{name}");
        let current = format!("{}.{}.", event.event_type(), event.event_version());
        assert_eq!(name.starts_with(&current), !is_older, "{name} holds {current}");
    }
}

/// serde lists all variants when it meets one that it does not know.
fn variants<E: DomainEvent>() -> BTreeSet<String> {
    let error = serde_json::from_str::<E>(r#"{"?":{}}"#).expect_err("no event has that name");
    let error = error.to_string();
    let listed = error.split("expected").nth(1).expect("serde says what it expected");
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn every_variant_has_a_file<E: DomainEvent>(aggregate: &str, count: usize) {
    let variants = variants::<E>();
    assert_eq!(variants.len(), count, "serde's words were not understood: {variants:?}");
    let names: Vec<String> = files(aggregate).into_iter().map(|it| it.0).collect();
    for variant in variants {
        let begins = format!("{variant}.");
        assert!(names.iter().any(|it| it.starts_with(&begins)), "{aggregate}: {variant}");
    }
}

/// How many private fields the files hold, each of which was erased and read.
fn private_fields_can_be_erased<A: StoredAggregate>() -> usize {
    let mut erased = 0;
    for (name, stored) in files(A::TYPE) {
        let kind = stored.as_object().unwrap().keys().next().unwrap().clone();
        let fields = stored[&kind].as_object().unwrap();
        let is_private = |it: &&String| fields[*it].get(MARK).is_some();
        for field in fields.keys().filter(is_private) {
            let mut null = stored.clone();
            null[&kind][field] = Value::Null;
            let mut absent = stored.clone();
            absent[&kind].as_object_mut().unwrap().remove(field);
            for json in [&null, &absent] {
                let event = read::<A>(&name, json);
                let (expected, _) = brought_up::<A>(&name, &null);
                assert_eq!(
                    serde_json::to_value(&event).unwrap(),
                    expected,
                    "{name} without {field}"
                );
            }
            erased += 1;
        }
    }
    erased
}

#[test]
fn the_shape_of_no_stored_event_has_changed() {
    every_sample_stands_in_its_file("session", samples::session());
    every_sample_stands_in_its_file("game", samples::game());
    every_sample_stands_in_its_file("studio", samples::studio());
    every_sample_stands_in_its_file("person", samples::person());
}

#[test]
fn every_event_ever_stored_is_still_read_and_written_back_the_same() {
    every_file_is_read_and_written_back::<Session>(files("session"));
    every_file_is_read_and_written_back::<Game>(files("game"));
    every_file_is_read_and_written_back::<Studio>(files("studio"));
    every_file_is_read_and_written_back::<Person>(files("person"));
}

#[test]
fn a_file_of_an_older_version_is_read_through_its_upcasters() {
    every_file_is_read_and_written_back::<older::Named>(older::files());
}

#[test]
#[should_panic(expected = "Called.1.0.json is no longer read")]
fn a_file_of_an_older_version_that_no_upcaster_takes_is_noticed() {
    every_file_is_read_and_written_back::<older::Forgetful>(older::files());
}

#[test]
fn every_kind_of_event_has_a_file() {
    every_variant_has_a_file::<SessionEvent>("session", 20);
    every_variant_has_a_file::<GameEvent>("game", 17);
    every_variant_has_a_file::<StudioEvent>("studio", 4);
    every_variant_has_a_file::<PersonEvent>("person", 10);
}

#[test]
fn a_private_field_that_is_absent_or_null_reads_as_erased() {
    // Created in four shapes has two each, and seven other files one each.
    assert_eq!(private_fields_can_be_erased::<Session>(), 4 * 2 + 7);
    assert_eq!(private_fields_can_be_erased::<Game>(), 0);
    assert_eq!(private_fields_can_be_erased::<Studio>(), 0);
    assert_eq!(private_fields_can_be_erased::<Person>(), 5);
}

/// A word, once stored, is read for ever; a new one is added to its list here.
#[test]
fn every_word_ever_stored_is_still_read() {
    fn read<T>(all: &[T], words: &str)
    where
        T: serde::Serialize + serde::de::DeserializeOwned,
    {
        let listed: Vec<&str> = words.split_whitespace().collect();
        for word in &listed {
            let json = Value::String((*word).to_owned());
            let read: T = serde_json::from_value(json.clone()).expect(word);
            assert_eq!(serde_json::to_value(&read).unwrap(), json);
        }
        assert_eq!(all.len(), listed.len(), "a new word is missing from the list: {words}");
    }
    read(SessionStatus::ALL, "pending paid failed cancelled expired");
    read(PaymentStatus::ALL, "processing authorized succeeded refunded failed cancelled");
    read(RefundStatus::ALL, "pending succeeded failed cancelled");
    read(
        PaymentMethod::ALL,
        "card tokenized_card apple_pay google_pay paypal paylater venmo toffee_wallet",
    );
    read(CaptureMode::ALL, "automatic manual");
    read(DisabledBy::ALL, "person gone failing");
    read(
        DeclineReason::ALL,
        "card_declined insufficient_funds expired_card incorrect_security_code \
         authentication_failed instrument_refused authorization_expired provider_refused",
    );
    read(CancelReason::ALL, "game player attempts_voided");
    read(
        VoidReason::ALL,
        "game session_cancelled not_captured_in_time capture_failed authorized_late \
         paid_otherwise",
    );
    read(RefundCause::ALL, "game paid_late operator");
    read(KeyScope::ALL, "read write refund webhooks");
    read(PayloadShape::ALL, "flat envelope");
    read(Proof::ALL, "password_and_code link");
    read(Role::ALL, "owner developer finance support");
    read(
        WebhookType::ALL,
        "session.created session.paid session.failed session.expired session.cancelled \
         payment.created payment.authorized payment.succeeded payment.failed payment.cancelled \
         refund.created refund.succeeded refund.failed refund.cancelled \
         deposit.succeeded deposit.failed",
    );
}
