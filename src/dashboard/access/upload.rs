//! Forms that bring a file: checked as all others are.

use axum::{
    extract::{FromRequest, FromRequestParts, Multipart, Request, multipart::MultipartError},
    http::header::CONTENT_TYPE,
    response::Response,
};

use super::{act::Act, fields::Fields, refusing::trouble, views::Trouble, visitor::Newcomer};
use crate::{dashboard::Dashboard, page_headers::is_same_origin};

/// What a browser says of a form that brings a file (RFC 7578).
const MULTIPART: &str = "multipart/form-data";

/// A form of somebody who is in, and the file that came with it; none, if nobody chose one.
pub(in crate::dashboard) struct Upload {
    pub(in crate::dashboard) act: Act,
    pub(in crate::dashboard) file: Option<Vec<u8>>,
}

impl FromRequest<Dashboard> for Upload {
    type Rejection = Response;

    async fn from_request(request: Request, desk: &Dashboard) -> Result<Self, Response> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        if !kind.is_some_and(|it| it.starts_with(MULTIPART)) {
            return Ok(Self { act: Act::from_request(request, desk).await?, file: None });
        }
        let (mut parts, body) = request.into_parts();
        let newcomer = Newcomer::from_request_parts(&mut parts, desk).await?;
        if !is_same_origin(&parts.headers, &desk.base_url) {
            return Err(trouble(Trouble::ForeignForm));
        }
        let unreadable = || trouble(Trouble::Unreadable);
        let form = Multipart::from_request(Request::from_parts(parts, body), desk).await;
        let form = form.map_err(|_| unreadable())?;
        let (fields, file) = read(form).await.map_err(|_| unreadable())?;
        Ok(Self { act: Act::of(fields, newcomer, desk)?, file })
    }
}

async fn read(mut form: Multipart) -> Result<(Fields, Option<Vec<u8>>), MultipartError> {
    let (mut fields, mut file) = (vec![], None);
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if field.file_name().is_some() {
            // A browser sends an empty one where nobody chose any.
            file = Some(field.bytes().await?.to_vec()).filter(|it| !it.is_empty());
        } else {
            fields.push((name, field.text().await?));
        }
    }
    Ok((Fields::of(fields), file))
}
