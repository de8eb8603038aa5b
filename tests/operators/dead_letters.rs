//! Dead letters, as operators find them and have them handled again.

use toffeepay::event_store::subscription::{Follower, Step, Subscriber, Wake};
use toffeepay::processes::ProviderCalls;
use toffeepay::webhooks::{Deliveries, PublicUrls};

use crate::fates::paid;
use crate::ground::{Ground, Ran};

const PAY_BASE_URL: &str = "https://pay.example";

async fn list(ground: &Ground) -> String {
    ground.run(&["dead-letters", "list"]).await.out
}

async fn retry(ground: &Ground) -> Ran {
    ground.run(&["dead-letters", "retry", "--pay-base-url", PAY_BASE_URL]).await
}

/// Follows the log to its end, as a worker does.
async fn follow<S: Subscriber>(ground: &Ground, subscriber: S) {
    let mut follower = Follower::new(ground.service.clone(), subscriber, 0, &Wake::default());
    while follower.step().await.unwrap() != Step::Idle {}
}

/// Two parts of the service that can write nothing, and a session that they would write about.
async fn with_dead_letters() -> (Ground, String) {
    let ground = Ground::new().await;
    let game_id = ground.game("g").await;
    let url = "https://game.example/hook";
    let add = ["endpoints", "add", "g", "--world", "test", "--url", url, "--shape", "envelope"];
    assert_eq!(ground.run(&add).await.code, 0);
    let (session_id, _) = paid(&ground.store, &game_id).await;
    for table in ["provider_call", "webhook_message"] {
        ground.tamper(&format!("ALTER TABLE {table} ADD CONSTRAINT is_full CHECK (false)")).await;
    }
    follow(&ground, ProviderCalls).await;
    let urls = PublicUrls { pay_base_url: PAY_BASE_URL.parse().unwrap() };
    follow(&ground, Deliveries::new(ground.store.clone(), &ground.master, urls)).await;
    (ground, format!("session-{session_id}"))
}

#[tokio::test]
async fn a_dead_letter_is_listed_with_its_reason_and_what_waits_behind_it() {
    let (ground, stream) = with_dead_letters().await;
    let listed = list(&ground).await;
    let lines: Vec<Vec<&str>> = listed.lines().map(|it| it.split('\t').collect()).collect();
    let [webhooks, calls] = lines.try_into().unwrap();
    let shown = |it: &[&str]| [it[0], it[1], it[2], it[3], it[5], it[6]].join(" | ");
    let why = "the database refused it: SQLSTATE 23514, is_full";
    // The session was created at position 4, its payment started at 5, and paid at 6.
    assert_eq!(
        shown(&webhooks),
        format!("webhooks | {stream} | position 4 | 5 attempts | 2 behind it | {why}")
    );
    assert_eq!(
        shown(&calls),
        format!("provider-calls | {stream} | position 5 | 5 attempts | 1 behind it | {why}")
    );
}

#[tokio::test]
async fn a_retry_handles_dead_letters_once_what_they_stumbled_over_is_mended() {
    let (ground, _) = with_dead_letters().await;
    let too_early = retry(&ground).await;
    assert_eq!(too_early.code, 1, "{too_early:?}");
    let none = "figures\t0 handled\t0 left\nacts\t0 handled\t0 left\n";
    let told = "provider-calls\t0 handled\t2 left\nwebhooks\t0 handled\t3 left\n";
    assert_eq!(too_early.out, format!("{told}{none}"));
    for table in ["provider_call", "webhook_message"] {
        ground.tamper(&format!("ALTER TABLE {table} DROP CONSTRAINT is_full")).await;
    }

    let retried = retry(&ground).await;

    assert_eq!(retried.code, 0, "{retried:?}");
    let told = "provider-calls\t2 handled\t0 left\nwebhooks\t3 handled\t0 left\n";
    assert_eq!(retried.out, format!("{told}{none}"));
    assert_eq!(list(&ground).await, "");
    assert_eq!(ground.number("SELECT count(*) FROM provider_call").await, 1);
    // Created, payment created, payment succeeded, session paid.
    assert_eq!(ground.number("SELECT count(*) FROM webhook_message").await, 4);
}
