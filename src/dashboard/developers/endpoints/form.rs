//! The form of an endpoint, a new one or one that is changed: as it was typed, judged field by field by
//! what the API judges by.

use super::super::problems::{Named, Problems};
use crate::{
    dashboard::{access::Fields, views::FieldProblem},
    domain::{
        game::{DeliveryLimits, Endpoint, EndpointChange, PayloadShape},
        text::DisplayName,
        world::World,
    },
    webhooks::{TargetPolicy, read_endpoint_url, read_shape, read_webhook_types},
};

pub(super) const URL: Named = ("url", "URL");
pub(super) const DESCRIPTION: Named = ("description", "Description");
pub(super) const SHAPE: Named = ("shape", "Body");
pub(super) const TYPES: Named = ("types", "Types");
pub(super) const AT_ONCE: Named = ("at_once", "Deliveries at once");
pub(super) const PER_SECOND: Named = ("per_second", "Deliveries a second");

/// What was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) url: String,
    pub(super) description: String,
    pub(super) shape: String,
    pub(super) types: Vec<String>,
    pub(super) at_once: String,
    pub(super) per_second: String,
}

impl Typed {
    /// Before anything is: what a receiver expects that was built from the guide.
    pub(super) fn nothing() -> Self {
        let shape = PayloadShape::Flat;
        let types = shape.usual_types().iter().map(ToString::to_string).collect();
        Self { shape: shape.to_string(), types, ..Self::default() }
    }

    /// An endpoint as it is.
    pub(super) fn as_it_is(endpoint: &Endpoint) -> Self {
        let DeliveryLimits { at_once, per_second } = endpoint.limits;
        Self {
            url: endpoint.url.to_string(),
            description: endpoint.description.clone().map(String::from).unwrap_or_default(),
            shape: endpoint.shape.to_string(),
            types: endpoint.types.iter().map(ToString::to_string).collect(),
            at_once: at_once.map(|it| it.to_string()).unwrap_or_default(),
            per_second: per_second.map(|it| it.to_string()).unwrap_or_default(),
        }
    }

    /// What a form sent.
    pub(super) fn of(fields: &Fields) -> Self {
        let text = |(name, _): Named| fields.text(name).trim().to_owned();
        Self {
            url: text(URL),
            description: text(DESCRIPTION),
            shape: text(SHAPE),
            types: fields.all(TYPES.0).map(str::to_owned).collect(),
            at_once: text(AT_ONCE),
            per_second: text(PER_SECOND),
        }
    }

    /// The endpoint that is asked for.
    ///
    /// # Errors
    ///
    /// Every [`FieldProblem`] there is. What the game's rules say of its types comes later.
    pub(super) fn read(
        &self,
        world: World,
        targets: &TargetPolicy,
    ) -> Result<Endpoint, Vec<FieldProblem>> {
        let mut problems = Problems::default();
        let url = problems.check(URL, read_endpoint_url(targets, &self.url));
        let description =
            problems.check_some(DESCRIPTION, &self.description, |it| DisplayName::parse(it));
        let shape = problems.check(SHAPE, read_shape(&self.shape));
        let types = problems.check(TYPES, read_webhook_types(&self.types));
        let limits = DeliveryLimits {
            at_once: problems.check_some(AT_ONCE, &self.at_once, DeliveryLimits::parse_at_once),
            per_second: problems.check_some(
                PER_SECOND,
                &self.per_second,
                DeliveryLimits::parse_per_second,
            ),
        };
        match (url, shape, types, problems.into_list()) {
            (Some(url), Some(shape), Some(types), problems) if problems.is_empty() => {
                Ok(Endpoint { world, url, shape, types, description, limits })
            }
            (.., problems) => Err(problems),
        }
    }
}

/// All that an endpoint is, as what it is to be from now on.
pub(super) fn change_to(endpoint: Endpoint) -> EndpointChange {
    let Endpoint { world: _, url, shape, types, description, limits } = endpoint;
    EndpointChange {
        url: Some(url),
        shape: Some(shape),
        types: Some(types),
        description: Some(description),
        at_once: Some(limits.at_once),
        per_second: Some(limits.per_second),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::game::WebhookType, webhooks::Ports};

    fn targets() -> TargetPolicy {
        TargetPolicy::PublicHttps(Ports::default())
    }

    #[test]
    fn a_form_with_a_url_asks_for_what_the_guide_describes() {
        let url = "https://game.example/hook".to_owned();
        let read = Typed { url, ..Typed::nothing() }.read(World::Test, &targets()).unwrap();
        assert_eq!(read.types, [WebhookType::SessionPaid]);
        assert_eq!((read.shape, read.limits), (PayloadShape::Flat, DeliveryLimits::default()));
    }

    #[test]
    fn an_endpoint_that_is_sent_back_as_it_is_stays_as_it_is() {
        let url = "https://game.example/hook?a=b".parse().unwrap();
        let types = WebhookType::ALL.to_vec();
        let endpoint = Endpoint {
            description: Some(DisplayName::parse("Frankfurt").unwrap()),
            limits: DeliveryLimits {
                at_once: DeliveryLimits::parse_at_once("3").ok(),
                per_second: DeliveryLimits::parse_per_second("50").ok(),
            },
            ..Endpoint::new(World::Live, url, PayloadShape::Envelope, types)
        };
        let again = Typed::as_it_is(&endpoint).read(World::Live, &targets()).unwrap();
        assert_eq!(again, endpoint);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let typed = Typed {
            url: "http://127.0.0.1/".to_owned(),
            description: "x".repeat(101),
            shape: "round".to_owned(),
            types: vec!["session.done".to_owned()],
            at_once: "65".to_owned(),
            per_second: "0".to_owned(),
        };
        let problems = typed.read(World::Test, &targets()).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|it| it.field).collect();
        assert_eq!(fields, ["url", "description", "shape", "types", "at_once", "per_second"]);
    }
}
