//! The history of a studio: each act with who, when, what, from where and why, found by its filters, and told
//! to nobody else.

use axum::http::StatusCode;
use toffeepay::{
    domain::{
        game::GameCommand,
        id::PersonId,
        session::Session,
        studio::{Role, Studio},
    },
    event_store::stream_name,
};

use super::stage::{GAME, OTHER_GAME, Page, Stage};

const HOSTILE: &str = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";

/// Where the owner comes in from, and with what.
const FROM: &str = "203.0.113.7:50000";
const AGENT: &str = "Toffee Browser 7";

/// A studio with an owner at a browser.
pub(super) struct Studioed {
    pub(super) stage: Stage,
    pub(super) owner: PersonId,
    pub(super) cookie: String,
    pub(super) studio: String,
}

impl Studioed {
    pub(super) async fn new() -> Self {
        let stage = Stage::new().await;
        let (owner, link) = stage.person("owner@studio.example", GAME, Role::Owner).await;
        let cookie = stage.enter_from(&link, FROM.parse().unwrap(), AGENT).await;
        let studio = format!("/dashboard/studios/{}", stage.studio_of(GAME).await);
        Self { stage, owner, cookie, studio }
    }

    pub(super) async fn send(&self, path: &str, fields: &str) -> Page {
        self.stage.send_as(&self.cookie, path, fields).await
    }

    /// The history, as the owner finds it.
    pub(super) async fn history(&self, query: &str) -> Page {
        self.stage.follow_acts().await;
        self.stage.get_as(&self.cookie, &format!("{}/history{query}", self.studio)).await
    }
}

/// The page's words, without its tags.
pub(super) fn words(page: &Page) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for it in page.text.split_once("<main").unwrap().1.chars() {
        match it {
            '<' => is_tag = true,
            '>' => is_tag = false,
            it if !is_tag => text.push(it),
            _ => {}
        }
    }
    text
}

#[tokio::test]
async fn each_act_is_told_with_who_did_what_why_and_from_where() {
    let it = Studioed::new().await;
    let (ben, _) = it.stage.person("ben@studio.example", GAME, Role::Support).await;
    let member = format!("{}/people/{ben}", it.studio);
    it.send(&format!("{member}/role"), "role=developer&why=He+builds+now").await.location();
    it.send(&format!("{member}/remove"), "why=He+left+us").await.location();
    let open = it.stage.session("player_42", "50 Gold Coins").await;
    let sessions = format!("/dashboard/{GAME}/test/sessions");
    it.send(&format!("{sessions}/{open}/cancel"), "why=Asked+twice").await.location();
    let paid = it.stage.session("player_43", "50 Gold Coins").await;
    let payment_id = it.stage.pay(&paid).await;
    let fields = format!("payment_id={payment_id}&reason=Bought+by+a+child&sure=yes");
    it.send(&format!("{sessions}/{paid}/refund"), &fields).await.location();
    let page = it.history("").await;
    assert_eq!(page.status, StatusCode::OK);
    let told = words(&page);
    for text in [
        "Changed ben@studio.example from support to developer",
        "Why: He builds now",
        "Removed ben@studio.example, developer, from the studio",
        "Why: He left us",
        &format!("Cancelled session {open}"),
        "Why: Asked twice",
        &format!("Refunded $4.99 USD of test money: session {paid}"),
        "Why: Bought by a child",
        "Took in owner@studio.example as owner",
        "Took in the game Space Shooter",
        "Came in from",
        "203.0.113.7by a link made for them",
        "ToffeePay",
    ] {
        assert!(told.contains(text), "no {text:?} in {told}");
    }
    assert!(!told.contains("player_4") && !told.contains("operator"), "{told}");
    page.assert_has(&format!("href=\"{sessions}/{open}\""));
    // What a player or the provider does is told on the session's page alone.
    assert!(!told.contains("Attempt 1"), "{told}");
    let story = it.stage.get_as(&it.cookie, &format!("{sessions}/{open}")).await;
    story.assert_has("Why: <bdi>Asked twice</bdi>");
    let one = page.text.split_once("class=\"row-link\" href=\"").unwrap().1;
    let one = it.stage.get_as(&it.cookie, one.split_once('"').unwrap().0).await;
    assert_eq!(one.status, StatusCode::OK);
    for text in
        ["RefundRequested", "Bought by a child", "Came in from", "203.0.113.7", AGENT, "In the log"]
    {
        one.assert_has(text);
    }
}

