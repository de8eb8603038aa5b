//! What players buy in the demo game at its first start, so that pages and webhooks have something to show.
//!
//! All of it goes over HTTP, as a game server and players would do it, and none of it is needed: what does
//! not work is logged.

use futures::future::join_all;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    super::{
        CliError,
        actors::{Actors, DECLINED, PAYS, Purchase, Session},
        server_args::Server,
    },
    demo::Demo,
};
use crate::{api::ApiKey, domain::session::DECLINED_ATTEMPTS_MAX};

/// Further test cards. Source: the README's table.
const WITHOUT_FUNDS: &str = "4000000000009995";
const SETTLES_LATER: &str = "4000000000000259";

/// What a player does with a session.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// They never open it.
    Nothing,
    /// They open its page, and no more.
    Looks,
    Cancels,
    Pays,
    /// The first card has no money on it; the second pays.
    PaysAtSecond,
    /// The bank says so some seconds later.
    PaysLate,
    /// Every card is declined.
    Fails,
    /// The game gives the money back.
    IsRefunded,
}

/// Player, item, price in minor units, currency, and what becomes of it.
const PURCHASES: [(&str, &str, u32, &str, Then); 12] = [
    ("player_7", "50 Gold Coins", 499, "USD", Then::Pays),
    ("player_7", "Starter Pack", 999, "USD", Then::Pays),
    ("player_12", "Season Pass", 1_499, "EUR", Then::PaysAtSecond),
    ("player_19", "Dragon Mount", 2_999, "USD", Then::IsRefunded),
    ("player_23", "50 Gold Coins", 449, "GBP", Then::Pays),
    ("player_23", "Night Skin", 799, "GBP", Then::Cancels),
    ("player_31", "Legendary Chest", 4_999, "USD", Then::Fails),
    ("player_42", "Season Pass", 1_499, "EUR", Then::Pays),
    ("player_42", "Extra Life", 99, "EUR", Then::Looks),
    ("player_58", "200 Gold Coins", 1_799, "USD", Then::Pays),
    ("player_58", "Extra Life", 99, "USD", Then::Nothing),
    ("player_64", "Starter Pack", 899, "EUR", Then::PaysLate),
];

/// Has the players buy, all at once; returns when they are done, or on the way down.
pub(super) async fn play(base: &Url, demo: &Demo, stop: &CancellationToken) {
    let all = async {
        let key = ApiKey::parse(&demo.api_key).map_err(CliError::start)?;
        let server = Server::known(base.clone(), key, "the demo".to_owned())?;
        let actors = Actors { server: &server };
        let game_id = demo.game_id.as_str();
        let purchases = PURCHASES.iter().map(|it| purchase(&actors, game_id, it));
        join_all(purchases).await.into_iter().collect()
    };
    let played: Option<Result<(), CliError>> = stop.run_until_cancelled(all).await;
    if let Some(Err(error)) = played {
        tracing::warn!(%error, "not all of the demo's players could buy");
    }
}

async fn purchase(
    actors: &Actors<'_>,
    game_id: &str,
    &(user_id, title, price, currency, then): &(&str, &str, u32, &str, Then),
) -> Result<(), CliError> {
    let wanted = Purchase { game_id, user_id, title, price, currency };
    let session = actors.create_session(&wanted).await?;
    match then {
        Then::Nothing => Ok(()),
        Then::Looks => actors.open(&session).await.map(drop),
        Then::Cancels => {
            actors.open(&session).await?;
            actors.press(&session, "cancel", &[]).await
        }
        Then::Pays => pay(actors, &session).await.map(drop),
        Then::PaysAtSecond => {
            decline(actors, &session, WITHOUT_FUNDS).await?;
            pay(actors, &session).await.map(drop)
        }
        Then::PaysLate => actors.pay(&session, SETTLES_LATER).await.map(drop),
        Then::Fails => {
            for _ in 0..DECLINED_ATTEMPTS_MAX {
                decline(actors, &session, DECLINED).await?;
            }
            Ok(())
        }
        Then::IsRefunded => {
            let payment_id = pay(actors, &session).await?;
            actors.refund(&payment_id, "bought by mistake").await.map(drop)
        }
    }
}

async fn pay(actors: &Actors<'_>, session: &Session) -> Result<String, CliError> {
    let payment_id = actors.pay(session, PAYS).await?;
    actors.session_becomes(session, &["paid"]).await?;
    Ok(payment_id)
}

async fn decline(actors: &Actors<'_>, session: &Session, card: &str) -> Result<(), CliError> {
    let payment_id = actors.pay(session, card).await?;
    actors.payment_becomes(&payment_id, &["failed"]).await.map(drop)
}
