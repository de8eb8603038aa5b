//! Webhook endpoints.

use axum::http::StatusCode;
use serde_json::json;
use toffeepay::domain::{
    game::{KeyScope, PayloadShape, RegisteredEndpoint, WebhookType},
    world::World,
};

use super::{super::stage::GAME, Desk, HOSTILE, between, form};

const URL: &str = "https://game.example/hook";
const USUAL: [(&str, &str); 3] = [("url", URL), ("shape", "flat"), ("types", "session.paid")];

/// Adds the usual endpoint; its id.
async fn add(desk: &Desk) -> String {
    let added = desk.send("endpoints/new", &USUAL).await;
    let (path, done) = added.location().split_once('?').unwrap();
    assert_eq!(done, "done=added");
    path.rsplit_once('/').unwrap().1.to_owned()
}

async fn endpoints(desk: &Desk) -> Vec<RegisteredEndpoint> {
    desk.stage.game().await.endpoints.0
}

#[tokio::test]
async fn an_endpoint_is_added_and_has_a_page_without_its_secret() {
    let desk = Desk::new().await;
    desk.get("developers").await.assert_has("No endpoints yet");
    let id = add(&desk).await;
    let there = endpoints(&desk).await.pop().unwrap();
    assert_eq!((there.endpoint_id.as_str(), there.endpoint.world), (id.as_str(), World::Test));
    assert_eq!(there.endpoint.types, [WebhookType::SessionPaid]);
    let page = desk.get(&format!("endpoints/{id}?done=added")).await;
    for text in [URL, "The endpoint was added", "Enabled", "session.paid", "Flat: ", &id] {
        page.assert_has(text);
    }
    let deliveries = super::test(&format!("endpoints/{id}/deliveries"));
    assert_eq!(page.link("Deliveries"), Some(deliveries));
    let shown: Vec<_> = page.text.match_indices("whsec_").collect();
    assert_eq!(shown.len(), 1, "only what stands for it");
    desk.get("developers").await.assert_has(&format!("endpoints/{id}\""));
    assert_eq!(desk.number("SELECT count(*) FROM endpoint_secret").await, 1);
}

#[tokio::test]
async fn a_form_that_is_sent_again_adds_no_second_endpoint_and_leaves_the_secret_alone() {
    let desk = Desk::new().await;
    let fields = [&[("form_id", "1")], &USUAL[..]].concat();
    let first = desk.send("endpoints/new", &fields).await.location().to_owned();
    let sealed = "SELECT encode(sealed, 'hex') FROM endpoint_secret";
    let sealed = async || -> Vec<String> {
        sqlx::query_scalar(sealed).fetch_all(&desk.stage.database.owner).await.unwrap()
    };
    let before = sealed().await;
    assert_eq!(desk.send("endpoints/new", &fields).await.location(), first);
    assert_eq!(endpoints(&desk).await.len(), 1);
    assert_eq!(sealed().await, before);
    let id = endpoints(&desk).await.pop().unwrap().endpoint_id;
    desk.send(&format!("endpoints/{id}/remove"), &[]).await.location();
    let again = desk.send("endpoints/new", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "it was removed since");
    again.assert_has("asked for before");
    assert_eq!((endpoints(&desk).await.len(), sealed().await.len()), (0, 0));
}

