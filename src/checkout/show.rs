//! Shows a session as the log knows it: the page that fits, and its status for a waiting script.
//!
//! Nothing is shown as paid before the event is committed, since nothing but the log is read.

use std::time::{Duration, Instant};

use axum::{
    Json,
    extract::Path,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};

use super::{
    card_form::CardProblems,
    desk::{Desk, Unshowable, sound, went_wrong},
    frame::problem,
    look_ups::Known,
    page_response,
    views::{
        ActionUrl, ActionView, LateMoney, Notice, Outcome, PayView, Problem, ResultView,
        StatusAnswer, Summary, View, WaitingView, WaitsFor, action_page, pay_page, result_page,
        waiting_page,
    },
};
use crate::{
    domain::{
        colour::Accent,
        id::{PaymentId, SessionId},
        image::ItemImage,
        session::{
            Attempt, CaptureMode, DECLINED_ATTEMPTS_MAX, LATE_REFUNDS_FAILED_MAX, RefundStatus,
            Session, SessionCommand, SessionState, SessionStatus, Stage, VOIDED_ATTEMPTS_MAX,
        },
        text::DisplayName,
        world::World,
    },
    ids::NewId,
    projections::game::GameRow,
    providers::ChargeAnswer,
};

/// How long a provider may take to say whether the player has a step to pass.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(2);

/// What a form just sent was told, and what of it stands in the page again.
#[derive(Default)]
pub(super) struct Told {
    pub(super) notice: Option<Notice>,
    pub(super) problems: CardProblems,
    pub(super) expiry: Option<String>,
}

/// Whether the provider is asked anew where only it knows what comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Always: whoever loads the page may just have come back from the bank.
    Anew,
    /// Not if its word is recent.
    Recent,
}

/// `GET /{session_id}`: the first view of a page on which one can pay is an event.
pub(super) async fn page(desk: Desk, Path(id): Path<String>, method: Method) -> Response {
    let Ok(session_id) = SessionId::parse(id) else { return problem(Problem::NotFound) };
    let state = match desk.current(&session_id).await {
        Ok(Some(state)) => state,
        Ok(None) => return problem(Problem::NotFound),
        Err(error) => return went_wrong(&error, &session_id),
    };
    let is_seen = method == Method::GET;
    if is_seen && state.page_opened_at.is_none() && state.status == SessionStatus::Pending {
        let command = SessionCommand::OpenPage { at: desk.clock.now() };
        let context = desk.context("player");
        if let Err(error) =
            desk.store.execute::<Session>(session_id.as_str(), command, &context).await
        {
            // The player can pay all the same.
            tracing::warn!(%error, %session_id, "the first view of a page could not be noted");
        }
    }
    draw(&desk, &session_id, &state, Told::default()).await
}

