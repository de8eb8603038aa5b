//! The dashboard's keys, endpoints and secrets in a real browser: what is made there works for the API, and
//! what is sent verifies, also while a secret is rotated.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::StatusCode;

use super::client::{CREATE_SESSION, Client, PAYS};
use super::dashboard::enter;
use super::harness::{EnvFile, Options, Service, wait_until};
use super::receiver::{Delivery, Receiver};
use super::support::browser::{Browser, Seen};
use super::support::oracles::{Judged, Verdicts, get_ready, verify_webhooks};

/// What somebody names a key who means harm.
const HOSTILE: &str = "Server <script>alert('name')</script>";

/// What is shown this once.
const SHOWN: &str = "document.querySelector('.once code').textContent";

/// From the link to the keys and endpoints of the test world.
fn developers(service: &Service, browser: Browser) -> Browser {
    enter(service, browser)
        .click("Test of Space Shooter")
        .click("Developers")
        .expect_text("API keys")
}

/// What `evaluate` found, in order.
fn found(seen: &Seen) -> Vec<String> {
    let values = seen.events.iter().filter(|it| it.step == "evaluate");
    values.map(|it| it.value.as_str().unwrap().to_owned()).collect()
}

/// Nothing of what was typed has run: a script that was stopped stands in the console too.
fn assert_quiet(seen: &Seen) {
    let is_refusal = |it: &str| it.contains("the server responded with a status of");
    let odd: Vec<_> = seen.console.iter().filter(|it| !is_refusal(&it.text)).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

/// What the API answers to whoever wants to sell something with a key.
async fn sell(service: &Service, key: &str) -> StatusCode {
    let env = EnvFile { api_key: key.to_owned(), ..service.env.clone() };
    let client = Client::new(&env);
    let response = client.call(CREATE_SESSION).json(&client.purchase()).send().await.unwrap();
    response.status()
}

/// What those say who know nothing of us, of each delivery: whether all of them accept it.
async fn judged(deliveries: Vec<Delivery>, secret: &str) -> Vec<bool> {
    let secret = secret.to_owned();
    let judge = move || -> Vec<bool> {
        let mut judged = vec![];
        for Delivery { headers, body, .. } in &deliveries {
            judged.push(Judged { secret: &secret, headers, body });
        }
        let verdicts = verify_webhooks(&judged);
        let is_accepted = |it: &Verdicts| {
            it.on_our_header() == [true; 3] && it.on_standard_headers() == [true; 2]
        };
        verdicts.iter().map(is_accepted).collect()
    };
    tokio::task::spawn_blocking(judge).await.unwrap()
}

#[tokio::test]
async fn a_key_is_created_rotated_and_revoked_and_the_api_takes_it_from_the_first_to_the_last() {
    let service = Service::start(Options::default()).await;
    let seen = developers(&service, Browser::desktop())
        .expect_accessible()
        .click("Create a key")
        .expect_accessible()
        .fill("Name", HOSTILE)
        .fill("Requests a second", "1000")
        .click("Create the key")
        .expect_text("must be a number from 1 to the test world’s own limit")
        .expect_value("Name", HOSTILE)
        .expect_accessible()
        .fill("Requests a second", "20")
        .click("Create the key")
        .expect_text("Keep this key now")
        .expect_accessible()
        .evaluate(SHOWN)
        .reload()
        .expect_text("No second key was made")
        .expect_accessible()
        .click("See the keys")
        .expect_text(HOSTILE)
        .expect_text("20 a second")
        .click(&format!("Rotate the key {HOSTILE}"))
        .expect_accessible()
        .fill("Why", HOSTILE)
        .click("Rotate the key")
        .expect_text("works until")
        .expect_accessible()
        .evaluate(SHOWN)
        .click("I have kept it")
        .expect_text("Being replaced")
        .expect_accessible()
        .evaluate("[...document.querySelectorAll('td a')].find((it) => it.textContent.startsWith('Revoke') && !it.closest('td').textContent.includes('Rotate')).click()")
        .expect_text("There is no way back")
        .expect_accessible()
        .fill("Why", "It leaked")
        .click("Revoke this key")
        .expect_text("The key is revoked")
        .expect_accessible()
        .run()
        .await;
    assert_quiet(&seen);
    let keys: Vec<&str> = seen.events.iter().filter_map(|it| it.value.as_str()).collect();
    let [old, new] = keys[..] else { panic!("{keys:?}") };
    assert!(old.starts_with("tp_test_") && new.starts_with("tp_test_") && old != new);
    assert_eq!(sell(&service, new).await, StatusCode::OK);
    assert_eq!(sell(&service, old).await, StatusCode::UNAUTHORIZED);
    for it in &seen.requests {
        assert!(!it.url.contains("tp_test_"), "a key in an address: {}", it.url);
    }
    for text in [service.log(), service.printed()] {
        assert!(!text.contains(new) && !text.contains(old), "a key in what the service says");
    }
    service.assert_replay_agrees().await;
}

#[tokio::test]
async fn an_endpoint_that_is_added_hears_a_test_event_that_its_revealed_secret_verifies() {
    tokio::task::spawn_blocking(get_ready).await.unwrap();
    let receiver = Receiver::start().await;
    let service = Service::start(Options::default()).await;
    let seen = developers(&service, Browser::phone().dark())
        .click("Add an endpoint")
        .expect_accessible()
        .fill("URL", &format!("{}?<script>alert('url')</script>", receiver.url))
        .fill("Description", HOSTILE)
        .fill("Deliveries at once", "65")
        .click("Add the endpoint")
        .expect_text("must be 1 to 64")
        .expect_accessible()
        .fill("Deliveries at once", "2")
        .click("Add the endpoint")
        .expect_text("The endpoint was added")
        .expect_text(HOSTILE)
        .expect_accessible()
        .click("Send a test event")
        .expect_text("A test event is on its way")
        .click("Python")
        .expect_text("hmac.compare_digest")
        .expect_accessible()
        .click("Reveal the secret")
        .expect_text("Reveal the signing secret?")
        .expect_accessible()
        .fill("Why", "For the game server")
        .click("Reveal the secret")
        .expect_text("That you have seen it stands in the history")
        .expect_text("hmac.compare_digest")
        .expect_accessible()
        .evaluate(SHOWN)
        .click("Hide it again")
        .click("Pause")
        .expect_accessible()
        .fill("Why", "Maintenance")
        .click("Pause this endpoint")
        .expect_text("The endpoint is paused")
        .expect_accessible()
        .click("Resume")
        .expect_text("The endpoint is resumed")
        .click("Change")
        .expect_value("Deliveries at once", "2")
        .expect_accessible()
        .fill("Deliveries at once", "")
        .click("Save")
        .expect_text("16 at once")
        .click("Remove")
        .expect_text("Nothing is sent there any more")
        .expect_accessible()
        .click("Keep it")
        .run()
        .await;
    assert_quiet(&seen);
    let [secret] = &found(&seen)[..] else { panic!("one secret") };
    let heard = wait_until("the test event", async || receiver.deliveries().pop()).await;
    assert_eq!(heard.message()["type"], "session.paid");
    assert_eq!(judged(vec![heard], secret).await, [true]);
    for it in &seen.requests {
        assert!(!it.url.contains("whsec_"), "a secret in an address: {}", it.url);
    }
    assert!(!service.log().contains(secret.as_str()));
    service.assert_replay_agrees().await;
}

/// Sells one thing after another until it is told to stop.
async fn keep_selling(client: &Client, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        let session_id = client.create_session(&client.purchase()).await;
        client.pay(&session_id, PAYS).await.unwrap();
    }
}

