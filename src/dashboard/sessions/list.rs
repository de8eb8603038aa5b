//! `GET …/sessions`: finds out what the words of a search are, and reads one page of it.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    form::{FIELDS, Wish, Within, wish, words_of},
    list_view::{Listing, Meaning, list_page},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        answer::{page, see_other, went_wrong},
        filters::{Begins, Filters},
        views::{FieldProblem, sessions_path},
    },
    domain::{
        currency::Currency,
        id::{PaymentId, RefundId, SessionId},
        text::UserId,
        violation::Violation,
    },
    projections::{
        payment::PaymentRow,
        refund::RefundRow,
        session::SessionRow,
        session_search::{Found, Search, Turn, is_player, search},
    },
};

/// How many sessions a page has.
pub(super) const PAGE_ROWS: u32 = 50;

/// What comes of a search.
enum Answer {
    /// It named one session: that one's page.
    Session(String),
    /// A page of a list.
    Listing(Meaning, Found),
}

/// Why there is none.
enum Refused {
    Fields(Vec<FieldProblem>),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

pub(in crate::dashboard) async fn list(
    State(dashboard): State<Dashboard>,
    place: Place,
    RawQuery(query): RawQuery,
) -> Response {
    let filters = Filters::read(FIELDS, query.as_deref().unwrap_or_default());
    let now = dashboard.clock.now();
    let (status, listing) = match find(&dashboard, &place, &filters).await {
        Ok(Answer::Session(id)) => {
            return see_other(&format!("{}/{id}", sessions_path(&place)));
        }
        Ok(Answer::Listing(meaning, found)) => (StatusCode::OK, Ok((meaning, found))),
        Err(Refused::Fields(problems)) => (StatusCode::BAD_REQUEST, Err(problems)),
        Err(Refused::Database(error)) => return went_wrong(&error),
    };
    let listing = Listing { place: &place, filters: &filters, as_of: now, found: listing };
    page(status, |nonce| list_page(&listing, nonce))
}

async fn find(dashboard: &Dashboard, place: &Place, filters: &Filters) -> Result<Answer, Refused> {
    let wish = wish(filters).map_err(Refused::Fields)?;
    let turn = turn(dashboard, place, filters, &wish.begins).await?;
    let meaning = match wish.query.as_deref() {
        None => Meaning::All,
        Some(query) if wish.within == Within::Anything => {
            match named_session(dashboard, place, query).await? {
                Named::Session(id) => return Ok(Answer::Session(id)),
                Named::Nothing(kind) => {
                    let meaning = Meaning::UnknownId { kind, id: query.to_owned() };
                    return Ok(Answer::Listing(meaning, nothing()));
                }
                Named::NoId => meaning(dashboard, place, query).await?,
            }
        }
        Some(query) if wish.within == Within::Player => Meaning::Player(query.to_owned()),
        Some(query) => title(query),
    };
    let found = search(&dashboard.pool, &asked(place, &wish, &meaning), &turn, PAGE_ROWS).await?;
    Ok(Answer::Listing(meaning, found))
}

fn asked<'a>(place: &'a Place, wish: &'a Wish, meaning: &'a Meaning) -> Search<'a> {
    let (user_id, words): (_, &[String]) = match meaning {
        Meaning::Player(user_id) => (Some(user_id.as_str()), &[]),
        Meaning::Title { words, .. } => (None, words),
        Meaning::All | Meaning::UnknownId { .. } => (None, &[]),
    };
    Search {
        game_id: &place.game.id,
        world: place.world,
        user_id,
        words,
        status: wish.status,
        currency: wish.currency.map(Currency::code),
        from: wish.from,
        to: wish.to,
    }
}

fn nothing() -> Found {
    Found {
        rows: vec![],
        refunded: vec![],
        total: None,
        has_more: false,
        looked_until: None,
        looked_at_max: 0,
    }
}

/// Where a page begins. A session of another game is as unknown as one that never was.
async fn turn(
    dashboard: &Dashboard,
    place: &Place,
    filters: &Filters,
    begins: &Begins<SessionId>,
) -> Result<Turn, Refused> {
    let Some((field, id)) = begins.named() else { return Ok(Turn::Newest) };
    let row = SessionRow::find(&dashboard.pool, id.as_str()).await?;
    let Some(row) = row.filter(|it| is_here(place, &it.game_id, &it.world)) else {
        let violation = Violation::new("must begin at a session of this game", id.as_str());
        return Err(Refused::Fields(vec![filters.problem(field, violation)]));
    };
    let cursor = (row.created_at, row.id);
    Ok(if matches!(begins, Begins::After(_)) { Turn::After(cursor) } else { Turn::Before(cursor) })
}

fn is_here(place: &Place, game_id: &str, world: &str) -> bool {
    game_id == place.game.id && world == place.world.as_str()
}

/// What the words of a search name.
enum Named {
    /// This session, or a payment or refund of it.
    Session(String),
    /// An id such as we give out, of nothing in this game and world.
    Nothing(&'static str),
    /// Something else than an id.
    NoId,
}

async fn named_session(
    dashboard: &Dashboard,
    place: &Place,
    query: &str,
) -> Result<Named, sqlx::Error> {
    let pool = &dashboard.pool;
    let (kind, found) = if SessionId::parse(query).is_ok() {
        let row = SessionRow::find(pool, query).await?;
        ("session", row.map(|it| (it.id, it.game_id, it.world)))
    } else if PaymentId::parse(query).is_ok() {
        let row = PaymentRow::find(pool, query).await?;
        ("payment", row.map(|it| (it.session_id, it.game_id, it.world)))
    } else if RefundId::parse(query).is_ok() {
        let row = RefundRow::find(pool, query).await?;
        ("refund", row.map(|it| (it.session_id, it.game_id, it.world)))
    } else {
        return Ok(Named::NoId);
    };
    let here = found.filter(|(_, game_id, world)| is_here(place, game_id, world));
    Ok(here.map_or(Named::Nothing(kind), |(id, ..)| Named::Session(id)))
}

/// A player, if there is one of this name, else words of a title.
async fn meaning(
    dashboard: &Dashboard,
    place: &Place,
    query: &str,
) -> Result<Meaning, sqlx::Error> {
    let may_be_a_player = UserId::parse(query).is_ok();
    if may_be_a_player && is_player(&dashboard.pool, &place.game.id, place.world, query).await? {
        return Ok(Meaning::Player(query.to_owned()));
    }
    Ok(title(query))
}

fn title(query: &str) -> Meaning {
    let (words, left_out) = words_of(query);
    Meaning::Title { words, left_out }
}
