//! Games, studios, API keys and webhook endpoints, as operators make them.

use toffeepay::admin::API_KEYS_PURPOSE;
use toffeepay::api::ApiKey;
use toffeepay::domain::game::Game;
use toffeepay::domain::world::World;

use crate::ground::{Ground, refusal};

#[tokio::test]
async fn a_new_game_takes_three_currencies_captures_at_once_and_gives_a_day() {
    let ground = Ground::new().await;
    let game_id = ground.game("space_shooter").await;
    let listed = ground.run(&["games", "list"]).await.out;
    assert!(listed.starts_with("space_shooter\tstu_"), "{listed}");
    assert!(listed.ends_with("\tGame\tUSD,EUR,GBP\tautomatic\t86400 s\n"), "{listed}");
    let shown = ground.run(&["games", "show", game_id.as_str()]).await.out;
    assert!(shown.contains("session lifetime  86400 s"), "{shown}");
}

#[tokio::test]
async fn settings_that_are_not_named_stay() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let set =
        ["games", "set", "g", "--currency", "JPY", "--currency", "USD", "--capture", "manual"];
    assert_eq!(ground.run(&set).await.out, "g\tJPY,USD\tmanual\t86400 s\n");
    let set = ["games", "set", "g", "--session-lifetime-s", "60"];
    assert_eq!(ground.run(&set).await.out, "g\tJPY,USD\tmanual\t60 s\n");
    let nothing = ground.run(&["games", "set", "g"]).await;
    assert!(nothing.code == 2 && nothing.err.contains("say what to change"), "{nothing:?}");
    let twice = ground.run(&["games", "set", "g", "--currency", "USD", "--currency", "USD"]).await;
    assert!(twice.err.contains("at least one currency, each once"), "{twice:?}");
}

#[tokio::test]
async fn where_players_return_to_and_a_game_s_colour_are_set_shown_and_given_up() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let set =
        ["games", "set", "g", "--return-scheme", "mygame://", "--return-host", "Game.example"];
    assert_eq!(ground.run(&set).await.code, 0);
    assert_eq!(ground.run(&["games", "set", "g", "--accent", "#1A4FD0"]).await.code, 0);
    let shown = ground.run(&["games", "show", "g"]).await.out;
    for line in ["mygame://\n", "https://game.example\n", "accent            #1a4fd0\n"] {
        assert!(shown.contains(line), "{shown}");
    }
    let light = ground.run(&["games", "set", "g", "--accent", "#ffd700"]).await;
    assert!(light.code == 2 && light.err.contains("a contrast of 4.5:1"), "{light:?}");
    let odd = ground.run(&["games", "set", "g", "--return-scheme", "javascript"]).await;
    assert!(odd.code == 2 && odd.err.contains("runs in the browser"), "{odd:?}");
    let back = ["games", "set", "g", "--return-anywhere", "--accent", "none"];
    assert_eq!(ground.run(&back).await.code, 0);
    let shown = ground.run(&["games", "show", "g"]).await.out;
    assert!(!shown.contains("returns to") && !shown.contains("accent"), "{shown}");
}

#[tokio::test]
async fn of_two_who_set_different_things_at_once_neither_is_lost() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let set = async |option: &str, value: &str| {
        ground.run(&["games", "set", "g", option, value]).await.code
    };
    let codes = tokio::join!(
        set("--currency", "JPY"),
        set("--capture", "manual"),
        set("--session-lifetime-s", "60"),
        set("--return-scheme", "mygame"),
    );
    assert_eq!(codes, (0, 0, 0, 0));
    let listed = ground.run(&["games", "list"]).await.out;
    assert!(listed.ends_with("\tJPY\tmanual\t60 s\n"), "{listed}");
    let shown = ground.run(&["games", "show", "g"]).await.out;
    assert!(shown.contains("mygame://"), "{shown}");
}

#[tokio::test]
async fn a_studio_is_founded_once_and_found_again_by_name_or_id() {
    let ground = Ground::new().await;
    ground.game("one").await;
    ground.game("two").await;
    assert_eq!(ground.number("SELECT count(*) FROM studio").await, 1);
    let id = ground.text("SELECT id FROM studio").await;
    let by_id = ["games", "register", "three", "--name", "Three", "--studio", &id];
    assert_eq!(ground.run(&by_id).await.code, 0);
    assert_eq!(ground.number("SELECT count(DISTINCT studio_id) FROM game").await, 1);
}

