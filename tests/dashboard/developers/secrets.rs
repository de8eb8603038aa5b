//! The secrets of endpoints.

use axum::http::{StatusCode, header::CACHE_CONTROL};
use toffeepay::{people::TotpKey, webhooks::WebhookSecret};

use super::{Desk, Page, between, form};

const HOW_TO: &str = include_str!("../../../docs/how-to/verify-webhooks.md");

/// Adds an endpoint; its page.
async fn endpoint(desk: &Desk) -> String {
    let fields =
        [("url", "https://game.example/hook"), ("shape", "flat"), ("types", "session.paid")];
    desk.send("endpoints/new", &fields).await.location();
    format!("endpoints/{}", desk.stage.game().await.endpoints.last().unwrap().endpoint_id)
}

/// The secret that an answer shows.
fn shown(page: &Page) -> String {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let secret = format!("whsec_{}", between(page, "<code>whsec_", "</code>"));
    assert!(WebhookSecret::parse(&secret).is_ok(), "{secret}");
    secret
}

async fn reveal(desk: &Desk, page: &str) -> String {
    shown(&desk.send(&format!("{page}/reveal"), &[]).await)
}

async fn current_ones(desk: &Desk) -> i64 {
    desk.number("SELECT count(*) FROM endpoint_secret WHERE expires_at IS NULL").await
}

#[tokio::test]
async fn a_secret_is_shown_on_the_answer_alone_and_the_log_says_each_time_who_saw_it() {
    let desk = Desk::new().await;
    let page = endpoint(&desk).await;
    let answer = desk.send(&format!("{page}/reveal"), &[("form_id", "1")]).await;
    let secret = shown(&answer);
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    assert_eq!(desk.told("EndpointSecretRevealed").await, 1);
    assert_eq!(reveal(&desk, &page).await, secret, "it is the same secret");
    shown(&desk.send(&format!("{page}/reveal"), &[("form_id", "1")]).await);
    assert_eq!(desk.told("EndpointSecretRevealed").await, 3, "also of a form that is sent again");
    assert_eq!(desk.told_of_a_person("EndpointSecretRevealed").await, 3);
    assert_eq!(desk.told(secret.strip_prefix("whsec_").unwrap()).await, 0);
    desk.get(&page).await.assert_has_no(&secret);
    let asked = desk.get(&format!("{page}/reveal")).await;
    asked.assert_has("Reveal the signing secret?");
    asked.assert_has_no("whsec_");
}

#[tokio::test]
async fn who_has_not_proved_of_late_who_they_are_sees_no_secret() {
    let desk = Desk::new().await;
    let page = endpoint(&desk).await;
    desk.stage.advance(601);
    let events = desk.stage.events().await;
    let refused = desk.send(&format!("{page}/reveal"), &[]).await;
    assert!(!refused.status.is_success(), "{}", refused.text);
    refused.assert_has_no("whsec_");
    assert_eq!(desk.stage.events().await, events);
}

#[tokio::test]
async fn who_proves_once_more_who_they_are_is_led_back_and_sees_it() {
    let desk = Desk::new().await;
    let page = endpoint(&desk).await;
    let (totp, password) = (TotpKey::generate(), "correct horse battery");
    let key = totp.to_base32();
    let code = || totp.code(desk.stage.now()).unwrap();
    let own = async |path: &str, fields: &[(&str, &str)]| {
        desk.stage.send_as(&desk.cookie, path, &form(fields)).await
    };
    let chosen = [("name", "Ada"), ("password", password), ("totp_key", &key), ("code", &code())];
    own("/dashboard/enroll", &chosen).await.location();
    desk.stage.advance(601);
    let led = desk.send(&format!("{page}/reveal"), &[]).await.location().to_owned();
    // The language that was chosen comes back with them.
    let next = super::test(&format!("{page}/reveal?language=typescript"));
    assert_eq!(led, format!("/dashboard/prove?{}", form(&[("next", &next)])));
    assert_eq!(desk.told("EndpointSecretRevealed").await, 0);
    let proof = [("password", password), ("code", &code()), ("next", &next)];
    assert_eq!(own("/dashboard/prove", &proof).await.location(), next);
    reveal(&desk, &page).await;
    assert_eq!(desk.told("EndpointSecretRevealed").await, 1);
}

