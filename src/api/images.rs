//! Pictures of items and of games: checked off the request's thread, kept by content hash, served as ours.

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
    image::{self, GivenImage, Picture},
};
use crate::domain::{
    image::{ContentHash, ImageKind, ItemImage},
    violation::Violation,
};

/// How many pictures are decoded at once: each may take up to 512 MiB while it is, as [`image`]
/// says.
const DECODED_AT_ONCE: usize = 4;

static DECODING: Semaphore = Semaphore::const_new(DECODED_AT_ONCE);

/// The bytes behind a content hash never change.
const CACHE_FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(super) fn routes(api: &Api) -> Router {
    Router::new().route("/images/{sha256}", get(serve)).with_state(api.pool.clone())
}

/// What a request's image was found to be.
pub(super) struct Checked {
    /// What the log keeps of it.
    pub(super) image: Result<Option<ItemImage>, Violation>,
    /// The picture to keep outside of the log, unless it is kept already.
    pub(super) to_keep: Option<Picture>,
}

/// Looks at what a request gave as its item's image. A shop sends the same picture again and
/// again: one that is kept was decoded before.
pub(super) async fn check(pool: &PgPool, text: Option<String>) -> Result<Checked, ApiError> {
    let nothing_to_keep = |image| Ok(Checked { image, to_keep: None });
    let Some(text) = text.filter(|it| !it.is_empty()) else { return nothing_to_keep(Ok(None)) };
    let read = tokio::task::spawn_blocking(move || image::read(&text));
    let picture = match read.await.map_err(ApiError::internal)? {
        Ok(GivenImage::Stored(picture)) => picture,
        Ok(GivenImage::Linked(image)) => return nothing_to_keep(Ok(Some(image))),
        Err(violation) => return nothing_to_keep(Err(violation)),
    };
    let name = picture.name();
    match prove(pool, picture).await {
        Ok(to_keep) => Ok(Checked { image: Ok(Some(name)), to_keep }),
        Err(PictureError::Refused(violation)) => nothing_to_keep(Err(violation)),
        Err(PictureError::Database(error)) => Err(error.into()),
        Err(error @ PictureError::Stopped(_)) => Err(ApiError::internal(error)),
    }
}

/// Why a picture was not kept.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is none that we keep.
    #[error(transparent)]
    Refused(Violation),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The work was stopped.
    #[error("decoding a picture was stopped: {0}")]
    Stopped(String),
}

/// Proves that it is a whole picture. The picture again, unless it is kept: then it was proved before.
async fn prove(pool: &PgPool, picture: Picture) -> Result<Option<Picture>, PictureError> {
    if is_kept(pool, &picture).await? {
        return Ok(None);
    }
    let stopped = |error: &dyn std::error::Error| PictureError::Stopped(error.to_string());
    let place = DECODING.acquire().await.map_err(|it| stopped(&it))?;
    let decoded = tokio::task::spawn_blocking(move || {
        // Held until the work is done, even if the client has gone.
        let _place = place;
        picture.decode().map(|()| picture)
    });
    let decoded = decoded.await.map_err(|it| stopped(&it))?;
    decoded.map(Some).map_err(PictureError::Refused)
}

/// Keeps the bytes of a picture that is served from here: its hash, and what it was found to be.
///
/// # Errors
///
/// A [`PictureError`]; it is not kept then.
pub async fn keep_picture(
    pool: &PgPool,
    bytes: Vec<u8>,
) -> Result<(ContentHash, ImageKind), PictureError> {
    let picture = Picture::of_bytes(bytes).map_err(PictureError::Refused)?;
    let name = (picture.sha256.clone(), picture.kind);
    if let Some(picture) = prove(pool, picture).await? {
        keep(pool, picture).await?;
    }
    Ok(name)
}

async fn is_kept(pool: &PgPool, picture: &Picture) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM item_image WHERE sha256 = $1 AND media_type = $2)",
    )
    .bind(picture.sha256.as_str())
    .bind(picture.kind.media_type())
    .fetch_one(pool)
    .await
}

/// Keeps a picture; the same bytes are kept once.
pub(super) async fn keep(pool: &PgPool, picture: Picture) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO item_image (sha256, media_type, bytes) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
    )
    .bind(picture.sha256.as_str())
    .bind(picture.kind.media_type())
    .bind(picture.bytes)
    .execute(pool)
    .await?;
    Ok(())
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
