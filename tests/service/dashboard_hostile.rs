//! What others wrote runs nothing in the dashboard, whichever page shows it: tried in a real browser.

use super::dashboard::{enter, enter_again};
use super::harness::{Options, Service, wait_until};
use super::support::browser::{Browser, Seen};

/// Runs without a click wherever it is taken for markup, in a text or in an attribute.
const XSS: &str = "\"'><svg/onload=alert(document.domain)><b>";

/// What would be there if any of it had been taken for markup.
const INJECTED: &str =
    "document.querySelectorAll('[onload], [onerror], b, script:not([nonce])').length";

fn assert_nothing_ran(seen: &Seen, pages: usize) {
    assert!(seen.console.is_empty(), "{:?}", seen.console);
    let found = seen.events.iter().filter(|it| it.step == "evaluate");
    assert!(found.clone().all(|it| it.value == 0), "{:?}", seen.events);
    assert_eq!(found.count(), pages);
}

#[tokio::test]
async fn hostile_names_of_games_players_items_and_links_are_text_on_every_page() {
    let service = Service::start(Options::default()).await;
    let library = service.library().await;
    let studio = "SELECT studio_id FROM game WHERE id = $1";
    let studio = sqlx::query_scalar(studio).bind(&service.env.game_id);
    let studio: String = studio.fetch_one(&library.pool).await.unwrap();
    let register = ["games", "register", "hostile", "--studio", &studio, "--name", XSS];
    let registered = service.command(&register).await;
    assert!(registered.status.success(), "{registered:?}");
    let base = format!("{}/dashboard/hostile/test", service.env.pay_url);
    let of = |rest: &str| format!("{base}/{rest}");
    let mut browser = enter(&service, Browser::desktop())
        .goto(&format!("{}/dashboard", service.env.pay_url))
        .expect_text(XSS)
        .evaluate(INJECTED)
        .goto(&of("links/new"))
        .fill("Player", XSS)
        .fill("Item", XSS)
        .fill("Price", "4.99")
        .fill("Return URL", "mygame://done?a=\"'><svg/onload=alert(1)>")
        .click("Make the link")
        .expect_text("The payment link is made")
        .expect_text(XSS)
        .evaluate(INJECTED)
        .click("Cancel session")
        .evaluate(INJECTED)
        .fill("Why", XSS)
        .click("Cancel the session")
        .expect_text("The session was cancelled.");
    let pages = ["overview", "sessions", "sessions?q=%3Csvg/onload=alert(1)%3E", "activity"];
    let more = ["developers", "keys/new", "endpoints/new", "settings"];
    for rest in pages.iter().chain(&more) {
        browser = browser.goto(&of(rest)).expect_text(XSS).evaluate(INJECTED);
    }
    let seen = browser.run().await;
    assert_nothing_ran(&seen, 3 + pages.len() + more.len());
}

#[tokio::test]
async fn hostile_names_of_studios_keys_and_endpoints_are_text_in_the_rooms_of_a_studio() {
    let service = Service::start(Options::default()).await;
    let pool = service.library().await.pool;
    let one = async |query: &str| -> Option<String> {
        sqlx::query_scalar(query).fetch_optional(&pool).await.unwrap()
    };
    let run = async |arguments: &[&str]| {
        let ended = service.command(arguments).await;
        assert!(ended.status.success(), "{ended:?}");
    };
    run(&["games", "register", "hostile", "--studio", XSS, "--name", XSS]).await;
    let studio = one("SELECT studio_id FROM game WHERE id = 'hostile'").await.unwrap();
    let demo = "demo@localhost";
    run(&["people", "invite", demo, "--studio", &studio, "--role", "owner", "--existing"]).await;
    run(&["keys", "issue", "hostile", "--world", "test", "--name", XSS, "--scope", "read"]).await;
    let url = format!("https://game.example/hook?a={XSS}");
    let add = ["endpoints", "add", "hostile", "--world", "test", "--url", &url];
    run(&[&add[..], &["--description", XSS]].concat()).await;
    let person = one("SELECT id FROM person").await.unwrap();
    let act = async |event: &str| {
        let of = "SELECT position::text FROM act WHERE game_id = 'hostile' AND type =";
        wait_until(event, async || one(&format!("{of} '{event}'")).await).await
    };
    let (key, added) = (act("KeyIssued").await, act("EndpointAdded").await);
    let endpoint = "SELECT endpoint_id FROM webhook_endpoint WHERE game_id = 'hostile'";
    let endpoint = wait_until("the endpoint", async || one(endpoint).await).await;
    let dashboard = format!("{}/dashboard", service.env.pay_url);
    let of_studio = ["history".to_owned(), format!("history/{key}"), format!("history/{added}")];
    let of_people = ["", "/invite", &format!("/{person}"), &format!("/{person}/remove")];
    let of_endpoint = ["", "/edit", "/pause", "/remove", "/deliveries", "/recoveries"];
    let pages: Vec<String> = of_studio
        .iter()
        .map(|it| format!("{dashboard}/studios/{studio}/{it}"))
        .chain(of_people.iter().map(|it| format!("{dashboard}/studios/{studio}/people{it}")))
        .chain(
            of_endpoint
                .iter()
                .map(|it| format!("{dashboard}/hostile/test/endpoints/{endpoint}{it}")),
        )
        .collect();
    // Who is taken in elsewhere before they chose a password loses the links of before.
    let mut browser = enter_again(&service, Browser::desktop()).await;
    for page in &pages {
        browser = browser.goto(page).expect_text(XSS).evaluate(INJECTED).expect_accessible();
    }
    assert_nothing_ran(&browser.run().await, pages.len());
}
