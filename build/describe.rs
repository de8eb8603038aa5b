//! Writes down what the API has, as Rust: services, methods with their routes, messages, fields, and
//! the comments of each. The REST side and its reference are made from it, so that neither can say
//! anything else than the proto.

use std::{error::Error, fmt::Write};

use protox::prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, Value, prost_types::method_options::IdempotencyLevel,
};

/// The option that holds a method's route.
const HTTP: &str = "google.api.http";
const MOMENT: &str = "google.protobuf.Timestamp";

/// The description of these packages, as the source of two statics.
pub(crate) fn describe(pool: &DescriptorPool, packages: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    writeln!(out, "pub(super) static SERVICES: &[Service] = &[")?;
    for service in pool.services().filter(|it| packages.contains(&it.package_name())) {
        let about = comment(&service.parent_file(), service.path());
        let name = service.full_name();
        writeln!(out, "Service {{ name: {name:?}, about: {about:?}, methods: &[")?;
        for method in service.methods() {
            describe_method(&mut out, pool, &method)?;
        }
        writeln!(out, "] }},")?;
    }
    writeln!(out, "];\npub(super) static MESSAGES: &[Message] = &[")?;
    for message in pool.all_messages().filter(|it| packages.contains(&it.package_name())) {
        describe_message(&mut out, &message)?;
    }
    writeln!(out, "];")?;
    Ok(out)
}

fn describe_method(
    out: &mut String,
    pool: &DescriptorPool,
    method: &MethodDescriptor,
) -> Result<(), Box<dyn Error>> {
    let name = method.name();
    let about = comment(&method.parent_file(), method.path());
    let http = pool.get_extension_by_name(HTTP).ok_or("google.api.http is not there")?;
    let options = method.options();
    let rule = options.get_extension(&http);
    let rule = rule.as_message().ok_or("a route is a message")?;
    let text = |field: &str| text(rule, field);
    let (verb, path) = match (text("get"), text("post")) {
        (path, none) if none.is_empty() && !path.is_empty() => ("Get", path),
        (none, path) if none.is_empty() && !path.is_empty() => ("Post", path),
        _ => return Err(format!("{name} needs a route: GET or POST").into()),
    };
    let (has_body, response_body) = (text("body") == "*", text("response_body"));
    let level = method.method_descriptor_proto().options.as_ref().map(|it| it.idempotency_level());
    let reads = level == Some(IdempotencyLevel::NoSideEffects);
    let (input, output) = (method.input(), method.output());
    let (input, output) = (input.full_name(), output.full_name());
    writeln!(
        out,
        "Method {{ name: {name:?}, about: {about:?}, reads: {reads}, verb: Verb::{verb}, \
         path: {path:?}, has_body: {has_body}, response_body: {response_body:?}, \
         request: {input:?}, response: {output:?} }},"
    )?;
    Ok(())
}

fn describe_message(out: &mut String, message: &MessageDescriptor) -> Result<(), Box<dyn Error>> {
    let about = comment(&message.parent_file(), message.path());
    let name = message.full_name();
    writeln!(out, "Message {{ name: {name:?}, about: {about:?}, fields: &[")?;
    for field in message.fields() {
        let about = comment(&message.parent_file(), field.path());
        let (name, camel, kind) = (field.name(), field.json_name(), kind(&field)?);
        let repeated = field.is_list();
        writeln!(
            out,
            "Field {{ name: {name:?}, camel: {camel:?}, about: {about:?}, kind: {kind}, \
             repeated: {repeated} }},"
        )?;
    }
    writeln!(out, "] }},")?;
    Ok(())
}

fn kind(field: &FieldDescriptor) -> Result<String, Box<dyn Error>> {
    Ok(match field.kind() {
        Kind::String => "Kind::Text".to_owned(),
        Kind::Int32 => "Kind::Int32".to_owned(),
        Kind::Bool => "Kind::Bool".to_owned(),
        Kind::Message(it) if it.full_name() == MOMENT => "Kind::Moment".to_owned(),
        Kind::Message(it) => format!("Kind::Message({:?})", it.full_name()),
        kind => return Err(format!("{}: {kind:?} is not described yet", field.full_name()).into()),
    })
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The comment that stands before a thing, each paragraph on one line.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let file = file.file_descriptor_proto();
    let locations = file.source_code_info.iter().flat_map(|it| &it.location);
    let comment = locations.into_iter().find(|it| it.path == path);
    let comment = comment.map(|it| it.leading_comments()).unwrap_or_default();
    let paragraphs = comment.split("\n\n").chain([]);
    let joined = paragraphs.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    joined.collect::<Vec<_>>().join("\n\n").trim().to_owned()
}
