//! What people do about a session, through the pages' own forms: each is a command under their name.

use axum::http::StatusCode;
use toffeepay::domain::{
    game::Game,
    id::SessionId,
    session::{Session, SessionStatus},
    studio::Role,
};

use super::stage::{GAME, Page, Stage};

/// Somebody of the game's studio, and what their browser keeps.
struct Somebody {
    actor: String,
    cookie: String,
}

async fn somebody(stage: &Stage, role: Role) -> Somebody {
    let (person_id, link) = stage.person("sam@studio.example", GAME, role).await;
    Somebody { actor: format!("person:{person_id}"), cookie: stage.enter(&link).await }
}

fn path(session_id: &SessionId, rest: &str) -> String {
    format!("/dashboard/{GAME}/test/sessions/{session_id}{rest}")
}

/// Who gave the last command to a session, because of what.
async fn last(stage: &Stage, session_id: &SessionId) -> (String, String) {
    let events = stage.store.events::<Session>(session_id.as_str()).await.unwrap();
    let envelope = &events.last().unwrap().envelope;
    (envelope.actor.clone(), envelope.causation.clone().unwrap_or_default())
}

async fn status(stage: &Stage, session_id: &SessionId) -> SessionStatus {
    let session = stage.store.load::<Session>(session_id.as_str(), None).await.unwrap();
    session.aggregate.present().unwrap().status
}

