//! `kill -9` at random moments while several players pay: no acknowledged session is lost, nobody
//! is charged twice, nothing is charged and forgotten, and every paid session's webhook arrives.
//!
//! The moments come from a seed, which is printed. `TOFFEEPAY_TEST_SEED` repeats one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::Value;

use super::books::{assert_agree, settled};
use super::client::{
    CREATE_SESSION, Client, DECLINED, PAYS, SETTLES_LATER, WITHOUT_FUNDS, ticket_in,
};
use super::harness::{Options, Service, wait_until};
use super::receiver::Receiver;

const SEED_VARIABLE: &str = "TOFFEEPAY_TEST_SEED";
const ROUNDS: usize = 6;
const PLAYERS: u64 = 6;
/// Sessions whose page was used between a start and the next kill.
const SESSIONS_PER_ROUND: std::ops::Range<usize> = 4..25;
/// And how long after the last of them, so that it is cut at any of its steps.
const KILL_AFTER_US: std::ops::Range<u64> = 0..40_000;
/// How long a player waits for a service that is down before asking again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(25);

#[tokio::test]
async fn killed_at_random_moments_it_loses_nothing_and_charges_nobody_twice() {
    survives_kills("").await;
}

#[tokio::test]
async fn it_does_so_too_with_a_bank_that_falls_silent_repeats_and_mixes_up_its_words() {
    survives_kills("timeout_after_charge,repeat=2,reorder").await;
}

/// What the players know, and when they are to stop.
#[derive(Default)]
struct Crowd {
    used: AtomicUsize,
    is_over: AtomicBool,
}

async fn survives_kills(faults: &'static str) {
    let seed = std::env::var(SEED_VARIABLE).ok().and_then(|it| it.parse().ok());
    let seed = seed.unwrap_or_else(rand::random::<u64>);
    eprintln!("to repeat: {SEED_VARIABLE}={seed}");
    let random = StdRng::seed_from_u64(seed);
    let receiver = Receiver::start().await;
    let webhook_url = Some(receiver.url.clone());
    let mut service = Service::start(Options { faults, webhook_url, ..Options::default() }).await;
    let crowd = Arc::<Crowd>::default();
    let players = join_all((0..PLAYERS).map(|number| {
        let (client, crowd) = (service.client.clone(), Arc::clone(&crowd));
        play(client, crowd, number, StdRng::seed_from_u64(seed ^ (number + 1)))
    }));
    let (acknowledged, ()) =
        tokio::join!(players, kill_again_and_again(&mut service, &crowd, random));
    let acknowledged: Vec<String> = acknowledged.into_iter().flatten().collect();

    let library = service.library().await;
    settled(&library.pool).await;
    for session_id in &acknowledged {
        service.client.status(session_id).await;
    }
    let sessions: i64 =
        sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(&library.pool).await.unwrap();
    assert_eq!(usize::try_from(sessions), Ok(acknowledged.len()), "one for each Idempotency-Key");
    let paid = assert_agree(&library).await;
    eprintln!("{sessions} sessions, {} of them paid", paid.len());
    assert!(!paid.is_empty());
    for session_id in &paid {
        receiver.wait_for(session_id, "paid").await;
        let mut ids: Vec<Value> = receiver
            .telling(session_id, "paid")
            .iter()
            .map(|it| it.message()["id"].clone())
            .collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "a repeat is known by its id: {session_id}");
    }
    service.assert_replay_agrees().await;
    service.stop().await;
}

/// At moments that nothing in the service knows of.
async fn kill_again_and_again(service: &mut Service, crowd: &Crowd, mut random: StdRng) {
    for _ in 0..ROUNDS {
        let enough = crowd.used.load(Ordering::SeqCst) + random.random_range(SESSIONS_PER_ROUND);
        wait_until("players to use their pages", async || {
            (enough <= crowd.used.load(Ordering::SeqCst)).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_micros(random.random_range(KILL_AFTER_US))).await;
        service.kill();
        service.restart().await;
    }
    crowd.is_over.store(true, Ordering::SeqCst);
}

/// Buys until it is over. Gives the sessions that were acknowledged.
async fn play(client: Client, crowd: Arc<Crowd>, number: u64, mut random: StdRng) -> Vec<String> {
    let mut acknowledged = vec![];
    while !crowd.is_over.load(Ordering::SeqCst) {
        let key = format!("player-{number}-order-{}", acknowledged.len());
        let session_id = until_answered(async || create(&client, &key).await).await;
        acknowledged.push(session_id.clone());
        let cards: &[&str] = match random.random_range(0..10) {
            0..5 => &[PAYS],
            5 => &[DECLINED, PAYS],
            6 => &[WITHOUT_FUNDS, DECLINED, DECLINED],
            7 => &[SETTLES_LATER],
            8 => &[],
            _ => &["Cancel"],
        };
        for card in cards {
            let is_double = random.random_bool(0.3);
            use_page(&client, &session_id, card, is_double).await;
        }
        crowd.used.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

/// A game server that got no answer asks again with the same key, and only then.
async fn create(client: &Client, key: &str) -> Option<String> {
    let call = client.call(CREATE_SESSION).header("Idempotency-Key", key);
    let response = call.json(&client.purchase()).send().await.ok()?;
    let status = response.status();
    let answer: Value = response.json().await.ok()?;
    // A service that has just lost its database's connection, or is about to stop.
    let is_passing = status.is_server_error() || answer["code"] == "unavailable";
    if is_passing {
        return None;
    }
    assert_eq!(status, 200, "{answer}");
    Some(answer["session_id"].as_str().unwrap().to_owned())
}

/// A player who sees no answer opens the page again, and goes on with what it shows.
async fn use_page(client: &Client, session_id: &str, card: &str, is_double: bool) {
    until_answered(async || {
        let page = client.open_page(session_id).await.ok()?;
        // Without a form there is nothing left to do.
        let Some(ticket) = ticket_in(&page) else { return Some(()) };
        if card == "Cancel" {
            let path = format!("/{session_id}/cancel");
            return client.send_form(&path, &[]).send().await.ok().map(drop);
        }
        let send = async || client.send_card(session_id, &ticket, card).await;
        if is_double {
            let (first, second) = tokio::join!(send(), send());
            return first.or(second).ok().map(drop);
        }
        send().await.ok().map(drop)
    })
    .await;
    // A decline is known once the page shows a form again, a payment once it shows none.
    until_answered(async || {
        let page = client.open_page(session_id).await.ok()?;
        let is_waiting = page.contains(r#"data-view="waiting""#);
        (!is_waiting || card == SETTLES_LATER).then_some(())
    })
    .await;
}

async fn until_answered<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..4_000 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
    }
    panic!("a player got no answer at all");
}
