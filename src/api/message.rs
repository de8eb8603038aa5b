//! Our rows as the contract's messages.

use buffa::MessageField;
use buffa_types::google::protobuf::Timestamp as Moment;
use url::Url;

use crate::{
    domain::{Timestamp, image::ItemImage, session::SessionStatus},
    projections::session::SessionRow,
    proto::pay::v1::{Item, Session},
};

/// The page on which a session is paid.
pub(super) fn payment_url(pay_base_url: &Url, session_id: &str) -> String {
    format!("{}/{session_id}", pay_base_url.as_str().trim_end_matches('/'))
}

/// A session as clients see it.
pub(super) fn session(row: SessionRow, pay_base_url: &Url) -> Session {
    let closed_as = |status: SessionStatus| {
        let closed_at = row.closed_at.filter(|_| row.status == status.as_str());
        closed_at.map_or_else(MessageField::none, |at| MessageField::some(moment(at)))
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

/// Where a browser finds an item's picture: at the game's, or on our own origin by content hash.
pub(super) fn image_url(image: &ItemImage, pay_base_url: &Url) -> String {
    match image {
        ItemImage::Stored { sha256, .. } => {
            format!("{}/images/{sha256}", pay_base_url.as_str().trim_end_matches('/'))
        }
        ItemImage::Linked { url } => url.to_string(),
    }
}

fn moment(at: Timestamp) -> Moment {
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default();
    Moment { seconds: at.timestamp(), nanos, ..Moment::default() }
}
