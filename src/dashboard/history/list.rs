//! `GET /studios/{studio_id}/history`: one page of what its people did.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    form::{FIELDS, Wish, wish},
    list_view::{Listing, Page, list_page},
    telling::{Names, keys_now, tell},
};
use crate::{
    acts::{ActPage, actors_of, find_acts, standing},
    dashboard::{
        Dashboard,
        answer::{page, went_wrong},
        filters::Filters,
        place::StudioPlace,
    },
    event_store::{StoreError, snapshot},
    projections::{game::GameRow, person::names_of},
};

/// How many acts a page has.
const PAGE_ROWS: u32 = 50;

/// How many of those who ever did something can be chosen from.
const ACTORS_MAX: u32 = 500;

pub(super) async fn list(
    State(desk): State<Dashboard>,
    place: StudioPlace,
    RawQuery(query): RawQuery,
) -> Response {
    let filters = Filters::read(FIELDS, query.as_deref().unwrap_or_default());
    match read(&desk, &place, &filters).await {
        Ok(listing) => {
            let is_sound = listing.found.is_ok();
            let status = if is_sound { StatusCode::OK } else { StatusCode::BAD_REQUEST };
            page(status, |nonce| list_page(&listing, nonce))
        }
        Err(error) => went_wrong(&error),
    }
}

async fn read<'a>(
    desk: &Dashboard,
    place: &'a StudioPlace,
    filters: &'a Filters,
) -> Result<Listing<'a>, StoreError> {
    let as_of = desk.clock.now();
    let studio_id = place.studio_id.as_str();
    let games = GameRow::of_studios(&desk.pool, &[studio_id.to_owned()]).await?;
    let mut snapshot = snapshot(&desk.pool).await?;
    let standing = standing(&mut snapshot, studio_id).await?;
    let whose = (studio_id, standing.generation);
    let actors = actors_of(&mut snapshot, whose, ACTORS_MAX).await?;
    let found = match wish(filters, &games) {
        Ok(Wish { wanted, turn }) => {
            Ok(find_acts(&mut snapshot, whose, &wanted, turn, PAGE_ROWS).await?)
        }
        Err(problems) => Err(problems),
    };
    snapshot.commit().await?;
    let people = actors.some.iter().filter_map(|it| it.strip_prefix("person:")).map(str::to_owned);
    let people: Vec<String> = people.collect();
    let known = Names {
        people: names_of(&desk.pool, &people).await?,
        keys: keys_now(&games),
        ..Names::default()
    };
    let found = match found {
        Ok(ActPage { rows, has_more }) => {
            let (acts, names) = tell(desk, place, rows).await?;
            Ok(Page::new(acts, names, has_more))
        }
        Err(problems) => Err(problems),
    };
    Ok(Listing { place, filters, games, actors, known, standing, found, as_of })
}
