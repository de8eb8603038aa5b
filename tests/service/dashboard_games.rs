//! Settings and people in a real browser: what is chosen in the dashboard is what players and game servers
//! meet, and who is invited comes in by the link and sees what their role allows.

use std::path::Path;

use reqwest::RequestBuilder;
use serde_json::json;

use super::client::{CREATE_SESSION, Client, PAYS};
use super::dashboard::{enter, type_code};
use super::errors::{expected, refusal};
use super::harness::{Options, Service};
use super::support::browser::{Browser, Seen};

/// Puts a red picture into the file field, as somebody who chose one.
const CHOOSE_LOGO: &str = r##"(async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [96, 48];
    const context = canvas.getContext("2d");
    context.fillStyle = "#c81e1e";
    context.fillRect(0, 0, 96, 48);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    const files = new DataTransfer();
    files.items.add(new File([blob], "logo.png", { type: "image/png" }));
    document.getElementById("logo").files = files.files;
    return files.files.length;
})()"##;

/// What a player sees of the look: the button's colour, and how wide the logo's file is.
const LOOK: &str = r#"(async () => {
    const logo = document.querySelector(".order .logo");
    if (logo && !logo.complete) await new Promise((done) => { logo.onload = logo.onerror = done; });
    const button = document.querySelector(".button.primary");
    return [getComputedStyle(button).backgroundColor, logo ? logo.naturalWidth : 0];
})()"#;

fn evaluated(seen: &Seen, last: usize) -> serde_json::Value {
    let values: Vec<_> = seen.events.iter().filter(|it| it.step == "evaluate").collect();
    values[values.len() - 1 - last].value.clone()
}

fn create(client: &Client, return_url: &str) -> RequestBuilder {
    let mut request = client.purchase();
    request["return_url"] = json!(return_url);
    client.call(CREATE_SESSION).json(&request)
}

