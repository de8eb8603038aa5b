//! How far a long replay is, once a second.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use super::words::grouped;
use crate::audit::replay::{Phase, Progress};

/// The time between two lines.
const EVERY: Duration = Duration::from_secs(1);

/// Tells of progress, but not more often than [`EVERY`].
pub(super) struct Ticker {
    is_on: bool,
    last_told: Instant,
    phase: Option<Phase>,
    phase_began: Instant,
}

impl Ticker {
    pub(super) fn start(is_on: bool) -> Self {
        let now = Instant::now();
        Self { is_on, last_told: now, phase: None, phase_began: now }
    }

    pub(super) fn tell(&mut self, progress: Progress, err: &mut (dyn Write + Send)) {
        if self.phase != Some(progress.phase) {
            self.phase = Some(progress.phase);
            self.phase_began = Instant::now();
        }
        if !self.is_on || self.last_told.elapsed() < EVERY {
            return;
        }
        self.last_told = Instant::now();
        let line = line(progress, self.phase_began.elapsed());
        // A reader that went away does not stop the replay.
        let _ = writeln!(err, "{line}");
    }
}

fn line(Progress { phase, done, total }: Progress, elapsed: Duration) -> String {
    let doing = match phase {
        Phase::Entries => "checking entries",
        Phase::Streams => "folding streams",
    };
    let percent = i128::from(done) * 100 / i128::from(total.max(1));
    let elapsed_ms = i128::try_from(elapsed.as_millis()).unwrap_or(i128::MAX).max(1);
    let rate = i128::from(done) * 1_000 / elapsed_ms;
    let (done, rate) = (grouped(done.into()), grouped(rate));
    format!("{doing}: {percent} %, {done} events, {rate} a second")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_and_how_fast() {
        let half = Progress { phase: Phase::Entries, done: 1_500, total: 3_000 };
        let told = line(half, Duration::from_millis(500));
        assert_eq!(told, "checking entries: 50 %, 1,500 events, 3,000 a second");
    }

    #[test]
    fn an_empty_log_divides_by_nothing() {
        let nothing = Progress { phase: Phase::Streams, done: 0, total: 0 };
        assert_eq!(line(nothing, Duration::ZERO), "folding streams: 0 %, 0 events, 0 a second");
    }
}
