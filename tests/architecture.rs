//! Keeps the layers apart: a folder may reach only what its row below allows.
//!
//! To let a folder reach something new, change its row, and say in the commit why the picture in
//! `docs/ARCHITECTURE.md` changes with it.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a panic in a test is a failed test")]

#[path = "architecture/paths.rs"]
mod paths;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use paths::{Reach, module_of, reaches_in, test_modules_in};

/// One folder or file at the top of `src/`, and module under the crate root.
struct Layer {
    name: &'static str,
    /// Modules that it may use as it likes.
    modules: &'static [&'static str],
    /// Modules of which it may use only what stands at their root: `crate::providers::Registry`,
    /// but nothing of `crate::providers::sandbox`.
    faces: &'static [&'static str],
    /// Dependencies from `Cargo.toml` that it may use; `None` means any.
    crates: Option<&'static [&'static str]>,
}

/// Plain helpers that every row but the domain's may use. They know the domain at most.
const TOOLS: [&str; 8] = [
    "clock",
    "crash_points",
    "design",
    "ids",
    "money_text",
    "page_headers",
    "rate_limits",
    "vault",
];

/// Put everything together, so they may use everything.
const COMPOSITION: [&str; 4] = ["app", "cli", "lib", "main"];

/// What each of them may show to those who serve people: see `Layer::faces`.
const FACES: &[&str] = &["audit", "figures", "people", "providers", "webhooks"];
/// And to those where people change things: what the command line does, under their name.
const FACES_OF_PEOPLE: &[&str] =
    &["acts", "admin", "audit", "figures", "people", "providers", "webhooks"];

const DOMAIN_CRATES: &[&str] =
    &["chrono", "cqrs_es", "data_encoding", "iso_currency", "serde", "thiserror", "url", "uuid"];

const LAYERS: &[Layer] = &[
    Layer { name: "domain", modules: &[], faces: &[], crates: Some(DOMAIN_CRATES) },
    row("event_store", &["domain"]),
    row("projections", &["domain", "event_store"]),
    row("providers", &["domain", "http_client"]),
    row("processes", &["domain", "event_store", "providers"]),
    row("webhooks", &["domain", "event_store"]),
    row("acts", &["domain", "event_store"]),
    row("figures", &["domain", "event_store"]),
    Layer { faces: &["acts", "figures"], ..row("audit", &["domain", "event_store"]) },
    row("people", &["domain", "event_store", "projections"]),
    face("api", &["domain", "event_store", "projections", "proto"]),
    face("checkout", &["domain", "event_store", "projections"]),
    Layer {
        name: "dashboard",
        modules: &["domain", "event_store", "projections"],
        faces: FACES_OF_PEOPLE,
        crates: None,
    },
    // The forms of an API key and of a webhook's secret are not its own; it asks for them.
    Layer {
        name: "admin",
        modules: &["domain", "event_store", "projections"],
        faces: &["api", "webhooks"],
        crates: None,
    },
    row("private_postgres", &[]),
    row("http_client", &[]),
    // For those who put everything together: no other row has these two.
    row("server", &[]),
    row("telemetry", &["server"]),
];

