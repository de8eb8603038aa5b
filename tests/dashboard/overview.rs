//! The overview says exactly what the log says: for its game and world, its hours and the same ones before.

use std::{
    ops::Deref,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::http::StatusCode;
use chrono::TimeDelta;
use sqlx::raw_sql;
use toffeepay::{
    domain::{
        Timestamp,
        currency::Currency,
        id::{GameId, PaymentId, SessionId},
        item::Item,
        money::Money,
        return_url::ReturnUrl,
        session::{
            CancelledBy, CaptureMode, CreateSession, DeclineReason, PaymentOutcome, ProviderText,
            Reference, Refusal, SessionCommand,
        },
        studio::Role,
        text::{ItemTitle, UserId},
        world::World,
    },
    event_store::subscription::{Follower, Step, Wake},
    figures::Figures,
    ids::NewId,
};

use super::stage::{GAME, OTHER_GAME, Page, Stage};

/// A Saturday.
pub(crate) const NOW: &str = "2026-11-28T15:23:41Z";

/// The stage at a moment that is set, with somebody of finance who comes in each time that they look.
pub(crate) struct Room {
    pub(crate) stage: Stage,
    visits: AtomicUsize,
}

impl Deref for Room {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

/// What is sold, and where.
pub(crate) struct Sale {
    pub(crate) game_id: &'static str,
    pub(crate) world: World,
    pub(crate) price: Money,
}

impl Room {
    pub(crate) async fn at(now: &str) -> Self {
        let room = Self { stage: Stage::new().await, visits: AtomicUsize::new(0) };
        room.set(now);
        room
    }

    pub(crate) fn set(&self, now: &str) {
        let now: Timestamp = now.parse().unwrap();
        // The clock goes by whole seconds, and began at some part of one: not before the moment.
        let by = now - self.now();
        self.advance(by.num_seconds() + i64::from(0 < by.subsec_nanos()));
    }

    /// Counts all that is in the log.
    pub(crate) async fn count(&self) {
        let pool = self.database.service.clone();
        let mut follower = Follower::new(pool, Figures, 0, &Wake::default());
        while matches!(follower.step().await.unwrap(), Step::Handled(_)) {}
        follower.release().await;
    }

    /// Somebody who has just come in: the stay of who came before may be over.
    async fn visitor(&self) -> String {
        let visit = self.visits.fetch_add(1, Ordering::Relaxed);
        let email = format!("visit-{visit}@studio.example");
        let (_, link) = self.person(&email, GAME, Role::Finance).await;
        self.enter(&link).await
    }

    /// A page as it is read.
    async fn look(&self, path: &str) -> Page {
        self.look_as(&self.visitor().await, path).await
    }

    async fn look_as(&self, cookie: &str, path: &str) -> Page {
        let page = self.get_as(cookie, path).await;
        Page { text: page.text.replace('\u{a0}', " "), ..page }
    }

    /// The overview of the test world, counted to the end.
    async fn overview(&self, query: &str) -> Page {
        let visitor = self.visitor().await;
        self.count().await;
        self.look_as(&visitor, &format!("/dashboard/{GAME}/test/overview{query}")).await
    }

    pub(crate) async fn session_for(&self, sale: &Sale) -> SessionId {
        let now = self.now();
        let session_id = SessionId::new(now);
        let create = SessionCommand::Create(Box::new(CreateSession {
            game_id: GameId::parse(sale.game_id).unwrap(),
            world: sale.world,
            user_id: UserId::parse("player_42").unwrap(),
            item: Item {
                title: ItemTitle::parse("50 Gold Coins").unwrap(),
                price: sale.price,
                image: None,
                country: None,
            },
            return_url: ReturnUrl::parse("mygame://payment-complete").unwrap(),
            capture_mode: CaptureMode::Automatic,
            wallet_enabled: false,
            created_at: now,
            expires_at: now + TimeDelta::hours(24),
        }));
        self.give(&session_id, "key:key_unknown", create).await;
        session_id
    }

    pub(crate) async fn open_page(&self, session_id: &SessionId) {
        let at = self.now();
        self.give(session_id, "player", SessionCommand::OpenPage { at }).await;
    }

    async fn record(&self, session: &SessionId, payment: &PaymentId, outcome: PaymentOutcome) {
        let (payment_id, at) = (payment.clone(), self.now());
        let record = SessionCommand::RecordPayment { payment_id, outcome, at };
        self.give(session, "provider:sandbox", record).await;
    }

    pub(crate) async fn take(&self, session: &SessionId, payment: &PaymentId, amount: Money) {
        let reference = Reference::parse("ch_1").unwrap();
        self.record(session, payment, PaymentOutcome::Captured { amount, reference }).await;
    }

    pub(crate) async fn refuse(&self, session: &SessionId, reason: DeclineReason) -> PaymentId {
        let payment = self.start(session).await;
        let text = ProviderText::parse("the bank's own words").unwrap();
        let refusal = Refusal { reason, text };
        self.record(session, &payment, PaymentOutcome::Declined(refusal)).await;
        payment
    }

    pub(crate) async fn sell(&self, sale: &Sale) -> (SessionId, PaymentId) {
        let session = self.session_for(sale).await;
        let payment = self.start(&session).await;
        self.take(&session, &payment, sale.price).await;
        (session, payment)
    }
}

pub(crate) fn money(minor_units: i64, code: &str) -> Money {
    Money::new(minor_units, Currency::parse(code).unwrap()).unwrap()
}

/// Of the game that is looked at, for test money.
pub(crate) fn sale(price: Money) -> Sale {
    Sale { game_id: GAME, world: World::Test, price }
}

/// The tile of this name: its number, and all that stands beside it.
fn tile(text: &str, name: &str) -> (String, String) {
    let (_, tile) = text
        .split_once(&format!("<dt>{name}</dt>"))
        .unwrap_or_else(|| panic!("no {name} in {text}"));
    let (tile, _) = tile.split_once("</dd>").unwrap();
    let (number, beside) = tile.split_once("</strong>").unwrap();
    (plain(number), plain(beside))
}

/// The text without its tags.
fn plain(html: &str) -> String {
    let parts = html.split('<').map(|it| it.split_once('>').map_or(it, |(_, text)| text));
    parts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// A section of the page, from its heading on.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, section) =
        text.split_once(&format!(">{heading}")).unwrap_or_else(|| panic!("no {heading} in {text}"));
    section.split_once("</section>").unwrap().0
}

#[tokio::test]
async fn today_stands_beside_the_same_hours_of_last_week() {
    let room = Room::at("2026-11-21T10:00:00Z").await;
    room.sell(&sale(money(1_000, "USD"))).await;
    // In the hour that is under way a week later, and after it.
    for later in ["2026-11-21T15:10:00Z", "2026-11-21T20:00:00Z"] {
        room.set(later);
        room.sell(&sale(money(5_000, "USD"))).await;
    }
    room.set("2026-11-28T10:30:00Z");
    room.sell(&sale(money(1_000, "USD"))).await;
    room.sell(&sale(money(500, "USD"))).await;
    room.set("2026-11-28T15:20:00Z");
    room.sell(&sale(money(250, "USD"))).await;
    room.set(NOW);
    let page = room.overview("").await;
    assert_eq!(page.status, StatusCode::OK);
    page.assert_has("Saturday, 28 Nov 2026</strong>, beside Saturday, 21 Nov 2026");
    page.assert_has("both up to 15:00 UTC");
    let dollars = section(&page.text, "Volume in USD");
    let (net, beside) = tile(dollars, "Net");
    assert_eq!(net, "$17.50");
    assert_eq!(beside, "▲ up 50% · $15.00 by 15:00, $10.00 a week before");
    let (payments, beside) = tile(&page.text, "Payments");
    assert_eq!(payments, "3");
    assert_eq!(beside, "▲ up 100% · 2 by 15:00, 1 a week before");
    // The plot has all of last Saturday's hours, those too that are still to come today.
    page.assert_has("<title>20:00: gross $0.00; a week before $50.00</title>");
    page.assert_has("<title>15:00: gross $2.50; a week before $50.00</title>");
}

#[tokio::test]
async fn a_span_of_the_url_ends_today_and_stands_beside_as_many_days_before() {
    let room = Room::at("2026-11-21T10:00:00Z").await;
    room.sell(&sale(money(700, "USD"))).await;
    room.set("2026-11-23T10:00:00Z");
    room.sell(&sale(money(1_400, "USD"))).await;
    room.set(NOW);
    let today = room.overview("?span=today").await;
    assert_eq!(tile(&today.text, "Net").0, "$0.00");
    let week = room.overview("?span=7d").await;
    week.assert_has(
        "Sun, 22 Nov to Sat, 28 Nov 2026</strong>, beside Sun, 15 Nov to Sat, 21 Nov 2026",
    );
    let (net, beside) = tile(&week.text, "Net");
    assert_eq!(
        (net.as_str(), beside.as_str()),
        ("$14.00", "▲ up 100% · $14.00 by 15:00, $7.00 a week before")
    );
    week.assert_has("<title>Mon 23 Nov: gross $14.00; a week before $0.00</title>");
    let four = room.overview("?span=28d").await;
    assert_eq!(tile(&four.text, "Net").0, "$21.00");
    four.assert_has("beside Sun, 4 Oct to Sat, 31 Oct 2026");
    let refused = room.overview("?span=year").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.assert_has("must be today, 7d or 28d; received <bdi>&quot;year&quot;</bdi>");
}

#[tokio::test]
async fn currencies_stand_apart_each_with_its_own_decimals_to_the_last_unit() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    for price in [money(499, "USD"), money(1, "USD"), money(1_205, "JPY"), money(1_250, "BHD")] {
        room.sell(&sale(price)).await;
    }
    let (session, payment) = room.sell(&sale(money(5, "BHD"))).await;
    room.refund(&session, &payment, "bought twice").await;
    room.set(NOW);
    let page = room.overview("").await;
    for (code, net, gross, refunded, payments) in [
        ("USD", "$5.00", "$5.00", "$0.00", "2"),
        ("JPY", "¥1,205", "¥1,205", "¥0", "1"),
        ("BHD", "BHD 1.250", "BHD 1.255", "BHD 0.005", "2"),
    ] {
        let volume = section(&page.text, &format!("Volume in {code}"));
        let shown = ["Net", "Gross", "Refunded", "Payments"].map(|it| tile(volume, it).0);
        assert_eq!(shown, [net, gross, refunded, payments], "{code}");
    }
    assert_eq!(tile(&page.text, "Payments").0, "5");
}

#[tokio::test]
async fn what_goes_back_counts_in_its_own_hour_and_net_may_be_below_zero() {
    let room = Room::at("2026-11-27T10:00:00Z").await;
    let (session, payment) = room.sell(&sale(money(499, "USD"))).await;
    room.set("2026-11-28T09:00:00Z");
    room.refund(&session, &payment, "bought twice").await;
    room.set(NOW);
    let page = room.overview("").await;
    assert_eq!(tile(&page.text, "Net").0, "\u{2212}$4.99");
    assert_eq!(tile(&page.text, "Gross").0, "$0.00");
    let (refunded, beside) = tile(&page.text, "Refunded");
    assert_eq!(refunded, "$4.99");
    assert!(beside.starts_with("1 refund · "), "{beside}");
    assert_eq!(tile(&page.text, "Payments").0, "0");
    let week = room.overview("?span=7d").await;
    assert_eq!(tile(&week.text, "Net").0, "$0.00");
    assert_eq!(tile(&week.text, "Gross").0, "$4.99");
}

#[tokio::test]
async fn money_that_came_too_late_is_gross_and_no_payment_and_is_told_apart() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    let session = room.session_for(&sale(money(499, "USD"))).await;
    // The provider changes its mind when nobody waits any more.
    let payment = room.refuse(&session, DeclineReason::CardDeclined).await;
    let cancel = SessionCommand::Cancel { by: CancelledBy::Player, at: room.now() };
    room.give(&session, "player", cancel).await;
    room.take(&session, &payment, money(499, "USD")).await;
    let page = room.overview("").await;
    assert_eq!(tile(&page.text, "Net").0, "$4.99");
    assert_eq!(tile(&page.text, "Payments").0, "0");
    page.assert_has("Of the gross, $4.99 came after its session was over (once)");
}

