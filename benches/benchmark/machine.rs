//! Where a run was made: without it no absolute figure means anything.

use std::fs;

use crate::{bench::Bench, postgres::SETTINGS};

/// Begins the report.
pub(crate) fn describe(bench: &mut Bench) {
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
    let warning = if effort.is_smoke {
        "\n\n**Run for a moment only, to see that it works: no figure here means anything.**"
    } else {
        ""
    };
    bench.report.say(&format!(
        "# Benchmarks\n\n\
         Written by `cargo bench -- --write docs/benchmarks.md`, which needs nothing set up and can be \
         repeated by anyone. The ratios are the result: ours and a peer's are measured in turns, {} \
         rounds of {seconds} s each, and the median round is shown. Absolute figures hold for this \
         machine and hour only.{warning}\n\n\
         | | |\n| --- | --- |\n\
         | date | {date} |\n\
         | machine | {cores} cores, {cpu}; {memory} GiB; Linux {} |\n\
         | PostgreSQL | {}, durable (fsync, synchronous_commit, full_page_writes on); {} |\n\
         | ours | ToffeePay {}, built as `cargo bench` builds; Rust {} or newer |\n\
         | placement | load generator, server and Postgres share all cores, none is pinned |",
        effort.rounds,
        kernel.trim(),
        bench.postgres.major(),
        settings.join(", "),
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_RUST_VERSION"),
    ));
}
