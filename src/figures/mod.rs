//! How much of what happened when: counted from the log by the hour, and read for whole spans.
//!
//! `rules` says what an event counts as and in which hour, `counting` follows the log and writes it
//! down, `reading` adds up the hours of a span. Knows nothing of who asks, and no player.

mod counting;
mod figure;
mod reading;
mod rules;

pub use counting::Figures;
pub use figure::{Figure, FigureKey, FigureKind, Sums};
pub use reading::{Counted, Progress, Span, Sum, has_any, progress, read};
pub use rules::{Origin, count};
