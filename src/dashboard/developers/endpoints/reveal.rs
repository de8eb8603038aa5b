//! An endpoint's secret, shown to who has just proved who they are and says what for.

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use maud::html;

use super::{
    super::{endpoint_of, paths, refused::not_here, snippets::Language},
    Which,
    page::answered,
    second_look::Look,
    secret_view::{Revealed, revealed},
};
use crate::{
    dashboard::{
        Dashboard, Place,
        access::{Act, Fields, Visitor, ask_for_proof},
        answer::page,
    },
    domain::game::RegisteredEndpoint,
};

/// In which language the page explains how to use it.
pub(super) const LANGUAGE: &str = "language";

const LOOK: Look = Look {
    act: "reveal",
    title: "Reveal a secret",
    question: "Reveal the signing secret?",
    meaning: |_| {
        html! {
            p class="lead" {
                "Whoever has it can sign what your server takes for ours. That you have seen it, and why, stands in the \
                 history."
            }
        }
    },
    button: "Reveal the secret",
    tone: "primary",
    keep: "Leave it hidden",
};

/// `GET …/endpoints/{endpoint_id}/reveal`: it shows no secret yet.
pub(super) async fn reveal_page(
    State(desk): State<Dashboard>,
    place: Place,
    visitor: Visitor,
    Path(Which { endpoint_id }): Path<Which>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let language = language(&Fields::read(query.unwrap_or_default().as_bytes()));
    let here = here(&place, it, language);
    if let Some(to_prove) = ask_for_proof(visitor.stay(), &desk, &here) {
        return to_prove;
    }
    LOOK.ask(&place, it, &[(LANGUAGE, language.word())])
}

/// `POST …/endpoints/{endpoint_id}/reveal`: each time stands in the log.
pub(super) async fn reveal_secret(
    State(desk): State<Dashboard>,
    place: Place,
    Path(Which { endpoint_id }): Path<Which>,
    act: Act,
) -> Response {
    let Some(it) = endpoint_of(&place, &endpoint_id) else { return not_here(&place) };
    let language = language(&act.fields);
    if let Some(to_prove) = act.ask_for_proof(&desk, &here(&place, it, language)) {
        return to_prove;
    }
    let hidden = [(LANGUAGE, language.word())];
    if let Some(asked_again) = LOOK.without_why(&place, it, &hidden, &act) {
        return asked_again;
    }
    let secrets = act.admin(&desk).reveal_secrets(&place.game_id, it.endpoint_id.clone()).await;
    match secrets {
        Ok(rotation) => {
            let view = Revealed { place: &place, endpoint: it, rotation: &rotation, language };
            page(StatusCode::OK, |nonce| revealed(&view, nonce))
        }
        Err(error) => answered(&desk, &place, it, Err(error)).await,
    }
}

fn here(place: &Place, it: &RegisteredEndpoint, language: Language) -> String {
    let path = paths::of_endpoint(place, it.endpoint_id.as_str(), LOOK.act);
    format!("{path}?{LANGUAGE}={}", language.word())
}

fn language(fields: &Fields) -> Language {
    Language::chosen(fields.text(LANGUAGE))
}
