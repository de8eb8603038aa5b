//! What every measure is given: a Postgres, how much effort to make, and the report.

use std::time::{Duration, Instant};

use crate::{
    load::{Measured, Pace, histogram},
    postgres::Postgres,
    report::{Compared, Report},
};

/// Hundreds of connections would take longer to open than a smoke run takes.
const SMOKE_AT_ONCE_MAX: usize = 4;

/// Turns for each round, where one measure goes on for longer than a round.
const TURNS_PER_ROUND: usize = 4;
const QUARTERS: usize = 4;

/// How long and how often everything is measured.
#[derive(Clone, Debug)]
pub(crate) struct Effort {
    pub(crate) pace: Pace,
    pub(crate) rounds: usize,
    /// Events of the log, one step of `growth` after the other.
    pub(crate) events: Vec<u64>,
    /// Whether only to see that it works.
    pub(crate) is_smoke: bool,
}

/// One run.
pub(crate) struct Bench {
    pub(crate) postgres: Postgres,
    pub(crate) effort: Effort,
    pub(crate) report: Report,
}

/// What is compared with what.
pub(crate) struct Question {
    pub(crate) what: String,
    pub(crate) peer_is: &'static str,
    /// The least ratio that it should be.
    pub(crate) goal: Option<f64>,
}

/// How a long measure went.
pub(crate) struct Course {
    /// Ours to the peer's, in each quarter of the time.
    pub(crate) quarters: Vec<f64>,
}

impl Effort {
    pub(crate) fn full(seconds: u64, rounds: usize, events: Vec<u64>) -> Self {
        let measure = Duration::from_secs(seconds.max(1));
        let pace = Pace { warm_up: Duration::from_secs(1), measure, every: None };
        Self { pace, rounds: rounds.max(1), events, is_smoke: false }
    }

    pub(crate) fn smoke() -> Self {
        let brief = Duration::from_millis(100);
        let pace = Pace { warm_up: brief, measure: brief, every: None };
        Self { pace, rounds: 1, events: vec![0, 1_000], is_smoke: true }
    }

    /// As many at once as asked for; a few, if only to see that it works.
    pub(crate) fn at_once(&self, callers: usize) -> usize {
        if self.is_smoke { callers.min(SMOKE_AT_ONCE_MAX) } else { callers }
    }
}

impl Bench {
    pub(crate) async fn start(effort: Effort) -> Self {
        let mut postgres = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
        postgres.set_up().await;
        Self { postgres, effort, report: Report::default() }
    }

    /// Says on the terminal only what is being done: a run takes long.
    pub(crate) fn progress(&self, what: &str) {
        eprintln!("… {what}");
    }

    /// Measures ours and the peer's in turns.
    pub(crate) async fn compare(
        &self,
        question: Question,
        mut ours: impl AsyncFnMut(Pace) -> Measured,
        mut peer: impl AsyncFnMut(Pace) -> Measured,
    ) -> Compared {
        let Question { what, peer_is, goal } = question;
        let mut pairs = vec![];
        for round in 1..=self.effort.rounds {
            self.progress(&format!("{what} / {peer_is}: round {round} of {}", self.effort.rounds));
            // Who goes first changes, since each is measured in what the one before has left.
            pairs.push(if round % 2 == 1 {
                let our_round = self.settled(&mut ours).await;
                (our_round, self.settled(&mut peer).await)
            } else {
                let their_round = self.settled(&mut peer).await;
                (self.settled(&mut ours).await, their_round)
            });
        }
        let ratio = |(ours, peer): &(Measured, Measured)| ours.per_second() / peer.per_second();
        pairs.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        let between = (pairs.first().map_or(0.0, ratio), pairs.last().map_or(0.0, ratio));
        let p99_ms = median(pairs.iter().map(|(ours, _)| ours.p99_ms()).collect());
        let middle = pairs.swap_remove((pairs.len() - 1) / 2);
        let ratio = ratio(&middle);
        let (ours, peer) = middle;
        Compared { what, peer_is, ours, peer, ratio, between, p99_ms, goal }
    }

    /// Measures ours and the peer's in many turns from a checkpoint on, without another between them, as
    /// long as they write less than half of `max_wal_size`. The ratio is of all turns together.
    pub(crate) async fn compare_from_a_checkpoint_on(
        &self,
        question: Question,
        mut ours: impl AsyncFnMut(Pace) -> Measured,
        mut peer: impl AsyncFnMut(Pace) -> Measured,
    ) -> (Compared, Course) {
        let Question { what, peer_is, goal } = question;
        let turns = if self.effort.is_smoke { 1 } else { TURNS_PER_ROUND * self.effort.rounds };
        let (warm_up, measure) = (self.effort.pace.warm_up, self.effort.pace.measure);
        let whole = Pace { warm_up: Duration::ZERO, ..self.effort.pace };
        // Warm already at the checkpoint, behind which everything counts.
        ours(Pace { measure: warm_up, ..whole }).await;
        peer(Pace { measure: warm_up, ..whole }).await;
        self.postgres.settle().await;
        let (mut all, mut quarters) = ([Measured::none(), Measured::none()], vec![]);
        let turns_per_quarter = turns.div_ceil(QUARTERS);
        for quarter in 0..QUARTERS {
            self.progress(&format!("{what} / {peer_is}: quarter {} of {QUARTERS}", quarter + 1));
            let mut both = [Measured::none(), Measured::none()];
            for turn in quarter * turns_per_quarter..(quarter + 1) * turns_per_quarter {
                for side in [turn % 2, 1 - turn % 2] {
                    let pace = Pace { measure, ..whole };
                    both[side].add(if side == 0 { ours(pace).await } else { peer(pace).await });
                }
            }
            quarters.push(both[0].per_second() / both[1].per_second());
            all.iter_mut().zip(both).for_each(|(all, it)| all.add(it));
        }
        self.postgres.settle().await;
        let [ours, peer] = all;
        let ratio = ours.per_second() / peer.per_second();
        let least = quarters.iter().copied().fold(f64::INFINITY, f64::min);
        let between = (least, quarters.iter().copied().fold(0.0, f64::max));
        let p99_ms = ours.p99_ms();
        let compared = Compared { what, peer_is, ours, peer, ratio, between, p99_ms, goal };
        (compared, Course { quarters })
    }

    async fn settled(&self, measure: &mut impl AsyncFnMut(Pace) -> Measured) -> Measured {
        let measured = measure(self.effort.pace).await;
        self.postgres.settle().await;
        measured
    }
}

/// The middle one; of an even number the lower of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) / 2]
}

/// Runs `call` by so many callers at once, each again and again.
pub(crate) async fn closed_loop<C, F>(callers: usize, pace: Pace, call: C) -> Measured
where
    C: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let counts_from = Instant::now() + pace.warm_up;
    let end = counts_from + pace.measure;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..callers {
        let call = call.clone();
        tasks.spawn(async move {
            let mut latencies = histogram();
            loop {
                let began = Instant::now();
                call().await;
                let now = Instant::now();
                if end < now {
                    return latencies;
                }
                if counts_from <= now {
                    latencies.saturating_record(crate::load::micros(began));
                }
            }
        });
    }
    let mut latencies = histogram();
    for one in tasks.join_all().await {
        latencies.add(one).unwrap();
    }
    Measured::new(latencies, pace.measure)
}
