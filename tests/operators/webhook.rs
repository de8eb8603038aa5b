//! The signature doctor at the terminal, with the published fixtures.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::ground::{Ran, run};

/// A case of `docs/webhook-fixtures/cases.json`.
#[derive(Deserialize)]
struct Case {
    name: String,
    body: String,
    headers: BTreeMap<String, String>,
    secret: String,
    now: i64,
    valid: bool,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/webhook-fixtures")
}

fn cases() -> Vec<Case> {
    let cases = fs::read(fixtures().join("cases.json")).unwrap();
    serde_json::from_slice(&cases).unwrap()
}

/// A file of its own, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn with(text: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("toffeepay-webhook-{}", uuid::Uuid::new_v4()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// As `endpoints add … > secret.txt` leaves the secret, and as a log shows the headers.
async fn verify(case: &Case, more: &[&str]) -> Ran {
    let secret = Scratch::with(format!("{}\n", case.secret));
    let headers: String =
        case.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let headers = Scratch::with(format!("HTTP/1.1 200 OK\n{headers}\n"));
    let (body, now) = (fixtures().join(&case.body), case.now.to_string());
    let words = [
        "toffeepay",
        "webhook",
        "verify",
        "--body",
        body.to_str().unwrap(),
        "--headers",
        headers.path(),
        "--secret-file",
        secret.path(),
        "--at",
        &now,
    ];
    run(&[&words[..], more].concat()).await
}

#[tokio::test]
async fn each_published_case_is_judged_as_it_says() {
    let cases = cases();
    assert!(15 < cases.len());
    for case in cases {
        let ran = verify(&case, &[]).await;
        assert_eq!(ran.code, u8::from(!case.valid), "{}: {}{}", case.name, ran.out, ran.err);
        assert_eq!(ran.out.lines().count(), if case.headers.len() == 4 { 2 } else { 1 });
        assert!(!ran.out.contains(&case.secret), "{}", ran.out);
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_in_words_that_help() {
    let words = [
        ("paid", "valid, 0 s ago"),
        ("rotating-old", "Take over the new one"),
        ("line-feed", "white space around it that we did not send"),
        ("reserialised", "Take the raw bytes before anything parses them"),
        ("another-secret", "Most often the secret is another one"),
        ("too-old", "301 s ago"),
        ("from-the-future", "301 s in the future"),
        ("no-time", "it has no t="),
        ("cut-signature", "64 lower-case hex digits"),
    ];
    for (name, words) in words {
        let case = cases().into_iter().find(|it| it.name == name).unwrap();
        let ran = verify(&case, &[]).await;
        assert!(ran.out.contains(words), "{name}: {}", ran.out);
    }
}

#[tokio::test]
async fn a_value_of_ones_own_is_told_by_which_recipe_it_came() {
    let case = cases().into_iter().find(|it| it.name == "paid").unwrap();
    let (_, v1) = case.headers["X-ToffeePay-Signature"].rsplit_once('=').unwrap();

    let right = verify(&case, &["--computed", v1]).await;
    let capitals = verify(&case, &["--computed", &v1.to_uppercase()]).await;
    let unknown = verify(&case, &["--computed", "0"]).await;

    assert!(right.out.contains("your own value: right"), "{}", right.out);
    assert!(capitals.out.contains("hex with capitals"), "{}", capitals.out);
    assert!(unknown.out.contains("no known recipe"), "{}", unknown.out);
}

#[tokio::test]
async fn a_webhook_that_is_valid_points_at_the_code_that_refuses_it() {
    let case = cases().into_iter().find(|it| it.name == "paid").unwrap();
    let (_, v1) = case.headers["X-ToffeePay-Signature"].rsplit_once('=').unwrap();
    assert!(verify(&case, &[]).await.err.contains("--computed"));
    assert_eq!(verify(&case, &["--computed", v1]).await.err, "", "it was done already");
    let case = cases().into_iter().find(|it| it.name == "another-secret").unwrap();
    assert_eq!(verify(&case, &[]).await.err, "");
}

/// As Windows PowerShell's `>` writes a text.
fn in_utf16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn a_file_that_powershell_wrote_is_named_as_what_it_is() {
    let case = cases().into_iter().find(|it| it.name == "paid").unwrap();
    let text = fs::read_to_string(fixtures().join(&case.body)).unwrap();
    let header = format!("X-ToffeePay-Signature: {}", case.headers["X-ToffeePay-Signature"]);
    let plain = [&text, &header, &case.secret].map(Scratch::with);
    let wide = [&text, &header, &case.secret].map(|it| Scratch::with(in_utf16(it)));
    let at = case.now.to_string();
    for (place, option) in ["--body", "--headers", "--secret-file"].into_iter().enumerate() {
        let mut files = plain.each_ref();
        files[place] = &wide[place];
        let [body, headers, secret] = files.map(Scratch::path);
        let files = ["--body", body, "--headers", headers, "--secret-file", secret, "--at", &at];
        let ran = run(&[&["toffeepay", "webhook", "verify"], &files[..]].concat()).await;
        assert_eq!(ran.code, 2, "{ran:?}");
        let words = "UTF-16 (little-endian), as PowerShell's > writes it";
        assert!(ran.err.starts_with(option) && ran.err.contains(words), "{ran:?}");
        assert!(!ran.err.contains(&case.secret), "{ran:?}");
    }
    // In UTF-8, a mark before the headers is passed over.
    let marked = Scratch::with(format!("\u{feff}{header}\r\n"));
    let [body, _, secret] = plain.each_ref().map(Scratch::path);
    let files = ["--body", body, "--headers", marked.path(), "--secret-file", secret, "--at", &at];
    let ran = run(&[&["toffeepay", "webhook", "verify"], &files[..]].concat()).await;
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let case = cases().into_iter().find(|it| it.name == "paid").unwrap();
    let body = fixtures().join(&case.body);
    let body = body.to_str().unwrap();
    let (empty, secret) = (Scratch::with("\n"), Scratch::with(&case.secret));
    let signature = "X-ToffeePay-Signature: t=1,v1=0";
    let start = ["toffeepay", "webhook", "verify", "--body"];
    for (words, named) in [
        (
            vec![body, "--header", signature, "--secret-file", empty.path()],
            "--secret-file must hold",
        ),
        (vec![body, "--header", "no colon", "--secret-file", secret.path()], "--header must be"),
        (vec![body, "--header", "host: x", "--secret-file", secret.path()], "received host"),
        (vec!["/nowhere", "--header", signature, "--secret-file", secret.path()], "/nowhere: "),
        (vec!["-", "--header", signature, "--secret-file", "-"], "one file only"),
        (vec![body, "--header", signature, "--secret-file", &case.secret], "--secret-file must"),
    ] {
        let ran = run(&[&start[..], &words].concat()).await;
        assert_eq!(ran.code, 2, "{}", ran.out);
        assert!(ran.err.contains(named), "{named}: {}", ran.err);
        assert!(!ran.err.contains(&case.secret), "{}", ran.err);
    }
}
