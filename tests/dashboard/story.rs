//! One session's page tells all of it, to whoever may know, and nothing to anybody else.

use axum::http::StatusCode;
use toffeepay::domain::{session::SessionCommand, world::World};

use super::stage::{GAME, OTHER_GAME, REFUSAL, Stage};

#[tokio::test]
async fn a_session_is_told_from_its_creation_to_its_refund() {
    let stage = Stage::new().await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    let at = stage.now();
    stage.give(&id, "player", SessionCommand::OpenPage { at }).await;
    let declined = stage.decline(&id).await;
    let paid = stage.pay(&id).await;
    let refund = stage.refund(&id, &paid, "bought twice").await;
    let page = stage.story(&id).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "50 Gold Coins",
        "player_42",
        "$4.99 <span class=\"code\">USD</span>",
        "mygame://payment-complete?from=shop",
        id.as_str(),
        declined.as_str(),
        paid.as_str(),
        refund.as_str(),
        "There is not enough money on the card.",
        "bought twice",
        "The game’s server, key <bdi>key_unknown</bdi>",
        "The player",
        "was given back on",
        "request-1",
    ] {
        page.assert_has(text);
    }
    let told: Vec<usize> = [
        "The game asked for a payment",
        "The player opened the payment page",
        "Attempt 1 to pay was started, by card",
        "The payment was declined.",
        "Attempt 2 to pay was started, by card",
        "The money was taken: the session is paid",
        "A refund was asked for by the game",
        "The money was given back",
    ]
    .map(|it| page.text.find(&format!("class=\"what\">{it}")).expect(it))
    .into();
    assert!(told.is_sorted(), "events are in the order of the log");
    // Between us and the provider.
    page.assert_has_no("tok_secret");
    page.assert_has_no("own words");
}

#[tokio::test]
async fn every_movement_of_money_is_a_line_that_leads_to_its_event() {
    let stage = Stage::new().await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    stage.decline(&id).await;
    stage.story(&id).await.assert_has("No money has moved.");
    let paid = stage.pay(&id).await;
    stage.story(&id).await.assert_has(">Net in USD</strong>");
    let refund = stage.refund(&id, &paid, "bought twice").await;
    let page = stage.story(&id).await;
    let (_, money) = page.text.split_once("id=\"money\"").unwrap();
    let (money, rest) = money.split_once("</section>").unwrap();
    let rows: Vec<&str> = money.split("<tr role=\"row\">").skip(2).collect();
    let usd = " <span class=\"code\">USD</span>";
    for (row, told) in rows.iter().zip([
        ["The money was taken", &format!("+$4.99{usd}"), &format!(">$4.99{usd}"), paid.as_str()],
        ["A refund was asked for", "none of", &format!(">$4.99{usd}"), refund.as_str()],
        [
            "The money was given back",
            &format!("−$4.99{usd}"),
            &format!(">$0.00{usd}"),
            refund.as_str(),
        ],
        ["Net in USD", &format!(">$0.00{usd}"), &format!(">$0.00{usd}"), "all of the above"],
    ]) {
        told.iter().for_each(|it| assert!(row.contains(it), "no {it:?} in {row}"));
    }
    assert_eq!(rows.len(), 4, "what was declined moved nothing: {money}");
    for link in money.split("href=\"#").skip(1) {
        let (event_id, _) = link.split_once('"').unwrap();
        assert!(rest.contains(&format!("<li id=\"{event_id}\">")), "{event_id}");
    }
}

#[tokio::test]
async fn each_attempt_of_a_webhook_is_shown_with_what_was_answered_as_text() {
    let stage = Stage::new().await;
    stage.endpoint().await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    stage.story(&id).await.assert_has("None are kept.");
    stage.pay(&id).await;
    stage.deliver().await;
    let page = stage.story(&id).await;
    for text in ["session.paid", "To be sent again", "Refused by the receiver", "/hooks", ">500<"] {
        page.assert_has(text);
    }
    page.assert_has("&lt;script&gt;alert('answer')&lt;/script&gt;");
    page.assert_has_no(REFUSAL);
    stage.advance(3);
    stage.deliver().await;
    let page = stage.story(&id).await;
    page.assert_has("Refused by the receiver");
    page.assert_has(">Delivered</span>");
    page.assert_has_no("To be sent again");
}

#[tokio::test]
async fn a_session_of_another_game_or_world_is_as_unknown_as_one_that_never_was() {
    let stage = Stage::new().await;
    let others = stage.session_of(OTHER_GAME, World::Test, "player", "Coins").await;
    let live = stage.session_of(GAME, World::Live, "player", "Coins").await;
    for id in [others.as_str(), live.as_str(), "sess_1", "%00"] {
        let page = stage.get(&format!("/dashboard/{GAME}/test/sessions/{id}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{id}");
        page.assert_has("Page not found");
        page.assert_has_no("Coins");
    }
    let page = stage.get(&format!("/dashboard/{GAME}/live/sessions/{live}")).await;
    assert_eq!(page.status, StatusCode::OK);
    page.assert_has_no("Test mode");
    stage.list("").await.assert_has("Test mode");
}

#[tokio::test]
async fn a_game_or_world_that_is_not_there_has_no_page() {
    let stage = Stage::new().await;
    for path in ["nobody/test", "Space%20/test", "%00/test", "space_shooter/production"] {
        let page = stage.get(&format!("/dashboard/{path}/sessions")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.assert_has("Page not found");
    }
}

#[tokio::test]
async fn what_was_erased_of_a_player_is_said_to_be_erased_and_the_money_stays() {
    let stage = Stage::new().await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    let paid = stage.pay(&id).await;
    stage.refund(&id, &paid, "her mother asked").await;
    stage.erase(&id).await;
    let page = stage.story(&id).await;
    assert_eq!(page.status, StatusCode::OK);
    page.assert_has("<dt>Player</dt><dd><span class=\"erased\">erased</span>");
    page.assert_has("<dt>Return URL</dt><dd><span class=\"erased\">erased</span>");
    page.assert_has("$4.99");
    for private in ["player_42", "her mother asked", "mygame://"] {
        page.assert_has_no(private);
    }
}

#[tokio::test]
async fn what_a_player_or_a_game_wrote_is_text_on_every_page() {
    let stage = Stage::new().await;
    let (user, title) = ("\"><img src=x onerror=alert(1)>", "<script>alert(2)</script>\u{202e}");
    let id = stage.session(user, title).await;
    let query: String = url::form_urlencoded::byte_serialize(user.as_bytes()).collect();
    for page in [
        stage.list("").await,
        stage.list(&format!("?q={query}")).await,
        stage.list(&format!("?q={query}&in=title")).await,
        stage.list(&format!("?status={query}&currency={query}&from={query}")).await,
        stage.story(&id).await,
    ] {
        page.assert_has_no("<img");
        page.assert_has_no("<script");
    }
    let page = stage.story(&id).await;
    page.assert_has("<bdi>&quot;&gt;&lt;img src=x onerror=alert(1)&gt;</bdi>");
    page.assert_has("<bdi>&lt;script&gt;alert(2)&lt;/script&gt;\u{202e}</bdi>");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("script-src"));
    assert_eq!(page.headers["cache-control"], "no-store");
}
