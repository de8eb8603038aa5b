//! `toffeepay keys`: what game servers prove themselves with.

use std::process::ExitCode;

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::{
    CliError, Output,
    database::{DatabaseArgs, DatabaseUrlArgs},
    operator::{admin, flush, game_id, moment, world},
};
use crate::{
    admin::{KEY_OVERLAP_HOURS_DEFAULT, KEY_OVERLAP_HOURS_MAX, NewKey, RotatedKey},
    api::{ApiKey, last_uses},
    clock::{Clock as _, SystemClock},
    domain::{
        Timestamp,
        game::{Key, KeyScope, RateLimit},
        id::{GameId, KeyId},
        text::DisplayName,
        violation::Violation,
        world::World,
    },
};

/// The longest life of a key that has an end, in days: ten years.
const EXPIRES_IN_DAYS_MAX: i64 = 3_650;

/// Issues, lists, rotates and revokes API keys.
///
/// A game server sends its key as `Authorization: Bearer tp_test_…`. A key belongs to one game and
/// one world: `test`, where money is pretended, or `live`. Only a keyed hash of it is kept, so it
/// is shown once, when it is issued, and can never be shown again. To replace a key, rotate it and
/// give the new one to the game server: both work for a day, or for as long as you say.
///
/// Example:
///   toffeepay keys issue space_shooter --world test --name "Game server" > key.txt
///   toffeepay keys list space_shooter
///   toffeepay keys rotate space_shooter key_06xp… > key.txt
///   toffeepay keys revoke space_shooter key_06xp…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum KeysCommand {
    Issue(IssueArgs),
    List(ListArgs),
    Rotate(RotateArgs),
    Revoke(RevokeArgs),
}

/// Makes a new key and prints it, this once.
///
/// The key alone goes to standard output, everything else to standard error.
///
/// Example: toffeepay keys issue space_shooter --world test --name "Game server" > key.txt
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct IssueArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// `test` or `live`. A key of one world cannot see the other's sessions. Live keys move real
    /// money, and are answered with no_payment_method until a provider is set up.
    #[arg(long, value_name = "test|live", value_parser = world)]
    world: World,
    /// What people call the key, such as where it is used: 1 to 100 characters.
    #[arg(long, value_name = "NAME", value_parser = display_name)]
    name: DisplayName,
    /// What the key may do: `read` (get and list), `write` (create, cancel, capture, void), `refund`
    /// (give money back) or `webhooks` (say where webhooks go, and see what was sent); repeat it for
    /// more. A request outside of them is refused. Give `webhooks` to tools, not to game servers:
    /// whoever has such a key can have every webhook sent to themselves.
    /// [default: read, write and refund]
    #[arg(long = "scope", value_name = "read|write|refund|webhooks", value_parser = scope)]
    scopes: Vec<KeyScope>,
    /// After how many days the key is refused: 1 to 3650. Without it the key works until it is
    /// revoked. A game server whose key has expired takes no payments.
    #[arg(long, value_name = "DAYS",
          value_parser = clap::value_parser!(i64).range(1..=EXPIRES_IN_DAYS_MAX))]
    expires_in_days: Option<i64>,
    /// How many requests a second the key may make to one process, 1 to 100000, or `none` for any
    /// number; twice as many at once after a rest. More are refused with rate_limited.
    /// [default: 100 for a live key, 25 for a test key]
    #[arg(long, value_name = "N|none", value_parser = rate_limit)]
    requests_per_s: Option<RateLimit>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Prints one line for each key that was not revoked: id, world, scopes, limit, dates, last use
/// and name, separated by tabs. Never the key. The last use is known to the minute, and may be some
/// seconds behind.
#[derive(Clone, Debug, Args)]
struct ListArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    #[command(flatten)]
    database: DatabaseUrlArgs,
}

/// Makes a key that takes another's place and prints it, this once.
///
/// The new key has the old one's world, name, scopes and limit, and as long a life, if the old one
/// was given an end. The new key alone goes to standard output, everything else to standard error.
/// A key is rotated once; then its successor can be. If the new key was lost, rotate it in turn.
///
/// Example: toffeepay keys rotate space_shooter key_06xp… --overlap-hours 1 > key.txt
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct RotateArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// The old key's id (key_…) as `keys list` shows it. Not the key itself.
    key_id: String,
    /// For how many hours the old key goes on working: 0 to 168. With 0 it is refused at once, and
    /// so is the game server until it has the new one. An end that the old key has before stays.
    #[arg(long, value_name = "N", default_value_t = KEY_OVERLAP_HOURS_DEFAULT,
          value_parser = clap::value_parser!(i64).range(0..=KEY_OVERLAP_HOURS_MAX))]
    overlap_hours: i64,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Refuses a key from now on, on every process within a second. There is no way back: issue a new one.
