//! A player at a real browser: the page, its buttons, and the way back to the game.

use std::time::Duration;

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Html,
    routing::get,
};
use chrono::{TimeDelta, Utc};
use reqwest::Method;
use toffeepay::{
    domain::{
        currency::Currency,
        id::{GameId, SessionId},
        item::Item,
        money::Money,
        return_url::ReturnUrl,
        session::{CaptureMode, CreateSession, Session, SessionCommand},
        text::{ItemTitle, UserId},
        world::World,
    },
    event_store::CommandContext,
    ids::NewId,
};

use super::books::{assert_agree, assert_paid_once, settled};
use super::client::{
    ASKS_FOR_AUTHENTICATION, DECLINED, EXPIRY, PAYS, SECURITY_CODE, SETTLES_LATER, WITHOUT_FUNDS,
    ticket_in,
};
use super::harness::{Options, Service};
use super::support::browser::{Browser, Seen};

/// Longer than a step takes on a machine with nothing else to do.
const STEP_TIMEOUT: Duration = Duration::from_secs(40);

/// A demo service with one session that is open for payment.
pub(crate) struct Shop {
    pub(crate) service: Service,
    pub(crate) session_id: String,
    pub(crate) url: String,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::of(Service::start(Options::default()).await).await
    }

    /// One whose game takes held money itself.
    async fn with_manual_capture() -> Self {
        let service = Service::start(Options::default()).await;
        let set = ["games", "set", "space_shooter", "--capture", "manual"];
        assert!(service.command(&set).await.status.success());
        Self::of(service).await
    }

    async fn of(service: Service) -> Self {
        let session_id = service.client.create_session(&service.client.purchase()).await;
        let url = service.client.page_url(&session_id);
        Self { service, session_id, url }
    }

    async fn status(&self) -> String {
        self.service.client.status(&self.session_id).await
    }

    /// Where the page sends the player, as a pattern.
    fn way_back(&self, status: &str) -> String {
        format!(r"^mygame://payment-complete\?session_id={}&status={status}$", self.session_id)
    }

    async fn assert_paid_once(&self) {
        assert_eq!(self.status().await, "paid");
        let library = self.service.library().await;
        settled(&library.pool).await;
        assert_paid_once(&library, &self.session_id).await;
    }

    async fn assert_nothing_charged(&self) {
        let library = self.service.library().await;
        settled(&library.pool).await;
        assert_eq!(assert_agree(&library).await, Vec::<String>::new());
    }
}

/// What players do on our page.
pub(crate) trait AtTheTill {
    fn type_card(self, number: &str) -> Self;
    fn pay_with(self, number: &str) -> Self;
}

impl AtTheTill for Browser {
    fn type_card(self, number: &str) -> Self {
        self.fill("Card number", number)
            .fill("Expiry date", EXPIRY)
            .fill("Security code", SECURITY_CODE)
    }

    fn pay_with(self, number: &str) -> Self {
        self.type_card(number).click("Pay $4.99")
    }
}

pub(crate) fn phone() -> Browser {
    Browser::phone().step_timeout(STEP_TIMEOUT)
}

/// No complaint of the browser's: no uncaught error, no broken content policy, nothing missing.
fn assert_quiet(seen: &Seen) {
    let loud: Vec<_> = seen.console.iter().filter(|it| it.kind != "log").collect();
    assert!(loud.is_empty(), "the browser complained: {loud:#?}");
}

#[tokio::test]
async fn a_player_pays_by_card_and_is_led_back_to_the_game() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        .expect_text("Space Shooter")
        .expect_text("50 Gold Coins")
        .expect_text("$4.99")
        .pay_with(PAYS)
        .expect_text("Payment complete")
        .expect_navigation(&shop.way_back("paid"))
        .reload()
        .expect_text("Payment complete")
        .click("Return to game")
        .expect_navigation(&shop.way_back("paid"))
        .run()
        .await;
    assert_quiet(&seen);
    let causes: Vec<&str> = seen
        .navigations
        .iter()
        .filter(|it| it.url.starts_with("mygame:"))
        .map(|it| it.cause.as_str())
        .collect();
    assert_eq!(causes, ["scriptInitiated", "anchorClick"], "by itself, and by the link");
    shop.assert_paid_once().await;
    let elsewhere: Vec<_> =
        seen.requests.iter().filter(|it| !it.url.starts_with(&shop.service.env.pay_url)).collect();
    let elsewhere: Vec<_> =
        elsewhere.iter().filter(|it| it.url.starts_with("http")).map(|it| &it.url).collect();
    assert!(elsewhere.is_empty(), "the page loads nothing of anybody else's: {elsewhere:?}");
}

