//! `cargo bench`: ToffeePay measured beside its peers, in one run, on one machine and one Postgres.
//!
//! Ratios are the result. Absolute figures hold for one machine and one hour only, so each ratio is
//! taken in rounds, ours and the peer's in turns, and the median round counts. Without `--bench`,
//! as `cargo test` starts it, everything is run for a moment, to see that it works.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark that fails measures nothing"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::float_arithmetic,
    reason = "rates and ratios; no money"
)]
#![allow(unreachable_pub, reason = "a program of its own")]

mod bench;
mod commands;
mod fill;
mod load;
mod machine;
mod measures;
mod peers;
mod postgres;
mod report;
mod requests;
mod service;
mod sessions;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use bench::{Bench, Effort};
use measures::Measure;
use peers::Peer;

/// Measures ToffeePay beside its peers: the same machine, the same Postgres settings, in turns.
///
/// It starts a PostgreSQL of its own, on disk, with fsync on, and removes it. That PostgreSQL must come
/// with pgbench, as in Debian's packages; `PG_BIN` names another folder of its programs, `TMPDIR` another
/// place for its data. Everything takes about three quarters of an hour after the build, and 35 GB of disk.
///
/// Each ratio is ours divided by the peer's, from rounds in turns: above 1 ours is faster. At the end stand
/// all figures that have a goal. Absolute figures hold for one machine and one hour.
///
/// Examples:
///   `cargo bench -- --write docs/benchmarks.md`          everything, also to a file
///   `cargo bench -- --only append --seconds 2`           one question
///   `cargo bench -- --only growth --events 0,100000`     a smaller log
#[derive(Parser)]
#[command(verbatim_doc_comment, name = "cargo bench --")]
struct Args {
    /// Only these, in this order; everything, if none is named.
    #[arg(long, value_enum, value_name = "WHAT", num_args = 1..)]
    only: Vec<Measure>,
    /// How long each figure of a round is measured.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// How often ours and the peer's are measured in turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many events the log holds for `growth`, one step after the other.
    #[arg(long, value_delimiter = ',', default_value = "0,1000000,10000000")]
    events: Vec<u64>,
    /// Also write the report to this file.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Run everything for a moment only, to see that it works.
    #[arg(long)]
    smoke: bool,
    /// What cargo says to a benchmark.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Is one of the peers, until killed.
    #[command(hide = true)]
    Peer {
        #[command(subcommand)]
        peer: Peer,
    },
}

/// As the service's own: the peers that run in this program are to have no worse.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let Some(args) = arguments() else { return };
    if let Some(Role::Peer { peer }) = args.role {
        return peer.run().await;
    }
    let effort = if args.smoke || !args.bench {
        Effort::smoke()
    } else {
        Effort::full(args.seconds, args.rounds, args.events)
    };
    let measures = if args.only.is_empty() { Measure::all() } else { args.only };
    let mut bench = Bench::start(effort).await;
    if !bench.postgres.has_pgbench() {
        eprintln!(
            "error: pgbench is missing. Install PostgreSQL's own packages, or set PG_BIN to a folder with all of its programs"
        );
        // Without it nothing can be compared; to see that the rest works it is not needed.
        if !bench.effort.is_smoke {
            drop(bench);
            std::process::exit(1);
        }
    }
    machine::describe(&mut bench).await;
    let count = measures.len();
    for (nth, measure) in (1..).zip(measures) {
        bench.progress(&format!("{nth} of {count}: {measure:?}"));
        measure.run(&mut bench).await;
    }
    bench.report.summary();
    if let Some(file) = args.write {
        std::fs::write(&file, &bench.report.text).unwrap();
        eprintln!("written to {}", file.display());
    }
}

/// What is asked for; `None` if `cargo test` looks for tests by another name.
fn arguments() -> Option<Args> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_ours = words.iter().any(|it| it == "--bench" || it == "--smoke");
    if is_ours || words.first().is_some_and(|it| it == "peer") {
        return Some(Args::parse());
    }
    // `cargo test` says to this what it says to every test: names, and options of its own.
    let mut names = words.iter().filter(|it| !it.starts_with('-')).peekable();
    let is_meant = names.peek().is_none() || names.any(|it| "benchmark".contains(it.as_str()));
    is_meant.then(|| Args::parse_from(["benchmark", "--smoke"]))
}
