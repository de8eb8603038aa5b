//! What `trigger` refuses before it calls anybody.

use std::{fs, path::PathBuf};

use crate::ground::{Ran, refusal, run};

/// Nobody listens there.
const NOWHERE: [&str; 2] = ["--server", "http://127.0.0.1:1"];

/// A file with an API key of a world, removed at the end.
struct KeyFile(PathBuf);

impl KeyFile {
    fn of(world: &str) -> Self {
        let path = std::env::temp_dir().join(format!("toffeepay-{}", uuid::Uuid::new_v4()));
        fs::write(&path, format!("{}\n", key(world))).unwrap();
        Self(path)
    }

    async fn trigger(&self, words: &[&str]) -> Ran {
        let file = ["--api-key-file", self.0.to_str().unwrap()];
        run(&[&["toffeepay", "trigger"], words, &file].concat()).await
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn key(world: &str) -> String {
    format!("tp_{world}_{}", "5".repeat(64))
}

#[test]
fn an_event_that_there_is_not_is_answered_with_all_that_there_are() {
    let said = refusal(&["toffeepay", "trigger", "session.payed"]);
    for event in ["session.created", "session.paid", "payment.cancelled", "refund.failed"] {
        assert!(said.contains(event), "{said}");
    }
}

#[tokio::test]
async fn an_event_that_nobody_can_trigger_says_what_to_do_instead() {
    for (event, instead) in [
        ("session.expired", "--session-lifetime-s 60"),
        ("refund.cancelled", "refund.succeeded or refund.failed"),
        ("deposit.succeeded", "session.paid"),
        ("deposit.failed", "session.paid"),
    ] {
        let ran = run(&["toffeepay", "trigger", event]).await;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        let start = format!("{event} cannot be triggered: ");
        assert!(ran.err.starts_with(&start) && ran.err.contains(instead), "{ran:?}");
    }
}

#[tokio::test]
async fn nothing_is_triggered_with_a_key_for_live_money() {
    let ran = KeyFile::of("live").trigger(&[&["session.paid"], &NOWHERE[..]].concat()).await;
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("is for live money"), "not even called: {ran:?}");
    assert!(!ran.err.contains(&key("live")), "{ran:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_says_how_to_start_one() {
    let ran = KeyFile::of("test").trigger(&[&["session.paid"], &NOWHERE[..]].concat()).await;
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("nothing answers at http://127.0.0.1:1/"), "{ran:?}");
    assert!(ran.err.contains("start `toffeepay dev`"), "{ran:?}");
    assert!(!ran.err.contains(&key("test")), "{ran:?}");
}

#[tokio::test]
async fn what_is_no_key_is_never_quoted() {
    let file = KeyFile::of("test");
    fs::write(&file.0, "tp_test_hunter2").unwrap();
    let ran = file.trigger(&["session.paid"]).await;
    assert!(ran.code == 2 && ran.err.contains("begins tp_test_ or tp_live_"), "{ran:?}");
    assert!(!ran.err.contains("hunter2"), "{ran:?}");

    let ran = run(&["toffeepay", "trigger", "session.paid", "--api-key-file", &key("test")]).await;
    assert!(ran.err.starts_with("--api-key-file must name a file"), "{ran:?}");
    assert!(!ran.err.contains(&key("test")), "{ran:?}");
}

#[tokio::test]
async fn devs_key_is_not_sent_to_another_machine() {
    let ran =
        run(&["toffeepay", "trigger", "session.paid", "--server", "https://pay.example"]).await;
    assert!(ran.code == 2 && ran.err.starts_with("TOFFEEPAY_API_KEY must hold"), "{ran:?}");
}
