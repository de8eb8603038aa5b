//! The hosted payment page: what a player sees, and what a player's forms say.
//!
//! `routes`, `show` and `forms` translate between browsers and commands. Pages are drawn from
//! plain views and forms are read into plain values, so these can be tried without a server. No
//! rule about money stands here: the domain decides, the page shows.

mod desk;
mod forms;
mod frame;
mod look_ups;
mod routes;
mod show;

pub mod card_form;
pub mod views;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::Markup;

pub use desk::Checkout;

use crate::page_headers::{Contents, Nonce, page_headers};

/// Answers with a page, whose script and style carry the nonce that the headers allow.
pub fn page_response(status: StatusCode, draw: impl FnOnce(&Nonce) -> Markup) -> Response {
    let nonce = Nonce::generate();
    (status, page_headers(&nonce, Contents::ScriptAndPictures), draw(&nonce)).into_response()
}
