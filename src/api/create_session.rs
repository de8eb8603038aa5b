//! `pay.v1.PaymentService/CreateSession`: begins a payment session.

use chrono::TimeDelta;
use connectrpc::{RequestContext, Response};

use super::{
    Api, ApiError,
    caller::Caller,
    idempotency::Mutation,
    images::{self, Checked},
    message,
    problems::Problems,
};
use crate::{
    domain::{
        Timestamp,
        currency::Currency,
        game::KeyScope,
        id::{GameId, SessionId},
        image::ItemImage,
        item::{Country, Item},
        money::Money,
        return_url::ReturnUrl,
        session::{CaptureMode, CreateSession, Session, SessionCommand},
        text::{ItemTitle, UserId},
        violation::Violation,
    },
    ids::NewId,
    projections::session::SessionRow,
    proto::pay::v1::{self, CreateSessionRequest, CreateSessionResponse},
};

/// Safe to repeat with the same `Idempotency-Key`.
pub(super) async fn create_session(
    api: &Api,
    ctx: &RequestContext,
    caller: &Caller,
    request: CreateSessionRequest,
) -> Result<Response<CreateSessionResponse>, ApiError> {
    caller.require_scope(KeyScope::Write)?;
    let now = api.clock.now();
    let mutation = Mutation::begin(ctx, caller, &request, now).await?;
    match create(api, caller, request, now, &mutation).await {
        Err(refused) => mutation.answered_instead(&api.store, refused).await,
        created => created,
    }
}

async fn create(
    api: &Api,
    caller: &Caller,
    request: CreateSessionRequest,
    now: Timestamp,
    mutation: &Mutation,
) -> Result<Response<CreateSessionResponse>, ApiError> {
    caller.require_game(&request.game_id)?;
    if api.providers.taking(caller.world).is_none() {
        return Err(ApiError::NoPaymentMethod(caller.world));
    }
    let image = request.item.as_option().and_then(|it| it.image.clone());
    let Checked { image, to_keep } = images::check(&api.pool, image).await?;
    let details = parse(request, image, caller, now)?;
    if let Some(picture) = to_keep {
        images::keep(&api.pool, picture).await?;
    }

    let session_id = SessionId::new(now);
    let id = session_id.as_str();
    let command = SessionCommand::Create(Box::new(details));
    mutation.execute(&api.store, id, command, |session| response(session, id, api)).await
}

fn response(session: &Session, id: &str, api: &Api) -> CreateSessionResponse {
    let payment_url = message::payment_url(&api.pay_base_url, id);
    let row = session.present().ok().map(|state| SessionRow::of(state, id, 1));
    let session = row.map(|row| message::session(row, &api.pay_base_url));
    CreateSessionResponse {
        id: id.to_owned(),
        url: payment_url.clone(),
        session: session.map_or_else(buffa::MessageField::none, buffa::MessageField::some),
        session_id: id.to_owned(),
        payment_url,
        ..CreateSessionResponse::default()
    }
}

/// Checks every field; the image has been looked at already.
pub(super) fn parse(
    request: CreateSessionRequest,
    image: Result<Option<ItemImage>, Violation>,
    caller: &Caller,
    now: Timestamp,
) -> Result<CreateSession, ApiError> {
    let mut problems = Problems::default();
    let general = "invalid_argument";
    let game_id = problems.check("game_id", "invalid_game_id", GameId::parse(request.game_id));
    let user_id = problems.check("user_id", general, UserId::parse(request.user_id));
    let item = request.item.into_option().unwrap_or_default();
    let item = parse_item(item, image, caller, &mut problems);
    let return_url = ReturnUrl::parse(request.return_url);
    let return_url = return_url.and_then(|it| caller.game.return_urls.check(it));
    let return_url = problems.check("return_url", "invalid_return_url", return_url);
    let capture_mode =
        CaptureMode::parse(&caller.game.capture_mode).unwrap_or(CaptureMode::Automatic);
    let lifetime = TimeDelta::seconds(caller.game.session_lifetime_s.into());
    match (game_id, user_id, item, return_url) {
        (Some(game_id), Some(user_id), Some(item), Some(return_url)) if problems.is_empty() => {
            Ok(CreateSession {
                game_id,
                world: caller.world,
                user_id,
                item,
                return_url,
                capture_mode,
                wallet_enabled: request.wallet_enabled.unwrap_or_default(),
                created_at: now,
                expires_at: now + lifetime,
            })
        }
        _ => Err(problems.into_error()),
    }
}

fn parse_item(
    item: v1::Item,
    image: Result<Option<ItemImage>, Violation>,
    caller: &Caller,
    problems: &mut Problems,
) -> Option<Item> {
    let title = problems.check("item.title", "invalid_argument", ItemTitle::parse(item.title));
    let currency = Currency::parse(&item.currency).and_then(|currency| {
        let is_taken = caller.game.currencies.iter().any(|it| it == currency.code());
        let refused = || Violation::new("must be a currency that the game takes", currency.code());
        is_taken.then_some(currency).ok_or_else(refused)
    });
    let currency = problems.check("item.currency", "invalid_currency", currency);
    let price =
        problems.check("item.price", "invalid_price", Money::check_price(item.price.into()));
    // An empty one is none, as with the picture.
    let country = item.country.filter(|it| !it.is_empty());
    let country = country.map(|it| Country::parse(&it)).transpose();
    let country = problems.check("item.country", "invalid_argument", country);
    let image = problems.check("item.image", "invalid_image", image);
    let price = Money::price(price?, currency?).ok()?;
    Some(Item { title: title?, price, image: image?, country: country? })
}