#[tokio::test]
async fn a_declined_player_is_told_why_and_pays_with_another_card() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        .pay_with(DECLINED)
        .expect_text("Your card was declined")
        .expect_text("Nothing was charged")
        .expect_value("Card number", "")
        .expect_value("Security code", "")
        .expect_value("Expiry date", EXPIRY)
        .pay_with(WITHOUT_FUNDS)
        .expect_text("Not enough money on this card")
        .expect_text("You have one try left.")
        .pay_with(PAYS)
        .expect_text("Payment complete")
        .expect_navigation(&shop.way_back("paid"))
        .run()
        .await;
    assert_quiet(&seen);
    shop.assert_paid_once().await;
}

#[tokio::test]
async fn the_third_decline_ends_the_session() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        .pay_with(DECLINED)
        .expect_text("You have two tries left.")
        .pay_with(DECLINED)
        .expect_text("You have one try left.")
        .pay_with(WITHOUT_FUNDS)
        .expect_text("Payment failed")
        .expect_text("Not enough money on this card. You have not been charged.")
        .expect_navigation(&shop.way_back("failed"))
        .run()
        .await;
    assert_quiet(&seen);
    assert_eq!(shop.status().await, "failed");
    shop.assert_nothing_charged().await;
}

#[tokio::test]
async fn a_mistyped_card_is_pointed_out_before_anything_is_sent() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        .click("Pay $4.99")
        .expect_text("Enter your card number.")
        .type_card("4242 4242 4242 4241")
        .click("Pay $4.99")
        .expect_text("Check the card number")
        .type_card(PAYS)
        .fill("Expiry date", "01 / 20")
        .click("Pay $4.99")
        .expect_text("This card has expired.")
        .pay_with("4111 1111 1111 1111")
        .expect_text("This card can’t be used here")
        .pay_with(PAYS)
        .expect_text("Payment complete")
        .run()
        .await;
    assert_quiet(&seen);
    let posts = seen.requests.iter().filter(|it| it.method == "POST").count();
    assert_eq!(posts, 2, "only what may be a card is sent");
    shop.assert_paid_once().await;
}

#[tokio::test]
async fn a_player_confirms_with_the_bank_and_has_paid() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        .pay_with(ASKS_FOR_AUTHENTICATION)
        .expect_text("Confirm with your bank")
        .expect_url("/sandbox/3ds/")
        .expect_text("USD 4.99")
        .click("Complete authentication")
        .expect_text("Payment complete")
        .expect_navigation(&shop.way_back("paid"))
        .run()
        .await;
    assert_quiet(&seen);
    shop.assert_paid_once().await;
}

#[tokio::test]
async fn a_player_whom_the_bank_does_not_know_can_try_again() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        .pay_with(ASKS_FOR_AUTHENTICATION)
        .expect_url("/sandbox/3ds/")
        .click("Fail authentication")
        .expect_text("Your bank couldn’t confirm it’s you")
        .pay_with(PAYS)
        .expect_text("Payment complete")
        .run()
        .await;
    assert_quiet(&seen);
    shop.assert_paid_once().await;
}

#[tokio::test]
async fn a_slow_card_is_processing_until_the_bank_tells() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        // At the till, since the bank settles while a browser is still starting.
        .pay_with(SETTLES_LATER)
        .expect_text("Processing your payment")
        .reload()
        .expect_text("Payment complete")
        .run()
        .await;
    assert_quiet(&seen);
    shop.assert_paid_once().await;
}