#[tokio::test]
async fn a_game_s_colour_and_logo_are_on_its_payment_page_in_both_themes() {
    let service = Service::start(Options::default()).await;
    let before = service.client.create_session(&service.client.purchase()).await;
    let seen = enter(&service, Browser::desktop())
        .click("Test of Space Shooter")
        .click("Settings")
        .expect_accessible()
        .fill("Accent colour", "#ffd700")
        .click("Save the look")
        .expect_text("a contrast of 4.5:1")
        .expect_accessible()
        .fill("Accent colour", "#1a4fd0")
        .evaluate(CHOOSE_LOGO)
        .click("Save the look")
        .expect_text("Players see it at once")
        .expect_accessible()
        .run()
        .await;
    let is_refusal = |it: &str| it.contains("the server responded with a status of");
    let odd: Vec<_> = seen.console.iter().filter(|it| !is_refusal(&it.text)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let after = service.client.create_session(&service.client.purchase()).await;
    for (browser, colour) in
        [(Browser::desktop(), "rgb(26, 79, 208)"), (Browser::phone().dark(), "")]
    {
        for session_id in [&before, &after] {
            let seen = browser
                .clone()
                .goto(&service.client.page_url(session_id))
                .expect_text("50 Gold Coins")
                .evaluate(LOOK)
                .expect_accessible()
                .run()
                .await;
            let value = evaluated(&seen, 0);
            assert_eq!(value[1], 96, "the logo is there: {value}");
            let is_ours = value[0] == "rgb(242, 171, 107)" || value[0] == "rgb(166, 71, 10)";
            assert!(!is_ours && (colour.is_empty() || value[0] == colour), "{value}");
            assert!(seen.console.is_empty(), "{:?}", seen.console);
        }
    }
    service.assert_replay_agrees().await;
}

#[tokio::test]
#[ignore = "makes pictures to look at: cargo test --test service pictures -- --ignored"]
async fn pictures_of_a_payment_page_with_a_game_s_own_look() {
    let service = Service::start(Options::default()).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let session_id = service.client.create_session(&service.client.purchase()).await;
    let paid = service.client.create_session(&service.client.purchase()).await;
    service.client.pay(&paid, PAYS).await.unwrap();
    service.client.wait_for_status(&paid, "paid").await;
    let _ = enter(&service, Browser::desktop())
        .click("Test of Space Shooter")
        .click("Settings")
        .fill("Accent colour", "#1a4fd0")
        .evaluate(CHOOSE_LOGO)
        .click("Save the look")
        .expect_text("Players see it at once")
        .run()
        .await;
    for (look, browser) in [
        ("light-390", Browser::phone()),
        ("dark-390", Browser::phone().dark()),
        ("light-1280", Browser::desktop()),
        ("dark-1280", Browser::desktop().dark()),
    ] {
        let _ = browser
            .goto(&service.client.page_url(&session_id))
            .expect_text("50 Gold Coins")
            .screenshot(&folder.join(format!("dashboard-51-own-look-{look}.png")))
            .goto(&service.client.page_url(&paid))
            .expect_text("50 Gold Coins")
            .screenshot(&folder.join(format!("dashboard-52-own-look-paid-{look}.png")))
            .expect_accessible()
            .run()
            .await;
    }
}

#[tokio::test]
async fn a_return_url_that_the_game_does_not_allow_is_refused_by_the_api() {
    let service = Service::start(Options::default()).await;
    let client = &service.client;
    client.create_session(&client.purchase()).await;
    let _ = enter(&service, Browser::desktop())
        .click("Live of Space Shooter")
        .click("Settings")
        .fill("Apps", "mygame://")
        .fill("Websites", "https://game.example/\nlocalhost")
        .click("Save the settings")
        .expect_text("Sessions get it within a second")
        .expect_accessible()
        .run()
        .await;
    let refused = expected(400, "invalid_argument", "invalid_return_url");
    // Settings are known to be in effect within a second: see `known_keys`.
    super::harness::wait_until("the rule", async || {
        let call = create(client, "othergame://done");
        let status = call.send().await.unwrap().status();
        (status == 400).then_some(())
    })
    .await;
    for url in ["othergame://done", "https://evil.example/", "https://game.example.evil.example/"] {
        assert_eq!(refusal(create(client, url)).await, refused, "{url}");
    }
    let told = create(client, "othergame://done").send().await.unwrap().text().await.unwrap();
    assert!(told.contains("must have a scheme or a host that the game's settings allow"), "{told}");
    assert!(told.contains("othergame://done"), "{told}");
    for url in ["mygame://payment-complete", "https://game.example/back", "http://localhost:3000/"]
    {
        let call = create(client, url);
        assert_eq!(call.send().await.unwrap().status(), 200, "{url}");
    }
    service.assert_replay_agrees().await;
}

#[tokio::test]
async fn who_is_invited_comes_in_by_the_link_chooses_a_password_and_sees_what_their_role_allows() {
    let service = Service::start(Options::default()).await;
    let seen = enter(&service, Browser::desktop())
        .click("People of Demo Studio")
        .expect_accessible()
        .click("Invite somebody")
        .expect_accessible()
        .fill("E-mail", "<script>alert(1)</script>@x")
        .evaluate("document.forms[1].noValidate = true; document.getElementById('role').value = 'support'")
        .click("Invite")
        .expect_text("must be an e-mail address")
        .expect_accessible()
        .fill("E-mail", "sup'port&co@studio.example")
        .click("Invite")
        .expect_text("it is not shown again")
        .expect_accessible()
        .evaluate("document.querySelector('.once code').textContent")
        .run()
        .await;
    let is_refusal = |it: &str| it.contains("the server responded with a status of");
    let odd: Vec<_> = seen.console.iter().filter(|it| !is_refusal(&it.text)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let link = evaluated(&seen, 0).as_str().unwrap().to_owned();
    assert!(link.starts_with(&service.env.pay_url), "{link}");
    let settings = format!("{}/dashboard/space_shooter/test/settings", service.env.pay_url);
    let seen = Browser::phone()
        .goto(&link)
        .click("Sign in")
        .expect_text("Demo Studio")
        .click("Choose a password")
        .fill("Your name", "<img src=x onerror=alert(1)>")
        .fill("Password", "correct horse battery")
        .evaluate(&type_code(0))
        .click("Save")
        .expect_text("Space Shooter")
        .click("People of Demo Studio")
        .expect_text("<img src=x onerror=alert(1)>")
        .expect_no_text("Invite somebody")
        .expect_accessible()
        .goto(&settings)
        .expect_text("Your role does not allow this")
        .goto(&link)
        .click("Sign in")
        .expect_text("This link does not work")
        .run()
        .await;
    let odd: Vec<_> = seen.console.iter().filter(|it| !is_refusal(&it.text)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    service.assert_replay_agrees().await;
}
