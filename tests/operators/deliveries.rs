//! What was sent to an endpoint, as operators see it, and having it sent again.

use crate::ground::Ground;

const MESSAGE: &str = "msg_00112233445566778899aabbccddeeff";

/// An endpoint of game `g` with one message that was given up; the endpoint's id.
async fn with_a_dead_message(ground: &Ground) -> String {
    ground.game("g").await;
    ground.game("other").await;
    let url = "https://game.example/hook";
    let added = ground.run(&["endpoints", "add", "g", "--world", "test", "--url", url]).await;
    assert_eq!(added.code, 0, "{added:?}");
    let listed = ground.run(&["endpoints", "list", "g"]).await.out;
    let id = listed.split('\t').next().unwrap().to_owned();
    let given_up = format!(
        "INSERT INTO webhook_endpoint (endpoint_id, game_id, endpoint, from_position)
         VALUES ('{id}', 'g', '{{}}', 1);
         INSERT INTO webhook_lane (endpoint_id, open_until) VALUES ('{id}', 'tomorrow');
         INSERT INTO webhook_message
             (noted_at, endpoint_id, message_id, session_id, sequence, ordinal, type, body)
         VALUES (now(), '{id}', '{MESSAGE}', 'sess_1', 3, 1, 'session.paid', 'sealed otherwise');
         INSERT INTO webhook_attempt
             (at, elapsed_ms, fence, number, http_status, endpoint_id, message_id, outcome)
         VALUES ('2026-11-28T12:00:00Z', 42, 1, 13, 503, '{id}', '{MESSAGE}', 'refused');
         INSERT INTO webhook_dead
             (endpoint_id, noted_at, message_id, session_id, sequence, ordinal, attempts, died_at)
         SELECT endpoint_id, noted_at, message_id, session_id, 3, 1, 13, now()
         FROM webhook_message"
    );
    sqlx::raw_sql(&given_up).execute(&ground.owner).await.unwrap();
    id
}

#[tokio::test]
async fn a_message_is_listed_by_where_it_stands() {
    let ground = Ground::new().await;
    let id = with_a_dead_message(&ground).await;
    let list = ["deliveries", "list", "g", &id];
    let listed = ground.run(&list).await.out;
    let line = format!("\t{MESSAGE}\tsession.paid\tsess_1\t3\tdead\tgiven up after 13 attempts at");
    assert!(listed.contains(&line), "{listed}");
    let of_state = async |state| ground.run(&[&list[..], &["--state", state]].concat()).await.out;
    assert_eq!(of_state("dead").await, listed);
    assert_eq!(
        (of_state("due").await, of_state("delivered").await),
        (String::new(), String::new())
    );
    let since = ground.run(&[&list[..], &["--since", "2100-01-01T00:00:00Z"]].concat()).await;
    assert_eq!((since.code, since.out.as_str()), (0, ""));
}

#[tokio::test]
async fn a_message_is_shown_with_its_attempts_and_no_signature() {
    let ground = Ground::new().await;
    let id = with_a_dead_message(&ground).await;
    let shown = ground.run(&["deliveries", "show", "g", &id, MESSAGE]).await;
    assert_eq!(shown.code, 0, "{shown:?}");
    for line in [
        "session.paid, dead, given up after 13 attempts",
        "(cannot be opened)",
        "attempt 13, 2026-11-28 12:00:00 UTC: refused with 503 after 42 ms",
        "  > webhook-timestamp: 1795867200",
        "  > webhook-signature: (left out)",
    ] {
        assert!(shown.out.contains(line), "{line} in {}", shown.out);
    }
}

#[tokio::test]
async fn an_attempt_that_a_port_forbade_says_what_to_do() {
    let ground = Ground::new().await;
    let id = with_a_dead_message(&ground).await;
    let blocked = "UPDATE webhook_attempt SET outcome = 'blocked_port', http_status = NULL";
    ground.tamper(blocked).await;
    let shown = ground.run(&["deliveries", "show", "g", &id, MESSAGE]).await.out;
    assert!(shown.contains(": blocked_port after 42 ms"), "{shown}");
    assert!(shown.contains("WEBHOOK_PORTS allows more"), "{shown}");
}

#[tokio::test]
async fn a_message_is_sent_again_for_the_games_own_endpoint_only() {
    let ground = Ground::new().await;
    let id = with_a_dead_message(&ground).await;
    for act in ["show", "resend"] {
        let theirs = ground.run(&["deliveries", act, "other", &id, MESSAGE]).await;
        assert!(theirs.code == 2 && theirs.err.contains("no such webhook endpoint"), "{theirs:?}");
        let unknown = MESSAGE.replace("00", "11");
        let unknown = ground.run(&["deliveries", act, "g", &id, &unknown]).await;
        assert!(unknown.code == 2 && unknown.err.contains("no such webhook"), "{unknown:?}");
    }
    let theirs = ground.run(&["deliveries", "recover", "other", &id]).await;
    assert!(theirs.code == 2 && theirs.err.contains("no such webhook endpoint"), "{theirs:?}");

    assert_eq!(ground.run(&["deliveries", "resend", "g", &id, MESSAGE]).await.code, 0);
    assert_eq!(ground.number("SELECT count(*) FROM webhook_due").await, 1);
    assert_eq!(ground.number("SELECT count(*) FROM webhook_dead").await, 0);
    let held = "SELECT count(*) FROM webhook_lane WHERE open_until IS NOT NULL";
    assert_eq!(ground.number(held).await, 0, "the endpoint is probed at once");
    let listed = ground.run(&["deliveries", "list", "g", &id]).await.out;
    assert!(listed.ends_with("\tdue\tnot tried yet\n"), "{listed}");
}

#[tokio::test]
async fn what_was_given_up_is_recovered_once() {
    let ground = Ground::new().await;
    let id = with_a_dead_message(&ground).await;
    let later = ["deliveries", "recover", "g", &id, "--since", "2100-01-01T00:00:00Z"];
    assert_eq!(ground.run(&later).await.out, "0\n");
    let recovered = ground.run(&["deliveries", "recover", "g", &id]).await;
    assert_eq!((recovered.code, recovered.out.as_str()), (0, "1\n"), "{recovered:?}");
    assert_eq!(ground.number("SELECT count(*) FROM webhook_due").await, 1);
    assert_eq!(ground.run(&["deliveries", "recover", "g", &id]).await.out, "0\n");
}
