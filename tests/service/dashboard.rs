//! The dashboard: coming in, proving who one is, and leaving, in a real browser; and what is refused.

use reqwest::{Method, RequestBuilder, StatusCode, header};

use super::client::PAYS;
use super::harness::{Options, Service};
use super::support::browser::Browser;

const PASSWORD: &str = "correct horse battery";

/// Computes what an authenticator shows, as RFC 6238 says, and types it. One step ahead if asked to: the
/// code of this step may be used up.
const TYPE_CODE: &str = r#"(async (ahead) => {
    const text = sessionStorage.totp ?? document.querySelector(".key code").textContent;
    sessionStorage.totp = text;
    const bits = [...text.replace(/ /g, "")]
        .map((it) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(it).toString(2).padStart(5, "0"))
        .join("");
    const bytes = Uint8Array.from(bits.match(/.{8}/g), (it) => parseInt(it, 2));
    const algorithm = { name: "HMAC", hash: "SHA-1" };
    const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
    const step = new DataView(new ArrayBuffer(8));
    step.setBigUint64(0, BigInt(Math.floor(Date.now() / 30000) + ahead));
    const mac = new DataView(await crypto.subtle.sign("HMAC", key, step));
    const number = mac.getUint32(mac.getUint8(19) & 15) & 0x7fffffff;
    document.getElementById('code').value = String(number % 1000000).padStart(6, "0");
})"#;

pub(crate) fn type_code(ahead: u8) -> String {
    format!("{TYPE_CODE}({ahead})")
}

/// From the link to a studio's games.
pub(crate) fn enter(service: &Service, browser: Browser) -> Browser {
    browser
        .goto(&service.env.dashboard_url)
        .expect_text("This link lets you in once")
        .click("Sign in")
        .expect_text("Demo Studio")
}

/// Comes in by another link: the first is used up.
pub(crate) async fn enter_again(service: &Service, browser: Browser) -> Browser {
    let base = ["--base-url", &service.env.pay_url];
    let printed =
        service.command(&[&["people", "link", "demo@localhost"][..], &base].concat()).await;
    let printed = String::from_utf8(printed.stdout).unwrap();
    let link = printed.split_whitespace().find(|it| it.contains("/dashboard/enter/")).unwrap();
    browser.goto(link).click("Sign in").expect_text("Demo Studio")
}

/// A browser without a page: it follows no redirect.
struct Visitor {
    http: reqwest::Client,
    base: String,
}

impl Visitor {
    fn at(service: &Service) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().unwrap(), base: service.env.pay_url.clone() }
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    fn send(&self, path: &str, body: &str) -> RequestBuilder {
        let form = "application/x-www-form-urlencoded";
        self.ask(Method::POST, path).header(header::CONTENT_TYPE, form).body(body.to_owned())
    }
}

/// The path of the link that dev printed.
fn link(service: &Service) -> String {
    service.env.dashboard_url.strip_prefix(&service.env.pay_url).unwrap().to_owned()
}

/// Comes in by dev's link; what the browser keeps.
async fn cookie(service: &Service, visitor: &Visitor) -> String {
    let response = visitor.send(&link(service), "").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    cookie.split_once(';').unwrap().0.to_owned()
}

#[tokio::test]
async fn the_link_that_dev_prints_leads_in_and_a_password_and_a_code_do_ever_after() {
    let service = Service::start(Options::default()).await;
    assert!(service.printed().contains(&service.env.dashboard_url));
    let seen = enter(&service, Browser::desktop())
        .expect_text("Space Shooter")
        .expect_accessible()
        .click("Choose a password")
        .expect_text("You sign in as demo@localhost")
        .expect_accessible()
        .fill("Your name", "Ada <script>alert(1)</script>")
        .fill("Password", "aaaaaaaaaaaa")
        .evaluate(&type_code(0))
        .click("Save")
        .expect_text("at least 5 different characters")
        .expect_accessible()
        .fill("Password", PASSWORD)
        .evaluate(&type_code(0))
        .click("Save")
        .expect_text("Space Shooter")
        .expect_text("Ada <script>alert(1)</script>")
        .click("Sign out")
        .expect_url("/dashboard/sign-in$")
        .expect_accessible()
        .fill("E-mail", "demo@localhost")
        .fill("Password", "wrong password")
        .evaluate(&type_code(1))
        .click("Sign in")
        .expect_text("the password or the code is wrong")
        .expect_accessible()
        .expect_value("E-mail", "demo@localhost")
        .fill("Password", PASSWORD)
        .evaluate(&type_code(1))
        .click("Sign in")
        .expect_text("Space Shooter")
        .goto(&service.env.dashboard_url)
        .click("Sign in")
        .expect_text("This link does not work")
        .expect_accessible()
        .run()
        .await;
    let is_refusal = |it: &str| it.contains("the server responded with a status of");
    let odd: Vec<_> = seen.console.iter().filter(|it| !is_refusal(&it.text)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let ours = |it: &str| it.starts_with(&service.env.pay_url) || it.starts_with("data:");
    assert!(seen.requests.iter().all(|it| ours(&it.url)), "{:?}", seen.requests);
    service.assert_replay_agrees().await;
}

#[tokio::test]
async fn a_purchase_is_found_by_its_player_and_told_from_the_request_to_the_webhook() {
    let service = Service::start(Options::default()).await;
    let mut request = service.client.purchase();
    request["user_id"] = "player <b>7</b>".into();
    request["item"]["title"] = "<img src=x onerror=alert(1)>".into();
    let paid = service.client.create_session(&request).await;
    service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&paid, PAYS).await.unwrap();
    service.client.wait_for_status(&paid, "paid").await;
    let seen = enter(&service, Browser::desktop())
        .click("Test of Space Shooter")
        .click("Sessions")
        .expect_text("2 sessions")
        .expect_accessible()
        .fill("Search", "player <b>7</b>")
        .press("Enter")
        .expect_no_text("2 sessions")
        .expect_accessible()
        .click("<img src=x onerror=alert(1)>")
        .expect_url(&format!("/sessions/{paid}$"))
        .expect_text("The money was taken: the session is paid")
        .expect_text("session.paid")
        .expect_accessible()
        .click("Live")
        .expect_url("/live/sessions$")
        .expect_no_text("Test mode")
        .expect_accessible()
        .fill("Search", &paid)
        .press("Enter")
        .expect_no_text("The money was taken")
        .run()
        .await;
    assert!(seen.console.is_empty(), "{:?}", seen.console);
}

