//! `toffeepay people`: who may see and change a studio in the dashboard.

use std::{process::ExitCode, sync::Arc};

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use url::Url;

use super::{
    CliError, Output,
    database::{DatabaseArgs, Opened},
    operator::{actor, flush, moment},
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{
        id::{PersonId, StudioId},
        person::{EmailAddress, PersonError},
        studio::Role,
        violation::Violation,
    },
    event_store::CommandContext,
    ids::new_command_id,
    people::{People, PeopleError, WhichAccount},
    projections::person::PersonRow,
};

/// For how many hours a link lets somebody in, at most and unless it is said: a week, a day.
const LINK_HOURS_MAX: i64 = 168;
const LINK_HOURS_DEFAULT: &str = "24";

/// Lists and invites the people of a studio, changes what they are, and lets them go.
///
/// A person has one account, by their e-mail address, and works at any number of studios, in each as
/// owner, developer, finance or support. Nothing is mailed: `people link` prints a link that lets a
/// person in once, and you give it to them. They choose a password and a second factor then. The same
/// link helps who has lost theirs. Every change is an event in the log, under your name.
///
/// Example:
///   `toffeepay people invite ada@studio.example --studio stu_… --role owner`
///   `toffeepay people link ada@studio.example --base-url https://pay.example`
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct PeopleArgs {
    #[command(subcommand)]
    command: PeopleCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum PeopleCommand {
    List(ListArgs),
    Invite(InviteArgs),
    Link(LinkArgs),
    Role(RoleArgs),
    Remove(RemoveArgs),
    ShutOut(ShutOutArgs),
    LetIn(LetInArgs),
    Erase(EraseArgs),
}

/// Prints one line for each member of a studio: id, role, e-mail address, name, and whether they are
/// `invited`, `enrolled` or `shut out`, separated by tabs.
#[derive(Clone, Debug, Args)]
struct ListArgs {
    /// The studio's id (stu_…) as `toffeepay games list` shows it.
    #[arg(value_parser = studio_id)]
    studio: StudioId,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Lets somebody have an account, and work at a studio.
///
/// An address that has an account already is taken in only with `--existing`. Without it you are told
/// whether it can come in and where it works: somebody may have made it just to be invited.
///
/// Owners may do everything. Developers see everything and change keys, webhooks and games. Finance
/// sees all money and changes nothing. Support finds purchases, cancels, refunds and makes payment
/// links. Then give them a link: `toffeepay people link`.
///
/// Example: toffeepay people invite ada@studio.example --studio stu_… --role developer
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct InviteArgs {
    /// Their e-mail address, by which they sign in. It can never be changed.
    #[arg(value_parser = email)]
    email: EmailAddress,
    /// The studio's id (stu_…) as `toffeepay games list` shows it.
    #[arg(long, value_name = "ID", value_parser = studio_id)]
    studio: StudioId,
    /// What they are there: `owner`, `developer`, `finance` or `support`.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,
    /// Takes in the account that the address has: you have asked the person whether it is theirs.
    #[arg(long)]
    existing: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Prints a link that lets a person in once, without password and second factor.
///
/// Whoever has it is let in: hand it over as you would a key. Another one does not end those before.
///
/// Example: toffeepay people link ada@studio.example --base-url https://pay.example --hours 1
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct LinkArgs {
    /// Their e-mail address.
    #[arg(value_parser = email)]
    email: EmailAddress,
    /// Where the service is found; the dashboard is below it. With a wrong one the link leads nowhere.
    #[arg(long, value_name = "URL", env = "PAY_BASE_URL", value_parser = super::serve::base_url)]
    base_url: Url,
    /// For how many hours it lets them in: 1 to 168.
    #[arg(long, value_name = "HOURS", default_value = LINK_HOURS_DEFAULT, value_parser = clap::value_parser!(i64).range(1..=LINK_HOURS_MAX))]
    hours: i64,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Has a member be something else.
///
/// Example: toffeepay people role ada@studio.example --studio stu_… --role owner
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct RoleArgs {
    /// Their e-mail address.
    #[arg(value_parser = email)]
    email: EmailAddress,
    /// The studio's id (stu_…).
    #[arg(long, value_name = "ID", value_parser = studio_id)]
    studio: StudioId,
    /// What they are from now on: `owner`, `developer`, `finance` or `support`. A studio keeps an owner.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Lets a member go. They keep their account, and see nothing of this studio any more.
///
/// Example: toffeepay people remove ada@studio.example --studio stu_…
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct RemoveArgs {
    /// Their e-mail address.
    #[arg(value_parser = email)]
    email: EmailAddress,
    /// The studio's id (stu_…).
    #[arg(long, value_name = "ID", value_parser = studio_id)]
    studio: StudioId,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Puts a person out at once and lets them in no more, anywhere: for an account that was stolen.
///
/// Example: toffeepay people shut-out ada@studio.example
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct ShutOutArgs {
    /// Their e-mail address.
    #[arg(value_parser = email)]
    email: EmailAddress,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Lets a person in again who was shut out, with the password and second factor that they had.
///
/// Example: toffeepay people let-in ada@studio.example
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct LetInArgs {
    /// Their e-mail address.
    #[arg(value_parser = email)]
    email: EmailAddress,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Forgets for ever who a person was: address, name, and from where they came.
///
/// For who works at no studio any more. All that lets them in goes too. What they did stays in the log
/// under their id. Run it as the owner of the database, as `migrate` is run. Backups hold it until they
/// are deleted. The same address can be invited again, as somebody new.
///
/// Example: toffeepay people erase ada@studio.example --for-ever
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct EraseArgs {
    /// Their e-mail address.
    #[arg(value_parser = email)]
    email: EmailAddress,
    /// Says that you know: nobody can undo it. Without it nothing is done, and you are told of whom it is.
    #[arg(long)]
    for_ever: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl PeopleArgs {
    /// Does it.
    ///
    /// # Errors
    ///
    /// A [`CliError`]; nothing was changed then.
    pub async fn run(self, output: &mut Output<'_>) -> Result<ExitCode, CliError> {
        match self.command {
            PeopleCommand::List(args) => args.run(output).await?,
            PeopleCommand::Invite(args) => args.run(output).await?,
            PeopleCommand::Link(args) => args.run(output).await?,
            PeopleCommand::Role(args) => args.run(output).await?,
            PeopleCommand::Remove(args) => args.run(output).await?,
            PeopleCommand::ShutOut(args) => args.run(output).await?,
            PeopleCommand::LetIn(args) => args.run(output).await?,
            PeopleCommand::Erase(args) => args.run(output).await?,
        }
        flush(output)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ListArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let people = people(&opened);
        people.require_studio(&self.studio).await?;
        for (person, role) in people.members(&self.studio).await? {
            let state = state(&person);
            let email = person.email.as_deref().unwrap_or("erased");
            let name = person.name.as_deref().unwrap_or("-");
            writeln!(output.out, "{}\t{role}\t{email}\t{name}\t{state}", person.id)?;
        }
        Ok(())
    }
}

impl InviteArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let (people, context) = (people(&opened), context());
        let which = if self.existing { WhichAccount::Existing } else { WhichAccount::New };
        let taken = people.take_in(&self.studio, &self.email, which, self.role, &context).await;
        let person_id = match taken {
            Err(PeopleError::HasAccount) => {
                return Err(account(&opened, &people, self.email).await?);
            }
            Err(PeopleError::Person(PersonError::NotFound)) => {
                return Err(CliError::PersonNotFound(self.email));
            }
            taken => taken?,
        };
        writeln!(output.out, "{person_id}")?;
        let email = &self.email;
        writeln!(output.err, "Let them in: toffeepay people link {email} --base-url URL")?;
        Ok(())
    }
}

impl LinkArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let people = people(&opened);
        let person_id = find(&people, &self.email).await?;
        let holds = TimeDelta::hours(self.hours);
        let token = people.issue_link(&person_id, holds, &context()).await?;
        writeln!(output.out, "{}", token.url(&self.base_url))?;
        let until = moment(SystemClock.now() + holds);
        writeln!(output.err, "It lets {} in once, until {until}.", self.email)?;
        Ok(())
    }
}

impl RoleArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let people = people(&opened);
        let person_id = find(&people, &self.email).await?;
        people.change_role(&self.studio, person_id.clone(), self.role, &context()).await?;
        writeln!(output.out, "{person_id}\t{}", self.role)?;
        Ok(())
    }
}

impl RemoveArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let people = people(&opened);
        let person_id = find(&people, &self.email).await?;
        people.remove_member(&self.studio, person_id.clone(), &context()).await?;
        writeln!(output.out, "{person_id}")?;
        Ok(())
    }
}

impl ShutOutArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let people = people(&opened);
        let person_id = find(&people, &self.email).await?;
        people.shut_out(&person_id, &context()).await?;
        writeln!(output.out, "{person_id}")?;
        Ok(())
    }
}

