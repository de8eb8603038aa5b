//! `toffeepay games`: who sells what with us, and how.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{
    CliError, Output,
    database::{DatabaseArgs, DatabaseUrlArgs},
    operator::{admin, flush, game_id, moment},
};
use crate::{
    admin::{NewGame, SettingsChange, StudioRef, default_settings},
    domain::{
        colour::Accent,
        currency::Currency,
        game::SESSION_LIFETIME_S,
        id::GameId,
        return_url::{AppScheme, ReturnUrls, WebHost},
        session::CaptureMode,
        text::DisplayName,
        violation::Violation,
    },
    projections::game::GameRow,
};

/// Lists, registers, shows and changes games.
///
/// A game belongs to a studio, has API keys (`toffeepay keys`), takes certain currencies, and says
/// when its money is captured and how long players have to pay. Every change is an event in the
/// log, under your name. Changes hold for sessions created afterwards; those that exist keep what
/// they were created with.
///
/// Example:
///   toffeepay games register space_shooter --studio "Acme Games" --name "Space Shooter"
///   toffeepay games set space_shooter --currency USD --currency JPY --capture manual
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct GamesArgs {
    #[command(subcommand)]
    command: GamesCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum GamesCommand {
    List(ListArgs),
    Register(RegisterArgs),
    Show(ShowArgs),
    Set(SetArgs),
}

/// Prints one line for each game: id, studio, name, currencies, capture mode and session lifetime,
/// separated by tabs.
#[derive(Clone, Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    database: DatabaseUrlArgs,
}

/// Takes a new game in.
///
/// It takes USD, EUR and GBP, captures automatically and gives players 24 hours (86,400 s) to pay:
/// `toffeepay games set` changes that. Give it an API key next: `toffeepay keys issue`.
///
/// Example: toffeepay games register space_shooter --studio "Acme Games" --name "Space Shooter"
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct RegisterArgs {
    /// The game's id in every request: 1 to 64 of a-z, 0-9, _ and -. It can never be changed.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// The studio that owns the game: an id (stu_…) that exists, or a name. A name that no studio
    /// has yet makes a new studio, so a misspelt one does too.
    #[arg(long, value_name = "NAME|ID", value_parser = StudioRef::parse)]
    studio: StudioRef,
    /// What players see on the payment page: 1 to 100 characters.
    #[arg(long, value_name = "NAME", value_parser = display_name)]
    name: DisplayName,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Prints all that is known of one game.
#[derive(Clone, Debug, Args)]
struct ShowArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    #[command(flatten)]
    database: DatabaseUrlArgs,
}

/// Changes what a game's new sessions get. What is not named stays.
///
/// Example: toffeepay games set space_shooter --currency USD --currency JPY --session-lifetime-s 3600
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct SetArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// A currency in which the game may ask for money, an ISO 4217 code such as USD; repeat it for
    /// more. Those given replace all that were there, and CreateSession then refuses any other
    /// with invalid_currency.
    #[arg(long = "currency", value_name = "CODE", value_parser = Currency::parse)]
    currencies: Vec<Currency>,
    /// When money is taken: `automatic` as soon as the provider holds it, `manual` when the game
    /// calls CompletePayment. What a manual game does not capture within 7 days is let go, and
    /// the player has paid nothing. Until then the page tells the player to wait for the game.
    #[arg(long, value_name = "automatic|manual", value_parser = capture_mode)]
    capture: Option<CaptureMode>,
    /// How long a player has to pay, in seconds: 60 (a minute) to 2592000 (30 days). Too short,
    /// and players find their session expired; too long, and prices stand that you gave up.
    #[arg(long, value_name = "SECONDS", value_parser = session_lifetime_s)]
    session_lifetime_s: Option<u32>,
    /// The scheme of an app to which players may be sent back, such as mygame; repeat it for more.
    /// With --return-host, those given replace all that were there, and CreateSession then refuses
    /// any other return URL with invalid_return_url.
    #[arg(long = "return-scheme", value_name = "SCHEME", value_parser = AppScheme::parse)]
    return_schemes: Vec<AppScheme>,
    /// A host of the web to which players may be sent back, such as game.example; see
    /// --return-scheme. Each stands for itself only, and localhost for all of its ports.
    #[arg(long = "return-host", value_name = "HOST", value_parser = WebHost::parse)]
    return_hosts: Vec<WebHost>,
    /// Lets players be sent back anywhere, as a new game does.
    #[arg(long, conflicts_with_all = ["return_schemes", "return_hosts"])]
    return_anywhere: bool,
    /// The colour of the buttons that players see, dark enough for white text: #a6470a; `none` for
    /// ours. Holds for all sessions at once.
    #[arg(long, value_name = "#RRGGBB|none", value_parser = accent)]
    accent: Option<Chosen>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// A colour, or none of one's own.
#[derive(Clone, Debug)]
struct Chosen(Option<Accent>);

