//! A game's settings, through the page's own forms: what is chosen stands in the log under a person's name, and
//! nobody's choice is lost because somebody else did not see it.

use std::io::Cursor;

use axum::http::StatusCode;
use toffeepay::{
    domain::{
        game::{Game, GameEvent, GameState},
        id::PersonId,
        studio::Role,
        world::World,
    },
    projections::game::GameRow,
};

use super::stage::{GAME, Page, Stage};

const ALL: &str = "currencies=USD%2C+JPY&capture=manual&lifetime=2&unit=hours&schemes=mygame%3A%2F%2F&\
                   hosts=game.example%0D%0Alocalhost";
const PATH: &str = "/dashboard/space_shooter/live/settings";
const LOOK: &str = "/dashboard/space_shooter/live/settings/look";

struct Developer {
    stage: Stage,
    who: PersonId,
    cookie: String,
}

impl Developer {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let (who, link) = stage.person("dev@studio.example", GAME, Role::Developer).await;
        let cookie = stage.enter(&link).await;
        Self { stage, who, cookie }
    }

    async fn page(&self) -> Page {
        self.stage.get_as(&self.cookie, PATH).await
    }

    async fn save(&self, seen: &str, fields: &str) -> Page {
        self.stage.send_as(&self.cookie, PATH, &format!("seen={seen}&{fields}")).await
    }

    async fn save_look(&self, seen: &str, fields: &[(&str, &str)], file: &[u8]) -> Page {
        let fields: Vec<_> = fields.iter().copied().chain([("seen", seen)]).collect();
        self.stage.upload_as(&self.cookie, LOOK, &fields, file).await
    }

    async fn state(&self) -> GameState {
        let game = self.stage.store.load::<Game>(GAME, None).await.unwrap();
        game.aggregate.present().unwrap().clone()
    }

    async fn row(&self) -> GameRow {
        GameRow::find(&self.stage.database.service, GAME).await.unwrap().unwrap()
    }
}

/// What the two forms were drawn from: the settings and the look.
fn seen(page: &Page) -> [String; 2] {
    let parts: Vec<&str> = page.text.split("name=\"seen\" value=\"").skip(1).collect();
    let marks = parts.iter().map(|it| it.split_once('"').unwrap().0.to_owned());
    marks.collect::<Vec<_>>().try_into().unwrap()
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb([200, 30, 30]));
    image::DynamicImage::from(picture).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn settings_are_shown_changed_and_stand_in_the_log_and_in_the_row() {
    let it = Developer::new().await;
    let page = it.page().await;
    page.assert_has("They hold for the live world and the test world alike");
    page.assert_has("value=\"USD, EUR\"");
    page.assert_has("<option value=\"days\" selected>");
    let saved = it.save(&seen(&page)[0], ALL).await;
    assert_eq!(saved.location(), format!("{PATH}?done=settings"));
    let after = it.stage.get_as(&it.cookie, saved.location()).await;
    after.assert_has("Saved.");
    after.assert_has("value=\"USD, JPY\"");
    after.assert_has("<option value=\"hours\" selected>");
    let settings = it.state().await.settings;
    assert_eq!(settings.session_lifetime_s, 7_200);
    let row = it.row().await;
    assert_eq!(row.currencies, ["USD", "JPY"]);
    assert_eq!(row.capture_mode, "manual");
    assert_eq!(row.return_urls.0, settings.return_urls);
    let hosts: Vec<&str> = row.return_urls.hosts.iter().map(|it| it.as_str()).collect();
    assert_eq!(hosts, ["game.example", "localhost"]);
    let events = it.stage.store.events::<Game>(GAME).await.unwrap();
    let last = events.last().unwrap();
    assert!(matches!(last.event, GameEvent::SettingsChanged { .. }));
    assert_eq!(last.envelope.actor, format!("person:{}", it.who));
    // The other world has the same.
    let test = it.stage.get_as(&it.cookie, &PATH.replace("live", "test")).await;
    assert_eq!(seen(&test), seen(&after));
}

#[tokio::test]
async fn a_form_that_is_wrong_keeps_what_was_typed_and_names_each_field() {
    let it = Developer::new().await;
    let (mark, before) = (seen(&it.page().await), it.stage.events().await);
    let fields = "currencies=XXX&capture=later&lifetime=31&unit=days&\
                  schemes=%3C%2Ftextarea%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&hosts=*.example";
    let page = it.save(&mark[0], fields).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    for text in [
        "must be an active ISO 4217 code such as USD",
        "must be automatic or manual",
        "must be a whole number, of one minute to 30 days in all",
        "must be the scheme of an app such as mygame",
        "must be a host such as game.example",
        "&lt;/textarea&gt;&lt;script&gt;",
        "value=\"31\"",
    ] {
        page.assert_has(text);
    }
    page.assert_has_no("<script");
    assert_eq!(it.stage.events().await, before);
}

#[tokio::test]
async fn of_two_who_change_settings_at_once_the_second_is_shown_what_the_first_chose() {
    let it = Developer::new().await;
    let first_seen = seen(&it.page().await);
    // What is no setting changes nothing about it.
    it.stage.endpoint().await;
    it.save(&first_seen[0], ALL).await.location();
    let other = "currencies=CHF&capture=automatic&lifetime=5&unit=minutes&schemes=&hosts=";
    let before = it.stage.events().await;
    let refused = it.save(&first_seen[0], other).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.assert_has("changed meanwhile by somebody else");
    refused.assert_has("USD, JPY");
    refused.assert_has("value=\"CHF\"");
    assert_eq!(it.stage.events().await, before);
    // Having seen it, they may put theirs in its place; and the same form, sent twice, is one change.
    let now = seen(&refused);
    it.save(&now[0], other).await.location();
    it.save(&now[0], other).await.location();
    assert_eq!(it.stage.events().await, before + 1);
    assert_eq!(it.row().await.currencies, ["CHF"]);
}