#[tokio::test]
async fn the_dashboard_works_on_a_phone_in_the_dark_and_without_javascript() {
    let service = Service::start(Options::default()).await;
    let wide = "document.documentElement.scrollWidth <= innerWidth";
    let seen = enter(&service, Browser::phone().dark())
        .evaluate(wide)
        .expect_accessible()
        .click("Choose a password")
        .evaluate(wide)
        .expect_accessible()
        .click("Back to the dashboard")
        .click("Sign out")
        .evaluate(wide)
        .expect_accessible()
        .run()
        .await;
    let fits = seen.events.iter().filter(|it| it.step == "evaluate").all(|it| it.value == true);
    assert!(fits, "{:?}", seen.events);
    let service = Service::start(Options::default()).await;
    let _ = enter(&service, Browser::desktop().without_javascript())
        .click("Sign out")
        .expect_url("/dashboard/sign-in$")
        .run()
        .await;
}

#[tokio::test]
async fn who_is_not_in_is_led_to_the_way_in_and_then_to_where_they_wanted_to_go() {
    let service = Service::start(Options::default()).await;
    let visitor = Visitor::at(&service);
    for path in ["/dashboard", "/dashboard/enroll", "/dashboard/prove"] {
        let response = visitor.ask(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
        let to = response.headers()[header::LOCATION].to_str().unwrap();
        assert!(to.starts_with("/dashboard/sign-in"), "{path}: {to}");
    }
    let asked = visitor.ask(Method::GET, "/dashboard/sign-in?next=https%3A%2F%2Fevil.example");
    let page = asked.send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("evil.example") && page.contains(r#"value="/dashboard""#), "{page}");
    let nothing = visitor.ask(Method::GET, "/dashboard/nothing").send().await.unwrap();
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn looking_at_a_link_uses_it_not_up_and_using_it_does() {
    let service = Service::start(Options::default()).await;
    let visitor = Visitor::at(&service);
    for _ in 0..2 {
        let look = visitor.ask(Method::GET, &link(&service)).send().await.unwrap();
        assert_eq!(look.status(), StatusCode::OK);
        assert!(look.headers().get(header::SET_COOKIE).is_none());
    }
    let foreign = visitor.send(&link(&service), "").header("sec-fetch-site", "cross-site");
    assert_eq!(foreign.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let used = visitor.send(&link(&service), "").send().await.unwrap();
    let cookie = used.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-toffeepay="), "{cookie}");
    for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let again = visitor.send(&link(&service), "").send().await.unwrap();
    assert_eq!(again.status(), StatusCode::GONE);
}

#[tokio::test]
async fn a_form_of_another_site_or_of_another_stay_changes_nothing() {
    let service = Service::start(Options::default()).await;
    let visitor = Visitor::at(&service);
    let cookie = cookie(&service, &visitor).await;
    let page = visitor.ask(Method::GET, "/dashboard").header(header::COOKIE, &cookie);
    let page = page.send().await.unwrap().text().await.unwrap();
    let token = page.split_once(r#"name="form_token" value=""#).unwrap().1;
    let token = token.split_once('"').unwrap().0;

    let leave =
        |body: &str| visitor.send("/dashboard/sign-out", body).header(header::COOKIE, &cookie);
    let own = format!("form_token={token}");
    let refused = [
        leave(""),
        leave("form_token=guessed"),
        leave(&own).header("sec-fetch-site", "cross-site"),
        leave(&own).header(header::ORIGIN, "https://evil.example"),
    ];
    for request in refused {
        assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    }
    let is_in = async || {
        let home = visitor.ask(Method::GET, "/dashboard").header(header::COOKIE, &cookie);
        home.send().await.unwrap().status() == StatusCode::OK
    };
    assert!(is_in().await);
    let left = leave(&own).send().await.unwrap();
    assert_eq!(left.status(), StatusCode::SEE_OTHER);
    assert!(left.headers()[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert!(!is_in().await);
}

#[tokio::test]
async fn what_a_person_does_stands_in_the_log_with_who_when_and_from_where() {
    let service = Service::start(Options::default()).await;
    let visitor = Visitor::at(&service);
    let _ = cookie(&service, &visitor).await;
    let library = service.library().await;
    let person: String =
        sqlx::query_scalar("SELECT id FROM person").fetch_one(&library.pool).await.unwrap();
    let events = library.store.events::<toffeepay::domain::person::Person>(&person).await.unwrap();
    let told = format!("{:?}", events.last().unwrap().event);
    assert!(told.contains("SignedIn") && told.contains(r#"address: Some("127.0.0.1")"#), "{told}");
}
