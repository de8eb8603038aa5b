//! The overview says exactly what the log says: for its game and world, its hours and the same ones before.

mod download;
mod months;
mod progress;
mod spans;
mod speed;
mod steps;
mod volume;
mod webhooks;
mod who;

use std::{
    ops::Deref,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::TimeDelta;
use toffeepay::{
    domain::{
        Timestamp,
        currency::Currency,
        id::{GameId, PaymentId, SessionId},
        item::Item,
        money::Money,
        return_url::ReturnUrl,
        session::{
            CaptureMode, CreateSession, DeclineReason, PaymentOutcome, ProviderText, Reference,
            Refusal, SessionCommand,
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

    /// The same when all is counted that is in the log, the visit too.
    async fn look_counted(&self, path: &str) -> Page {
        let visitor = self.visitor().await;
        self.count().await;
        self.look_as(&visitor, path).await
    }

    /// The overview of the test world, counted to the end.
    async fn overview(&self, query: &str) -> Page {
        self.look_counted(&format!("/dashboard/{GAME}/test/overview{query}")).await
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
