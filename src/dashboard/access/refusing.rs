//! The answer that says why there is no other.

use axum::response::Response;

use super::views::{Trouble, trouble_page};
use crate::dashboard::answer::page;

/// A page that says what is the trouble.
pub(super) fn trouble(trouble: Trouble) -> Response {
    page(trouble.status(), |nonce| trouble_page(trouble, nonce))
}