impl LetInArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let people = people(&opened);
        let person_id = find(&people, &self.email).await?;
        people.let_in(&person_id, &context()).await?;
        writeln!(output.out, "{person_id}")?;
        Ok(())
    }
}

impl EraseArgs {
    async fn run(self, output: &mut Output<'_>) -> Result<(), CliError> {
        let opened = self.database.open().await?;
        let people = people(&opened);
        let person_id = find(&people, &self.email).await?;
        if !self.for_ever {
            return Err(CliError::NotForEver(self.email, person_id));
        }
        people.erase(&person_id, &context()).await?;
        writeln!(output.out, "{person_id}")?;
        Ok(())
    }
}

/// What an operator is told who invites an address that has an account.
async fn account(
    opened: &Opened,
    people: &People,
    email: EmailAddress,
) -> Result<CliError, CliError> {
    let person_id = find(people, &email).await?;
    let person = PersonRow::find(&opened.pool, person_id.as_str()).await?;
    let state = person.as_ref().map_or("gone", state);
    let memberships = people.memberships(person_id.as_str()).await?;
    let studios: Vec<String> = memberships
        .iter()
        .map(|it| format!("{} ({}) as {}", it.studio_name, it.studio_id, it.role))
        .collect();
    let works_at = if studios.is_empty() { "no studio".to_owned() } else { studios.join(", ") };
    Ok(CliError::HasAccount { email, person_id, state, works_at })
}

fn state(person: &PersonRow) -> &'static str {
    match (person.shut_out_at, person.enrolled_at) {
        (Some(_), _) => "shut out",
        (None, Some(_)) => "enrolled",
        (None, None) => "invited",
    }
}

fn people(opened: &Opened) -> People {
    let Opened { store, pool, master, .. } = opened;
    People::new(store.clone(), pool.clone(), master, Arc::new(SystemClock))
}

fn context() -> CommandContext {
    CommandContext::new(actor(), new_command_id().to_string(), SystemClock.now())
}

async fn find(people: &People, email: &EmailAddress) -> Result<PersonId, CliError> {
    let found = people.find_by_email(email).await?;
    found.ok_or_else(|| CliError::PersonNotFound(email.clone()))
}

fn studio_id(text: &str) -> Result<StudioId, Violation> {
    StudioId::parse(text)
}

fn email(text: &str) -> Result<EmailAddress, Violation> {
    EmailAddress::parse(text)
}

fn role(text: &str) -> Result<Role, Violation> {
    let rule = "must be owner, developer, finance or support";
    Role::parse(text).ok_or_else(|| Violation::new(rule, text))
}
