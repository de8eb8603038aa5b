//! Webhook endpoints and their secrets, as operators make them.

use secrecy::ExposeSecret;
use toffeepay::{
    admin::{Admin, AdminError},
    clock::{Clock, SystemClock},
    domain::{
        game::{Endpoint, PayloadShape, WebhookType},
        id::{EndpointId, GameId},
        world::World,
    },
    ids::NewId,
    vault::Key,
    webhooks::{ENDPOINT_SECRETS_PURPOSE, Rewrapped, SecretKeys, Unsignable, WebhookSecret},
};

use crate::ground::{Ground, refusal};

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
    assert_eq!(listed, format!("{id}\ttest\tflat\tsession.paid\t{URL}\tenabled\tno limits\t\n"));
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
        let (url, types) = (URL.parse().unwrap(), vec![WebhookType::SessionPaid]);
        let endpoint = Endpoint::new(World::Test, url, PayloadShape::Flat, types);
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
async fn an_endpoint_changes_only_in_what_is_named_and_says_what_it_takes() {
    let ground = Ground::new().await;
    ground.game("g").await;
    add(&ground, &["--description", "Frankfurt", "--at-once", "4", "--per-second", "50"]).await;
    let id = listed_id(&ground).await;
    let listed = async || ground.run(&["endpoints", "list", "g"]).await.out;
    let limits = "4 at once, 50 a second\tFrankfurt\n";
    assert!(listed().await.ends_with(&format!("{URL}\tenabled\t{limits}")));

    let moved = ["endpoints", "change", "g", &id, "--url", "https://game.example/new"];
    assert_eq!(ground.run(&moved).await.code, 0);
    let there = format!("flat\tsession.paid\thttps://game.example/new\tenabled\t{limits}");
    assert!(listed().await.ends_with(&there));
    let unlimited = ["endpoints", "change", "g", &id, "--at-once", "usual", "--per-second", "none"];
    assert_eq!(ground.run(&unlimited).await.code, 0);
    assert!(listed().await.ends_with("\tenabled\tno limits\tFrankfurt\n"));
}

#[tokio::test]
async fn a_change_that_names_nothing_or_leads_nowhere_is_refused() {
    let ground = Ground::new().await;
    ground.game("g").await;
    add(&ground, &[]).await;
    let id = listed_id(&ground).await;
    let nothing = ground.run(&["endpoints", "change", "g", &id]).await;
    assert!(nothing.code == 2 && nothing.err.contains("--url"), "{nothing:?}");
    let nowhere = ["endpoints", "change", "g", &id, "--url", "https://169.254.169.254/"];
    let refused = ground.run(&nowhere).await;
    assert!(refused.code == 2 && refused.err.contains("169.254.169.254"), "{refused:?}");
    let wide = ["endpoints", "change", "g", &id, "--type", "refund.created"];
    let refused = ground.run(&wide).await;
    assert!(refused.code == 2 && refused.err.contains("sessions' types only"), "{refused:?}");
}

#[tokio::test]
async fn an_endpoint_is_disabled_and_enabled_by_hand_as_often_as_one_likes() {
    let ground = Ground::new().await;
    ground.game("g").await;
    add(&ground, &[]).await;
    let id = listed_id(&ground).await;
    let listed = async || ground.run(&["endpoints", "list", "g"]).await.out;
    for _ in 0..2 {
        assert_eq!(ground.run(&["endpoints", "disable", "g", &id]).await.code, 0);
        assert!(listed().await.contains("\tdisabled by hand, 20"), "{}", listed().await);
    }
    for _ in 0..2 {
        assert_eq!(ground.run(&["endpoints", "enable", "g", &id]).await.code, 0);
        assert!(listed().await.contains("\tenabled\t"));
    }
    let events = log(&ground).await;
    assert!(events.ends_with("EndpointAdded EndpointDisabled EndpointEnabled"), "{events}");
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

async fn log(ground: &Ground) -> String {
    let log = "SELECT string_agg(type, ' ' ORDER BY position) FROM event WHERE stream = 'game-g'";
    ground.text(log).await
}

#[tokio::test]
async fn a_secret_is_shown_again_to_an_operator_and_the_log_says_so_first() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let old = add(&ground, &[]).await;
    let id = listed_id(&ground).await;
    let shown = ground.run(&["endpoints", "reveal", "g", &id]).await;
    assert_eq!((shown.code, shown.out), (0, format!("{old}\n")));
    let new = ground.run(&["endpoints", "rotate", "g", &id]).await.out;
    let shown = ground.run(&["endpoints", "reveal", "g", &id]).await;
    assert_eq!(shown.out, new);
    assert!(shown.err.contains("One before it signs too until 20"), "{shown:?}");
    let events = log(&ground).await;
    let revealed = "EndpointSecretRevealed EndpointSecretRotated EndpointSecretRevealed";
    assert!(events.ends_with(revealed), "{events}");
    ground.game("other").await;
    let theirs = ground.run(&["endpoints", "reveal", "other", &id]).await;
    assert!(theirs.code == 2 && theirs.out.is_empty(), "{theirs:?}");
}