#[tokio::test]
async fn a_refused_game_leaves_no_studio_behind() {
    let ground = Ground::new().await;
    ground.game("taken").await;
    let again = ["games", "register", "taken", "--name", "Other", "--studio", "Another Studio"];
    let refused = ground.run(&again).await;
    assert!(refused.code == 2 && refused.err.contains("exists already"), "{refused:?}");
    let unknown = format!("stu_{}", "0".repeat(39));
    let refused =
        ground.run(&["games", "register", "new", "--name", "New", "--studio", &unknown]).await;
    assert!(refused.err.contains("there is no studio"), "{refused:?}");
    assert_eq!(ground.number("SELECT count(*) FROM studio").await, 1);
    assert_eq!(ground.number("SELECT count(*) FROM game").await, 1);
}

#[tokio::test]
async fn two_studios_of_one_name_have_to_be_told_apart() {
    let ground = Ground::new().await;
    ground.game("one").await;
    ground.tamper("INSERT INTO studio SELECT id || 'x', version, name FROM studio").await;
    let refused =
        ground.run(&["games", "register", "two", "--name", "Two", "--studio", "Acme"]).await;
    assert!(refused.err.contains("2 studios are called Acme"), "{refused:?}");
}

#[tokio::test]
async fn what_an_operator_does_is_in_the_log_under_their_name() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let events = ground.store.events::<Game>("g").await.unwrap();
    assert!(events[0].envelope.actor.starts_with("operator:"), "{}", events[0].envelope.actor);
}

#[tokio::test]
async fn an_issued_key_stands_alone_on_standard_output_and_is_never_shown_again() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let issued = ground
        .run(&["keys", "issue", "g", "--world", "test", "--name", "Server", "--scope", "read"])
        .await;
    let text = issued.out.strip_suffix('\n').unwrap();
    let key = ApiKey::parse(text).unwrap();
    assert_eq!(key.world(), World::Test);
    assert!(!issued.err.contains(text), "{}", issued.err);

    let hash = key.hash(&ground.master.derive(API_KEYS_PURPOSE));
    let known: bool = sqlx::query_scalar(
        "SELECT hash = $2 AND world = 'test' AND game_id = 'g' FROM api_key_secret WHERE lookup = $1",
    )
    .bind(key.lookup())
    .bind(hash.as_slice())
    .fetch_one(&ground.owner)
    .await
    .unwrap();
    assert!(known);
    let listed = ground.run(&["keys", "list", "g"]).await.out;
    assert!(
        listed.contains("\ttest\tread\t")
            && listed.contains("\tnever expires\tnot used yet\tServer")
    );
    let secret = &text["tp_test_".len() + key.lookup().len()..];
    let everything = ground
        .text("SELECT string_agg(convert_from(entry, 'UTF8'), ' ') || (SELECT keys FROM game) FROM event")
        .await;
    assert!(!listed.contains(secret) && !everything.contains(secret));
}

#[tokio::test]
async fn a_key_expires_so_many_days_after_it_was_issued() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let issue = ["keys", "issue", "g", "--world", "live", "--name", "n", "--expires-in-days", "3"];
    assert_eq!(ground.run(&issue).await.code, 0);
    let days = "SELECT extract(epoch FROM (keys -> 0 ->> 'expires_at')::timestamptz
                                        - (keys -> 0 ->> 'issued_at')::timestamptz)::bigint
                FROM game";
    assert!((3 * 86_400 - 5..=3 * 86_400).contains(&ground.number(days).await));
    let scopes = ground.text("SELECT keys -> 0 ->> 'scopes' FROM game").await;
    assert_eq!(scopes, r#"["read", "write", "refund"]"#);
}

#[tokio::test]
async fn a_key_has_its_worlds_limit_or_its_own_or_none() {
    let ground = Ground::new().await;
    ground.game("g").await;
    for more in [
        &["test"][..],
        &["live"],
        &["live", "--requests-per-s", "7"],
        &["test", "--requests-per-s", "none"],
    ] {
        let issue = [&["keys", "issue", "g", "--name", "n", "--world"], more].concat();
        assert_eq!(ground.run(&issue).await.code, 0);
    }
    let listed = ground.run(&["keys", "list", "g"]).await.out;
    let limits: Vec<&str> = listed.lines().map(|it| it.split('\t').nth(3).unwrap()).collect();
    assert_eq!(limits, ["25 requests/s", "100 requests/s", "7 requests/s", "no limit"]);
    let issue = ["toffeepay", "keys", "issue", "g", "--name", "n", "--world", "test"];
    for wrong in ["0", "100001", "many"] {
        let refused = refusal(&[&issue[..], &["--requests-per-s", wrong]].concat());
        assert!(refused.contains("must be 1 to 100,000, or none"), "{refused}");
    }
}