#[tokio::test]
async fn steps_count_with_the_session_and_reasons_with_the_moment() {
    let room = Room::at("2026-11-27T23:50:00Z").await;
    // Created yesterday, paid today.
    let session = room.session_for(&sale(money(499, "USD"))).await;
    room.set("2026-11-28T00:10:00Z");
    let payment = room.start(&session).await;
    room.take(&session, &payment, money(499, "USD")).await;
    let mut four = vec![];
    for _ in 0..4 {
        four.push(room.session_for(&sale(money(499, "USD"))).await);
    }
    for session in &four[..3] {
        room.open_page(session).await;
    }
    room.refuse(&four[0], DeclineReason::InsufficientFunds).await;
    room.refuse(&four[0], DeclineReason::InsufficientFunds).await;
    room.refuse(&four[1], DeclineReason::ExpiredCard).await;
    let payment = room.start(&four[1]).await;
    room.take(&four[1], &payment, money(499, "USD")).await;
    room.set(NOW);
    let page = room.overview("").await;
    let steps = plain(section(&page.text, "From session to payment"));
    for step in ["Session created 4", "Page opened 3 75%", "Payment started 2 50%", "Paid 1 25%"] {
        assert!(steps.contains(step), "no {step:?} in {steps}");
    }
    assert_eq!(tile(&page.text, "Payments").0, "2");
    let (conversion, beside) = tile(&page.text, "Conversion");
    assert_eq!((conversion.as_str(), beside.as_str()), ("25%", "1 of 4 sessions paid"));
    let reasons = plain(section(&page.text, "Declined, by reason"));
    assert!(reasons.contains("Not enough money 2 66.7% Card expired 1 33.3%"), "{reasons}");
    assert_eq!(tile(&page.text, "Declined attempts").0, "3");
    let methods = plain(section(&page.text, "Attempts, by method"));
    assert!(methods.contains("Card 5 100%"), "{methods}");
}

