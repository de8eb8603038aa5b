//! The history tells no more than it knows: what is missing, in which world something was done, what a thing was
//! called at that moment, and what cannot be read.

use axum::http::StatusCode;
use sqlx::raw_sql;
use toffeepay::{
    domain::{
        game::{EndpointChange, GameCommand},
        session::Session,
        world::World,
    },
    event_store::stream_name,
};

use super::{
    history::{Studioed, words},
    stage::{GAME, OTHER_GAME, Page},
};

/// Changes the database beside the service.
async fn tamper(it: &Studioed, statement: &str) {
    let statement = format!("SET session_replication_role = replica; {statement}");
    let mut connection = it.stage.database.owner.acquire().await.unwrap();
    raw_sql(&statement).execute(&mut *connection).await.unwrap();
    connection.close_on_drop();
}

/// The history as it stands, with nobody following the log.
async fn as_it_stands(it: &Studioed, query: &str) -> Page {
    it.stage.get_as(&it.cookie, &format!("{}/history{query}", it.studio)).await
}

const BEHIND: &str = "It is complete only before";
const NOBODY: &str = "Nothing is noted yet: no worker of this service follows the log";
const PARKED: &str = "Some acts of this studio could not be noted";

#[tokio::test]
async fn what_was_not_followed_yet_is_told_as_missing_and_never_as_nothing() {
    let it = Studioed::new().await;
    let page = as_it_stands(&it, "").await;
    page.assert_has(NOBODY);
    page.assert_has_no("Nothing was done yet");
    it.history("").await.assert_has_no("class=\"notice\"");
    // An upgrade: months are in the log, and nothing of them is noted.
    tamper(&it, "DELETE FROM act; UPDATE subscription SET position = 0 WHERE name = 'acts'").await;
    as_it_stands(&it, "").await.assert_has_no("Nothing was done yet");
    it.stage.advance(120);
    let page = as_it_stands(&it, "").await;
    page.assert_has(BEHIND);
    page.assert_has_no("Nothing was done yet");
    as_it_stands(&it, "?kind=keys").await.assert_has(BEHIND);
    let page = it.history("").await;
    page.assert_has_no(BEHIND);
    page.assert_has_no(NOBODY);
}

#[tokio::test]
async fn a_log_that_never_rests_is_no_reason_for_a_note() {
    let it = Studioed::new().await;
    it.history("").await;
    it.stage.session("player_42", "50 Gold Coins").await;
    let page = as_it_stands(&it, "").await;
    for text in [BEHIND, NOBODY, PARKED, "may still be missing"] {
        page.assert_has_no(text);
    }
}

#[tokio::test]
async fn an_act_that_could_not_be_noted_is_said_to_its_own_studio_alone() {
    let it = Studioed::new().await;
    let own = it.stage.session("player_42", "50 Gold Coins").await;
    let theirs = it.stage.session_of(OTHER_GAME, World::Test, "player_1", "Their item").await;
    it.history("").await.assert_has_no(PARKED);
    let studio_id = it.stage.studio_of(GAME).await;
    for (stream, is_said) in [
        (format!("studio-{studio_id}"), true),
        (format!("game-{GAME}"), true),
        (stream_name::<Session>(own.as_str()), true),
        (format!("game-{OTHER_GAME}"), false),
        (stream_name::<Session>(theirs.as_str()), false),
        (format!("studio-{}", it.stage.studio_of(OTHER_GAME).await), false),
    ] {
        let park = format!(
            "DELETE FROM dead_letter;
             INSERT INTO dead_letter (name, generation, shard, position, stream, error, attempts)
             VALUES ('acts', 1, 0, 1, '{stream}', 'refused', 5)"
        );
        tamper(&it, &park).await;
        assert_eq!(as_it_stands(&it, "").await.text.contains(PARKED), is_said, "{stream}");
    }
}

#[tokio::test]
async fn test_and_live_cannot_be_mistaken_for_each_other() {
    const STRIP: &str = "class=\"test-mode\"";
    let it = Studioed::new().await;
    for world in [World::Test, World::Live] {
        let session = it.stage.session_of(GAME, world, "player_42", "50 Gold Coins").await;
        let path = format!("/dashboard/{GAME}/{world}/sessions/{session}/cancel");
        it.send(&path, "").await.location();
    }
    let (test, live) = (
        "<span class=\"badge world test\">Test</span>",
        "<span class=\"badge world live\">Live</span>",
    );
    let both = it.history("").await;
    both.assert_has(test);
    both.assert_has(live);
    both.assert_has_no(STRIP);
    let game = it.stage.get_as(&it.cookie, &format!("/dashboard/{GAME}/test/sessions")).await;
    let path = game.link("History").unwrap();
    assert_eq!(path, format!("{}/history?game={GAME}&world=test", it.studio));
    for (world, own, other) in [("test", test, live), ("live", live, test)] {
        let page = as_it_stands(&it, &format!("?game={GAME}&world={world}")).await;
        page.assert_has(own);
        page.assert_has_no(other);
        assert_eq!(page.text.contains(STRIP), world == "test");
        page.assert_has(&format!("href=\"/dashboard/{GAME}/{world}/overview\""));
        let (_, row) = page.text.split_once("class=\"row-link\" href=\"").unwrap();
        let one = it.stage.get_as(&it.cookie, row.split_once('"').unwrap().0).await;
        one.assert_has(own);
        assert_eq!(one.text.contains(STRIP), world == "test");
    }
}

