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
        person::EmailAddress,
        studio::Role,
        violation::Violation,
    },
    event_store::CommandContext,
    ids::new_command_id,
    people::{People, SIGN_IN_LINK_PATH},
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

/// Lets somebody have an account, if they have none, and work at a studio.
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
            let state = match (person.shut_out_at, person.enrolled_at) {
                (Some(_), _) => "shut out",
                (None, Some(_)) => "enrolled",
                (None, None) => "invited",
            };
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
        // Asked first, so that a misspelt studio leaves no account behind.
        people.require_studio(&self.studio).await?;
        let person_id = people.invite(&self.email, &context).await?;
        people.add_member(&self.studio, person_id.clone(), self.role, &context).await?;
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
        let base = self.base_url.as_str().trim_end_matches('/');
        writeln!(output.out, "{base}{SIGN_IN_LINK_PATH}{}", token.reveal())?;
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
