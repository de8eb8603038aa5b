//! `…/settings`: what stands in the log now, and what somebody wants instead.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    PATH,
    form::SettingsForm,
    look_form::{LOGO, LookForm},
    seen::{SEEN, mark},
    view::{Done, SettingsView, Wrong, settings_page},
};
use crate::{
    admin::AdminError,
    dashboard::{
        Dashboard, Place,
        access::{Act, Fields, Upload},
        answer::{not_found, page_with_pictures, see_other, went_wrong},
        views::FieldProblem,
    },
    domain::game::{Appearance, GameError, GameState},
};

/// `GET …/settings`
pub(super) async fn look_at(
    State(desk): State<Dashboard>,
    place: Place,
    RawQuery(query): RawQuery,
) -> Response {
    let state = match present(&desk, &place).await {
        Ok(state) => state,
        Err(refused) => return refused,
    };
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let view = SettingsView { done: Done::read(&fields), ..SettingsView::of(&place, &state) };
    page_with_pictures(StatusCode::OK, |nonce| settings_page(&view, nonce))
}

/// `POST …/settings`
pub(super) async fn change(State(desk): State<Dashboard>, place: Place, act: Act) -> Response {
    let state = match present(&desk, &place).await {
        Ok(state) => state,
        Err(refused) => return refused,
    };
    let form = SettingsForm::read(&act.fields);
    let settings = match form.parse() {
        Ok(settings) => settings,
        Err(problems) => {
            let view = SettingsView { form, ..SettingsView::of(&place, &state) };
            return show(view, Wrong::Settings(problems), StatusCode::BAD_REQUEST);
        }
    };
    // The same form, sent twice.
    if settings == state.settings {
        return done(&place, Done::Settings);
    }
    if mark(&state.settings) != act.fields.text(SEEN) {
        let view = SettingsView { form, ..SettingsView::of(&place, &state) };
        return show(view, Wrong::SettingsMeanwhile, StatusCode::CONFLICT);
    }
    let admin = act.admin(&desk);
    let changed = admin.replace_settings(&place.game_id, state.settings.clone(), settings).await;
    match changed {
        Ok(_) => done(&place, Done::Settings),
        Err(AdminError::Game(GameError::ChangedMeanwhile) | AdminError::Conflict) => {
            let now = present(&desk, &place).await.unwrap_or(state);
            let view = SettingsView { form, ..SettingsView::of(&place, &now) };
            show(view, Wrong::SettingsMeanwhile, StatusCode::CONFLICT)
        }
        Err(error) => went_wrong(&error),
    }
}

/// `POST …/settings/look`
pub(super) async fn change_look(
    State(desk): State<Dashboard>,
    place: Place,
    upload: Upload,
) -> Response {
    let Upload { act, file } = upload;
    let state = match present(&desk, &place).await {
        Ok(state) => state,
        Err(refused) => return refused,
    };
    let look = LookForm::read(&act.fields);
    let wrong = |look, problem| {
        let view = SettingsView { look, ..SettingsView::of(&place, &state) };
        show(view, Wrong::Look(vec![problem]), StatusCode::BAD_REQUEST)
    };
    let accent = match look.accent() {
        Ok(accent) => accent,
        Err(problem) => return wrong(look, problem),
    };
    let admin = act.admin(&desk);
    let kept = state.appearance.logo.clone().filter(|_| !look.without_logo);
    let logo = match file {
        None => kept,
        Some(bytes) => match admin.keep_logo(bytes).await {
            Ok(logo) => Some(logo),
            Err(AdminError::Picture(violation)) => {
                return wrong(look, FieldProblem { field: LOGO, label: "Logo", violation });
            }
            Err(error) => return went_wrong(&error),
        },
    };
    let wanted = Appearance { logo, accent };
    if wanted == state.appearance {
        return done(&place, Done::Look);
    }
    let seen = state.appearance.clone();
    let is_seen = mark(&seen) == act.fields.text(SEEN);
    let changed = match is_seen {
        true => admin.replace_appearance(&place.game_id, seen, wanted).await.map(drop),
        false => Err(AdminError::Conflict),
    };
    match changed {
        Ok(()) => done(&place, Done::Look),
        Err(AdminError::Game(GameError::ChangedMeanwhile) | AdminError::Conflict) => {
            let now = present(&desk, &place).await.unwrap_or(state);
            let view = SettingsView { look, ..SettingsView::of(&place, &now) };
            show(view, Wrong::LookMeanwhile, StatusCode::CONFLICT)
        }
        Err(error) => went_wrong(&error),
    }
}

async fn present(desk: &Dashboard, place: &Place) -> Result<GameState, Response> {
    match desk.admin.game_state(&place.game_id).await {
        Ok(state) => Ok(state),
        Err(AdminError::Game(GameError::NotFound)) => Err(not_found()),
        Err(error) => Err(went_wrong(&error)),
    }
}

fn done(place: &Place, done: Done) -> Response {
    see_other(&done.on(&place.path(PATH)))
}

fn show(view: SettingsView<'_>, wrong: Wrong, status: StatusCode) -> Response {
    let view = SettingsView { wrong, ..view };
    page_with_pictures(status, |nonce| settings_page(&view, nonce))
}
