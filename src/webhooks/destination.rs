//! Where an endpoint's messages go, how much it takes, and with what they are signed.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use url::Url;

use super::{endpoint, engine::Engine, secrets::Unsignable, signature::Rotation};

/// How many deliveries an endpoint without a limit of its own has under way at the same time.
pub const AT_ONCE_USUAL: u16 = 16;

/// For how long a lane goes on with what it read. So an endpoint that moves, that is disabled, or
/// whose old secret is ended is sent nothing the old way after so long a time.
const FRESH_FOR: Duration = Duration::from_millis(500);

/// An endpoint as it was a moment ago.
pub(super) struct Destination {
    pub(super) game_id: String,
    pub(super) url: Url,
    pub(super) at_once: usize,
    pub(super) per_second: Option<NonZeroU32>,
    pub(super) secrets: Result<Rotation, Unsignable>,
}

/// A lane's memory of its destination.
#[derive(Default)]
pub(super) struct Remembered(Mutex<Option<(Instant, Arc<Destination>)>>);

impl Remembered {
    /// The endpoint's, at most [`FRESH_FOR`] old; `None`, while it is disabled and once it was
    /// removed.
    pub(super) async fn find(
        &self,
        engine: &Engine,
        endpoint_id: &str,
    ) -> Result<Option<Arc<Destination>>, sqlx::Error> {
        if let Some(fresh) = self.fresh() {
            return Ok(Some(fresh));
        }
        let now = Instant::now();
        let found = Destination::read(engine, endpoint_id).await?.map(Arc::new);
        let remembered = found.clone().map(|it| (now, it));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = remembered;
        Ok(found)
    }

    fn fresh(&self) -> Option<Arc<Destination>> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, destination) = remembered.as_ref()?;
        (read_at.elapsed() < FRESH_FOR).then(|| Arc::clone(destination))
    }
}

impl Destination {
    async fn read(engine: &Engine, endpoint_id: &str) -> Result<Option<Self>, sqlx::Error> {
        let Engine { pool, secrets, .. } = engine;
        let Some(row) = endpoint::enabled(pool, endpoint_id).await? else { return Ok(None) };
        let (game_id, endpoint) = (row.game_id, row.endpoint.0);
        let at_once = endpoint.limits.at_once.map_or(AT_ONCE_USUAL, |it| it.get());
        let secrets = secrets.rotation(pool, endpoint_id).await?;
        Ok(Some(Self {
            game_id,
            url: endpoint.url,
            at_once: usize::from(at_once),
            per_second: endpoint.limits.per_second,
            secrets,
        }))
    }
}
