//! Games and the studios that own them.

use super::{Admin, AdminError};
use crate::{
    api::keep_picture,
    domain::{
        colour::Accent,
        currency::Currency,
        game::{Appearance, Game, GameCommand, GameError, GameSettings, GameState, Logo},
        id::{GameId, StudioId},
        return_url::ReturnUrls,
        session::CaptureMode,
        studio::{Studio, StudioCommand},
        text::DisplayName,
        violation::Violation,
    },
    event_store::CommandContext,
    ids::NewId,
    projections::game::GameRow,
};

/// What a new game takes, unless it is told otherwise.
const CURRENCIES: [&str; 3] = ["USD", "EUR", "GBP"];
/// How long a player has to pay, in seconds, unless the game says otherwise: a day.
const SESSION_LIFETIME_S: u32 = 86_400;

/// How often a change is made to settings that somebody else was changing meanwhile.
const CHANGES_MAX: u32 = 8;

/// A studio, by its id or by what people call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StudioRef {
    /// One that exists.
    Id(StudioId),
    /// The one of this name; a new one, if there is none.
    Name(DisplayName),
}

impl StudioRef {
    /// Takes an id (`stu_…`) as an id and anything else as a name.
    ///
    /// # Errors
    ///
    /// A [`Violation`] if it can be neither.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        StudioId::parse(text).map(Self::Id).or_else(|_| DisplayName::parse(text).map(Self::Name))
    }
}

/// All that a new game is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGame {
    /// Its name in requests.
    pub game_id: GameId,
    /// Whose.
    pub studio: StudioRef,
    /// What players see.
    pub name: DisplayName,
    /// What its sessions get.
    pub settings: GameSettings,
}

/// What is to be different; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// All currencies from now on.
    pub currencies: Option<Vec<Currency>>,
    /// When money is captured from now on.
    pub capture_mode: Option<CaptureMode>,
    /// How long players have from now on, in seconds.
    pub session_lifetime_s: Option<u32>,
    /// Where players may be sent back to from now on.
    pub return_urls: Option<ReturnUrls>,
}

impl SettingsChange {
    fn of(&self, now: GameSettings) -> GameSettings {
        GameSettings {
            currencies: self.currencies.clone().unwrap_or(now.currencies),
            capture_mode: self.capture_mode.unwrap_or(now.capture_mode),
            session_lifetime_s: self.session_lifetime_s.unwrap_or(now.session_lifetime_s),
            return_urls: self.return_urls.clone().unwrap_or(now.return_urls),
        }
    }
}

/// What a game gets unless it asks for something else: USD, EUR and GBP, captured at once, a day.
///
/// # Errors
///
/// A [`Violation`] if ISO 4217 gave up one of the three.
pub fn default_settings() -> Result<GameSettings, Violation> {
    Ok(GameSettings {
        currencies: CURRENCIES.into_iter().map(Currency::parse).collect::<Result<_, _>>()?,
        capture_mode: CaptureMode::Automatic,
        session_lifetime_s: SESSION_LIFETIME_S,
        return_urls: ReturnUrls::default(),
    })
}

impl Admin {
    /// Takes a game in, and its studio if that is new.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], [`AdminError::StudioNotFound`], [`AdminError::StudioAmbiguous`] and
    /// what the log has to say.
    pub async fn register_game(&self, game: NewGame) -> Result<GameState, AdminError> {
        // Asked before, so that a name already taken leaves no studio without games behind.
        if GameRow::find(&self.pool, game.game_id.as_str()).await?.is_some() {
            return Err(AdminError::Game(GameError::AlreadyRegistered));
        }
        let studio_id = self.studio(game.studio).await?;
        let (context, at) = self.context();
        let NewGame { game_id, name, settings, .. } = game;
        let register = GameCommand::Register { studio_id, name, settings, at };
        self.execute_on_game(&game_id, register, &context).await
    }

