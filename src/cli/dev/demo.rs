//! The demo game: `space_shooter`, as the getting-started guide calls it.

use secrecy::ExposeSecret;
use sqlx::PgPool;
use url::Url;

use super::{super::CliError, kept::Folder};
use crate::{
    admin::{API_KEYS_PURPOSE, Admin, NewGame, NewKey, StudioRef, default_settings},
    api::ApiKey,
    clock::{Clock, SystemClock},
    domain::{
        game::{
            Endpoint, EndpointChange, Key as IssuedKey, KeyScope, PayloadShape, RateLimit,
            WebhookType,
        },
        id::{EndpointId, GameId},
        text::DisplayName,
        world::World,
    },
    event_store::EventStore,
    ids::NewId,
    projections::game::GameRow,
    vault::Key,
    webhooks::WebhookSecret,
};

/// The guide's own.
const GAME_ID: &str = "space_shooter";
/// Who stands in the log beside what dev does.
const ACTOR: &str = "process:dev";

/// What a client needs to play the demo game's server.
pub(super) struct Demo {
    pub(super) game_id: GameId,
    pub(super) api_key: String,
    pub(super) webhook_secret: String,
    /// Whether the game was not there before.
    pub(super) is_new: bool,
}

/// Makes whatever is not there yet; what is there stays.
pub(super) async fn prepare(
    store: &EventStore,
    pool: &PgPool,
    master: &Key,
    folder: &Folder,
    webhook_url: Url,
) -> Result<Demo, CliError> {
    let admin = Admin::new(store.clone(), pool.clone(), master, ACTOR);
    let game_id = GameId::parse(GAME_ID).map_err(CliError::start)?;
    let is_new = GameRow::find(pool, GAME_ID).await.map_err(CliError::start)?.is_none();
    if is_new {
        let name = |text| DisplayName::parse(text).map_err(CliError::start);
        let new = NewGame {
            game_id: game_id.clone(),
            studio: StudioRef::Name(name("Demo Studio")?),
            name: name("Space Shooter")?,
            settings: default_settings().map_err(CliError::start)?,
        };
        admin.register_game(new).await.map_err(CliError::start)?;
    }
    let api_key = api_key(&admin, pool, master, folder, &game_id).await?;
    let webhook_secret = endpoint(&admin, pool, folder, &game_id, webhook_url).await?;
    Ok(Demo { game_id, api_key, webhook_secret, is_new })
}

/// The kept key if it is this database's, has no limit and may do all, else a new one: what is measured
/// against dev is not to be the limit, which the demo keys of older versions have. Those go on working.
async fn api_key(
    admin: &Admin,
    pool: &PgPool,
    master: &Key,
    folder: &Folder,
    game_id: &GameId,
) -> Result<String, CliError> {
    let mut kept = folder.kept()?;
    if let Some(text) = &kept.api_key
        && let Ok(key) = ApiKey::parse(text)
    {
        let hash = key.hash(&master.derive(API_KEYS_PURPOSE));
        let known: Option<String> =
            sqlx::query_scalar("SELECT key_id FROM api_key_secret WHERE lookup = $1 AND hash = $2")
                .bind(key.lookup())
                .bind(hash.as_slice())
                .fetch_optional(pool)
                .await
                .map_err(CliError::start)?;
        let game = admin.game(game_id).await.map_err(CliError::start)?;
        let as_it_should_be = |it: &&IssuedKey| {
            it.rate_limit == RateLimit::Unlimited && it.scopes.len() == KeyScope::ALL.len()
        };
        let mut found = game.keys.iter().filter(as_it_should_be);
        if found.any(|it| known.as_deref() == Some(it.key_id.as_str())) {
            return Ok(text.clone());
        }
    }
    let new = NewKey {
        world: World::Test,
        name: DisplayName::parse("dev").map_err(CliError::start)?,
        scopes: KeyScope::ALL.to_vec(),
        expires_at: None,
        rate_limit: RateLimit::Unlimited,
    };
    let (_, key) = admin.issue_key(game_id, new).await.map_err(CliError::start)?;
    kept.api_key = Some(key.reveal().to_owned());
    folder.write(&kept)?;
    Ok(key.reveal().to_owned())
}

/// Has the demo game's webhooks, all flat events of them, sent to `url`; the secret they carry.
async fn endpoint(
    admin: &Admin,
    pool: &PgPool,
    folder: &Folder,
    game_id: &GameId,
    url: Url,
) -> Result<String, CliError> {
    let (endpoint_id, secret) = endpoint_kept(folder)?;
    let types = WebhookType::ALL.iter().copied().filter(|it| it.is_of_session()).collect();
    let wanted = Endpoint::new(World::Test, url, PayloadShape::Flat, types);
    let game = GameRow::find(pool, game_id.as_str()).await.map_err(CliError::start)?;
    let endpoints = game.map(|it| it.endpoints.0).unwrap_or_default();
    match endpoints.into_iter().find(|it| it.endpoint_id == endpoint_id) {
        Some(there) => move_endpoint(admin, game_id, there.endpoint_id, wanted).await?,
        None => {
            let added = admin.add_endpoint(game_id, endpoint_id, wanted, &secret).await;
            added.map_err(CliError::start)?;
        }
    }
    Ok(secret.as_text().expose_secret().to_owned())
}

/// The endpoint's id and secret. Kept before they are used: an endpoint whose secret nobody knows
/// would be sent to for ever.
fn endpoint_kept(folder: &Folder) -> Result<(EndpointId, WebhookSecret), CliError> {
    let mut kept = folder.kept()?;
    if let (Some(endpoint_id), Some(secret)) = (&kept.endpoint_id, &kept.webhook_secret) {
        let secret = WebhookSecret::parse(secret).map_err(CliError::start)?;
        return Ok((endpoint_id.clone(), secret));
    }
    let (endpoint_id, secret) = (EndpointId::new(SystemClock.now()), WebhookSecret::generate());
    kept.endpoint_id = Some(endpoint_id.clone());
    kept.webhook_secret = Some(secret.as_text().expose_secret().to_owned());
    folder.write(&kept)?;
    Ok((endpoint_id, secret))
}

/// Changes nothing else that a developer has set.
async fn move_endpoint(
    admin: &Admin,
    game_id: &GameId,
    endpoint_id: EndpointId,
    wanted: Endpoint,
) -> Result<(), CliError> {
    let change = EndpointChange {
        url: Some(wanted.url),
        shape: Some(wanted.shape),
        types: Some(wanted.types),
        ..EndpointChange::default()
    };
    admin.change_endpoint(game_id, endpoint_id, change).await.map_err(CliError::start)
}
