//! The demo studio's owner, and the link by which they come in.

use std::sync::Arc;

use chrono::TimeDelta;
use sqlx::PgPool;
use url::Url;

use super::super::CliError;
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{
        id::{GameId, StudioId},
        person::EmailAddress,
        studio::{Role, StudioError},
    },
    event_store::{CommandContext, EventStore},
    ids::new_command_id,
    people::{People, PeopleError},
    projections::game::GameRow,
    vault::Key,
};

/// Nobody's mailbox: nothing is sent there.
const EMAIL: &str = "demo@localhost";

/// How long the link lets somebody in: dev is left running overnight.
const HOLDS: TimeDelta = TimeDelta::hours(24);

/// Who stands in the log beside what dev does.
const ACTOR: &str = "process:dev";

/// A link that lets in, once, as an owner of the studio that has the demo game.
pub(super) async fn link(
    store: &EventStore,
    pool: &PgPool,
    master: &Key,
    game_id: &GameId,
    base: &Url,
) -> Result<Url, CliError> {
    let people = People::new(store.clone(), pool.clone(), master, Arc::new(SystemClock));
    let context = CommandContext::new(ACTOR, new_command_id().to_string(), SystemClock.now());
    let email = EmailAddress::parse(EMAIL).map_err(CliError::start)?;
    let game = GameRow::find(pool, game_id.as_str()).await?;
    let studio_id = game.and_then(|it| StudioId::parse(it.studio_id).ok());
    let studio_id = studio_id.ok_or_else(|| CliError::start("the demo game has no studio"))?;
    let person_id = people.invite(&email, &context).await?;
    match people.add_member(&studio_id, person_id.clone(), Role::Owner, &context).await {
        Ok(()) | Err(PeopleError::Studio(StudioError::AlreadyMember)) => {}
        Err(error) => return Err(error.into()),
    }
    let token = people.issue_link(&person_id, HOLDS, &context).await?;
    token.url(base).parse().map_err(CliError::start)
}
