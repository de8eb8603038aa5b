//! Where a run was made: without it no absolute figure means anything.

use std::fs;

use crate::{
    bench::Bench,
    postgres::{SETTINGS, said_by},
};

/// Those of which versions are told.
const LIBRARIES: [&str; 7] =
    ["axum", "connectrpc", "cqrs-es", "hyper", "postgres-es", "sqlx", "tokio"];

/// Begins the report.
pub(crate) async fn describe(bench: &mut Bench) {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|it| it.strip_prefix("model name")?.split_once(": "));
    let cpu = cpu.map_or("of unknown model", |(_, name)| name).to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.lines().find_map(|it| it.strip_prefix("MemTotal:")).unwrap_or("?");
    let memory = memory.trim().trim_end_matches(" kB").parse().unwrap_or(0_u64) / 1_048_576;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let settings: Vec<String> =
        SETTINGS.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let date = chrono::Utc::now().format("%Y-%m-%d");
    let effort = &bench.effort;
    let seconds = effort.pace.measure.as_secs_f64();
    let words: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let words = words.join(" ");
    let version = bench.postgres.version().await;
    let commit = said_by("git", &["describe", "--always", "--dirty"]);
    let warning = if effort.is_smoke {
        "\n\n**Run for a moment only, to see that it works: no figure here means anything.**"
    } else {
        ""
    };
    bench.report.say(&format!(
        "# Benchmarks\n\n\
         Written by `cargo bench -- {words}`, which anyone can repeat. The ratios are the result: ours \
         and a peer's are measured in turns, {} rounds of {seconds} s each, and the round with the median \
         ratio is shown. Absolute figures hold for this machine and hour only.{warning}\n\n\
         | | |\n| --- | --- |\n\
         | date | {date} |\n\
         | machine | {cores} cores, {cpu}; {memory} GiB; Linux {} |\n\
         | PostgreSQL | {version} on {}; fsync, synchronous_commit and full_page_writes are on; {} |\n\
         | ours | ToffeePay {} at {commit}, as `cargo bench` builds it; {} |\n\
         | libraries | {} |\n\
         | placement | load generator, server and Postgres share all cores, none is pinned; pgbench has \
         up to two threads |",
        effort.rounds,
        kernel.trim(),
        bench.postgres.file_system(),
        settings.join(", "),
        env!("CARGO_PKG_VERSION"),
        said_by("rustc", &["--version"]),
        libraries().join(", "),
    ));
}

/// The libraries on which a figure of ours or of a peer depends, as they are locked.
fn libraries() -> Vec<String> {
    let lock: toml::Table = include_str!("../../Cargo.lock").parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter();
    let packages = packages.filter_map(|it| Some((it["name"].as_str()?, it["version"].as_str()?)));
    let packages = packages.filter(|(name, _)| LIBRARIES.contains(name));
    packages.map(|(name, version)| format!("{name} {version}")).collect()
}