#[tokio::test]
async fn test_and_live_and_other_games_never_mix() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    room.sell(&sale(money(499, "USD"))).await;
    room.sell(&Sale { world: World::Live, ..sale(money(700, "USD")) }).await;
    room.sell(&Sale { game_id: OTHER_GAME, ..sale(money(9_000, "USD")) }).await;
    let test = room.overview("").await;
    assert_eq!(tile(&test.text, "Net").0, "$4.99");
    let live = room.look(&format!("/dashboard/{GAME}/live/overview")).await;
    assert_eq!(tile(&live.text, "Net").0, "$7.00");
    let other = room.look(&format!("/dashboard/{OTHER_GAME}/test/overview")).await;
    let none = room.look("/dashboard/no_such_game/test/overview").await;
    assert_eq!((other.status, none.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(other.text.len(), none.text.len());
}

#[tokio::test]
async fn who_may_not_see_the_overview_is_not_led_to_it() {
    let room = Room::at(NOW).await;
    let (_, link) = room.person("sue@studio.example", GAME, Role::Support).await;
    let cookie = room.enter(&link).await;
    let path = format!("/dashboard/{GAME}/test/overview");
    assert_eq!(room.get_as(&cookie, &path).await.status, StatusCode::FORBIDDEN);
    let list = room.get_as(&cookie, &format!("/dashboard/{GAME}/test/sessions")).await;
    assert!(list.link("Overview").is_none());
    assert_eq!(room.list("").await.link("Overview"), Some(path));
}

#[tokio::test]
async fn a_page_without_numbers_says_why_and_what_to_do() {
    let room = Room::at(NOW).await;
    let path = format!("/dashboard/{GAME}/test/overview");
    let uncounted = room.look(&path).await;
    uncounted.assert_has("The numbers are not zero, they are unknown.");
    uncounted.assert_has_no("class=\"tiles\"");
    let empty = room.overview("").await;
    empty.assert_has("No sessions yet");
    empty.assert_has("calls CreateSession with a key of the test world");
    empty.assert_has("No endpoint");
    room.sell(&sale(money(499, "USD"))).await;
    room.set("2027-03-01T12:00:00Z");
    let quiet = room.overview("").await;
    quiet.assert_has("A quiet time");
    assert_eq!(quiet.link("Look at 28 days"), Some(format!("{path}?span=28d")));
}

#[tokio::test]
async fn the_page_says_how_far_the_log_is_counted() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    room.sell(&sale(money(499, "USD"))).await;
    let page = room.overview("").await;
    page.assert_has("all that is in the log");
    page.assert_has_no("lies behind");
    room.sell(&sale(money(499, "USD"))).await;
    let path = format!("/dashboard/{GAME}/test/overview");
    // By the database's clock, the next event stands a long time before the page's.
    room.set("2036-11-28T10:00:00Z");
    let behind = room.look(&path).await;
    behind.assert_has("Counting lies behind");
    behind.assert_has_no("all that is in the log");
    // An event that could not be counted, of this game's world and of no other.
    let park = format!(
        "INSERT INTO dead_letter SELECT 'figures', 1, 0, 1, 'session-' || id, 'odd', 5 FROM session \
         WHERE game_id = '{GAME}' LIMIT 1"
    );
    raw_sql(&park).execute(&room.database.owner).await.unwrap();
    room.look(&path).await.assert_has("could not be counted, so these numbers are too small");
    let live = room.look(&format!("/dashboard/{GAME}/live/overview")).await;
    live.assert_has_no("could not be counted");
}

