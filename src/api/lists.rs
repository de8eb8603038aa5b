//! `ListSessions`, `ListPayments` and `ListRefunds`: a page of what a game has, newest first.
//!
//! Right immediately after every change, on every process: the rows and their counts are written
//! with the events.

use super::{Api, ApiError, caller::Caller, message, problems::Problems};
use crate::{
    domain::{
        game::KeyScope,
        id::PaymentId,
        session::{RefundStatus, SessionStatus},
        text::UserId,
        violation::Violation,
    },
    projections::list::{Filter, Page, Window, page},
    proto::pay::v1::{
        ListPaymentsRequest, ListPaymentsResponse, ListRefundsRequest, ListRefundsResponse,
        ListSessionsRequest, ListSessionsResponse,
    },
};

/// How many rows a page has.
pub(super) const LIMIT_MIN: u32 = 1;
pub(super) const LIMIT_MAX: u32 = 250;
pub(super) const LIMIT_DEFAULT: u32 = 50;

/// `pay.v1.PaymentService/ListSessions`
pub(super) async fn list_sessions(
    api: &Api,
    caller: &Caller,
    request: ListSessionsRequest,
) -> Result<ListSessionsResponse, ApiError> {
    caller.require_scope(KeyScope::Read)?;
    caller.require_game(&request.game_id)?;
    let ListSessionsRequest { user_id, status, limit, offset, before_id, .. } = request;
    let mut asked = Asked::new(limit, offset, before_id.is_some());
    let user_id = asked.user_id(user_id);
    let known = |it: &str| SessionStatus::parse(it).map(SessionStatus::as_str);
    let rule = "must be pending, paid, failed, cancelled or expired";
    let status = asked.status(status, known, rule);
    let mut window = asked.window()?;
    if let Some(id) = before_id {
        let row = caller.session(&api.pool, id).await?;
        window.before = Some((row.created_at, row.id));
    }
    let filter = Filter { user_id: user_id.as_deref(), status, ..filter(caller) };
    let Page { rows, total, has_more } = page(&api.pool, filter, window).await?;
    let sessions = rows.into_iter().map(|it| message::session(it, &api.pay_base_url)).collect();
    let total = count(total);
    Ok(ListSessionsResponse { sessions, total, has_more, ..ListSessionsResponse::default() })
}

/// `pay.v1.PaymentService/ListPayments`
pub(super) async fn list_payments(
    api: &Api,
    caller: &Caller,
    request: ListPaymentsRequest,
) -> Result<ListPaymentsResponse, ApiError> {
    caller.require_scope(KeyScope::Read)?;
    caller.require_game(&request.game_id)?;
    let ListPaymentsRequest { user_id, limit, offset, before_id, .. } = request;
    let mut asked = Asked::new(limit, offset, before_id.is_some());
    let user_id = asked.user_id(user_id);
    let mut window = asked.window()?;
    if let Some(id) = before_id {
        let row = caller.payment(&api.pool, id).await?;
        window.before = Some((row.started_at, row.id));
    }
    let filter = Filter { user_id: user_id.as_deref(), ..filter(caller) };
    let Page { rows, total, has_more } = page(&api.pool, filter, window).await?;
    let payments = rows.into_iter().map(message::payment).collect();
    let total = count(total);
    Ok(ListPaymentsResponse { payments, total, has_more, ..ListPaymentsResponse::default() })
}

/// `pay.v1.RefundService/ListRefunds`: of a payment that is not the game's there are none, as of
/// one that never was.
pub(super) async fn list_refunds(
    api: &Api,
    caller: &Caller,
    request: ListRefundsRequest,
) -> Result<ListRefundsResponse, ApiError> {
    caller.require_scope(KeyScope::Read)?;
    let ListRefundsRequest { payment_id, status, limit, offset, before_id, .. } = request;
    let mut asked = Asked::new(limit, offset, before_id.is_some());
    let known = |it: &str| RefundStatus::parse(it).map(RefundStatus::as_str);
    let status = asked.status(status, known, "must be pending, succeeded, failed or cancelled");
    let mut window = asked.window()?;
    if let Some(id) = before_id {
        let row = caller.refund(&api.pool, id).await?;
        window.before = Some((row.requested_at, row.id));
    }
    let payment_id = payment_id.map(PaymentId::parse).transpose();
    let Ok(payment_id) = payment_id else { return Ok(ListRefundsResponse::default()) };
    let payment_id = payment_id.as_ref().map(PaymentId::as_str);
    let filter = Filter { payment_id, status, ..filter(caller) };
    let Page { rows, total, has_more } = page(&api.pool, filter, window).await?;
    let refunds = rows.into_iter().map(message::refund).collect();
    let total = count(total);
    Ok(ListRefundsResponse { refunds, total, has_more, ..ListRefundsResponse::default() })
}

/// All that the caller may see.
fn filter(caller: &Caller) -> Filter<'_> {
    Filter {
        game_id: &caller.game.id,
        world: caller.world,
        user_id: None,
        payment_id: None,
        status: None,
    }
}

/// What lists are asked in common, and what is wrong with it.
pub(super) struct Asked {
    limit: u32,
    offset: u32,
    problems: Problems,
}

impl Asked {
    pub(super) fn new(limit: Option<i32>, offset: Option<i32>, has_before: bool) -> Self {
        let mut problems = Problems::default();
        let limit = problems.check("limit", "invalid_argument", read_limit(limit));
        let offset = read_offset(offset, has_before);
        let offset = problems.check("offset", "invalid_argument", offset);
        Self { limit: limit.unwrap_or(LIMIT_DEFAULT), offset: offset.unwrap_or_default(), problems }
    }

    pub(super) fn user_id(&mut self, user_id: Option<String>) -> Option<String> {
        let user_id = user_id.map(UserId::parse).transpose();
        let user_id = self.problems.check("user_id", "invalid_argument", user_id);
        user_id.flatten().map(String::from)
    }

    fn status(
        &mut self,
        status: Option<String>,
        known: impl Fn(&str) -> Option<&'static str>,
        rule: &'static str,
    ) -> Option<&'static str> {
        let status = status.map(|it| known(&it).ok_or_else(|| Violation::new(rule, it)));
        self.problems.check("status", "invalid_argument", status.transpose()).flatten()
    }

    pub(super) fn window(self) -> Result<Window, ApiError> {
        self.problems.none()?;
        Ok(Window { limit: self.limit, offset: self.offset, before: None })
    }
}

pub(super) fn read_limit(limit: Option<i32>) -> Result<u32, Violation> {
    let Some(given) = limit else { return Ok(LIMIT_DEFAULT) };
    let limit = u32::try_from(given).ok().filter(|it| (LIMIT_MIN..=LIMIT_MAX).contains(it));
    limit.ok_or_else(|| Violation::of_number("must be 1 to 250", given))
}

fn read_offset(offset: Option<i32>, has_before: bool) -> Result<u32, Violation> {
    let given = offset.unwrap_or_default();
    if has_before && given != 0 {
        return Err(Violation::of_number("must be 0 where before_id is given", given));
    }
    u32::try_from(given).map_err(|_| Violation::of_number("must be 0 or more", given))
}

/// The contract's counts are int32: one that is larger is told as the largest.
fn count(total: i64) -> i32 {
    i32::try_from(total).unwrap_or(i32::MAX)
}
