//! Forms that are surely ours: sent from this origin, and with the token that each page of this stay has.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    response::Response,
};
use subtle::ConstantTimeEq;

use super::{
    fields::Fields,
    refusing::trouble,
    views::{Trouble, field},
    visitor::Newcomer,
};
use crate::{dashboard::Dashboard, page_headers::is_same_origin};

/// A form of somebody who is not in: it has no token, and what it does is no more than to come in.
pub(super) struct OpenForm(pub(super) Fields);

/// A form of somebody who is in.
pub(super) struct OwnForm {
    pub(super) fields: Fields,
    pub(super) newcomer: Newcomer,
}

impl FromRequest<Dashboard> for OpenForm {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Dashboard) -> Result<Self, Response> {
        if !is_same_origin(request.headers(), &desk.base_url) {
            return Err(trouble(Trouble::ForeignForm));
        }
        let bytes = Bytes::from_request(request, desk).await;
        bytes.map(|it| Self(Fields::read(&it))).map_err(|_| trouble(Trouble::Unreadable))
    }
}

impl FromRequest<Dashboard> for OwnForm {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Dashboard) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let newcomer = Newcomer::from_request_parts(&mut parts, desk).await?;
        let OpenForm(fields) =
            OpenForm::from_request(Request::from_parts(parts, body), desk).await?;
        let token = newcomer.form_token(&desk.people);
        let is_ours = token.as_bytes().ct_eq(fields.text(field::FORM_TOKEN).as_bytes());
        if !bool::from(is_ours) {
            return Err(trouble(Trouble::ForeignForm));
        }
        Ok(Self { fields, newcomer })
    }
}