#[tokio::test]
async fn a_rotated_secret_says_until_when_the_old_one_signs_too() {
    let desk = Desk::new().await;
    let page = endpoint(&desk).await;
    let old = reveal(&desk, &page).await;
    desk.get(&format!("{page}/rotate")).await.assert_has(r#"<option value="24" selected>"#);
    let fields = [("form_id", "1"), ("grace_hours", "72")];
    let done = super::test(&format!("{page}?done=rotated"));
    assert_eq!(desk.send(&format!("{page}/rotate"), &fields).await.location(), done);
    let new = reveal(&desk, &page).await;
    assert_ne!(new, old);
    let until = desk.stage.now() + chrono::TimeDelta::hours(72);
    let until = until.format("%-d %b %Y <span class=\"clock\">%H:%M:%S UTC").to_string();
    let told = desk.get(&page).await;
    told.assert_has("Signs too until");
    told.assert_has(&until);
    let again = desk.send(&format!("{page}/rotate"), &fields).await;
    assert_eq!(again.location(), super::test(&format!("{page}?done=repeated")));
    assert_eq!(reveal(&desk, &page).await, new, "sent twice, it rotates once");
    assert_eq!((current_ones(&desk).await, desk.told("EndpointSecretRotated").await), (1, 1));
    desk.stage.advance(72 * 3_600);
    let later = desk.colleague().await;
    let over = desk.stage.get_as(&later, &super::test(&page)).await;
    over.assert_has_no("Signs too until");
}

#[tokio::test]
async fn a_grace_that_is_none_is_refused_and_rotates_nothing() {
    let desk = Desk::new().await;
    let page = endpoint(&desk).await;
    for grace in ["169", "-1", "", "soon"] {
        let refused = desk.send(&format!("{page}/rotate"), &[("grace_hours", grace)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{grace}");
        refused.assert_has("must be 0 to 168 hours");
    }
    assert_eq!(desk.told("EndpointSecretRotated").await, 0);
}

#[tokio::test]
async fn old_secrets_are_ended_now_after_a_page_that_says_what_that_means() {
    let desk = Desk::new().await;
    let page = endpoint(&desk).await;
    desk.get(&page).await.assert_has_no("End the old secrets");
    desk.send(&format!("{page}/rotate"), &[("grace_hours", "24")]).await.location();
    let new = reveal(&desk, &page).await;
    let link = desk.get(&page).await.link("End the old secrets").unwrap();
    desk.stage.get_as(&desk.cookie, &link).await.assert_has("signs alone");
    desk.get(&page).await.assert_has("Signs too until");
    desk.send(&format!("{page}/expire"), &[]).await.location();
    desk.get(&page).await.assert_has_no("Signs too until");
    assert_eq!(reveal(&desk, &page).await, new);
    let lasting = "SELECT count(*) FROM endpoint_secret WHERE expires_at IS NOT NULL";
    assert_eq!(desk.number(lasting).await, 1, "it is kept, and signs no more");
    assert_eq!(desk.told("EndpointSecretsExpired").await, 1);
}

#[tokio::test]
async fn the_snippet_is_the_how_to_s_in_the_language_that_is_asked_for() {
    let desk = Desk::new().await;
    let page = endpoint(&desk).await;
    for (name, word) in
        [("TypeScript", "typescript"), ("Python", "python"), ("Go", "go"), ("C#", "csharp")]
    {
        let (_, program) = HOW_TO.split_once(&format!("\n```{word}\n")).unwrap();
        let (program, _) = program.split_once("\n```").unwrap();
        let path = desk.get(&page).await.link(name).unwrap();
        let (path, _) = path.split_once('#').unwrap();
        let shown = desk.stage.get_as(&desk.cookie, path).await;
        let answer = desk.send(&format!("{page}/reveal"), &[("language", word)]).await;
        for page in [shown, answer] {
            assert_eq!(plain(between(&page, r#"<pre class="program""#, "</pre>")), program);
        }
    }
}

/// What a reader sees of a program.
fn plain(markup: &str) -> String {
    let (_, code) = markup.split_once("<code>").unwrap();
    let code = code.strip_suffix("</code>").unwrap();
    let code = code.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    code.replace("&amp;", "&")
}
