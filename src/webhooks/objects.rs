//! A session, a payment and a refund as clients see them: the fields of the public contract, in
//! snake_case.
//!
//! Only copies from the folded state. What nobody knows (an erased player, a payment's details)
//! is an empty text; what has not happened is left out.

use chrono::SecondsFormat;
use serde::Serialize;
use url::Url;

use crate::domain::{
    Timestamp,
    id::{PaymentId, SessionId},
    image::ItemImage,
    item::Item,
    session::{
        Attempt, DeclineReason, PaymentStatus, Refund, RefundStatus, SessionState, SessionStatus,
        Stage,
    },
};

/// Where players' browsers find us.
#[derive(Clone, Debug)]
pub struct PublicUrls {
    /// The payment page of a session is its id below this.
    pub pay_base_url: Url,
}

/// The folder below the pay host in which stored pictures are served by content hash.
pub const IMAGE_FOLDER: &str = "images";

impl PublicUrls {
    /// The payment page of a session.
    pub fn session(&self, session_id: &SessionId) -> String {
        format!("{}/{session_id}", self.base())
    }

    fn image(&self, image: &ItemImage) -> String {
        match image {
            ItemImage::Stored { sha256, .. } => format!("{}/{IMAGE_FOLDER}/{sha256}", self.base()),
            ItemImage::Linked { url } => url.to_string(),
        }
    }

    fn base(&self) -> &str {
        self.pay_base_url.as_str().trim_end_matches('/')
    }
}

/// RFC 3339 in UTC, with as many digits of a second as are needed: 0, 3, 6 (as proto3 JSON).
pub(super) fn rfc3339(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[derive(Serialize)]
pub(super) struct ItemObject<'a> {
    title: &'a str,
    price: i64,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

impl<'a> ItemObject<'a> {
    /// The three fields that the getting-started guide prints.
    pub(super) fn brief(item: &'a Item) -> Self {
        Self {
            title: item.title.as_str(),
            price: item.price.minor_units(),
            currency: item.price.currency().code(),
            image: None,
            country: None,
        }
    }

    fn whole(item: &'a Item, urls: &PublicUrls) -> Self {
        Self {
            image: item.image.as_ref().map(|it| urls.image(it)),
            country: item.country.map(|it| it.to_string()),
            ..Self::brief(item)
        }
    }
}

#[derive(Serialize)]
pub(super) struct SessionObject<'a> {
    id: &'a str,
    url: String,
    status: &'static str,
    payment_id: &'a str,
    user_id: &'a str,
    game_id: &'a str,
    item: ItemObject<'a>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_at: Option<String>,
}

impl<'a> SessionObject<'a> {
    pub(super) fn of(id: &'a SessionId, state: &'a SessionState, urls: &PublicUrls) -> Self {
        let closed_as = |status| state.closed_at.filter(|_| state.status == status).map(rfc3339);
        Self {
            id: id.as_str(),
            url: urls.session(id),
            status: state.status.as_str(),
            payment_id: payment_id(state).map(PaymentId::as_str).unwrap_or_default(),
            user_id: user_id(state),
            game_id: state.game_id.as_str(),
            item: ItemObject::whole(&state.item, urls),
            created_at: rfc3339(state.created_at),
            paid_at: closed_as(SessionStatus::Paid),
            failed_at: closed_as(SessionStatus::Failed),
            cancelled_at: closed_as(SessionStatus::Cancelled),
            expired_at: closed_as(SessionStatus::Expired),
        }
    }
}

/// The game's name for the player, or nothing once it was erased.
pub(super) fn user_id(state: &SessionState) -> &str {
    state.user_id.known().map(|it| it.as_str()).unwrap_or_default()
}

/// The attempt that paid, else the latest.
fn payment_id(state: &SessionState) -> Option<&PaymentId> {
    let paid = state.attempts.iter().find(|it| it.stage == Stage::Paid);
    paid.or(state.attempts.last()).map(|it| &it.payment_id)
}

#[derive(Serialize)]
pub(super) struct PaymentObject<'a> {
    id: &'a str,
    session_id: &'a str,
    status: &'static str,
    amount: i64,
    currency: &'static str,
    method: &'static str,
    /// Reserved by the contract. We know nothing of an instrument beyond its method.
    details: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorized_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    succeeded_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
}

impl<'a> PaymentObject<'a> {
    pub(super) fn of(session_id: &'a SessionId, attempt: &'a Attempt) -> Self {
        let is_failed = attempt.status() == PaymentStatus::Failed;
        Self {
            id: attempt.payment_id.as_str(),
            session_id: session_id.as_str(),
            status: attempt.status().as_str(),
            amount: attempt.amount.minor_units(),
            currency: attempt.amount.currency().code(),
            method: attempt.method.as_str(),
            details: "",
            created_at: rfc3339(attempt.started_at),
            authorized_at: attempt.authorized_at.map(rfc3339),
            cancelled_at: attempt.cancelled_at.map(rfc3339),
            succeeded_at: attempt.succeeded_at.map(rfc3339),
            failed_at: attempt.failed_at.map(rfc3339),
            refunded_at: attempt.refunded_at.map(rfc3339),
            error: attempt.decline.filter(|_| is_failed).map(ErrorObject::of),
        }
    }
}

#[derive(Serialize)]
pub(super) struct RefundObject<'a> {
    id: &'a str,
    payment_id: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    succeeded_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
}

impl<'a> RefundObject<'a> {
    pub(super) fn of(refund: &'a Refund) -> Self {
        let settled_as =
            |status| refund.settled_at.filter(|_| refund.status == status).map(rfc3339);
        Self {
            id: refund.refund_id.as_str(),
            payment_id: refund.payment_id.as_str(),
            status: refund.status.as_str(),
            reason: refund.reason.known().and_then(Option::as_ref).map(|it| it.as_str()),
            created_at: rfc3339(refund.requested_at),
            succeeded_at: settled_as(RefundStatus::Succeeded),
            failed_at: settled_as(RefundStatus::Failed),
            cancelled_at: settled_as(RefundStatus::Cancelled),
            error: refund.decline.map(ErrorObject::of),
        }
    }
}

#[derive(Serialize)]
struct ErrorObject {
    code: &'static str,
    message: &'static str,
}

impl ErrorObject {
    fn of(reason: DeclineReason) -> Self {
        Self { code: reason.as_str(), message: reason.sentence() }
    }
}
