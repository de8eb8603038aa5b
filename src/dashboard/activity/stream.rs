//! `GET …/activity/events`: the events of a game's world as they arrive, drawn, by server-sent events.
//!
//! Source: HTML Living Standard, "Server-sent events". A stream ends by itself after a while, and the browser
//! asks again from where it was: then it is asked again whether they may.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response, Sse, sse},
};
use futures::{Stream, stream};
use tokio::{sync::broadcast::error::RecvError, time::Instant};

use super::{
    feed::{Happening, Unwatchable, Watch},
    view::happening_row,
};
use crate::{
    dashboard::{
        Dashboard, Place,
        access::{Fields, Visitor},
    },
    domain::world::World,
    page_headers::plain_headers,
};

/// How long one stream lasts: so long does somebody watch at most who may not any more.
const STREAM_MAX: Duration = Duration::from_secs(30);
/// How often something is sent although nothing happened, so that nobody on the way gives up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The header by which a browser says what it had last.
const LAST_EVENT_ID: &str = "last-event-id";
/// How long a browser waits before it asks again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

pub(super) async fn stream(
    State(desk): State<Dashboard>,
    place: Place,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let last = headers.get(LAST_EVENT_ID).and_then(|it| it.to_str().ok());
    // Behind what never was, everything was missed.
    let after = last.unwrap_or(fields.text("after")).parse().unwrap_or(-1);
    let mut response = match desk.feed.watch(&visitor.stay().person_id, after).await {
        Ok(watch) => {
            let keep_alive = sse::KeepAlive::new().interval(KEEP_ALIVE);
            let telling = Telling::new(place, watch, after);
            Sse::new(telling.events()).keep_alive(keep_alive).into_response()
        }
        Err(Unwatchable::NotFollowing) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        // As an event, since a script learns nothing of an answer that is no stream.
        Err(full @ (Unwatchable::TooMany | Unwatchable::TooManyOfYours)) => {
            let refusal = sse::Event::default().event("refused").data(full.to_string());
            Sse::new(stream::iter([Ok::<_, Infallible>(refusal)])).into_response()
        }
    };
    for (name, value) in plain_headers() {
        if let Some(name) = name {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// What somebody who watches is still to be told.
struct Telling {
    place: Place,
    watch: Watch,
    missed: VecDeque<Arc<Happening>>,
    /// What was sent last.
    position: i64,
    /// Whether there is a hole that cannot be filled.
    has_hole: bool,
    ends_at: Instant,
}

impl Telling {
    fn new(place: Place, mut watch: Watch, position: i64) -> Self {
        let missed = watch.missed.take();
        let has_hole = missed.is_none();
        let missed = missed.unwrap_or_default().into();
        let ends_at = Instant::now() + STREAM_MAX;
        Self { place, watch, missed, position, has_hole, ends_at }
    }

    fn events(self) -> impl Stream<Item = Result<sse::Event, Infallible>> {
        let all = stream::unfold(Some(self), |telling| async {
            let mut telling = telling?;
            if telling.has_hole {
                let event = sse::Event::default().event("missed").data("");
                return Some((Ok(event), None));
            }
            let happening = telling.next().await?;
            match happening {
                Some(happening) => {
                    telling.position = happening.position;
                    let event = drawn(&telling.place, &happening);
                    Some((Ok(event), Some(telling)))
                }
                // Fell behind: said in the next round.
                None => {
                    telling.has_hole = true;
                    Some((Ok(sse::Event::default().comment("behind")), Some(telling)))
                }
            }
        });
        stream::StreamExt::boxed(all)
    }

    /// The next event of this game and world. The outer `None`: the stream ends. The inner: some were lost.
    async fn next(&mut self) -> Option<Option<Arc<Happening>>> {
        loop {
            let happening = match self.missed.pop_front() {
                Some(happening) => happening,
                None => tokio::select! {
                    () = self.watch.stopping.cancelled() => return None,
                    () = tokio::time::sleep_until(self.ends_at) => return None,
                    coming = self.watch.coming.recv() => match coming {
                        Ok(happening) => happening,
                        Err(RecvError::Lagged(_)) => return Some(None),
                        Err(RecvError::Closed) => return None,
                    },
                },
            };
            let is_its = happening.game_id == self.place.game.id && happening.world == self.world();
            if is_its && self.position < happening.position {
                return Some(Some(happening));
            }
        }
    }

    fn world(&self) -> World {
        self.place.world
    }
}

fn drawn(place: &Place, happening: &Happening) -> sse::Event {
    let row = happening_row(place, happening).into_string();
    let event = sse::Event::default().event("happened").id(happening.position.to_string());
    event.retry(RETRY_AFTER).data(row)
}
