//! Turns `proto/` into Rust: messages, services, and JSON that is spelled as our guide spells it.
//!
//! No `protoc` is needed: `protox` compiles the files. buffa's JSON follows each field's
//! `json_name`, so rewriting these makes output snake_case, and a serde alias keeps lowerCamelCase
//! accepted. Reflection gets the untouched descriptors: generated clients spell JSON as protobuf does.

mod describe;

use std::{env, error::Error, fs, path::PathBuf};

use protox::prost::Message;
use protox::prost_reflect::prost_types::DescriptorProto;

const FILES: [&str; 7] = [
    "google/rpc/error_details.proto",
    "pay/v1/common.proto",
    "pay/v1/payment.proto",
    "pay/v1/refund.proto",
    "wallet/v1/common.proto",
    "wallet/v1/account.proto",
    "webhooks/v1/webhooks.proto",
];

/// Whose services and messages are described.
const DESCRIBED: [&str; 3] = ["pay.v1", "wallet.v1", "webhooks.v1"];

/// Served by a library, which does not bring it: for reflection only.
const HEALTH: &str = "grpc/health/v1/health.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");
    let out = PathBuf::from(env::var("OUT_DIR")?);

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_source_info(true).include_imports(true).open_files(FILES)?;
    let mut descriptors = compiler.file_descriptor_set();
    let description = describe::describe(&compiler.descriptor_pool(), &DESCRIBED)?;
    fs::write(out.join("description.rs"), description)?;
    compiler.open_file(HEALTH)?;
    fs::write(out.join("reflection.bin"), compiler.encode_file_descriptor_set())?;

    let mut aliases = vec![];
    for file in &mut descriptors.file {
        let package = format!(".{}", file.package());
        for message in &mut file.message_type {
            spell_as_snake_case(message, &package, &mut aliases);
        }
    }
    let rewritten = out.join("descriptors.bin");
    fs::write(&rewritten, descriptors.encode_to_vec())?;

    let mut codegen = connectrpc_build::CodeGenConfig::default();
    codegen.field_attributes = aliases;
    connectrpc_build::Config::new()
        .buffa_config(codegen)
        .generate_json(true)
        // It would watch what this script itself writes, and everything would be built anew each time.
        .emit_rerun_directives(false)
        .descriptor_set(&rewritten)
        .files(&FILES)
        .include_file("_connectrpc.rs")
        .compile()?;
    Ok(())
}

/// Names each field in JSON as the proto does, and remembers its lowerCamelCase name as an alias.
fn spell_as_snake_case(
    message: &mut DescriptorProto,
    parent: &str,
    aliases: &mut Vec<(String, String)>,
) {
    let path = format!("{parent}.{}", message.name());
    for field in &mut message.field {
        let (name, camel) = (field.name().to_owned(), field.json_name().to_owned());
        if camel != name {
            aliases.push((format!("{path}.{name}"), format!("#[serde(alias = \"{camel}\")]")));
            field.json_name = Some(name);
        }
    }
    for nested in &mut message.nested_type {
        spell_as_snake_case(nested, &path, aliases);
    }
}