#[tokio::test]
async fn a_field_is_refused_by_the_same_rule_as_in_the_api_and_what_was_typed_is_kept() {
    let desk = Desk::new().await;
    let scope = KeyScope::Webhooks.as_str();
    let answer = desk.send("keys/new", &[("name", "Tools"), ("scope", scope)]).await;
    let key = format!("tp_test_{}", between(&answer, "<code>tp_test_", "</code>"));
    let long = format!("https://game.example/{}", "x".repeat(2_048));
    let wrong = [
        ("url", "nonsense", json!({ "url": "nonsense" })),
        ("url", "ftp://game.example/", json!({ "url": "ftp://game.example/" })),
        ("url", long.as_str(), json!({ "url": long })),
        ("shape", "round", json!({ "shape": "round" })),
        ("types", "session.done", json!({ "types": ["session.done"] })),
        ("types", "payment.created", json!({ "types": ["payment.created"] })),
        ("at_once", "65", json!({ "at_once": 65 })),
        ("per_second", "10001", json!({ "per_second": 10_001 })),
    ];
    let events = desk.stage.events().await;
    for (field, text, body) in wrong {
        let mut fields = USUAL.to_vec();
        fields.retain(|(it, _)| *it != field);
        fields.push((field, text));
        let page = desk.send("endpoints/new", &fields).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{field} {text}");
        let mut request = json!({ "game_id": GAME, "url": URL });
        request.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let (status, refused) = desk.send_api(&key, "/v1/webhook_endpoints", &request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        let ours = between(&page, &format!(r##"<a href="#{field}">"##), "; received");
        let rule = ours.split_once("</a> ").unwrap().1;
        assert!(refused.to_string().contains(rule), "{rule:?} not in {refused}");
        if field == "url" {
            page.assert_has(&format!(r#"value="{text}""#));
        }
    }
    assert_eq!(desk.stage.events().await, events);
    assert_eq!(desk.number("SELECT count(*) FROM endpoint_secret").await, 0);
}

#[tokio::test]
async fn a_password_in_a_url_is_refused_and_not_quoted() {
    let desk = Desk::new().await;
    let mut fields = USUAL;
    fields[0] = ("url", "https://me:hunter2@game.example/");
    let page = desk.send("endpoints/new", &fields).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.assert_has("must hold no user name and no password; received <bdi>one with them</bdi>");
    assert_eq!(page.text.matches("hunter2").count(), 1, "in the field alone, to be mended there");
}

#[tokio::test]
async fn all_of_an_endpoint_can_be_changed_but_for_its_world() {
    let desk = Desk::new().await;
    let id = add(&desk).await;
    let path = format!("endpoints/{id}/edit");
    let page = desk.get(&path).await;
    page.assert_has(&format!(r#"value="{URL}""#));
    page.assert_has(r#"value="session.paid" checked"#);
    let fields = [
        ("url", "https://new.example/"),
        ("description", "Frankfurt"),
        ("shape", "envelope"),
        ("types", "session.paid"),
        ("types", "refund.created"),
        ("at_once", "3"),
        ("per_second", "50"),
    ];
    let done = super::test(&format!("endpoints/{id}?done=changed"));
    assert_eq!(desk.send(&path, &fields).await.location(), done);
    let there = endpoints(&desk).await.pop().unwrap().endpoint;
    assert_eq!((there.url.as_str(), there.shape), ("https://new.example/", PayloadShape::Envelope));
    assert_eq!(there.types, [WebhookType::SessionPaid, WebhookType::RefundCreated]);
    assert_eq!(there.world, World::Test);
    let page = desk.get(&format!("endpoints/{id}")).await;
    page.assert_has("3 at once, 50 a second");
    page.assert_has("Frankfurt");
    desk.send(&path, &USUAL).await.location();
    let there = endpoints(&desk).await.pop().unwrap().endpoint;
    assert_eq!((there.description, there.limits), (None, Default::default()), "what is empty");
}

#[tokio::test]
async fn an_endpoint_is_paused_and_resumed() {
    let desk = Desk::new().await;
    let id = add(&desk).await;
    let page = format!("endpoints/{id}");
    let paused = desk.send(&format!("{page}/pause"), &[("form_id", "1")]).await;
    assert_eq!(paused.location(), super::test(&format!("{page}?done=paused")));
    assert!(endpoints(&desk).await.pop().unwrap().disabled.is_some());
    let told = desk.get(&page).await;
    told.assert_has("Paused");
    told.assert_has("Resume");
    told.assert_has_no("Send a test event");
    desk.send(&format!("{page}/resume"), &[]).await.location();
    assert!(endpoints(&desk).await.pop().unwrap().disabled.is_none());
    let late = desk.send(&format!("{page}/pause"), &[("form_id", "1")]).await;
    assert_eq!(late.location(), super::test(&format!("{page}?done=repeated")), "it was resumed");
    assert_eq!((desk.told("EndpointDisabled").await, desk.told("EndpointEnabled").await), (1, 1));
}

#[tokio::test]
async fn a_test_event_is_sent_once_however_often_its_form_is() {
    let desk = Desk::new().await;
    let id = add(&desk).await;
    desk.stage.deliver().await;
    let path = format!("endpoints/{id}/test");
    let fields = [("form_id", "1"), ("type", "session.paid")];
    let done = super::test(&format!("endpoints/{id}?done=tested&message="));
    let first = desk.send(&path, &fields).await.location().to_owned();
    assert!(first.starts_with(&done), "{first}");
    assert_eq!(desk.send(&path, &fields).await.location(), first);
    let told = desk.stage.get_as(&desk.cookie, &first).await;
    let delivery = told.link("What your server answers to the test event").unwrap();
    assert_eq!(desk.stage.get_as(&desk.cookie, &delivery).await.status, StatusCode::OK);
    assert_eq!(desk.number("SELECT count(*) FROM webhook_message").await, 1);
    assert_eq!(desk.told("EndpointTested").await, 1);
    desk.send(&path, &[("form_id", "2"), ("type", "session.paid")]).await.location();
    assert_eq!(desk.number("SELECT count(*) FROM webhook_message").await, 2);
    assert_eq!(desk.told("EndpointTested").await, 2);
}

#[tokio::test]
async fn a_test_event_is_refused_where_none_can_be_sent() {
    let desk = Desk::new().await;
    let id = add(&desk).await;
    desk.stage.deliver().await;
    let path = format!("endpoints/{id}/test");
    let other = desk.send(&path, &[("type", "session.failed")]).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    other.assert_has("must be one of the endpoint's types");
    desk.send(&format!("endpoints/{id}/pause"), &[]).await.location();
    let paused = desk.send(&path, &[("type", "session.paid")]).await;
    assert_eq!(paused.status, StatusCode::CONFLICT);
    paused.assert_has("Resume it first");
    let live = format!("/dashboard/{GAME}/live/endpoints");
    let added = desk.stage.send_as(&desk.cookie, &format!("{live}/new"), &form(&USUAL)).await;
    let (page, _) = added.location().split_once('?').unwrap();
    desk.stage.get_as(&desk.cookie, page).await.assert_has_no("Send a test event");
    let sent = desk.stage.send_as(&desk.cookie, &format!("{page}/test"), "type=session.paid").await;
    assert_eq!(sent.status, StatusCode::CONFLICT);
    sent.assert_has("of the test world only");
    assert_eq!(desk.number("SELECT count(*) FROM webhook_message").await, 0);
}

#[tokio::test]
async fn an_endpoint_is_removed_with_its_secrets_after_a_page_that_says_what_stops() {
    let desk = Desk::new().await;
    let id = add(&desk).await;
    let path = format!("endpoints/{id}/remove");
    desk.get(&path).await.assert_has("What is still to be sent is dropped");
    assert_eq!(endpoints(&desk).await.len(), 1, "a look changes nothing");
    let done = super::test("developers?done=removed");
    for _ in 0..2 {
        assert_eq!(desk.send(&path, &[("form_id", "1")]).await.location(), done);
    }
    assert_eq!(endpoints(&desk).await.len(), 0);
    assert_eq!(desk.number("SELECT count(*) FROM endpoint_secret").await, 0);
    assert_eq!(desk.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.send(&path, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_endpoint_of_the_live_world_is_not_there_in_the_test_world() {
    let desk = Desk::new().await;
    let live = format!("/dashboard/{GAME}/live/endpoints/new");
    desk.stage.send_as(&desk.cookie, &live, &form(&USUAL)).await.location();
    let id = endpoints(&desk).await.pop().unwrap().endpoint_id;
    desk.get("developers").await.assert_has("No endpoints yet");
    let events = desk.stage.events().await;
    for act in ["", "/edit", "/remove", "/rotate", "/expire", "/reveal"] {
        let page = desk.get(&format!("endpoints/{id}{act}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{act}");
    }
    for act in ["edit", "pause", "resume", "remove", "test", "rotate", "expire", "reveal"] {
        let fields = [&[("grace_hours", "0"), ("type", "session.paid")], &USUAL[..]].concat();
        let sent = desk.send(&format!("endpoints/{id}/{act}"), &fields).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{act}");
    }
    assert_eq!(desk.stage.events().await, events);
    assert_eq!(desk.number("SELECT count(*) FROM endpoint_secret").await, 1);
}

#[tokio::test]
async fn a_hostile_description_and_url_are_text_on_every_page() {
    let desk = Desk::new().await;
    let mut fields = USUAL.to_vec();
    fields[0] = ("url", "https://game.example/?<script>alert('url')</script>&\"onfocus=alert(1)//");
    fields.push(("description", HOSTILE));
    desk.send("endpoints/new", &fields).await.location();
    let id = endpoints(&desk).await.pop().unwrap().endpoint_id;
    let page = format!("endpoints/{id}");
    for act in ["", "/edit", "/remove", "/rotate", "/expire"] {
        let shown = desk.get(&format!("{page}{act}")).await;
        assert_eq!(shown.status, StatusCode::OK);
        shown.assert_has_no("<script");
        shown.assert_has_no("\"onfocus");
    }
    let revealed = desk.send(&format!("{page}/reveal"), &[]).await;
    assert_eq!(revealed.status, StatusCode::OK);
    revealed.assert_has_no("<script");
    let list = desk.get("developers").await;
    list.assert_has("&lt;script&gt;alert('name')");
    list.assert_has_no("<script");
}