#[tokio::test]
async fn an_old_secret_is_ended_now_and_the_current_one_stays() {
    let ground = Ground::new().await;
    ground.game("g").await;
    add(&ground, &[]).await;
    let id = listed_id(&ground).await;
    let new = ground.run(&["endpoints", "rotate", "g", &id]).await.out;
    for _ in 0..2 {
        let ended = ground.run(&["endpoints", "expire-old", "g", &id]).await;
        assert_eq!(ended.code, 0, "{ended:?}");
        let lasting = "SELECT count(*) FROM endpoint_secret WHERE now() < expires_at";
        assert_eq!(ground.number(lasting).await, 0);
        assert_eq!(ground.run(&["endpoints", "reveal", "g", &id]).await.out, new);
    }
    assert!(log(&ground).await.contains("EndpointSecretRotated EndpointSecretsExpired"));
}

#[tokio::test]
async fn secrets_are_sealed_anew_under_another_key_and_stay_the_same() {
    let ground = Ground::new().await;
    let game_id = ground.game("g").await;
    let secrets = [add(&ground, &[]).await, add(&ground, &[]).await];
    // As they were stored before keys had ids.
    let nameless = "UPDATE endpoint_secret SET key_id = NULL";
    sqlx::query(nameless).execute(&ground.owner).await.unwrap();
    let own = Key::generate().to_base64();
    let own = || Key::from_base64(&own).unwrap();
    let admin = |keys: SecretKeys| {
        let (store, pool) = (ground.store.clone(), ground.service.clone());
        Admin::new(store, pool, &ground.master, "test").with_secret_keys(keys)
    };
    let derived = || SecretKeys::of(&ground.master);
    let moved = admin(derived().sealing_with(own()));
    let so_far = moved.rewrap_some_secrets(Rewrapped::default()).await.unwrap();
    assert_eq!((so_far.done, so_far.left.len()), (2, 0));
    assert_eq!(moved.rewrap_some_secrets(so_far.clone()).await.unwrap(), so_far, "all are done");
    let revealed = async |admin: &Admin| {
        let mut revealed = vec![];
        for line in ground.run(&["endpoints", "list", "g"]).await.out.lines() {
            let id = EndpointId::parse(line.split('\t').next().unwrap()).unwrap();
            let rotation = admin.reveal_secrets(&game_id, id).await?;
            revealed.push(rotation.current.as_text().expose_secret().to_owned());
        }
        Ok::<_, AdminError>(revealed)
    };
    assert_eq!(revealed(&moved).await.unwrap(), secrets);
    let without = revealed(&admin(derived())).await;
    assert!(matches!(without, Err(AdminError::Unsignable(Unsignable::UnknownKey))));
    let back = admin(derived().opening_too(own()));
    assert_eq!(back.rewrap_some_secrets(Rewrapped::default()).await.unwrap().done, 2);
    assert_eq!(revealed(&admin(derived())).await.unwrap(), secrets);
}

#[tokio::test]
async fn secrets_under_a_key_that_is_not_set_are_left_and_named() {
    let ground = Ground::new().await;
    ground.game("g").await;
    add(&ground, &[]).await;
    let done = ground.run(&["endpoints", "rewrap"]).await;
    assert_eq!((done.code, done.out.as_str()), (0, "0\n"), "all are under the current key");
    let of_another = "UPDATE endpoint_secret SET key_id = 'another'";
    sqlx::query(of_another).execute(&ground.owner).await.unwrap();
    let left = ground.run(&["endpoints", "rewrap"]).await;
    let id = listed_id(&ground).await;
    assert!(left.code == 2 && left.err.contains(&id), "{left:?}");
}

#[tokio::test]
async fn a_target_at_another_port_is_refused_unless_that_port_is_allowed() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let url = "https://game.example:9443/hook";
    let refused = ground.run(&["endpoints", "add", "g", "--world", "test", "--url", url]).await;
    let rule = "--url is refused: the URL's port must be 443 or 8443, and 9443 is not allowed";
    assert!(refused.code == 2 && refused.err.contains(rule), "{refused:?}");
    assert!(refused.err.contains(url), "{refused:?}");

    add(&ground, &[]).await;
    let id = listed_id(&ground).await;
    let moved = ["endpoints", "change", "g", &id, "--url", url];
    let refused = ground.run(&moved).await;
    assert!(refused.code == 2 && refused.err.contains(rule), "{refused:?}");
    let allowed = ground.run(&[&moved[..], &["--webhook-ports", "10443,9443"]].concat()).await;
    assert_eq!(allowed.code, 0, "{allowed:?}");
    assert!(ground.run(&["endpoints", "list", "g"]).await.out.contains(url));
}

#[test]
fn a_list_of_ports_that_cannot_be_read_is_refused_before_anything_is_opened() {
    for wrong in ["0", "65536", "https"] {
        let said = refusal(&["toffeepay", "serve", "--webhook-ports", wrong]);
        assert!(said.contains("must be ports from 1 to 65535, separated by commas"), "{said}");
    }
}