///
/// Example: toffeepay keys revoke space_shooter key_06xp…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct RevokeArgs {
    /// The game's id.
    #[arg(value_parser = game_id)]
    game_id: GameId,
    /// The key's id (key_…) as `keys list` shows it. Not the key itself.
    key_id: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl KeysArgs {
    /// Does it.
    ///
    /// # Errors
    ///
    /// A [`CliError`]; no key was given out or taken away then.
    pub async fn run(self, output: &mut Output<'_>) -> Result<ExitCode, CliError> {
        match self.command {
            KeysCommand::Issue(args) => args.run(output).await?,
            KeysCommand::List(args) => args.run(output).await?,
            KeysCommand::Rotate(args) => args.run(output).await?,
            KeysCommand::Revoke(args) => args.run(output).await?,
        }
        flush(output)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl IssueArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let Self { game_id, world, name, mut scopes, expires_in_days, requests_per_s, database } =
            self;
        let opened = database.open().await?;
        if scopes.is_empty() {
            scopes = KeyScope::OF_A_GAME_SERVER.to_vec();
        }
        let expires_at = expires_in_days.map(|it| SystemClock.now() + TimeDelta::days(it));
        let rate_limit = requests_per_s.unwrap_or_default();
        let new = NewKey { world, name, scopes, expires_at, rate_limit };
        let (key_id, key) = admin(&opened).issue_key(&game_id, new).await?;
        show(output, &game_id, &key_id, &key, expires_at)
    }
}

/// Shows a new key, this once.
fn show(
    output: &mut Output<'_>,
    game_id: &GameId,
    key_id: &KeyId,
    key: &ApiKey,
    expires_at: Option<Timestamp>,
) -> Result<(), CliError> {
    writeln!(output.out, "{}", key.reveal())?;
    let end = expires_at.map(moment).unwrap_or_else(|| "it is revoked".to_owned());
    let world = key.world();
    writeln!(
        output.err,
        "This is the only time that the key is shown: keep it where only the game server reads \
         it.\nIts id is {key_id}; it works in the {world} world of {game_id} until {end}."
    )?;
    Ok(())
}

impl ListArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let pool = self.database.open().await?;
        let game = super::find_game(&pool, &self.game_id).await?;
        let last_uses = last_uses(&pool, game.keys.iter().map(|it| &it.key_id)).await?;
        for key in game.keys.0 {
            let Key { key_id, world, name, scopes, expires_at, rate_limit, issued_at, .. } = key;
            let scopes: Vec<&str> = scopes.iter().map(|it| it.as_str()).collect();
            let (scopes, issued) = (scopes.join(","), moment(issued_at));
            let end = match expires_at {
                Some(at) if at <= SystemClock.now() => format!("expired {}", moment(at)),
                Some(at) => format!("expires {}", moment(at)),
                None => "never expires".to_owned(),
            };
            let limit = match rate_limit.per_second(world) {
                Some(per_second) => format!("{per_second} requests/s"),
                None => "no limit".to_owned(),
            };
            let used = match last_uses.get(key_id.as_str()) {
                Some(at) => format!("last used {}", at.format("%Y-%m-%d %H:%M UTC")),
                None => "not used yet".to_owned(),
            };
            writeln!(
                output.out,
                "{key_id}\t{world}\t{scopes}\t{limit}\tissued {issued}\t{end}\t{used}\t{name}"
            )?;
        }
        Ok(())
    }
}

impl RotateArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let old = key_id(&self.key_id)?;
        let opened = self.database.open().await?;
        let overlap = TimeDelta::hours(self.overlap_hours);
        let rotated = admin(&opened).rotate_key(&self.game_id, old.clone(), overlap).await?;
        let RotatedKey { key_id, key, expires_at, previous_expires_at } = rotated;
        show(output, &self.game_id, &key_id, &key, expires_at)?;
        match previous_expires_at {
            Some(at) if SystemClock.now() < at => {
                writeln!(output.err, "{old} works until {} too.", moment(at))?;
            }
            _ => writeln!(output.err, "{old} is refused from now on.")?,
        }
        Ok(())
    }
}

impl RevokeArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let key_id = key_id(&self.key_id)?;
        let opened = self.database.open().await?;
        admin(&opened).revoke_key(&self.game_id, key_id.clone()).await?;
        writeln!(output.err, "{key_id} is refused from now on.")?;
        Ok(())
    }
}

fn display_name(text: &str) -> Result<DisplayName, Violation> {
    DisplayName::parse(text)
}

/// Not read by clap, which quotes what it refuses: somebody may paste the key itself.
fn key_id(text: &str) -> Result<KeyId, CliError> {
    KeyId::parse(text).map_err(|_| CliError::Setting {
        name: "KEY_ID",
        rule: "must be an id that begins key_, as `keys list` shows it; not the key itself".into(),
        received: None,
    })
}

fn rate_limit(text: &str) -> Result<RateLimit, Violation> {
    RateLimit::parse(text)
}

fn scope(text: &str) -> Result<KeyScope, Violation> {
    KeyScope::parse(text)
        .ok_or_else(|| Violation::new("must be read, write, refund or webhooks", text))
}