impl GamesArgs {
    /// Does it.
    ///
    /// # Errors
    ///
    /// A [`CliError`]; nothing was changed then.
    pub async fn run(self, output: &mut Output<'_>) -> Result<ExitCode, CliError> {
        match self.command {
            GamesCommand::List(args) => args.run(output).await?,
            GamesCommand::Register(args) => args.run(output).await?,
            GamesCommand::Show(args) => args.run(output).await?,
            GamesCommand::Set(args) => args.run(output).await?,
        }
        flush(output)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ListArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let pool = self.database.open().await?;
        for game in GameRow::all(&pool).await? {
            let GameRow { id, studio_id, name, capture_mode, session_lifetime_s, .. } = &game;
            let currencies = game.currencies.join(",");
            writeln!(
                output.out,
                "{id}\t{studio_id}\t{name}\t{currencies}\t{capture_mode}\t{session_lifetime_s} s"
            )?;
        }
        Ok(())
    }
}

impl RegisterArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let Self { game_id, studio, name, .. } = self;
        let settings = default_settings().map_err(CliError::start)?;
        let new = NewGame { game_id: game_id.clone(), studio, name, settings };
        let registered = admin(&opened).register_game(new).await?;
        writeln!(output.out, "{game_id}")?;
        writeln!(
            output.err,
            "Registered for studio {}. Give it a key: toffeepay keys issue {game_id} --world test \
             --name \"Game server\"",
            registered.studio_id
        )?;
        Ok(())
    }
}

impl ShowArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let pool = self.database.open().await?;
        let game = super::find_game(&pool, &self.game_id).await?;
        let out = &mut *output.out;
        writeln!(out, "game              {}", game.id)?;
        writeln!(out, "name              {}", game.name)?;
        writeln!(out, "studio            {}", game.studio_id)?;
        writeln!(out, "currencies        {}", game.currencies.join(", "))?;
        writeln!(out, "capture           {}", game.capture_mode)?;
        writeln!(out, "session lifetime  {} s", game.session_lifetime_s)?;
        for it in &game.return_urls.schemes {
            writeln!(out, "returns to        {it}://")?;
        }
        for it in &game.return_urls.hosts {
            writeln!(out, "returns to        https://{it}")?;
        }
        if let Some(accent) = &game.accent {
            writeln!(out, "accent            {accent}")?;
        }
        writeln!(out, "registered        {}", moment(game.registered_at))?;
        writeln!(out, "API keys          {}", game.keys.len())?;
        for it in game.endpoints.iter() {
            let (world, url) = (it.endpoint.world, &it.endpoint.url);
            writeln!(out, "endpoint          {} {world} {url}", it.endpoint_id)?;
        }
        Ok(())
    }
}

impl SetArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let change = SettingsChange {
            currencies: Some(self.currencies).filter(|it| !it.is_empty()),
            capture_mode: self.capture,
            session_lifetime_s: self.session_lifetime_s,
            return_urls: Some(ReturnUrls {
                schemes: self.return_schemes,
                hosts: self.return_hosts,
            })
            .filter(|it| !it.is_empty() || self.return_anywhere),
        };
        let changes_settings = change != SettingsChange::default();
        if !changes_settings && self.accent.is_none() {
            let options = "--currency, --capture, --session-lifetime-s, --return-scheme, \
                           --return-host, --return-anywhere or --accent";
            return Err(CliError::NothingToDo(options));
        }
        let opened = self.database.open().await?;
        let (admin, game_id) = (admin(&opened), self.game_id);
        let mut settings = admin.game_state(&game_id).await?.settings;
        if changes_settings {
            settings = admin.change_settings(&game_id, change).await?.settings;
        }
        if let Some(Chosen(accent)) = self.accent {
            admin.change_accent(&game_id, accent).await?;
        }
        let currencies: Vec<&str> = settings.currencies.iter().map(|it| it.code()).collect();
        let (capture, lifetime_s) = (settings.capture_mode, settings.session_lifetime_s);
        let currencies = currencies.join(",");
        writeln!(output.out, "{game_id}\t{currencies}\t{capture}\t{lifetime_s} s")?;
        Ok(())
    }
}

fn accent(text: &str) -> Result<Chosen, Violation> {
    if text == "none" { Ok(Chosen(None)) } else { Accent::parse(text).map(|it| Chosen(Some(it))) }
}

fn display_name(text: &str) -> Result<DisplayName, Violation> {
    DisplayName::parse(text)
}

fn capture_mode(text: &str) -> Result<CaptureMode, Violation> {
    let rule = "must be automatic or manual";
    CaptureMode::parse(text).ok_or_else(|| Violation::new(rule, text))
}

fn session_lifetime_s(text: &str) -> Result<u32, Violation> {
    let seconds = text.parse().ok().filter(|it| SESSION_LIFETIME_S.contains(it));
    seconds.ok_or_else(|| Violation::new("must be 60 to 2592000 seconds", text))
}