#[tokio::test]
async fn what_is_asked_why_is_not_done_without_a_reason() {
    let it = Studioed::new().await;
    let (ben, _) = it.stage.person("ben@studio.example", GAME, Role::Support).await;
    let world = format!("/dashboard/{GAME}/test");
    it.send(&format!("{world}/keys/new"), "name=Key&scope=read").await;
    let key = it.stage.game().await.keys.first().map(|it| it.key_id.to_string());
    let endpoint = it.stage.endpoint().await;
    let session = it.stage.session("player_42", "50 Gold Coins").await;
    let before = it.stage.events().await;
    let mut paths = vec![
        (format!("{}/people/{ben}/role", it.studio), "role=developer&"),
        (format!("{}/people/{ben}/remove", it.studio), ""),
        (format!("{world}/sessions/{session}/cancel"), ""),
        (format!("{world}/endpoints/{endpoint}/pause"), ""),
        (format!("{world}/endpoints/{endpoint}/remove"), ""),
        (format!("{world}/endpoints/{endpoint}/expire"), ""),
        (format!("{world}/endpoints/{endpoint}/reveal"), ""),
        (format!("{world}/endpoints/{endpoint}/rotate"), "grace_hours=1&"),
    ];
    if let Some(key) = key {
        paths.push((format!("{world}/keys/{key}/rotate"), "overlap_hours=1&"));
        paths.push((format!("{world}/keys/{key}/revoke"), ""));
    }
    let long = "x".repeat(201);
    for (path, fields) in &paths {
        for why in ["", "+++", long.as_str(), "a%0Ab"] {
            let page = it.send(path, &format!("{fields}why={why}")).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path} {why:?}");
            page.assert_has("must be 1 to 200 characters long, without control characters");
            page.assert_has("id=\"why\"");
            page.assert_has("<title>Error: ");
        }
        let typed = it.send(path, &format!("{fields}why={HOSTILE}{long}")).await;
        typed.assert_has("value=\"&quot;&gt;&lt;script&gt;alert(1)");
        typed.assert_has_no("<script");
    }
    assert_eq!(it.stage.events().await, before);
    assert_eq!(paths.len(), 10, "the key was made");
}

