//! How much of what happened when: counted from the log by the hour, and read for whole spans.
//!
//! `rules` says what an event counts as and in which hour, `counting` follows the log and writes it
//! down, `reading` says what the hours or days of a span come to. The schema adds hours up to days. Knows nothing
//! of who asks, and no player.

mod counting;
mod figure;
mod reading;
mod rules;

pub use counting::Figures;
pub use figure::{Figure, FigureKey, FigureKind, Sums};
pub use reading::{By, Progress, Span, Sum, first_day, progress, read};
pub use rules::{Origin, count};