#[tokio::test]
async fn in_the_first_hour_of_a_day_nothing_is_compared() {
    let room = Room::at("2026-11-21T00:10:00Z").await;
    room.sell(&sale(money(700, "USD"))).await;
    room.set("2026-11-28T00:20:00Z");
    room.sell(&sale(money(499, "USD"))).await;
    let page = room.overview("").await;
    page.assert_has("none of today is over yet");
    assert_eq!(
        tile(&page.text, "Net"),
        ("$4.99".to_owned(), "so far, in the first hour".to_owned())
    );
}

#[tokio::test]
async fn the_plots_numbers_stand_in_a_table_too_and_no_style_is_inline() {
    let room = Room::at("2026-11-28T10:00:00Z").await;
    let (session, payment) = room.sell(&sale(money(499, "USD"))).await;
    room.refund(&session, &payment, "bought twice").await;
    room.set(NOW);
    let page = room.overview("").await;
    let table = plain(section(&page.text, "Numbers by hour"));
    assert!(table.contains("10:00 $4.99 $4.99 $0.00 $0.00"), "{table}");
    page.assert_has("role=\"img\" aria-label=\"Gross today in USD by hour as bars");
    page.assert_has("The most in one hour is $4.99, 10:00.");
    page.assert_has_no(" style=");
    page.assert_has_no("<script");
}

