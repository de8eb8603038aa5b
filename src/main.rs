//! The command line: `toffeepay --help` says what there is.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    toffeepay::cli::Cli::parse().run().await
}
