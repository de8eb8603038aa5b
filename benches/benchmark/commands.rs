//! The command that opens a session, from the fields of a request.

use chrono::TimeDelta;
use rand::RngExt as _;
use toffeepay::domain::{
    Timestamp,
    currency::Currency,
    id::GameId,
    item::Item,
    money::Money,
    return_url::ReturnUrl,
    session::{CaptureMode, CreateSession},
    text::{ItemTitle, UserId},
    world::World,
};

use crate::service::{GAME, PLAYERS};

/// `None` for fields that the rules do not take.
pub(crate) fn create(
    game_id: &str,
    user_id: &str,
    title: &str,
    price: i64,
    currency: &str,
    return_url: &str,
    now: Timestamp,
) -> Option<CreateSession> {
    Some(CreateSession {
        game_id: GameId::parse(game_id).ok()?,
        world: World::Test,
        user_id: UserId::parse(user_id).ok()?,
        item: Item {
            title: ItemTitle::parse(title).ok()?,
            price: Money::price(price, Currency::parse(currency).ok()?).ok()?,
            image: None,
            country: None,
        },
        return_url: ReturnUrl::parse(return_url).ok()?,
        capture_mode: CaptureMode::Automatic,
        wallet_enabled: false,
        created_at: now,
        expires_at: now + TimeDelta::days(1),
    })
}

/// Who buys, in every copy of a template: there it is replaced.
pub(crate) const PLAYER: &str = "player_42";

/// The guide's purchase, by a player.
pub(crate) fn purchase(player: &str, now: Timestamp) -> CreateSession {
    let return_url = "mygame://payment-complete";
    create(GAME, player, "50 Gold Coins", 499, "USD", return_url, now).unwrap()
}

/// Any of the game's players.
pub(crate) fn a_player() -> String {
    format!("player_{}", rand::rng().random_range(0..PLAYERS))
}
