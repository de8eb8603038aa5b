//! What was measured, as Markdown: a table of ratios for each question, and bars to look at.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

use crate::load::{Measured, percentile_ms};

/// How wide the longest bar is, in characters.
const BAR_WIDTH: f64 = 40.0;
/// Parts of a character, an eighth more each.
const PARTS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// Our figure beside a peer's, from the same rounds.
pub(crate) struct Compared {
    pub(crate) what: String,
    pub(crate) peer_is: &'static str,
    pub(crate) ours: Measured,
    pub(crate) peer: Measured,
    /// Ours to the peer's: of the median round, or of a long measure as a whole.
    pub(crate) ratio: f64,
    /// The least and the greatest ratio of a round.
    pub(crate) between: (f64, f64),
    /// Ours: the median of all rounds, or of the whole.
    pub(crate) p99_ms: f64,
    /// The least that it should be.
    pub(crate) goal: Option<f64>,
}

/// A figure beside what it should be.
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) figure: f64,
    pub(crate) goal: Goal,
    /// Behind both, such as ` ms`.
    pub(crate) unit: &'static str,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// The whole output so far. Each part is shown as soon as it is there.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) text: String,
    section: String,
    targets: Vec<Target>,
}

impl Target {
    /// How far it is: 1 and more is reached.
    fn share(&self) -> f64 {
        match self.goal {
            Goal::AtLeast(goal) => self.figure / goal,
            Goal::AtMost(goal) => goal / self.figure,
        }
    }
}

impl Report {
    /// Adds lines as they are.
    pub(crate) fn say(&mut self, lines: &str) {
        println!("{lines}");
        self.text += lines;
        self.text += "\n";
    }

    /// A heading, and what is done below it.
    pub(crate) fn section(&mut self, title: &str, words: &str) {
        title.clone_into(&mut self.section);
        self.say(&format!("\n## {title}\n\n{words}\n"));
    }

    /// A table of figures beside those of peers.
    pub(crate) fn comparisons(&mut self, rows: &[Compared]) {
        let mut table = String::from(
            "| what | ours | p50, p99 | peer | p50, p99 | ratio | of the rounds | at least |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for row in rows {
            if let Some(goal) = row.goal {
                self.target(Target {
                    what: format!("{} / {}", row.what, row.peer_is),
                    figure: row.ratio,
                    goal: Goal::AtLeast(goal),
                    unit: "",
                });
            }
            let goal = row.goal.map_or("–".to_owned(), |it| format!("{it}"));
            writeln!(
                table,
                "| {} | {} | {} | {}: {} | {} | {:.2} | {:.2} to {:.2} | {goal} |",
                row.what,
                rate(row.ours.per_second()),
                times(&row.ours),
                row.peer_is,
                rate(row.peer.per_second()),
                times(&row.peer),
                row.ratio,
                row.between.0,
                row.between.1,
            )
            .unwrap();
        }
        self.say(&table);
        let bars: Vec<(String, f64)> =
            rows.iter().map(|it| (format!("{} / {}", it.what, it.peer_is), it.ratio)).collect();
        self.bars(&bars, "×");
    }

    /// Notes what is to be reached, for the end.
    pub(crate) fn target(&mut self, target: Target) {
        let what = format!("{}: {}", self.section, target.what);
        self.targets.push(Target { what, ..target });
    }

    /// All that is to be reached, and whether it was.
    pub(crate) fn summary(&mut self) {
        let targets = std::mem::take(&mut self.targets);
        if targets.is_empty() {
            return;
        }
        self.section(
            "What is to be reached",
            "Each figure of above that has a goal. In the plot 1 is the goal, and more is better.",
        );
        let rows: Vec<Vec<String>> = targets
            .iter()
            .map(|it| {
                let (words, goal) = match it.goal {
                    Goal::AtLeast(goal) => ("at least", goal),
                    Goal::AtMost(goal) => ("at most", goal),
                };
                let (figure, unit) = (short(it.figure), it.unit);
                let is_reached = if it.share() >= 1.0 { "yes" } else { "no" };
                let goal = format!("{words} {goal}{unit}");
                vec![it.what.clone(), format!("{figure}{unit}"), goal, is_reached.to_owned()]
            })
            .collect();
        self.table(&["figure", "measured", "goal", "reached"], &rows);
        let bars: Vec<(String, f64)> =
            targets.iter().map(|it| (it.what.clone(), it.share())).collect();
        self.bars(&bars, "");
    }

    /// Any other table.
    pub(crate) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let mut table = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
        for row in rows {
            writeln!(table, "| {} |", row.join(" | ")).unwrap();
        }
        self.say(&table);
    }

    /// One bar for each value, from nothing to the largest.
    pub(crate) fn bars(&mut self, values: &[(String, f64)], unit: &str) {
        let longest = values.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        let most = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let mut plot = String::from("```text\n");
        for (label, value) in values {
            let pad = " ".repeat(longest - label.chars().count());
            writeln!(plot, "{label}{pad} {} {}{unit}", bar(value / most), short(*value)).unwrap();
        }
        plot += "```\n";
        self.say(&plot);
    }
}

/// `share` of the full width.
fn bar(share: f64) -> String {
    let eighths = (share * BAR_WIDTH * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(PARTS[eighths % 8]);
    }
    bar
}

fn short(value: f64) -> String {
    if value < 100.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}

/// Of so many a second.
pub(crate) fn rate(per_second: f64) -> String {
    let digits = format!("{per_second:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + "/s"
}

/// The median and the slowest hundredth.
pub(crate) fn times(measured: &Measured) -> String {
    median_and_tail(&measured.latencies)
}

/// The same of any times.
pub(crate) fn median_and_tail(times: &Histogram<u64>) -> String {
    if times.is_empty() {
        return "–".to_owned();
    }
    format!("{:.2}, {:.2} ms", percentile_ms(times, 50.0), percentile_ms(times, 99.0))
}

/// So many bytes, for people.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..1_024 => format!("{count} B"),
        1_024..1_048_576 => format!("{:.1} KiB", count as f64 / 1_024.0),
        1_048_576..1_073_741_824 => format!("{:.0} MiB", count as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", count as f64 / 1_073_741_824.0),
    }
}
