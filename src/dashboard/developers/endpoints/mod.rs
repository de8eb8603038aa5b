//! Webhook endpoints: where they are, what goes there, and the secrets that sign it.

mod add;
mod edit;
mod expire_secrets;
mod form;
mod form_view;
mod page;
mod page_view;
mod remove;
mod reveal;
mod rotate_secret;
mod second_look;
mod secret_view;
mod switch;
mod test_event;

use serde::Deserialize;

use crate::{
    dashboard::table::{May, Row, form as act, page as look},
    domain::studio::Permission::{ChangeIntegration, SeeIntegration},
};

const NEW: &str = "/{game_id}/{world}/endpoints/new";
const PAGE: &str = "/{game_id}/{world}/endpoints/{endpoint_id}";
const EDIT: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/edit";
const PAUSE: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/pause";
const RESUME: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/resume";
const REMOVE: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/remove";
const TEST: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/test";
const REVEAL: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/reveal";
const ROTATE: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/rotate";
const EXPIRE: &str = "/{game_id}/{world}/endpoints/{endpoint_id}/expire";

/// Which endpoint.
#[derive(Deserialize)]
struct Which {
    endpoint_id: String,
}

pub(super) fn rows() -> Vec<Row> {
    let may = May::Game(ChangeIntegration);
    vec![
        look(NEW, may, add::new_endpoint_page),
        act(NEW, may, add::add_endpoint),
        look(PAGE, May::Game(SeeIntegration), page::endpoint_page),
        look(EDIT, may, edit::edit_page),
        act(EDIT, may, edit::edit_endpoint),
        look(PAUSE, may, switch::pause_page),
        act(PAUSE, may, switch::pause),
        act(RESUME, may, switch::resume),
        look(REMOVE, may, remove::remove_page),
        act(REMOVE, may, remove::remove_endpoint),
        act(TEST, may, test_event::send_test_event),
        look(REVEAL, may, reveal::reveal_page),
        act(REVEAL, may, reveal::reveal_secret),
        look(ROTATE, may, rotate_secret::rotate_page),
        act(ROTATE, may, rotate_secret::rotate_secret),
        look(EXPIRE, may, expire_secrets::expire_page),
        act(EXPIRE, may, expire_secrets::expire_secrets),
    ]
}
