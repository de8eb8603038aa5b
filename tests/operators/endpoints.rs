//! Webhook endpoints and their secrets, as operators make them.

use toffeepay::{
    admin::Admin,
    clock::{Clock, SystemClock},
    domain::{
        game::{Endpoint, PayloadShape, WebhookType},
        id::{EndpointId, GameId},
        world::World,
    },
    ids::NewId,
    webhooks::{ENDPOINT_SECRETS_PURPOSE, WebhookSecret},
};

use crate::ground::Ground;

const URL: &str = "https://game.example/hook";

/// Adds an endpoint; its secret, as it was shown.
async fn add(ground: &Ground, more: &[&str]) -> String {
    let words = [&["endpoints", "add", "g", "--world", "test", "--url", URL], more].concat();
    let added = ground.run(&words).await;
    assert_eq!(added.code, 0, "{added:?}");
    added.out.trim_end().to_owned()
}

/// Its id, as it is listed.
async fn listed_id(ground: &Ground) -> String {
    let listed = ground.run(&["endpoints", "list", "g"]).await.out;
    listed.split('\t').next().unwrap().to_owned()
}

/// Every secret of an endpoint that still signs or will end, the newest first.
async fn opened(ground: &Ground, id: &str) -> Vec<(String, bool)> {
    let rows: Vec<(Vec<u8>, bool)> = sqlx::query_as(
        "SELECT sealed, expires_at IS NULL FROM endpoint_secret ORDER BY number DESC",
    )
    .fetch_all(&ground.owner)
    .await
    .unwrap();
    let key = ground.master.derive(ENDPOINT_SECRETS_PURPOSE);
    let open = |sealed: &[u8]| String::from_utf8(key.open(id.as_bytes(), sealed).unwrap()).unwrap();
    rows.iter().map(|(sealed, is_current)| (open(sealed), *is_current)).collect()
}

#[tokio::test]
async fn an_endpoints_secret_is_shown_once_and_sealed_for_that_endpoint_alone() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let secret = add(&ground, &[]).await;
    assert!(WebhookSecret::parse(&secret).is_ok());
    let id = listed_id(&ground).await;
    assert_eq!(opened(&ground, &id).await, [(secret.clone(), true)]);
    let listed = ground.run(&["endpoints", "list", "g"]).await.out;
    assert_eq!(listed, format!("{id}\ttest\tflat\tsession.paid\t{URL}\n"));
    let log = "SELECT string_agg(convert_from(entry, 'UTF8'), '') FROM event";
    assert!(!ground.text(log).await.contains(&secret));
}

#[tokio::test]
async fn an_envelope_endpoint_hears_of_everything_unless_it_names_what_it_wants() {
    let ground = Ground::new().await;
    ground.game("g").await;
    add(&ground, &["--shape", "envelope"]).await;
    assert!(ground.run(&["endpoints", "list", "g"]).await.out.contains("payment.created"));
    let flat =
        ["endpoints", "add", "g", "--world", "test", "--url", URL, "--type", "refund.created"];
    let refused = ground.run(&flat).await;
    assert!(refused.code == 2, "a flat endpoint takes session events only: {refused:?}");
    let secrets = ground.number("SELECT count(*) FROM endpoint_secret").await;
    assert_eq!(secrets, 1, "what is refused leaves nothing behind");
}

#[tokio::test]
async fn an_endpoint_that_is_added_again_is_the_same_endpoint() {
    let ground = Ground::new().await;
    let game_id: GameId = ground.game("g").await;
    let admin = Admin::new(ground.store.clone(), ground.service.clone(), &ground.master, "test");
    let (id, secret) = (EndpointId::new(SystemClock.now()), WebhookSecret::generate());
    for _ in 0..2 {
        let endpoint = Endpoint {
            world: World::Test,
            url: URL.parse().unwrap(),
            shape: PayloadShape::Flat,
            types: vec![WebhookType::SessionPaid],
        };
        admin.add_endpoint(&game_id, id.clone(), endpoint, &secret).await.unwrap();
    }
    assert_eq!(listed_id(&ground).await, id.as_str());
    assert_eq!(opened(&ground, id.as_str()).await.len(), 1);
}