const fn row(name: &'static str, modules: &'static [&'static str]) -> Layer {
    Layer { name, modules, faces: &[], crates: None }
}

/// A layer that serves people: it may ask, but not reach into, those who work behind it.
const fn face(name: &'static str, modules: &'static [&'static str]) -> Layer {
    Layer { name, modules, faces: FACES, crates: None }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn layers_reach_only_what_they_may() {
    let tools = TOOLS.map(|name| row(name, &["domain"]));
    let violations: Vec<String> = LAYERS.iter().chain(&tools).flat_map(violations_in).collect();
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn everything_at_the_top_of_src_has_a_row() {
    let rows: BTreeSet<&str> = LAYERS.iter().map(|it| it.name).collect();
    for entry in fs::read_dir(source()).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let has_row =
            rows.contains(&*name) || TOOLS.contains(&&*name) || COMPOSITION.contains(&&*name);
        assert!(has_row, "give src/{name} a row in tests/architecture.rs");
    }
}

fn violations_in(layer: &Layer) -> Vec<String> {
    let files = files_of(layer.name);
    let test_modules: Vec<Vec<String>> = files
        .iter()
        .flat_map(|(path, text)| test_modules_in(text, &module_of(path, &source())))
        .collect();
    let mut violations = vec![];
    for (path, text) in &files {
        let module = module_of(path, &source());
        let is_test = test_modules.iter().any(|it| module.starts_with(it));
        for reach in reaches_in(text, &module, is_test) {
            if !is_allowed(layer, &reach) {
                violations.push(format!("{} reaches {}", path.display(), reach.path.join("::")));
            }
        }
    }
    violations
}

/// Every Rust file of a folder or of a plain file at the top of `src/`; none, if it is not there.
fn files_of(name: &str) -> Vec<(PathBuf, String)> {
    [source().join(name), source().join(name).with_extension("rs")]
        .into_iter()
        .filter(|it| it.exists())
        .flat_map(|it| walkdir::WalkDir::new(it).sort_by_file_name())
        .map(|entry| entry.expect("src is readable").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("source files are UTF-8");
            (path, text)
        })
        .collect()
}

fn is_allowed(layer: &Layer, reach: &Reach) -> bool {
    let path: Vec<&str> = reach.path.iter().map(String::as_str).collect();
    let is_pure = layer.crates.is_some() && !reach.is_test;
    match *path {
        // By another name, from which anything could be reached.
        ["crate"] => false,
        ["crate", module, ..] if module == layer.name || layer.modules.contains(&module) => true,
        ["crate", module, ..] if layer.faces.contains(&module) => is_at_the_root(&path),
        // Within `domain`, `super::Timestamp` and the like stand in the layer's own module.
        ["crate", module, ..] => TOOLS.contains(&module) && layer.crates.is_none(),
        ["std", module, ..] if is_pure => !IMPURE.contains(&module),
        [name, ..] if is_pure && dependencies().contains(name) => {
            let crates = layer.crates.unwrap_or_default();
            crates.contains(&name) && !asks_for_the_world(&path)
        }
        _ => !(is_pure && asks_for_the_world(&path)),
    }
}

/// Modules of `std` that touch the world outside, among them all of them.
const IMPURE: [&str; 9] = ["*", "env", "fs", "io", "net", "os", "process", "thread", "time"];

/// Calls by which an allowed crate would bring in the time or chance.
fn asks_for_the_world(path: &[&str]) -> bool {
    let asks = [["Utc", "now"], ["Local", "now"], ["Uuid", "new_v4"], ["Uuid", "now_v7"]];
    path.windows(2).any(|pair| asks.iter().any(|it| pair == it))
}

/// Whether `crate::module::item…` names something that stands at the module's root.
fn is_at_the_root(path: &[&str]) -> bool {
    let [_, module, item, rest @ ..] = path else {
        // The module itself, from which anything could be reached.
        return false;
    };
    let is_type = item.starts_with(char::is_uppercase);
    let submodule = source().join(module).join(item);
    let is_submodule = submodule.is_dir() || submodule.with_extension("rs").exists();
    // With everything at the root would come its submodules.
    is_type || (rest.is_empty() && !is_submodule && *item != "*")
}

/// Names of the crates in `[dependencies]`, as code spells them.
fn dependencies() -> BTreeSet<String> {
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().expect("Cargo.toml parses");
    let names = manifest["dependencies"].as_table().expect("is a table").keys();
    names.map(|name| name.replace('-', "_")).collect()
}

fn layer(name: &str) -> &'static Layer {
    LAYERS.iter().find(|it| it.name == name).expect("it has a row")
}

/// What `name`'s file at `module` may not use.
fn forbidden_in(name: &str, module: &[&str], text: &str) -> Vec<Reach> {
    let module: Vec<String> = module.iter().map(|it| (*it).to_owned()).collect();
    let reaches = reaches_in(text, &module, false).into_iter();
    reaches.filter(|it| !is_allowed(layer(name), it)).collect()
}

#[test]
fn a_forbidden_reach_of_the_domain_is_found() {
    for text in [
        "use sqlx::PgPool;",
        "use {serde::Serialize, sqlx as db};",
        "fn f(pool: &sqlx::PgPool) {}",
        "fn f() { sqlx::query!(\"select 1\"); }",
        "#[derive(sqlx::FromRow)] struct Row;",
        "use crate::{api, domain::money};",
        "use crate::clock::Clock;",
        "use std::{fmt, fs};",
        "use super::super::super::api;",
        "mod inner { use super::super::super::super::api::Caller; }",
        "macro_rules! m { () => { super::super::super::api::f() } }",
        "fn f() { let _ = format!(\"{}\", sqlx::VERSION); }",
        "fn f() { let _ = chrono::Utc::now(); }",
        "use chrono::Utc; fn f() { let _ = Utc::now(); }",
        "fn f() { let _ = uuid::Uuid::new_v4(); }",
        "use crate as c; fn f() { c::api::f() }",
        "extern crate sqlx as db;",
        "use std::*;",
    ] {
        let found = forbidden_in("domain", &["domain", "session", "rules"], text);
        assert!(!found.is_empty(), "missed: {text}");
    }
}

#[test]
fn a_forbidden_reach_of_another_layer_is_found() {
    for (name, text) in [
        ("providers", "use crate::event_store::EventStore;"),
        ("event_store", "use crate::projections;"),
        ("webhooks", "use super::processes::Charge;"),
        ("projections", "fn f() { crate::api::f() }"),
        ("processes", "use crate::private_postgres::PrivatePostgres;"),
        ("checkout", "use crate::api::Caller;"),
        ("api", "use crate::webhooks;"),
        ("api", "use crate::{domain::money, webhooks::sender::Sender};"),
        ("api", "use crate::webhooks::sender;"),
        ("api", "use crate::webhooks::*;"),
        ("api", "use crate::processes::CallWorker;"),
        ("processes", "use crate::telemetry::start_metrics;"),
        ("webhooks", "use crate::http_client::http_client;"),
        ("webhooks", "use crate::projections::game::GameRow;"),
    ] {
        assert!(!forbidden_in(name, &[name], text).is_empty(), "missed in {name}: {text}");
    }
}

#[test]
fn what_a_row_allows_is_not_found() {
    for (name, text) in [
        ("domain", "use super::super::Timestamp; use std::{fmt, sync::LazyLock};"),
        ("domain", "#[cfg(test)] mod tests { use proptest::prelude::*; use serde_json::json; }"),
        ("event_store", "use crate::{clock::Clock, domain::money::Money, vault::Key};"),
        ("api", "use crate::{proto::pay::v1::Item, providers::Registry, webhooks::preview};"),
        ("api", "fn f() { crate::providers::Registry::new(); }"),
    ] {
        let found = forbidden_in(name, &[name, "a", "b"], text);
        assert!(found.is_empty(), "{name}: {text}: {found:?}");
    }
}
