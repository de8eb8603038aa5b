//! API keys: given out, replaced and refused again.

mod create;
mod form;
mod form_view;
mod revoke;
mod rotate;
mod shown;

use serde::Deserialize;

use crate::{
    dashboard::table::{May, Row, form as act, page},
    domain::studio::Permission::ChangeIntegration,
};

const NEW: &str = "/{game_id}/{world}/keys/new";
const ROTATE: &str = "/{game_id}/{world}/keys/{key_id}/rotate";
const REVOKE: &str = "/{game_id}/{world}/keys/{key_id}/revoke";

/// Which key.
#[derive(Deserialize)]
struct Which {
    key_id: String,
}

pub(super) fn rows() -> Vec<Row> {
    let may = May::Game(ChangeIntegration);
    vec![
        page(NEW, may, create::new_key_page),
        act(NEW, may, create::create_key),
        page(ROTATE, may, rotate::rotate_page),
        act(ROTATE, may, rotate::rotate_key),
        page(REVOKE, may, revoke::revoke_page),
        act(REVOKE, may, revoke::revoke_key),
    ]
}