#[tokio::test]
async fn a_rotated_key_is_printed_once_and_may_do_what_the_old_one_may() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let issue = ["keys", "issue", "g", "--world", "live", "--name", "Server", "--scope", "read"];
    let issue = [&issue[..], &["--requests-per-s", "7", "--expires-in-days", "30"]].concat();
    assert_eq!(ground.run(&issue).await.code, 0);
    let key_id = async |index: usize| {
        ground.text(&format!("SELECT keys -> {index} ->> 'key_id' FROM game")).await
    };
    let (game_version, old) = (ground.number("SELECT version FROM game").await, key_id(0).await);
    let rotated = ground.run(&["keys", "rotate", "g", &old]).await;
    let new = key_id(1).await;
    let key = ApiKey::parse(rotated.out.strip_suffix('\n').unwrap()).unwrap();
    assert_eq!(key.world(), World::Live);
    assert!(!rotated.err.contains(key.reveal()) && rotated.err.contains(&new), "{}", rotated.err);
    assert_eq!(ground.number("SELECT version FROM game").await, game_version + 2);

    let same = "SELECT count(*) FROM game, jsonb_array_elements(keys) it
                WHERE it ->> 'world' = 'live' AND it ->> 'name' = 'Server'
                  AND it -> 'scopes' = '[\"read\"]' AND it -> 'rate_limit' = '{\"per_second\": 7}'";
    assert_eq!(ground.number(same).await, 2);
    let hours = async |index: usize| {
        let query = format!(
            "SELECT round(extract(epoch FROM (keys -> {index} ->> 'expires_at')::timestamptz
                                           - (keys -> 1 ->> 'issued_at')::timestamptz) / 3600)::bigint
             FROM game"
        );
        ground.number(&query).await
    };
    assert_eq!((hours(0).await, hours(1).await), (24, 30 * 24));

    let again = ground.run(&["keys", "rotate", "g", &old]).await;
    assert!(again.code == 2 && again.err.contains("rotated already"), "{again:?}");
    let at_once = ground.run(&["keys", "rotate", "g", &new, "--overlap-hours", "0"]).await;
    assert!(at_once.err.contains(&format!("{new} is refused from now on")), "{at_once:?}");
    let words = ["toffeepay", "keys", "rotate", "g", &new, "--overlap-hours"];
    assert!(refusal(&[&words[..], &["169"]].concat()).contains("169"));
}

#[tokio::test]
async fn a_revoked_key_is_gone_from_its_game() {
    let ground = Ground::new().await;
    ground.game("g").await;
    ground.run(&["keys", "issue", "g", "--world", "test", "--name", "n"]).await;
    let key_id = ground.text("SELECT keys -> 0 ->> 'key_id' FROM game").await;
    assert_eq!(ground.run(&["keys", "revoke", "g", &key_id]).await.code, 0);
    assert_eq!(ground.run(&["keys", "list", "g"]).await.out, "");
    let again = ground.run(&["keys", "revoke", "g", &key_id]).await;
    assert!(again.code == 2 && again.err.contains("no such key"), "{again:?}");
}

#[tokio::test]
async fn a_key_pasted_in_the_place_of_its_id_is_not_quoted() {
    let ground = Ground::new().await;
    let key = ApiKey::generate(World::Live);
    for command in ["revoke", "rotate"] {
        let refused = ground.run(&["keys", command, "g", key.reveal()]).await;
        assert!(refused.code == 2 && refused.err.contains("begins key_"), "{refused:?}");
        assert!(!refused.err.contains(key.reveal()));
    }
}

#[tokio::test]
async fn nothing_is_given_to_a_game_that_is_not_there() {
    let ground = Ground::new().await;
    for words in [
        &["games", "show", "nope"][..],
        &["games", "set", "nope", "--capture", "manual"],
        &["keys", "list", "nope"],
        &["keys", "issue", "nope", "--world", "test", "--name", "n"],
    ] {
        let refused = ground.run(words).await;
        assert!(refused.code == 2 && refused.err.contains("no such game"), "{refused:?}");
    }
    assert_eq!(ground.number("SELECT count(*) FROM api_key_secret").await, 0);
    assert_eq!(ground.number("SELECT count(*) FROM event").await, 0);
}

#[tokio::test]
async fn with_another_key_than_the_logs_nothing_is_written() {
    let ground = Ground::new().await;
    ground.game("g").await;
    let everything = "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM api_key_secret)
                           + (SELECT count(*) FROM endpoint_secret)";
    let before = ground.number(everything).await;
    ground.mix_up_keys();
    for words in [
        &["games", "register", "x", "--studio", "New", "--name", "X"][..],
        &["games", "set", "g", "--capture", "manual"],
        &["keys", "issue", "g", "--world", "test", "--name", "n"],
        &["endpoints", "add", "g", "--world", "test", "--url", "https://game.example/hook"],
    ] {
        let refused = ground.run(words).await;
        assert!(refused.code == 2 && refused.err.contains("master key is not"), "{refused:?}");
    }
    assert_eq!(ground.number(everything).await, before);
}