    /// Changes what a game's new sessions get. Of what others change meanwhile, nothing is lost that is not
    /// named here.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn change_settings(
        &self,
        game_id: &GameId,
        change: SettingsChange,
    ) -> Result<GameState, AdminError> {
        for _ in 0..CHANGES_MAX {
            let seen = self.game_state(game_id).await?.settings;
            let settings = change.of(seen.clone());
            match self.replace_settings(game_id, seen, settings).await {
                Err(AdminError::Game(GameError::ChangedMeanwhile)) => {}
                changed => return changed,
            }
        }
        Err(AdminError::Conflict)
    }

    /// Puts settings in the place of those that somebody has seen.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`], with [`GameError::ChangedMeanwhile`] if they are others by now, and what the
    /// log has to say.
    pub async fn replace_settings(
        &self,
        game_id: &GameId,
        seen: GameSettings,
        settings: GameSettings,
    ) -> Result<GameState, AdminError> {
        let (context, at) = self.context();
        let change = GameCommand::ChangeSettings { settings, seen: Some(seen), at };
        self.execute_on_game(game_id, change, &context).await
    }

    /// Puts a look in the place of that which somebody has seen.
    ///
    /// # Errors
    ///
    /// As [`Self::replace_settings`].
    pub async fn replace_appearance(
        &self,
        game_id: &GameId,
        seen: Appearance,
        appearance: Appearance,
    ) -> Result<GameState, AdminError> {
        let (context, at) = self.context();
        let change = GameCommand::ChangeAppearance { appearance, seen: Some(seen), at };
        self.execute_on_game(game_id, change, &context).await
    }

    /// Has a game's pages for players in a colour, or in ours; its logo stays.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] and what the log has to say.
    pub async fn change_accent(
        &self,
        game_id: &GameId,
        accent: Option<Accent>,
    ) -> Result<GameState, AdminError> {
        for _ in 0..CHANGES_MAX {
            let seen = self.game_state(game_id).await?.appearance;
            let appearance = Appearance { accent: accent.clone(), ..seen.clone() };
            match self.replace_appearance(game_id, seen, appearance).await {
                Err(AdminError::Game(GameError::ChangedMeanwhile)) => {}
                changed => return changed,
            }
        }
        Err(AdminError::Conflict)
    }

    /// Keeps a picture for a game's pages, which is not its logo before the log says so.
    ///
    /// # Errors
    ///
    /// [`AdminError::Picture`] if it is none that we take, and what the database has to say.
    pub async fn keep_logo(&self, bytes: Vec<u8>) -> Result<Logo, AdminError> {
        let (sha256, kind) = keep_picture(&self.pool, bytes).await?;
        Ok(Logo { sha256, kind })
    }

    /// A game as its events tell it.
    ///
    /// # Errors
    ///
    /// [`AdminError::Game`] if there is none of this name, and what the log has to say.
    pub async fn game_state(&self, game_id: &GameId) -> Result<GameState, AdminError> {
        let loaded = self.store.load::<Game>(game_id.as_str(), None).await?;
        loaded.aggregate.present().cloned().map_err(AdminError::Game)
    }

    pub(super) async fn execute_on_game(
        &self,
        game_id: &GameId,
        command: GameCommand,
        context: &CommandContext,
    ) -> Result<GameState, AdminError> {
        let executed = self.store.execute::<Game>(game_id.as_str(), command, context).await?;
        executed.aggregate.present().cloned().map_err(AdminError::Game)
    }

    /// The id of a studio, founding it if it is only a name so far.
    ///
    /// Two people who found the same name at the same moment make two studios: a name is no key.
    async fn studio(&self, studio: StudioRef) -> Result<StudioId, AdminError> {
        let name = match studio {
            StudioRef::Id(id) => {
                let found = self.store.load::<Studio>(id.as_str(), None).await?.version > 0;
                return found.then_some(id.clone()).ok_or(AdminError::StudioNotFound(id.into()));
            }
            StudioRef::Name(name) => name,
        };
        let mut ids: Vec<String> =
            sqlx::query_scalar("SELECT id FROM studio WHERE name = $1 ORDER BY id")
                .bind(name.as_str())
                .fetch_all(&self.pool)
                .await?;
        if ids.len() > 1 {
            let (count, ids) = (ids.len(), ids.join(", "));
            return Err(AdminError::StudioAmbiguous { name: name.into(), count, ids });
        }
        if let Some(id) = ids.pop() {
            return StudioId::parse(&id).map_err(|_| AdminError::StudioNotFound(id));
        }
        let (context, at) = self.own_context();
        let id = StudioId::new(at);
        self.store
            .execute::<Studio>(id.as_str(), StudioCommand::Found { name, at }, &context)
            .await?;
        Ok(id)
    }
}
