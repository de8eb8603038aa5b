//! The fields of an endpoint, read and checked.

use std::num::{NonZeroU16, NonZeroU32};

use url::Url;

use crate::{
    api::{ApiError, problems::Problems},
    domain::{
        game::{DeliveryLimits, Endpoint, EndpointChange, PayloadShape, WebhookType},
        text::DisplayName,
        violation::Violation,
        world::World,
    },
    proto::webhooks::v1::{ChangeEndpointRequest, CreateEndpointRequest},
    webhooks::{TargetPolicy, read_endpoint_url, read_shape, read_webhook_types, types_refused},
};

/// The endpoint that a request asks for.
///
/// # Errors
///
/// [`ApiError::InvalidFields`] with all of them.
pub(super) fn endpoint(
    world: World,
    targets: &TargetPolicy,
    request: CreateEndpointRequest,
) -> Result<Endpoint, ApiError> {
    let mut read = Reader::default();
    let url = read.url(targets, &request.url);
    let shape = read.shape(request.shape.as_deref());
    let types = read.types(&request.types);
    let description = request.description.filter(|it| !it.is_empty());
    let description = read.description(description);
    let at_once = request.at_once.and_then(|it| read.at_once(it));
    let per_second = request.per_second.and_then(|it| read.per_second(it));
    read.0.none()?;
    let (Some(url), Some(types)) = (url, types) else {
        return Err(ApiError::Unknown);
    };
    let shape = shape.unwrap_or(PayloadShape::Flat);
    let types = if types.is_empty() { shape.usual_types() } else { types };
    let limits = DeliveryLimits { at_once, per_second };
    Ok(Endpoint { world, url, shape, types, description, limits })
}

/// What a request wants to be different. An empty description is none, and a limit of 0 the usual one.
///
/// # Errors
///
/// [`ApiError::InvalidFields`] with all of them.
pub(super) fn change(
    targets: &TargetPolicy,
    request: ChangeEndpointRequest,
) -> Result<EndpointChange, ApiError> {
    let mut read = Reader::default();
    let change = EndpointChange {
        url: request.url.and_then(|it| read.url(targets, &it)),
        shape: read.shape(request.shape.as_deref()),
        types: read.types(&request.types).filter(|it| !it.is_empty()),
        description: request.description.map(|it| match it {
            it if it.is_empty() => None,
            it => read.description(Some(it)),
        }),
        at_once: request.at_once.map(|it| if it == 0 { None } else { read.at_once(it) }),
        per_second: request.per_second.map(|it| if it == 0 { None } else { read.per_second(it) }),
    };
    read.0.none()?;
    Ok(change)
}

/// Reads the shape of bodies; flat, if none is given.
pub(super) fn shape(text: Option<&str>) -> Result<PayloadShape, ApiError> {
    let mut read = Reader::default();
    let shape = read.shape(text);
    read.0.none()?;
    Ok(shape.unwrap_or(PayloadShape::Flat))
}

/// What the game's rules say of a field, as a complaint about that field.
pub(super) fn about_fields(refusal: ApiError) -> ApiError {
    let violation = match &refusal {
        ApiError::Game(error) => types_refused(error),
        _ => None,
    };
    violation.map_or(refusal, |it| ApiError::field("types", "invalid_argument", it))
}

/// Reads fields, and keeps what is wrong with them.
#[derive(Default)]
struct Reader(Problems);

impl Reader {
    fn check<T>(&mut self, field: &'static str, read: Result<T, Violation>) -> Option<T> {
        self.0.check(field, "invalid_argument", read)
    }

    fn url(&mut self, targets: &TargetPolicy, text: &str) -> Option<Url> {
        self.check("url", read_endpoint_url(targets, text))
    }

    fn shape(&mut self, text: Option<&str>) -> Option<PayloadShape> {
        self.check("shape", read_shape(text?))
    }

    fn types(&mut self, texts: &[String]) -> Option<Vec<WebhookType>> {
        self.check("types", read_webhook_types(texts))
    }

    fn description(&mut self, text: Option<String>) -> Option<DisplayName> {
        self.check("description", text.map(DisplayName::parse).transpose()).flatten()
    }

    fn at_once(&mut self, number: i32) -> Option<NonZeroU16> {
        self.check("at_once", DeliveryLimits::parse_at_once(&number.to_string()))
    }

    fn per_second(&mut self, number: i32) -> Option<NonZeroU32> {
        self.check("per_second", DeliveryLimits::parse_per_second(&number.to_string()))
    }
}
