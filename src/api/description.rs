//! What the API has, as the proto says it: services, methods with their routes, messages, comments.

/// Methods that belong together.
#[derive(Debug)]
pub(super) struct Service {
    /// With its package: `pay.v1.PaymentService`.
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) methods: &'static [Method],
}

/// One thing that can be asked for.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Whether it changes nothing.
    pub(super) reads: bool,
    /// By which it is called over REST.
    pub(super) verb: Verb,
    /// With its variables in braces: `/v1/sessions/{id}`.
    pub(super) path: &'static str,
    /// Whether the body has all fields that the path does not have; else the query has them.
    pub(super) has_body: bool,
    /// The field of the response that is the answer over REST; empty: all of it.
    pub(super) response_body: &'static str,
    /// A message's name.
    pub(super) request: &'static str,
    /// A message's name.
    pub(super) response: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
}

/// A request, a response, or a part of one.
#[derive(Debug)]
pub(super) struct Message {
    /// With its package: `pay.v1.Session`.
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) fields: &'static [Field],
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// The same in lowerCamelCase.
    pub(super) camel: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: Kind,
    pub(super) repeated: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int32,
    Bool,
    /// A `google.protobuf.Timestamp`.
    Moment,
    /// The message of that name.
    Message(&'static str),
}

include!(concat!(env!("OUT_DIR"), "/description.rs"));

/// The message of a name. Each that a method or a field names is there.
pub(super) fn message(name: &str) -> Option<&'static Message> {
    MESSAGES.iter().find(|it| it.name == name)
}

impl Message {
    /// The field of a name, in either spelling.
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|it| it.name == name || it.camel == name)
    }
}

impl Method {
    /// The variables of its path, in order.
    pub(super) fn variables(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'))
    }

    /// The fields of its request that its path does not have.
    pub(super) fn fields_beside_path(&self) -> impl Iterator<Item = &'static Field> {
        let fields = message(self.request).into_iter().flat_map(|it| it.fields);
        fields.filter(|field| self.variables().all(|it| it != field.name))
    }
}
