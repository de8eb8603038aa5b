//! Acts: found once each, the same as what a replay finds, and told of with their reasons.

use toffeepay::{
    acts::Acts,
    domain::{
        id::{GameId, RefundId},
        session::{RefundCause, Session, SessionCommand},
        text::Reason,
    },
    event_store::{
        CommandContext,
        subscription::{Follower, Step, Wake},
    },
    ids::NewId as _,
};

use crate::fates::paid;
use crate::ground::Ground;

/// A studio's game with keys of both worlds and a session that was paid.
async fn with_acts() -> Ground {
    let ground = Ground::new().await;
    let game_id = ground.game("g").await;
    for world in ["test", "live"] {
        let args = ["keys", "issue", "g", "--world", world, "--name", "Key", "--scope", "read"];
        let issued = ground.run(&args).await;
        assert_eq!(issued.code, 0, "{issued:?}");
    }
    paid(&ground.store, &game_id).await;
    ground
}

async fn follow(ground: &Ground) {
    let mut follower = Follower::new(ground.service.clone(), Acts, 0, &Wake::default());
    while follower.step().await.unwrap() != Step::Idle {}
    follower.release().await;
}

/// All acts, as text to compare.
async fn acts(ground: &Ground) -> Vec<String> {
    sqlx::query_scalar("SELECT act::text FROM act ORDER BY position")
        .fetch_all(&ground.owner)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_is_not_what_the_log_says_is_found_and_mended() {
    let ground = with_acts().await;
    assert_eq!(ground.run(&["replay"]).await.code, 0, "nothing is found, and nothing is missing");
    follow(&ground).await;
    let expected = acts(&ground).await;
    assert_eq!(expected.len(), 4, "{expected:?}");
    let worlds = "SELECT count(DISTINCT world) FROM act WHERE type = 'KeyIssued'";
    assert_eq!(ground.number(worlds).await, 2);
    assert_eq!(ground.run(&["replay"]).await.code, 0);
    for change in [
        "UPDATE act SET studio_id = 'stu_other' WHERE type = 'KeyIssued'",
        "UPDATE act SET actor = 'person:per_1' WHERE type = 'Registered'",
        "DELETE FROM act WHERE type = 'Founded'",
        "INSERT INTO act VALUES (1, 'zzz', 1, 99, now(), 'Paid', 's', NULL, NULL, 'sessions', 'x', NULL)",
        "INSERT INTO act VALUES (1, 'game-g', 9, 99, now(), 'Paid', 's', NULL, NULL, 'sessions', 'x', NULL)",
    ] {
        ground.tamper(change).await;
        let ran = ground.run(&["replay"]).await;
        assert_eq!(ran.code, 1, "{change}");
        assert!(ran.out.contains("  act "), "{}", ran.out);
        let rebuilt = ground.run(&["replay", "--rebuild"]).await;
        assert_eq!(rebuilt.code, 0, "{}", rebuilt.out);
        assert_eq!(acts(&ground).await, expected, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_of_which_the_log_does_not_say_whose_it_is_is_reported_and_stays() {
    let ground = with_acts().await;
    follow(&ground).await;
    // A game that nobody ever took in.
    let (id, payment_id) = paid(&ground.store, &GameId::parse("nobodys").unwrap()).await;
    let now = chrono::Utc::now();
    let refund = SessionCommand::RequestRefund {
        refund_id: RefundId::new(now),
        payment_id,
        cause: RefundCause::Operator,
        reason: None,
        at: now,
    };
    let context = CommandContext::new("operator:test", "request", now);
    ground.store.execute::<Session>(id.as_str(), refund, &context).await.unwrap();
    let head =
        "UPDATE subscription SET position = (SELECT position FROM event_head) WHERE name = 'acts'";
    ground.tamper(head).await;
    for args in [&["replay"][..], &["replay", "--rebuild"]] {
        let ran = ground.run(args).await;
        assert_eq!(ran.code, 1, "{}", ran.out);
        let told =
            format!("cannot be made from session-{id}: the log does not say whose game it is");
        assert!(ran.out.contains(&told), "{}", ran.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_with_why_something_was_done_and_only_to_who_may_see_what_is_private() {
    let ground = Ground::new().await;
    let game_id = ground.game("g").await;
    let (id, payment_id) = paid(&ground.store, &game_id).await;
    let now = chrono::Utc::now();
    let refund = SessionCommand::RequestRefund {
        refund_id: RefundId::new(now),
        payment_id,
        cause: RefundCause::Operator,
        reason: None,
        at: now,
    };
    let reason = Reason::parse("Ada asked for it").unwrap();
    let context = CommandContext::new("operator:test", "request", now).with_reason(Some(reason));
    ground.store.execute::<Session>(id.as_str(), refund, &context).await.unwrap();
    let told = ground.run(&["replay", id.as_str(), "--show-private"]).await;
    assert!(told.out.contains("Ada asked for it"), "{}", told.out);
    let hidden = ground.run(&["replay", id.as_str()]).await;
    assert!(hidden.out.contains("why") && !hidden.out.contains("Ada"), "{}", hidden.out);
    let stored = "SELECT count(*) FROM event WHERE convert_from(entry, 'UTF8') LIKE '%Ada%'";
    assert_eq!(ground.number(stored).await, 0);
    ground
        .tamper("SELECT destroy_stream_key(stream) FROM stream WHERE stream LIKE 'session-%'")
        .await;
    let erased = ground.run(&["replay", id.as_str(), "--show-private"]).await;
    assert!(!erased.out.contains("Ada"), "{}", erased.out);
}