#[tokio::test]
async fn a_player_pays_by_apple_pay() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        .click("Apple Pay")
        .expect_text("Payment complete")
        .expect_navigation(&shop.way_back("paid"))
        .run()
        .await;
    assert_quiet(&seen);
    shop.assert_paid_once().await;
}

#[tokio::test]
async fn a_player_who_cancels_goes_back_unpaid() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        .click("Cancel")
        .expect_text("Payment cancelled")
        .expect_text("You have not been charged.")
        .expect_navigation(&shop.way_back("cancelled"))
        .run()
        .await;
    assert_quiet(&seen);
    assert_eq!(shop.status().await, "cancelled");
    shop.assert_nothing_charged().await;
}

#[tokio::test]
async fn a_player_sees_without_reloading_that_it_is_the_games_turn_and_can_still_cancel() {
    let shop = Shop::with_manual_capture().await;
    let seen = phone()
        .goto(&shop.url)
        .pay_with(PAYS)
        .expect_text("Approved by your bank")
        .click("Cancel")
        .expect_text("Payment cancelled")
        .run()
        .await;
    assert_quiet(&seen);
    assert_eq!(shop.status().await, "cancelled");
    shop.assert_nothing_charged().await;
}

#[tokio::test]
async fn a_double_click_charges_once() {
    let shop = Shop::open().await;
    let seen = phone()
        .goto(&shop.url)
        .type_card(PAYS)
        .double_click("Pay $4.99")
        .expect_text("Payment complete")
        .run()
        .await;
    assert_quiet(&seen);
    shop.assert_paid_once().await;

    let again = shop.service.client.create_session(&shop.service.client.purchase()).await;
    phone()
        .without_javascript()
        .goto(&shop.service.client.page_url(&again))
        .type_card(PAYS)
        .double_click("Pay $4.99")
        .expect_text("Payment complete")
        .run()
        .await;
    let library = shop.service.library().await;
    settled(&library.pool).await;
    assert_paid_once(&library, &again).await;
}

#[tokio::test]
async fn two_tabs_and_a_reload_charge_once() {
    let shop = Shop::open().await;
    phone()
        .goto(&shop.url)
        .type_card(PAYS)
        .open_tab(&shop.url)
        .pay_with(PAYS)
        .expect_text("Payment complete")
        .switch_tab(0)
        .click("Pay $4.99")
        .expect_text("Payment complete")
        .reload()
        .expect_text("Payment complete")
        .run()
        .await;
    shop.assert_paid_once().await;
}

#[tokio::test]
async fn the_same_form_sent_twenty_times_at_once_charges_once() {
    let shop = Shop::open().await;
    let client = &shop.service.client;
    let first = ticket_in(&client.open_page(&shop.session_id).await.unwrap()).unwrap();
    let second = ticket_in(&client.open_page(&shop.session_id).await.unwrap()).unwrap();
    let sent = (0..20).map(async |number| {
        let ticket = if number % 2 == 0 { &first } else { &second };
        let response = client.send_card(&shop.session_id, ticket, PAYS).await.unwrap();
        assert_eq!(response.status(), 303);
    });
    futures::future::join_all(sent).await;
    client.wait_for_status(&shop.session_id, "paid").await;
    shop.assert_paid_once().await;
}

#[tokio::test]
async fn everything_works_without_javascript() {
    let shop = Shop::open().await;
    phone()
        .without_javascript()
        .goto(&shop.url)
        .expect_text("50 Gold Coins")
        .pay_with("4242 4242 4242 4241")
        .expect_text("Check the card number")
        .pay_with(DECLINED)
        .expect_text("Your card was declined")
        .pay_with(ASKS_FOR_AUTHENTICATION)
        .expect_url("/sandbox/3ds/")
        .click("Complete authentication")
        .expect_text("Payment complete")
        .click("Return to game")
        .expect_navigation(&shop.way_back("paid"))
        .run()
        .await;
    shop.assert_paid_once().await;
}

