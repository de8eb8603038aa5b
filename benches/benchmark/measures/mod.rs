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
    /// Of these only from commit to receipt, with nothing beside it. Part of `webhooks`.
    WebhooksSoon,
    /// Speed, memory and disk while the log grows.
    Growth,
}

impl Measure {
    pub(crate) fn all() -> Vec<Self> {
        let is_part = |it: &Self| *it == Self::WebhooksSoon;
        Self::value_variants().iter().copied().filter(|it| !is_part(it)).collect()
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
            Self::WebhooksSoon => webhooks::run_soon(bench).await,
            Self::Growth => growth::run(bench).await,
        }
    }
}
