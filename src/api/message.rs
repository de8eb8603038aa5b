//! Our rows as the contract's messages.

use buffa::{Inline, MessageField};
use buffa_types::google::protobuf::Timestamp as Moment;
use url::Url;

use crate::{
    domain::{
        Timestamp,
        image::ItemImage,
        session::{DeclineReason, RefundStatus, SessionStatus},
    },
    projections::{payment::PaymentRow, refund::RefundRow, session::SessionRow},
    proto::pay::v1::{Error, Item, Payment, Refund, Session},
};

/// The page on which a session is paid.
pub(super) fn payment_url(pay_base_url: &Url, session_id: &str) -> String {
    format!("{}/{session_id}", pay_base_url.as_str().trim_end_matches('/'))
}

/// A session as clients see it.
pub(super) fn session(row: SessionRow, pay_base_url: &Url) -> Session {
    let closed_as = |status: SessionStatus| {
        some_moment(row.closed_at.filter(|_| row.status == status.as_str()))
    };
    Session {
        url: payment_url(pay_base_url, &row.id),
        created_at: MessageField::some(moment(row.created_at)),
        paid_at: closed_as(SessionStatus::Paid),
        failed_at: closed_as(SessionStatus::Failed),
        cancelled_at: closed_as(SessionStatus::Cancelled),
        expired_at: closed_as(SessionStatus::Expired),
        item: MessageField::some(Item {
            title: row.title,
            // The API lets no price in that is above this.
            price: i32::try_from(row.price).unwrap_or(i32::MAX),
            currency: row.currency,
            image: row.image.map(|it| image_url(&it, pay_base_url)),
            country: row.country,
            ..Item::default()
        }),
        id: row.id,
        status: row.status,
        payment_id: row.payment_id,
        user_id: row.user_id,
        game_id: row.game_id,
        ..Session::default()
    }
}

/// A payment as clients see it.
pub(super) fn payment(row: PaymentRow) -> Payment {
    Payment {
        id: row.id,
        session_id: row.session_id,
        status: row.status,
        // What is asked for is a price: the API lets none in that is above this.
        amount: i32::try_from(row.amount).unwrap_or(i32::MAX),
        currency: row.currency,
        method: row.method,
        created_at: MessageField::some(moment(row.started_at)),
        authorized_at: some_moment(row.authorized_at),
        cancelled_at: some_moment(row.cancelled_at),
        succeeded_at: some_moment(row.succeeded_at),
        failed_at: some_moment(row.failed_at),
        refunded_at: some_moment(row.refunded_at),
        error: why(row.error.as_deref()),
        ..Payment::default()
    }
}

/// A refund as clients see it.
pub(super) fn refund(row: RefundRow) -> Refund {
    let settled_as = |status: RefundStatus| {
        some_moment(row.settled_at.filter(|_| row.status == status.as_str()))
    };
    Refund {
        created_at: MessageField::some(moment(row.requested_at)),
        succeeded_at: settled_as(RefundStatus::Succeeded),
        failed_at: settled_as(RefundStatus::Failed),
        cancelled_at: settled_as(RefundStatus::Cancelled),
        error: why(row.error.as_deref()),
        id: row.id,
        payment_id: row.payment_id,
        status: row.status,
        reason: row.reason,
        ..Refund::default()
    }
}

/// Why a provider said no.
fn why(reason: Option<&str>) -> MessageField<Error, Inline<Error>> {
    let Some(reason) = reason.and_then(DeclineReason::parse) else { return MessageField::none() };
    let (code, message) = (reason.as_str().to_owned(), reason.sentence().to_owned());
    MessageField::some(Error { code, message, ..Error::default() })
}

/// Where a browser finds an item's picture: at the game's, or on our own origin by content hash.
pub(super) fn image_url(image: &ItemImage, pay_base_url: &Url) -> String {
    match image {
        ItemImage::Stored { sha256, .. } => {
            format!("{}/images/{sha256}", pay_base_url.as_str().trim_end_matches('/'))
        }
        ItemImage::Linked { url } => url.to_string(),
    }
}

pub(super) fn some_moment(at: Option<Timestamp>) -> MessageField<Moment, Inline<Moment>> {
    at.map_or_else(MessageField::none, |at| MessageField::some(moment(at)))
}

pub(super) fn moment(at: Timestamp) -> Moment {
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default();
    Moment { seconds: at.timestamp(), nanos, ..Moment::default() }
}

/// What [`moment`] wrote; `None` for one that no calendar has.
pub(super) fn timestamp(moment: &Moment) -> Option<Timestamp> {
    Timestamp::from_timestamp(moment.seconds, u32::try_from(moment.nanos).ok()?)
}
