//! Each question that the benchmark answers, a file for each.

mod append;
mod catch_up;
mod create;
mod growth;
mod mixed;
mod page;
mod processes;
mod status;
mod webhooks;

use clap::ValueEnum;

use crate::bench::Bench;

pub(crate) use append::Template;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measure {
    /// Appends to the log, by 1 to 256 callers.
    Append,
    /// CreateSession over HTTP.
    Create,
    /// GetSessionStatus over HTTP.
    Status,
    /// The payment page.
    Page,
    /// A day's mix: sessions, statuses, pages and payments.
    Mixed,
    /// Two and four server processes.
    Processes,
    /// A new projection from the first event on.
    CatchUp,
    /// Webhooks: how soon, how many, and what stands in their way.
    Webhooks,
    /// Speed, memory and disk while the log grows.
    Growth,
}

impl Measure {
    pub(crate) fn all() -> Vec<Self> {
        Self::value_variants().to_vec()
    }

    pub(crate) async fn run(self, bench: &mut Bench) {
        match self {
            Self::Append => append::run(bench).await,
            Self::Create => create::run(bench).await,
            Self::Status => status::run(bench).await,
            Self::Page => page::run(bench).await,
            Self::Mixed => mixed::run(bench).await,
            Self::Processes => processes::run(bench).await,
            Self::CatchUp => catch_up::run(bench).await,
            Self::Webhooks => webhooks::run(bench).await,
            Self::Growth => growth::run(bench).await,
        }
    }
}