#[tokio::test]
async fn a_look_is_chosen_shown_in_both_themes_and_given_up() {
    let it = Developer::new().await;
    let page = it.page().await;
    page.assert_has("class=\"preview light\"");
    page.assert_has("class=\"preview dark\"");
    page.assert_has_no("/images/");
    let saved = it.save_look(&seen(&page)[1], &[("accent", "#1A4FD0")], &png(64, 32)).await;
    assert_eq!(saved.location(), format!("{PATH}?done=look"));
    let row = it.row().await;
    assert_eq!(row.accent.as_deref(), Some("#1a4fd0"));
    let logo = row.logo.unwrap().path();
    let after = it.page().await;
    after.assert_has(&format!("src=\"{logo}\""));
    after.assert_has(".preview.light{--accent:#1a4fd0;");
    after.assert_has(".preview.dark{--accent:#");
    assert!(after.headers["content-security-policy"].to_str().unwrap().contains("img-src 'self'"));
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM item_image WHERE sha256 = $1")
        .bind(logo.strip_prefix("/images/"))
        .fetch_one(&it.stage.database.owner)
        .await
        .unwrap();
    assert_eq!(kept, 1);
    // Another colour leaves the logo, and no logo leaves the colour.
    it.save_look(&seen(&after)[1], &[("accent", "#b0261c")], b"").await.location();
    assert!(it.row().await.logo.is_some());
    let fields = [("accent", "#b0261c"), ("without_logo", "yes")];
    it.save_look(&seen(&it.page().await)[1], &fields, b"").await.location();
    let row = it.row().await;
    assert_eq!((row.logo.map(|it| it.0), row.accent.as_deref()), (None, Some("#b0261c")));
    it.save_look(&seen(&it.page().await)[1], &[("accent", "")], b"").await.location();
    assert_eq!(it.row().await.accent, None);
}

#[tokio::test]
async fn a_colour_too_light_and_a_file_that_is_no_picture_are_refused_and_nothing_is_kept() {
    let it = Developer::new().await;
    let (mark, before) = (seen(&it.page().await), it.stage.events().await);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let large = [png(1, 1), vec![0; 1024 * 1024]].concat();
    for (accent, file, text) in [
        ("#ffd700", &b""[..], "a contrast of 4.5:1"),
        ("red;}body{display:none", b"", "must be a colour such as #a6470a"),
        ("#a6470a", svg, "must be a PNG, JPEG or WebP picture"),
        ("#a6470a", &large, "must have at most 1 MiB"),
        ("#a6470a", &png(4_097, 1), "must be at most 4,096 × 4,096 pixels"),
    ] {
        let page = it.save_look(&mark[1], &[("accent", accent)], file).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{accent}");
        page.assert_has(text);
        page.assert_has(&format!("value=\"{accent}\""));
        page.assert_has_no("<script");
        page.assert_has_no("{display:none}");
    }
    let vast = vec![0; 5 * 1024 * 1024];
    let unread = it.save_look(&mark[1], &[("accent", "#a6470a")], &vast).await;
    assert_eq!(unread.status, StatusCode::BAD_REQUEST);
    assert_eq!(it.stage.events().await, before);
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM item_image")
        .fetch_one(&it.stage.database.owner)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn of_two_who_change_the_look_at_once_the_second_is_told() {
    let it = Developer::new().await;
    let first_seen = seen(&it.page().await);
    it.save_look(&first_seen[1], &[("accent", "#1a4fd0")], b"").await.location();
    let refused = it.save_look(&first_seen[1], &[("accent", "#b0261c")], &png(8, 8)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.assert_has("the look was changed meanwhile by somebody else");
    assert_eq!(it.row().await.accent.as_deref(), Some("#1a4fd0"));
    it.save_look(&seen(&refused)[1], &[("accent", "#b0261c")], b"").await.location();
    assert_eq!(it.row().await.accent.as_deref(), Some("#b0261c"));
}

#[tokio::test]
async fn an_upload_of_another_site_or_without_the_token_of_its_page_changes_nothing() {
    let it = Developer::new().await;
    let (mark, before) = (seen(&it.page().await), it.stage.events().await);
    let fields = [("form_token", "guessed"), ("accent", "#1a4fd0")];
    let page = it.save_look(&mark[1], &fields, b"").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert_eq!(it.stage.events().await, before);
}

#[tokio::test]
async fn a_payment_link_by_hand_leads_back_only_to_where_the_game_allows() {
    let it = Developer::new().await;
    it.save(&seen(&it.page().await)[0], ALL).await.location();
    let link = format!("/dashboard/{GAME}/test/links/new");
    let fields =
        |url: &str| format!("player=p&title=Coins&price=4.99&currency=USD&return_url={url}");
    let refused = it.stage.send_as(&it.cookie, &link, &fields("othergame%3A%2F%2Fx")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.assert_has("must have a scheme or a host that the game's settings allow");
    let made = it.stage.send_as(&it.cookie, &link, &fields("mygame%3A%2F%2Fx")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_that_exists_is_left_as_it_is() {
    let it = Developer::new().await;
    let id = it.stage.session_of(GAME, World::Test, "player_42", "Coins").await;
    it.save(&seen(&it.page().await)[0], ALL).await.location();
    let page = it.stage.get_as(&it.cookie, &format!("/dashboard/{GAME}/test/sessions/{id}")).await;
    page.assert_has("mygame://payment-complete?from=shop");
}