/// `GET /{session_id}/status`: which page would be shown now.
pub(super) async fn status(desk: Desk, Path(id): Path<String>) -> Response {
    let Ok(session_id) = SessionId::parse(id) else { return StatusCode::NOT_FOUND.into_response() };
    match desk.current(&session_id).await {
        Ok(Some(state)) => {
            let view = step(&desk, &state, Look::Recent).await.view();
            Json(StatusAnswer { view, status: state.status }).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::warn!(%error, %session_id, "a status could not be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Draws the page that fits, with what a form just sent was told.
pub(super) async fn draw(
    desk: &Desk,
    session_id: &SessionId,
    state: &SessionState,
    told: Told,
) -> Response {
    let summary = match summary(desk, state).await {
        Ok(summary) => summary,
        Err(error) => return went_wrong(&error, session_id),
    };
    let session_id = session_id.clone();
    match step(desk, state, Look::Anew).await {
        Step::Pay => {
            let view = PayView {
                session_id,
                payment_id: PaymentId::new(desk.clock.now()),
                summary,
                notice: told.notice.or_else(|| last_setback(state)),
                problems: told.problems,
                expiry: told.expiry,
                // The wallet is simulated, so only money that is pretended goes through it.
                apple_pay: state.world == World::Test,
            };
            let is_sound = view.problems == CardProblems::default();
            let status = if is_sound { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            page_response(status, |nonce| pay_page(&view, nonce))
        }
        Step::Wait(waits_for) => {
            let view = WaitingView { session_id, summary, waits_for };
            page_response(StatusCode::OK, |nonce| waiting_page(&view, nonce))
        }
        Step::Act(action_url) => {
            let view = ActionView { session_id, summary, action_url };
            page_response(StatusCode::OK, |nonce| action_page(&view, nonce))
        }
        Step::Over(outcome) => {
            let view = ResultView {
                session_id,
                summary,
                outcome,
                was_tried: !state.attempts.is_empty(),
                late: late_money(state),
                payment_id: paid(state).map(|it| it.payment_id.clone()),
                return_url: state.return_url.known().cloned(),
            };
            page_response(StatusCode::OK, |nonce| result_page(&view, nonce))
        }
    }
}

/// What the player can do now.
enum Step {
    Pay,
    Wait(WaitsFor),
    Act(ActionUrl),
    Over(Outcome),
}

impl Step {
    fn view(&self) -> View {
        match self {
            Self::Pay => View::Pay,
            Self::Wait(waits_for) => waits_for.view(),
            Self::Act(_) => View::Action,
            Self::Over(_) => View::Result,
        }
    }
}

async fn step(desk: &Desk, state: &SessionState, look: Look) -> Step {
    match state.status {
        SessionStatus::Paid => Step::Over(Outcome::Paid),
        SessionStatus::Cancelled => Step::Over(Outcome::Cancelled),
        SessionStatus::Expired => Step::Over(Outcome::Expired),
        SessionStatus::Failed => {
            let last = state.attempts.iter().rev().find_map(|it| it.decline);
            Step::Over(Outcome::Failed { reason: last })
        }
        SessionStatus::Pending => match state.attempt_under_way() {
            None => Step::Pay,
            Some(attempt) if attempt.stage == Stage::Processing => {
                let action_url = action_url(desk, attempt, look).await;
                action_url.map_or(Step::Wait(WaitsFor::Provider), Step::Act)
            }
            Some(attempt) => Step::Wait(turn(attempt)),
        },
    }
}

/// Where the player has a step to pass. Only the provider knows; without its word, we wait.
async fn action_url(desk: &Desk, attempt: &Attempt, look: Look) -> Option<ActionUrl> {
    let (payment_id, now) = (&attempt.payment_id, Instant::now());
    if look == Look::Recent
        && let Known::Recently(action_url) = desk.look_ups().recent(payment_id, now)
    {
        return action_url;
    }
    let provider = desk.providers.named(attempt.provider.as_str())?;
    let answer = tokio::time::timeout(LOOK_UP_WITHIN, provider.look_up(payment_id)).await;
    let action_url = match answer {
        Ok(Ok(Some(ChargeAnswer::ActionRequired { url }))) => ActionUrl::parse(&url),
        _ => None,
    };
    desk.look_ups().note(payment_id, now, action_url.clone());
    action_url
}

/// Whose turn it is, once the provider has taken or held money.
fn turn(attempt: &Attempt) -> WaitsFor {
    let is_asked_for = attempt.capture_mode == CaptureMode::Automatic || attempt.awaits_answer();
    match attempt.stage {
        Stage::Mismatched => WaitsFor::Us,
        Stage::Authorized if !is_asked_for => WaitsFor::Game,
        _ => WaitsFor::Provider,
    }
}

fn paid(state: &SessionState) -> Option<&Attempt> {
    state.attempts.iter().find(|it| it.stage == Stage::Paid)
}

/// Money that was taken and did not pay for the session.
fn late_money(state: &SessionState) -> Option<LateMoney> {
    state.attempts.iter().filter_map(|it| late_money_of(state, it)).max()
}

fn late_money_of(state: &SessionState, attempt: &Attempt) -> Option<LateMoney> {
    let refused = state
        .refunds
        .iter()
        .filter(|it| it.payment_id == attempt.payment_id && it.status == RefundStatus::Failed);
    match attempt.stage {
        Stage::PaidLate | Stage::Mismatched if 1 < attempt.taken().count() => {
            Some(LateMoney::Unsettled)
        }
        Stage::PaidLate | Stage::Mismatched if attempt.refunded.is_some() => {
            Some(LateMoney::Returned)
        }
        Stage::PaidLate if refused.count() < LATE_REFUNDS_FAILED_MAX => Some(LateMoney::GoingBack),
        Stage::PaidLate | Stage::Mismatched => Some(LateMoney::Unsettled),
        // The price, and something else besides.
        Stage::Paid if !attempt.disputed.is_empty() => Some(LateMoney::Unsettled),
        Stage::Paid | Stage::Processing | Stage::Authorized | Stage::Declined | Stage::Voided => {
            None
        }
    }
}

/// Why the last attempt came to nothing, and how many are left.
pub(super) fn last_setback(state: &SessionState) -> Option<Notice> {
    let last = state.attempts.last()?;
    let left = |max: usize| u32::try_from(max.saturating_sub(state.attempts_at(last.stage))).ok();
    match (last.stage, last.decline) {
        (Stage::Declined, Some(reason)) => {
            Some(Notice::Declined { reason, attempts_left: left(DECLINED_ATTEMPTS_MAX) })
        }
        (Stage::Voided, _) => Some(Notice::LetGo { attempts_left: left(VOIDED_ATTEMPTS_MAX) }),
        _ => None,
    }
}

async fn summary(desk: &Desk, state: &SessionState) -> Result<Summary, sqlx::Error> {
    let game_id = state.game_id.as_str();
    let game = GameRow::find(&desk.pool, game_id).await?;
    let logo_url = game.as_ref().and_then(|it| it.logo.as_ref()).map(|it| it.path());
    // It goes into a style: read by today's rule, whatever the row has.
    let accent = game.as_ref().and_then(|it| Accent::parse(it.accent.as_deref()?).ok());
    let name = game.and_then(|it| DisplayName::parse(it.name).ok());
    // A game id keeps the rule of names too.
    let name = name.or_else(|| DisplayName::parse(game_id).ok()).ok_or(sqlx::Error::RowNotFound)?;
    let image_url = state.item.image.as_ref().map(|image| match image {
        ItemImage::Stored { sha256, .. } => format!("/images/{sha256}"),
        ItemImage::Linked { url } => url.to_string(),
    });
    Ok(Summary {
        game_name: name,
        item_title: state.item.title.clone(),
        total: state.item.price,
        image_url,
        logo_url,
        accent,
        world: state.world,
    })
}

impl Desk {
    /// The session as it is, after ending it if its time is over. `None`: there is none.
    pub(super) async fn current(
        &self,
        session_id: &SessionId,
    ) -> Result<Option<Box<SessionState>>, Unshowable> {
        let id = session_id.as_str();
        let Some(state) = sound(self.store.load::<Session>(id, None).await?.aggregate)? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let is_due = state.status == SessionStatus::Pending
            && state.expires_at <= now
            && state.attempt_under_way().is_none();
        if !is_due {
            return Ok(Some(state));
        }
        let command = SessionCommand::Expire { at: now };
        match self.store.execute::<Session>(id, command, &self.context("process:clock")).await {
            Ok(executed) => sound(executed.aggregate),
            // The clock's own process does it a little later.
            Err(error) => {
                tracing::warn!(%error, %session_id, "a session could not be expired");
                Ok(Some(state))
            }
        }
    }
}
