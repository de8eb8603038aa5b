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
/// Needs nothing set up: it starts a PostgreSQL of its own, on disk, with fsync on, and removes it.
/// Examples:
///   `cargo bench -- --write docs/benchmarks.md`
///   `cargo bench -- --only append --seconds 2`
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

#[tokio::main]
async fn main() {
    let args = Args::parse();
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
        let is_smoke = bench.effort.is_smoke;
        drop(bench);
        std::process::exit(i32::from(!is_smoke));
    }
    machine::describe(&mut bench);
    for measure in measures {
        measure.run(&mut bench).await;
    }
    bench.report.summary();
    if let Some(file) = args.write {
        std::fs::write(&file, &bench.report.text).unwrap();
        eprintln!("written to {}", file.display());
    }
}