#[tokio::test]
async fn a_hostile_reason_runs_nothing_and_a_destroyed_key_erases_it() {
    let it = Studioed::new().await;
    let session = it.stage.session("player_42", "50 Gold Coins").await;
    let path = format!("/dashboard/{GAME}/test/sessions/{session}");
    it.send(&format!("{path}/cancel"), &format!("why={HOSTILE}")).await.location();
    for page in [it.history("").await, it.stage.get_as(&it.cookie, &path).await] {
        page.assert_has("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
        page.assert_has_no("<script>alert");
    }
    let streams = [stream_name::<Session>(session.as_str())];
    sqlx::query("SELECT destroy_stream_key(stream) FROM stream WHERE stream = ANY ($1)")
        .bind(&streams[..])
        .execute(&it.stage.database.owner)
        .await
        .unwrap();
    let page = it.history("").await;
    page.assert_has("Why: <span class=\"erased\">erased</span>");
    page.assert_has_no("alert(1)");
}

#[tokio::test]
async fn another_studio_s_acts_are_not_there_and_support_sees_none() {
    let it = Studioed::new().await;
    let (_, link) = it.stage.person("eve@other.example", OTHER_GAME, Role::Owner).await;
    let eve = it.stage.enter(&link).await;
    let theirs = it.stage.session_of(
        OTHER_GAME,
        toffeepay::domain::world::World::Test,
        "player_1",
        "Their item",
    );
    let theirs = theirs.await;
    let path = format!("/dashboard/{OTHER_GAME}/test/sessions/{theirs}/cancel");
    it.stage.send_as(&eve, &path, "why=theirs+alone").await.location();
    let own = it.history("").await;
    let own_words = words(&own);
    for text in ["theirs alone", "eve@other.example", "Other Game"] {
        assert!(!own_words.contains(text), "{text}");
    }
    let other = format!("/dashboard/studios/{}/history", it.stage.studio_of(OTHER_GAME).await);
    let seen = it.stage.get_as(&eve, &other).await;
    seen.assert_has("theirs alone");
    let position = seen.text.split_once("/history/").unwrap().1.split_once('"').unwrap().0;
    let stolen = format!("{}/history/{position}", it.studio);
    assert_eq!(it.stage.get_as(&it.cookie, &stolen).await.status, StatusCode::NOT_FOUND);
    let foreign = it.history(&format!("?game={OTHER_GAME}")).await;
    assert_eq!(foreign.status, StatusCode::BAD_REQUEST);
    foreign.assert_has("must be a game of this studio");
    for (role, status) in [(Role::Finance, StatusCode::OK), (Role::Support, StatusCode::FORBIDDEN)]
    {
        let (_, link) = it.stage.person(&format!("{role}@studio.example"), GAME, role).await;
        let cookie = it.stage.enter(&link).await;
        let page = it.stage.get_as(&cookie, &format!("{}/history", it.studio)).await;
        assert_eq!(page.status, status);
        let list = it.stage.get_as(&cookie, &format!("/dashboard/{GAME}/test/sessions")).await;
        let is_offered = list.text.contains(&format!("href=\"{}/history?", it.studio));
        assert_eq!(is_offered, role == Role::Finance);
    }
}

#[tokio::test]
async fn who_was_removed_still_stands_there_by_name_and_can_be_asked_for() {
    let it = Studioed::new().await;
    let (sam, link) = it.stage.person("sam@studio.example", GAME, Role::Support).await;
    let cookie = it.stage.enter(&link).await;
    let session = it.stage.session("player_42", "50 Gold Coins").await;
    let path = format!("/dashboard/{GAME}/test/sessions/{session}/cancel");
    it.stage.send_as(&cookie, &path, "why=by+Sam").await.location();
    it.stage.let_go(GAME, sam.clone()).await;
    let page = it.history(&format!("?who={sam}")).await;
    let told = words(&page);
    assert!(told.contains("sam@studio.example") && told.contains("by Sam"), "{told}");
    assert!(told.contains("1 on this page"), "{told}");
    page.assert_has(&format!("<option value=\"{sam}\" selected>sam@studio.example</option>"));
    let owner = it.owner.clone();
    assert!(words(&it.history(&format!("?who={owner}")).await).contains("0 on this page"));
}

#[tokio::test]
async fn filters_stand_in_the_address_and_what_cannot_be_asked_for_is_named() {
    let it = Studioed::new().await;
    let session = it.stage.session("player_42", "50 Gold Coins").await;
    it.send(&format!("/dashboard/{GAME}/test/sessions/{session}/cancel"), "").await.location();
    let today = it.stage.now().format("%Y-%m-%d").to_string();
    for (query, count) in [
        ("?kind=sessions".to_owned(), 1),
        ("?kind=keys".to_owned(), 0),
        (format!("?game={GAME}"), 2),
        (format!("?game={GAME}&world=test"), 1),
        ("?world=live".to_owned(), 0),
        ("?who=toffeepay".to_owned(), 4),
        ("?to=2020-01-01".to_owned(), 0),
        (format!("?from={today}&kind=sessions"), 1),
    ] {
        let told = words(&it.history(&query).await);
        assert!(told.contains(&format!("{count} on this page")), "{query}: {told}");
    }
    let wrong = it.history("?who=%3Cscript%3E&kind=all&from=now&before=x").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    for text in ["a person’s id", "a kind of act", "a day such as", "&lt;script&gt;"] {
        wrong.assert_has(text);
    }
    wrong.assert_has_no("<script>");
}

#[tokio::test]
async fn pages_lead_from_the_newest_to_the_oldest_and_back_without_a_gap() {
    let it = Studioed::new().await;
    let settings = async |seconds: u32| {
        let mut settings = toffeepay::admin::default_settings().unwrap();
        settings.session_lifetime_s = seconds;
        let at = it.stage.now();
        it.stage.change_game(GAME, GameCommand::ChangeSettings { settings, seen: None, at }).await;
    };
    for n in 0..120 {
        settings(3_600 + n).await;
    }
    let path = format!("{}/history/", it.studio);
    let positions = |page: &Page| -> Vec<i64> {
        let links = page.text.split(&path).skip(1);
        links.map(|it| it.split_once('"').unwrap().0.parse().unwrap()).collect()
    };
    let first = it.history("?kind=settings").await;
    let mut all = positions(&first);
    let second = it.stage.get_as(&it.cookie, &first.link("Older").unwrap()).await;
    all.extend(positions(&second));
    let third = it.stage.get_as(&it.cookie, &second.link("Older").unwrap()).await;
    all.extend(positions(&third));
    assert!(third.link("Older").is_none());
    // Founded and registered beside them.
    assert_eq!(all.len(), 122);
    assert!(all.is_sorted_by(|newer, older| older < newer), "{all:?}");
    let back = it.stage.get_as(&it.cookie, &third.link("Newer").unwrap()).await;
    assert_eq!(positions(&back), positions(&second));
    let newest = it.stage.get_as(&it.cookie, &third.link("Newest").unwrap()).await;
    assert_eq!(positions(&newest), positions(&first));
}

#[tokio::test]
async fn a_studio_s_stream_has_its_reasons_sealed() {
    let it = Studioed::new().await;
    let (ben, _) = it.stage.person("ben@studio.example", GAME, Role::Support).await;
    let path = format!("{}/people/{ben}/remove", it.studio);
    it.send(&path, "why=told+by+Grace").await.location();
    let clear = "SELECT count(*) FROM event WHERE convert_from(entry, 'UTF8') LIKE '%Grace%'";
    let clear = sqlx::query_scalar::<_, i64>(clear);
    assert_eq!(clear.fetch_one(&it.stage.database.owner).await.unwrap(), 0);
    let studio_id = it.stage.studio_of(GAME).await;
    let events = it.stage.store.events::<Studio>(studio_id.as_str()).await.unwrap();
    let why = events.last().unwrap().reason.clone().unwrap();
    assert_eq!(why.known().unwrap().as_str(), "told by Grace");
}