/// The value of a hidden field, the last one of its name.
fn hidden(page: &Page, name: &str) -> String {
    let (_, value) = page.text.rsplit_once(&format!("name=\"{name}\" value=\"")).unwrap();
    value.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_session_is_cancelled_under_the_name_of_who_did_it_and_why_it_was_they_is_in_the_log() {
    let stage = Stage::new().await;
    let sam = somebody(&stage, Role::Support).await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    stage.get_as(&sam.cookie, &path(&id, "")).await.assert_has("Cancel session");
    let look = stage.get_as(&sam.cookie, &path(&id, "/cancel")).await;
    look.assert_has("Cancel this session?");
    assert_eq!(status(&stage, &id).await, SessionStatus::Pending);
    let sent = stage.send_as(&sam.cookie, &path(&id, "/cancel"), "").await;
    assert_eq!(sent.location(), path(&id, "?done=cancelled"));
    assert_eq!(status(&stage, &id).await, SessionStatus::Cancelled);
    let (actor, because) = last(&stage, &id).await;
    assert_eq!(actor, sam.actor);
    assert!(because.starts_with("sgn_"), "{because}");
    let after = stage.get_as(&sam.cookie, sent.location()).await;
    after.assert_has("The session was cancelled.");
    after.assert_has("sam@studio.example");
    after.assert_has_no("Cancel session");
    let again = stage.send_as(&sam.cookie, &path(&id, "/cancel"), "").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    again.assert_has("the session is already cancelled");
}

#[tokio::test]
async fn money_goes_back_after_a_reason_and_a_second_look_and_once_however_often_the_form_is_sent()
{
    let stage = Stage::new().await;
    let sam = somebody(&stage, Role::Support).await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    let payment_id = stage.pay(&id).await;
    let refund = path(&id, "/refund");
    let of = |rest: &str| format!("payment_id={payment_id}&{rest}");
    stage.get_as(&sam.cookie, &path(&id, "")).await.assert_has(">Refund</a>");
    stage.get_as(&sam.cookie, &refund).await.assert_has("$4.99");
    let before = stage.events().await;
    let unreasoned = stage.send_as(&sam.cookie, &refund, &of("reason=++&sure=yes")).await;
    assert_eq!(unreasoned.status, StatusCode::BAD_REQUEST);
    unreasoned.assert_has("must be 1 to 500 characters long");
    let look = stage.send_as(&sam.cookie, &refund, &of("reason=bought+%3Cb%3Etwice")).await;
    look.assert_has("bought &lt;b&gt;twice");
    look.assert_has("Give ");
    assert_eq!(stage.events().await, before, "nothing before the second look");
    let form_id = hidden(&look, "form_id");
    let fields =
        format!("payment_id={payment_id}&reason=bought+%3Cb%3Etwice&sure=yes&form_id={form_id}");
    for _ in 0..2 {
        let sent = stage.send_as(&sam.cookie, &refund, &fields).await;
        assert_eq!(sent.location(), path(&id, "?done=refund-requested"));
    }
    assert_eq!(stage.events().await, before + 1);
    assert_eq!(last(&stage, &id).await.0, sam.actor);
    let other = stage.send_as(&sam.cookie, &refund, &of("reason=again&sure=yes")).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    other.assert_has("the payment is refunded already, or a refund is pending");
    stage.get_as(&sam.cookie, &path(&id, "")).await.assert_has_no(">Refund</a>");
    let unnamed = stage.send_as(&sam.cookie, &refund, "reason=again&sure=yes").await;
    assert_eq!(unnamed.status, StatusCode::CONFLICT, "never another payment than was looked at");
}

#[tokio::test]
async fn who_may_not_is_offered_nothing() {
    let stage = Stage::new().await;
    let sam = somebody(&stage, Role::Finance).await;
    let open = stage.session("player_42", "50 Gold Coins").await;
    let paid = stage.session("player_43", "50 Gold Coins").await;
    stage.pay(&paid).await;
    for id in [&open, &paid] {
        let page = stage.get_as(&sam.cookie, &path(id, "")).await;
        for offer in ["Cancel session", ">Refund</a>", "Send again"] {
            page.assert_has_no(offer);
        }
    }
}

#[tokio::test]
async fn a_session_of_the_other_world_is_not_touched() {
    let stage = Stage::new().await;
    let sam = somebody(&stage, Role::Owner).await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    stage.pay(&id).await;
    let before = stage.events().await;
    for rest in ["/cancel", "/refund"] {
        let live = path(&id, rest).replace("/test/", "/live/");
        let sent = stage.send_as(&sam.cookie, &live, "reason=none&sure=yes").await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(stage.events().await, before);
}

#[tokio::test]
async fn a_webhook_is_sent_again_from_its_session_s_page_and_from_no_other() {
    let stage = Stage::new().await;
    let sam = somebody(&stage, Role::Support).await;
    stage.endpoint().await;
    let id = stage.session("player_42", "50 Gold Coins").await;
    stage.pay(&id).await;
    stage.deliver().await;
    let page = stage.get_as(&sam.cookie, &path(&id, "")).await;
    page.assert_has("Refused by the receiver");
    let (_, action) =
        page.text.split_once("action=\"/dashboard/space_shooter/test/sessions/").unwrap();
    let action = action.split_once('"').unwrap().0;
    assert!(action.ends_with("/resend"), "{action}");
    let action = format!("/dashboard/{GAME}/test/sessions/{action}");
    let other = stage.session("player_43", "50 Gold Coins").await;
    let elsewhere = action.replace(id.as_str(), other.as_str());
    let refused = stage.send_as(&sam.cookie, &elsewhere, "").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let sent = stage.send_as(&sam.cookie, &action, "").await;
    assert_eq!(sent.location(), path(&id, "?done=sent-again"));
    let game = stage.store.events::<Game>(GAME).await.unwrap();
    let told = &game.last().unwrap().envelope;
    assert_eq!((told.event_type.as_str(), told.actor.as_str()), ("WebhookResent", &*sam.actor));
    stage.deliver().await;
    stage.get_as(&sam.cookie, &path(&id, "")).await.assert_has("Delivered");
}

/// All fields of a link's form, in order.
const LINK: &str = "player=player_9&title=Starter+Pack&price=4.99&currency=USD&country=DE\
                    &return_url=mygame%3A%2F%2Fdone";

#[tokio::test]
async fn a_payment_link_made_by_hand_is_a_session_like_any_other_and_one_however_often_it_is_sent()
{
    let stage = Stage::new().await;
    let sam = somebody(&stage, Role::Support).await;
    let form = format!("/dashboard/{GAME}/test/links/new");
    let blank = stage.get_as(&sam.cookie, &form).await;
    let fields = format!("{LINK}&form_id={}", hidden(&blank, "form_id"));
    let before = stage.events().await;
    let sent = stage.send_as(&sam.cookie, &form, &fields).await;
    let again = stage.send_as(&sam.cookie, &form, &fields).await;
    assert_eq!(sent.location(), again.location());
    assert_eq!(stage.events().await, before + 1);
    let page = stage.get_as(&sam.cookie, sent.location()).await;
    page.assert_has("The payment link is made");
    let (id, _) = sent.location().rsplit_once('/').unwrap().1.split_once('?').unwrap();
    page.assert_has(&format!("http://127.0.0.1/{id}"));
    let session = stage.store.load::<Session>(id, None).await.unwrap();
    let state = session.aggregate.present().unwrap();
    assert_eq!(state.item.price.minor_units(), 499);
    assert_eq!(state.user_id.known().unwrap().as_str(), "player_9");
    assert_eq!(last(&stage, &SessionId::parse(id).unwrap()).await.0, sam.actor);
}

#[tokio::test]
async fn a_link_with_a_wrong_field_is_not_made_and_what_was_typed_stays() {
    let stage = Stage::new().await;
    let sam = somebody(&stage, Role::Support).await;
    let form = format!("/dashboard/{GAME}/test/links/new");
    let before = stage.events().await;
    for (from, to, told) in [
        ("player_9", "", "must be 1 to"),
        ("Starter+Pack", "", "must be 1 to 200 characters"),
        ("4.99", "4%2C99", "must be an amount such as 4.99"),
        ("4.99", "4.999", "must be an amount such as 4.99"),
        ("4.99", "0", "must be"),
        ("USD", "JPY", "must be a currency that the game takes"),
        ("=DE", "=D1", "received"),
        ("mygame%3A%2F%2Fdone", "javascript%3Aalert(1)", "must not have a scheme"),
    ] {
        let page = stage.send_as(&sam.cookie, &form, &LINK.replace(from, to)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{to}");
        page.assert_has(told);
        page.assert_has("No link was made");
    }
    let hostile = LINK.replace("Starter+Pack", "%22%3E%3Cscript%3E").replace("4.99", "x");
    let page = stage.send_as(&sam.cookie, &form, &hostile).await;
    page.assert_has("value=\"&quot;&gt;&lt;script&gt;\"");
    let live = form.replace("/test/", "/live/");
    let nobody = stage.send_as(&sam.cookie, &live, LINK).await;
    assert_eq!(nobody.status, StatusCode::CONFLICT);
    nobody.assert_has("No payment provider takes payments in this world yet");
    assert_eq!(stage.events().await, before);
}
