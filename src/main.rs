//! The command line: `toffeepay --help` says what there is.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// A request makes and drops some hundreds of small objects: with the C library's allocator that was
/// 15 % of the server's time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    toffeepay::cli::Cli::parse().run().await
}