/// Rotates the secret of the endpoint at the receiver; the new one.
async fn rotate(service: &Service, receiver: &Receiver) -> String {
    let seen = developers(service, Browser::desktop())
        .click(&receiver.url)
        .expect_text("Signing secret")
        .click("Rotate the secret")
        .expect_text("The old secret signs too for")
        .expect_accessible()
        .fill("Why", "A yearly habit")
        .click("Rotate the secret")
        .expect_text("There is a new secret")
        .expect_text("Signs too until")
        .expect_accessible()
        .click("Reveal the secret")
        .expect_text("Reveal the signing secret?")
        .expect_accessible()
        .fill("Why", "For the game server")
        .click("Reveal the secret")
        .expect_text("An old secret signs too until")
        .expect_accessible()
        .evaluate(SHOWN)
        .run()
        .await;
    assert_quiet(&seen);
    found(&seen).pop().unwrap()
}

/// Ends the secrets before the current one, in another visit.
async fn end_the_old_ones(service: &Service, receiver: &Receiver) {
    let base = ["--base-url", service.env.pay_url.as_str()];
    let words = [&["people", "link", "demo@localhost"], &base[..]].concat();
    let link = String::from_utf8(service.command(&words).await.stdout).unwrap();
    let seen = Browser::desktop()
        .goto(link.trim())
        .click("Sign in")
        .click("Test of Space Shooter")
        .click("Developers")
        .click(&receiver.url)
        .click("End the old secrets")
        .expect_accessible()
        .fill("Why", "All servers have the new one")
        .click("End the old secrets")
        .expect_text("The old secrets sign no more")
        .expect_no_text("Signs too until")
        .run()
        .await;
    assert_quiet(&seen);
}