#[tokio::test]
async fn the_page_carries_its_security_headers() {
    let shop = Shop::open().await;
    let request = shop.service.client.request(Method::GET, &format!("/{}", shop.session_id));
    let response = request.send().await.unwrap();
    let headers = response.headers();
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
}

#[tokio::test]
async fn another_sites_form_is_refused() {
    let shop = Shop::open().await;
    let client = &shop.service.client;
    let ticket = ticket_in(&client.open_page(&shop.session_id).await.unwrap()).unwrap();
    let fields = [("payment_id", ticket.as_str())];
    for action in ["pay", "apple-pay", "cancel"] {
        let path = format!("/{}/{action}", shop.session_id);
        let theirs = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
        let theirs = theirs
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        // Put in place of our own.
        let form = client.send_form(&path, &fields).headers(HeaderMap::from_iter(theirs));
        assert_eq!(form.send().await.unwrap().status(), 403, "{action}");
    }

    // The same from a real page of another site: `localhost` is not 127.0.0.1.
    let evil = format!(
        r#"<!doctype html><title>Free coins</title><form method=post action="{}/cancel">
           <button>Free coins</button></form>"#,
        shop.url
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let page = Router::new().route("/", get(async || Html(evil)));
    tokio::spawn(async move { axum::serve(listener, page).await });
    phone()
        .goto(&format!("http://localhost:{port}/"))
        .click("Free coins")
        .expect_text("We couldn’t take this form")
        .run()
        .await;
    assert_eq!(shop.status().await, "pending");
}

#[tokio::test]
async fn an_unknown_session_has_no_page() {
    let shop = Shop::open().await;
    for path in ["/sess_abc123", "/nothing", &format!("/{}x", shop.session_id)] {
        let response = shop.service.client.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        let page = response.text().await.unwrap();
        assert!(page.contains("Page not found"), "{path} shows a page of ours");
    }
}

#[tokio::test]
async fn an_expired_session_says_so_and_takes_no_payment() {
    let shop = Shop::open().await;
    let session_id = create_expired(&shop.service).await;
    let page = shop.service.client.page_url(&session_id);
    let back = format!(r"^mygame://payment-complete\?session_id={session_id}&status=expired$");
    let seen = phone()
        .goto(&page)
        .expect_text("This payment has expired")
        .expect_no_text("Card number")
        .click("Return to game")
        .expect_navigation(&back)
        .run()
        .await;
    assert_quiet(&seen);
    assert_eq!(shop.service.client.status(&session_id).await, "expired");
    let ticket = ticket_in(&shop.service.client.open_page(&shop.session_id).await.unwrap());
    let client = &shop.service.client;
    let late = client.send_card(&session_id, &ticket.unwrap(), PAYS).await.unwrap();
    assert_eq!(late.status(), 303);
    shop.assert_nothing_charged().await;
}

/// A session whose time was over before anybody opened its page.
pub(crate) async fn create_expired(service: &Service) -> String {
    create_in_log(service, World::Test, TimeDelta::hours(25)).await
}

/// A session that was begun `age` ago, past the API.
pub(crate) async fn create_in_log(service: &Service, world: World, age: TimeDelta) -> String {
    let created_at = Utc::now() - age;
    let session_id = SessionId::new(created_at);
    let price = Money::price(499, Currency::parse("USD").unwrap()).unwrap();
    let title = ItemTitle::parse("50 Gold Coins").unwrap();
    let create = SessionCommand::Create(Box::new(CreateSession {
        game_id: GameId::parse("space_shooter").unwrap(),
        world,
        user_id: UserId::parse("player_42").unwrap(),
        item: Item { title, price, image: None, country: None },
        return_url: ReturnUrl::parse("mygame://payment-complete").unwrap(),
        capture_mode: CaptureMode::Automatic,
        wallet_enabled: false,
        created_at,
        expires_at: created_at + TimeDelta::hours(24),
    }));
    let context = CommandContext::new("process:test", "test", created_at);
    let library = service.library().await;
    library.store.execute::<Session>(session_id.as_str(), create, &context).await.unwrap();
    session_id.as_str().to_owned()
}
