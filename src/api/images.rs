//! Pictures of items: checked off the request's thread, kept by content hash, served as ours.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sqlx::PgPool;
use tokio::sync::Semaphore;

use super::{
    Api, ApiError,
    image::{self, CheckedImage},
};
use crate::domain::{
    image::{ContentHash, ImageKind, ItemImage},
    violation::Violation,
};

/// How many pictures are decoded at once: each may take up to 512 MiB while it is.
const DECODED_AT_ONCE: usize = 4;

static DECODING: Semaphore = Semaphore::const_new(DECODED_AT_ONCE);

/// The bytes behind a content hash never change.
const CACHE_FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(super) fn routes(api: &Api) -> Router {
    Router::new().route("/images/{sha256}", get(serve)).with_state(api.pool.clone())
}

/// Looks at what a request gave as its item's image.
pub(super) async fn check(
    text: Option<String>,
) -> Result<Result<Option<CheckedImage>, Violation>, ApiError> {
    let Some(text) = text.filter(|it| !it.is_empty()) else { return Ok(Ok(None)) };
    let place = DECODING.acquire().await.map_err(ApiError::internal)?;
    let checked = tokio::task::spawn_blocking(move || {
        // Held until the work is done, even if the client has gone.
        let _place = place;
        image::check(&text)
    });
    Ok(checked.await.map_err(ApiError::internal)?.map(Some))
}

/// A picture that is to be kept.
pub(super) struct Picture {
    sha256: ContentHash,
    kind: ImageKind,
    bytes: Vec<u8>,
}

/// What the log keeps of an image, and the picture to keep outside of it.
pub(super) fn name(
    checked: Result<Option<CheckedImage>, Violation>,
) -> (Result<Option<ItemImage>, Violation>, Option<Picture>) {
    match checked {
        Ok(Some(CheckedImage::Stored { bytes, sha256, kind })) => {
            let named = ItemImage::Stored { sha256: sha256.clone(), kind };
            (Ok(Some(named)), Some(Picture { sha256, kind, bytes }))
        }
        Ok(Some(CheckedImage::Linked(image))) => (Ok(Some(image)), None),
        Ok(None) => (Ok(None), None),
        Err(violation) => (Err(violation), None),
    }
}

impl Picture {
    /// Keeps it; the same bytes are kept once.
    pub(super) async fn keep(self, pool: &PgPool) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO item_image (sha256, media_type, bytes) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
        )
        .bind(self.sha256.as_str())
        .bind(self.kind.media_type())
        .bind(self.bytes)
        .execute(pool)
        .await?;
        Ok(())
    }
}

/// `GET /images/{sha256}`
async fn serve(State(pool): State<PgPool>, Path(sha256): Path<String>) -> Response {
    let Ok(sha256) = ContentHash::parse(sha256) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let found: Result<Option<(String, Vec<u8>)>, _> =
        sqlx::query_as("SELECT media_type, bytes FROM item_image WHERE sha256 = $1")
            .bind(sha256.as_str())
            .fetch_optional(&pool)
            .await;
    match found {
        Ok(Some((media_type, bytes))) => {
            let headers: [(HeaderName, &str); 4] = [
                (header::CONTENT_TYPE, &media_type),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CACHE_CONTROL, CACHE_FOR_EVER),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            ];
            (headers, bytes).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a picture could not be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