#[tokio::test]
async fn a_secret_is_rotated_while_deliveries_run_and_each_of_them_verifies() {
    tokio::task::spawn_blocking(get_ready).await.unwrap();
    let receiver = Receiver::start().await;
    let options = Options { webhook_url: Some(receiver.url.clone()), ..Options::default() };
    let service = Service::start(options).await;
    let old = service.env.webhook_secret.clone();
    let is_over = AtomicBool::new(false);
    let act = async {
        wait_until("the first delivery", async || receiver.deliveries().pop()).await;
        let new = rotate(&service, &receiver).await;
        // Both sign: whoever has the new one by now accepts, and so does who has not.
        let rotated = receiver.deliveries().len();
        let has_more = async || (rotated + 20 < receiver.deliveries().len()).then_some(());
        wait_until("deliveries that both sign", has_more).await;
        end_the_old_ones(&service, &receiver).await;
        let by_new_alone = async || {
            let last = vec![receiver.deliveries().pop()?];
            let is_old = judged(last.clone(), &old).await;
            (is_old == [false] && judged(last, &new).await == [true]).then_some(())
        };
        wait_until("a delivery that the new secret signs alone", by_new_alone).await;
        is_over.store(true, Ordering::Relaxed);
        new
    };
    let (new, ()) = tokio::join!(act, keep_selling(&service.client, &is_over));
    let deliveries = receiver.deliveries();
    let by_old = judged(deliveries.clone(), &old).await;
    let by_new = judged(deliveries.clone(), &new).await;
    let verdicts: Vec<(bool, bool)> = by_old.into_iter().zip(by_new).collect();
    let refused = verdicts.iter().filter(|it| **it == (false, false)).count();
    assert_eq!(refused, 0, "of {} deliveries some verify with neither", verdicts.len());
    assert_eq!(verdicts.first(), Some(&(true, false)), "the old one alone at first");
    assert_eq!(verdicts.last(), Some(&(false, true)), "the new one alone in the end");
    let signatures = |it: &Delivery| it.header("x-toffeepay-signature").matches("v1=").count();
    assert!(deliveries.iter().any(|it| signatures(it) == 3), "old, new, old in between");
    assert!(deliveries.iter().any(|it| it.message()["status"] == "paid"));
    service.assert_replay_agrees().await;
}