#[tokio::test]
async fn webhooks_are_told_by_what_came_of_them() {
    let room = Room { stage: Stage::new().await, visits: AtomicUsize::new(0) };
    room.endpoint().await;
    // The endpoint refuses the first message that it gets, and takes the second.
    for _ in 0..2 {
        room.sell(&sale(money(499, "USD"))).await;
    }
    room.deliver().await;
    let page = room.overview("").await;
    let (first, beside) = tile(&page.text, "Taken at first attempt");
    assert_eq!((first.as_str(), beside.as_str()), ("50%", "1 of the newest 2 messages today"));
    assert_eq!(tile(&page.text, "Waiting").0, "1");
    assert_eq!(tile(&page.text, "Given up").0, "0");
    assert_eq!(tile(&page.text, "Resting endpoints").0, "0");
    page.assert_has("http://127.0.0.1:");
    let rest =
        format!("UPDATE webhook_lane SET open_until = '{}'", room.now() + TimeDelta::hours(1));
    raw_sql(&rest).execute(&room.database.owner).await.unwrap();
    let give_up =
        "INSERT INTO webhook_dead SELECT endpoint_id, 'msg_1', 'sess_1', 1, 0, 13, now(), now()
                   FROM webhook_endpoint";
    raw_sql(give_up).execute(&room.database.owner).await.unwrap();
    let page = room.overview("").await;
    assert_eq!(tile(&page.text, "Resting endpoints").0, "1");
    assert_eq!(tile(&page.text, "Given up").0, "1");
    page.assert_has("Resting</span>");
    let live = room.look(&format!("/dashboard/{GAME}/live/overview")).await;
    live.assert_has("No endpoint");
}