#[tokio::test]
async fn a_rotated_secret_signs_until_its_grace_is_over() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let old = add(&ground, &[]).await;
    let id = listed_id(&ground).await;
    let rotated = ground.run(&["endpoints", "rotate", "g", &id]).await;
    let new = rotated.out.trim_end().to_owned();
    assert_ne!(old, new);
    assert_eq!(opened(&ground, &id).await, [(new, true), (old, false)]);
    let grace = "SELECT (extract(epoch FROM expires_at - now()) / 3600)::int::text
                 FROM endpoint_secret WHERE expires_at IS NOT NULL";
    assert_eq!(ground.text(grace).await, "24");
}

#[tokio::test]
async fn of_rotations_at_once_each_secret_is_ended_by_the_next_but_the_last() {
    let ground = Ground::new().await;
    ground.game("g").await;
    add(&ground, &[]).await;
    let id = listed_id(&ground).await;
    let mut lock = ground.owner.begin().await.unwrap();
    sqlx::query("SELECT FROM endpoint_secret FOR UPDATE").execute(&mut *lock).await.unwrap();
    let both_wait = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let unlock = async {
        while ground.number(both_wait).await < 2 {}
        lock.commit().await.unwrap();
    };
    let words = ["endpoints", "rotate", "g", &id];
    let (one, other, ()) = tokio::join!(ground.run(&words), ground.run(&words), unlock);
    assert_eq!((one.code, other.code), (0, 0), "{one:?} {other:?}");
    let is_current = opened(&ground, &id).await.into_iter().map(|(_, is_current)| is_current);
    assert_eq!(is_current.collect::<Vec<_>>(), [true, false, false]);
}

#[tokio::test]
async fn a_removed_endpoint_and_one_of_another_game_are_not_found() {
    let ground = Ground::new().await;
    ground.game("g").await;
    ground.game("other").await;
    add(&ground, &[]).await;
    let id = listed_id(&ground).await;
    let theirs = ground.run(&["endpoints", "rotate", "other", &id]).await;
    assert!(theirs.code == 2 && theirs.err.contains("no such webhook endpoint"), "{theirs:?}");
    assert_eq!(opened(&ground, &id).await.len(), 1, "nothing was rotated");
    assert_eq!(ground.run(&["endpoints", "remove", "g", &id]).await.code, 0);
    assert_eq!(opened(&ground, &id).await.len(), 0, "its secrets go with it");
    assert_eq!(ground.run(&["endpoints", "list", "g"]).await.out, "");
    assert_eq!(ground.run(&["endpoints", "remove", "g", &id]).await.code, 2);
}

#[tokio::test]
async fn what_was_given_up_is_handed_in_again_for_the_games_own_endpoint_only() {
    let ground = Ground::new().await;
    ground.game("g").await;
    ground.game("other").await;
    add(&ground, &[]).await;
    let id = listed_id(&ground).await;
    let given_up = format!(
        "INSERT INTO webhook_endpoint VALUES ('{id}', 'g', '{{}}', 1);
         INSERT INTO webhook_dead VALUES ('{id}', 'msg_1', 'sess_1', 1, 0, 10, now())"
    );
    sqlx::raw_sql(&given_up).execute(&ground.owner).await.unwrap();

    let theirs = ground.run(&["endpoints", "retry", "other", &id]).await;
    assert!(theirs.code == 2 && theirs.err.contains("no such webhook endpoint"), "{theirs:?}");
    let retried = ground.run(&["endpoints", "retry", "g", &id]).await;
    assert_eq!((retried.code, retried.out.as_str()), (0, "1\n"), "{retried:?}");
    assert_eq!(ground.number("SELECT count(*) FROM webhook_due").await, 1);
    assert_eq!(ground.run(&["endpoints", "retry", "g", &id]).await.out, "0\n");
}

#[tokio::test]
async fn a_target_that_is_not_public_https_is_refused_before_anything_is_written() {
    let ground = Ground::new().await;
    ground.game("g").await;
    for url in ["http://game.example/", "https://127.0.0.1/", "https://u:p@game.example/"] {
        let refused = ground.run(&["endpoints", "add", "g", "--world", "test", "--url", url]).await;
        assert!(refused.code == 2 && refused.err.contains("--url"), "{url}: {refused:?}");
    }
    assert_eq!(ground.number("SELECT count(*) FROM endpoint_secret").await, 0);
}