#[tokio::test]
async fn an_endpoint_is_told_by_where_it_was_at_each_act() {
    let it = Studioed::new().await;
    let endpoint_id = it.stage.endpoint().await;
    let endpoints = it.stage.game().await.endpoints;
    let first = endpoints.first().unwrap().endpoint.url.as_str().to_owned();
    let secrets = format!("/dashboard/{GAME}/test/endpoints/{endpoint_id}");
    it.send(&format!("{secrets}/expire"), "").await.location();
    let change = async |change: EndpointChange| {
        let (endpoint_id, at) = (endpoint_id.clone(), it.stage.now());
        let change = GameCommand::ChangeEndpoint { endpoint_id, change: Box::new(change), at };
        it.stage.change_game(GAME, change).await;
    };
    let second = "https://second.example/hooks";
    change(EndpointChange { url: Some(second.parse().unwrap()), ..EndpointChange::default() })
        .await;
    let per_second = Some(std::num::NonZeroU32::new(7));
    change(EndpointChange { per_second, ..EndpointChange::default() }).await;
    it.send(&format!("{secrets}/remove"), "").await.location();
    let told = words(&it.history("?kind=endpoints").await);
    for text in [
        &format!("Added the endpoint {first}"),
        &format!("Changed the endpoint from {first} to {second}"),
        &format!("Changed the endpoint {second}"),
        &format!("Removed the endpoint {second}"),
    ] {
        assert!(told.contains(text), "no {text:?} in {told}");
    }
    let told = words(&it.history("?kind=secrets").await);
    assert!(told.contains(&format!("secrets of the endpoint {first}")), "{told}");
}

#[tokio::test]
async fn an_act_that_cannot_be_read_hides_no_other() {
    let it = Studioed::new().await;
    let session = it.stage.session("player_42", "50 Gold Coins").await;
    let path = format!("/dashboard/{GAME}/test/sessions/{session}/cancel");
    it.send(&path, "").await.location();
    let endpoint_id = it.stage.endpoint().await;
    it.history("").await;
    for broken in ["'{}'", "'no JSON'", "convert_to('{\"actor\":\"person:per_1\"}', 'UTF8')"] {
        let set = format!(
            "UPDATE event SET entry = {broken} WHERE type IN ('EndpointAdded', 'MemberAdded')"
        );
        tamper(&it, &set).await;
        let page = it.history("").await;
        assert_eq!(page.status, StatusCode::OK, "{broken}");
        let told = words(&page);
        for text in [
            "Something that this version of ToffeePay cannot read: EndpointAdded at position ",
            "Something that this version of ToffeePay cannot read: MemberAdded at position ",
            &format!("Cancelled session {session}"),
        ] {
            assert!(told.contains(text), "no {text:?} in {told}");
        }
        let position = "SELECT position FROM act WHERE type = 'EndpointAdded'";
        let position: i64 =
            sqlx::query_scalar(position).fetch_one(&it.stage.database.owner).await.unwrap();
        let one = as_it_stands(&it, &format!("/{position}")).await;
        assert_eq!(one.status, StatusCode::OK);
        one.assert_has("cannot read");
        one.assert_has(&format!("<dd>{position}</dd>"));
    }
    it.send(&format!("/dashboard/{GAME}/test/endpoints/{endpoint_id}/pause"), "").await;
}

#[tokio::test]
async fn two_erased_people_are_told_apart_by_their_ids() {
    let it = Studioed::new().await;
    tamper(&it, "UPDATE person SET name = NULL, email = NULL").await;
    let page = it.history("").await;
    let people = "SELECT id FROM person";
    let people: Vec<String> =
        sqlx::query_scalar(people).fetch_all(&it.stage.database.owner).await.unwrap();
    assert!(1 < people.len());
    for id in people {
        page.assert_has(&format!("Somebody whose data was erased</span> <code>{id}</code>"));
    }
    let owner = &it.owner;
    let session = it.stage.session("player_42", "50 Gold Coins").await;
    it.send(&format!("/dashboard/{GAME}/test/sessions/{session}/cancel"), "").await.location();
    let page = it.history(&format!("?who={owner}")).await;
    page.assert_has(&format!(
        "<option value=\"{owner}\" selected>Somebody whose data was erased, {owner}</option>"
    ));
}

#[tokio::test]
async fn each_page_is_titled_by_what_it_is_of() {
    let it = Studioed::new().await;
    let session = it.stage.session("player_42", "50 Gold Coins").await;
    it.send(&format!("/dashboard/{GAME}/test/sessions/{session}/cancel"), "").await.location();
    let page = it.history("?kind=sessions").await;
    page.assert_has("<title>History of Space Shooter · ToffeePay</title>");
    it.history("?kind=all").await.assert_has("<title>Error: History of Space Shooter · ");
    let (_, row) = page.text.split_once("class=\"row-link\" href=\"").unwrap();
    let one = it.stage.get_as(&it.cookie, row.split_once('"').unwrap().0).await;
    let title =
        format!("Cancelled session {session} · History of Space Shooter · Test · ToffeePay");
    one.assert_has(&format!("<title>{title}</title>"));
}

#[tokio::test]
async fn whoever_cannot_be_chosen_for_there_are_too_many_is_said_to_be_there() {
    const MORE: &str = "There are more than stand here";
    let it = Studioed::new().await;
    it.history("").await.assert_has_no(MORE);
    let studio_id = it.stage.studio_of(GAME).await;
    let fill = format!(
        "INSERT INTO act SELECT 1, 'game-filled', n, n + 1000000, '2020-01-01Z', 'KeyRevoked', '{studio_id}',
             '{GAME}', 'test', 'keys', 'key:key_' || n, NULL FROM generate_series(1, 501) n"
    );
    tamper(&it, &fill).await;
    let page = it.history("").await;
    page.assert_has(MORE);
    // Keys displace nobody.
    page.assert_has("<option value=\"toffeepay\">ToffeePay</option>");
}
