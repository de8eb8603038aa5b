//! The payment page over plain HTTP: what it notes, what it keeps, and what it says when something
//! is not as the player hoped.

use chrono::Utc;
use reqwest::Method;
use toffeepay::{
    domain::{
        id::{PaymentId, SessionId},
        session::{
            CancelledBy, DeclineReason, PaymentMethod, PaymentOutcome, ProviderName, ProviderText,
            Reference, Refusal, Session, SessionCommand, StartPayment,
        },
    },
    event_store::CommandContext,
    ids::NewId,
};

use super::books::{assert_agree, settled};
use super::client::{DECLINED, EXPIRY, PAYS, SECURITY_CODE, ticket_in};
use super::harness::{Library, Options, Service, wait_until};

/// How many events of a type a session has, and under which request ids.
async fn caused_by(library: &Library, session_id: &str, event_type: &str) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT convert_from(entry, 'UTF8')::json ->> 'correlation' FROM event
         WHERE stream = $1 AND type = $2 ORDER BY version",
    )
    .bind(format!("session-{session_id}"))
    .bind(event_type)
    .fetch_all(&library.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_first_view_is_noted_once_and_by_whoever_sees_the_page() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let look = async |method, request_id: &'static str| {
        let call = service.client.request(method, &format!("/{session_id}"));
        let response = call.header("x-request-id", request_id).send().await.unwrap();
        assert_eq!(response.status(), 200);
    };
    look(Method::HEAD, "preview").await;
    assert!(caused_by(&library, &session_id, "PageOpened").await.is_empty());
    look(Method::GET, "first-view").await;
    look(Method::GET, "second-view").await;
    assert_eq!(caused_by(&library, &session_id, "PageOpened").await, ["first-view"]);
}

#[tokio::test]
async fn a_players_request_is_named_in_the_events_that_it_caused() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let cancel = service.client.send_form(&format!("/{session_id}/cancel"), &[]);
    let response = cancel.send().await.unwrap();
    let request_id = response.headers()["x-request-id"].to_str().unwrap();
    assert_eq!(caused_by(&library, &session_id, "Cancelled").await, [request_id]);
}

#[tokio::test]
async fn after_a_typo_and_after_a_refused_card_the_date_is_kept_and_nothing_else() {
    let service = Service::start(Options::default()).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    for (card, status) in [("4242 4242 4242 4241", 422), ("4111 1111 1111 1111", 200)] {
        let response = service.client.pay(&session_id, card).await.unwrap().unwrap();
        assert_eq!(response.status(), status, "{card}");
        let page = response.text().await.unwrap();
        assert!(page.contains(&format!(r#"value="{EXPIRY}""#)), "{card}: the date is kept");
        assert!(!page.contains(card) && !page.contains(SECURITY_CODE), "{card} is in the page");
    }
}

#[tokio::test]
async fn a_form_that_is_sent_again_after_its_decline_still_says_why() {
    let service = Service::start(Options::default()).await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let ticket = ticket_in(&service.client.open_page(&session_id).await.unwrap()).unwrap();
    service.client.send_card(&session_id, &ticket, DECLINED).await.unwrap();
    wait_until("the decline", async || {
        let page = service.client.open_page(&session_id).await.unwrap();
        page.contains("Your card was declined").then_some(())
    })
    .await;
    let again = service.client.send_card(&session_id, &ticket, PAYS).await.unwrap();
    let again = again.text().await.unwrap();
    assert!(again.contains("Your card was declined") && !again.contains("already used"), "{again}");
}

#[tokio::test]
async fn what_the_game_has_not_taken_yet_the_player_can_cancel() {
    let service = Service::start(Options::default()).await;
    let set = ["games", "set", "space_shooter", "--capture", "manual"];
    assert!(service.command(&set).await.status.success());
    let session_id = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&session_id, PAYS).await.unwrap();
    let cancel = format!("/{session_id}/cancel");
    wait_until("the bank's approval", async || {
        let page = service.client.open_page(&session_id).await.unwrap();
        let is_held = page.contains("Waiting for ") && page.contains("Approved by your bank");
        is_held.then(|| assert!(page.contains(&format!(r#"action="{cancel}""#)), "{page}"))
    })
    .await;
    service.client.send_form(&cancel, &[]).send().await.unwrap();
    assert_eq!(service.client.status(&session_id).await, "cancelled");
    let library = service.library().await;
    settled(&library.pool).await;
    assert!(assert_agree(&library).await.is_empty(), "nothing was taken");
    let page = service.client.open_page(&session_id).await.unwrap();
    assert!(page.contains("You have not been charged."), "{page}");
}

#[tokio::test]
async fn a_player_whose_money_came_late_is_not_told_that_there_was_none() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let (id, payment_id) =
        (SessionId::parse(session_id.as_str()).unwrap(), PaymentId::new(Utc::now()));
    let state = library.store.load::<Session>(&session_id, None).await.unwrap().aggregate;
    let amount = state.present().unwrap().item.price;
    let told = |outcome| SessionCommand::RecordPayment {
        payment_id: payment_id.clone(),
        outcome,
        at: Utc::now(),
    };
    let reference = Reference::parse("ch_late").unwrap();
    let refusal =
        Refusal { reason: DeclineReason::CardDeclined, text: ProviderText::parse("no").unwrap() };
    for command in [
        SessionCommand::StartPayment(Box::new(StartPayment {
            payment_id: payment_id.clone(),
            method: PaymentMethod::Card,
            // Nobody makes its calls, so that nothing but these commands happens.
            provider: ProviderName::parse("elsewhere").unwrap(),
            instrument: reference.clone(),
            at: Utc::now(),
        })),
        told(PaymentOutcome::Declined(refusal)),
        SessionCommand::Cancel { by: CancelledBy::Player, at: Utc::now() },
        told(PaymentOutcome::Captured { amount, reference }),
    ] {
        let context = CommandContext::new("process:test", "test", Utc::now());
        library.store.execute::<Session>(id.as_str(), command, &context).await.unwrap();
    }
    let page = service.client.open_page(&session_id).await.unwrap();
    assert!(page.contains("Payment cancelled"), "{page}");
    assert!(page.contains("It is on its way back to you."), "{page}");
    assert!(!page.contains("not been charged"), "{page}");
}

#[tokio::test]
async fn where_there_is_no_page_there_is_a_reference_for_support_and_nothing_for_caches() {
    let service = Service::start(Options::default()).await;
    let get = async |path| {
        let call = service.client.request(Method::GET, path).header("x-request-id", "req-4711");
        call.send().await.unwrap()
    };
    let page = get("/sess_abc123").await;
    assert_eq!(page.status(), 404);
    assert!(page.text().await.unwrap().contains("<code>req-4711</code>"));
    let status = get("/sess_abc123/status").await;
    assert_eq!(status.status(), 404);
    assert_eq!(status.headers()["cache-control"], "no-store");
}
