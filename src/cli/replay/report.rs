//! The findings of a whole replay, for people and for machines.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::words::{amount, grouped};
use crate::audit::replay::{Difference, DifferenceKind, Found, Report, Verdict};

/// For machines.
pub(super) fn json(report: &Report) -> io::Result<String> {
    #[derive(Serialize)]
    struct Told<'a> {
        verdict: Verdict,
        #[serde(flatten)]
        report: &'a Report,
    }
    Ok(serde_json::to_string(&Told { verdict: report.verdict(), report })?)
}

/// For people.
pub(super) fn print(report: &Report, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let mut line = |name: &str, value: String| writeln!(out, "{name:<22}{value}");
    line("events", number(report.events))?;
    for (kind, count) in &report.totals.streams {
        line(&format!("{kind} streams"), number(*count))?;
    }
    for (status, count) in &report.totals.sessions {
        line(&format!("sessions {status}"), number(*count))?;
    }
    for it in &report.totals.money {
        let money = |minor| amount(minor, it.currency.exponent(), it.currency.code());
        let (captured, refunded) = (it.captured_minor_units, it.refunded_minor_units);
        line(&format!("captured ({})", it.world), money(captured))?;
        line(&format!("refunded ({})", it.world), money(refunded))?;
    }
    line("damage", number(report.damage.count as u64))?;
    line("differences", number(report.differences.count as u64))?;
    if 0 < report.mended {
        line("mended", number(report.mended as u64))?;
    }
    findings("Damage", &report.damage, out, |it, out| writeln!(out, "  {it}"))?;
    findings("Differences", &report.differences, out, difference)?;
    let verdict = match report.verdict() {
        Verdict::Agrees => "The log is whole and the read models agree with it.",
        Verdict::Differs => {
            "The log is whole, but read models differ from it. `toffeepay replay --rebuild` puts \
             them right; find out first who changed them."
        }
        Verdict::Damaged => {
            "The log is damaged. Stop the service, keep this database as it is, and restore a \
             backup beside it to find out what was lost or changed."
        }
    };
    writeln!(out, "\n{verdict}")
}

fn findings<T>(
    title: &str,
    found: &Found<T>,
    out: &mut (dyn Write + Send),
    tell: impl Fn(&T, &mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<()> {
    if found.count == 0 {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    found.first.iter().try_for_each(|it| tell(it, out))?;
    match found.count - found.first.len() {
        0 => Ok(()),
        more => writeln!(out, "  … and {} more", number(more as u64)),
    }
}

/// One difference as a line or a few.
pub(super) fn difference(it: &Difference, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let Difference { table, id, stream, kind } = it;
    match kind {
        DifferenceKind::Missing => writeln!(out, "  {table} {id}: missing; {stream} tells of it"),
        DifferenceKind::Unexpected => {
            writeln!(out, "  {table} {id}: not in the log ({stream} does not tell of it)")
        }
        DifferenceKind::Underivable { reason } => {
            writeln!(out, "  {table} {id}: cannot be made from {stream}: {reason}")
        }
        DifferenceKind::Changed { columns, .. } => {
            writeln!(out, "  {table} {id}: changed")?;
            columns.iter().try_for_each(|it| match (&it.folded, &it.stored) {
                (Some(folded), stored) => {
                    let stored = stored.as_ref().unwrap_or(&Value::Null);
                    writeln!(out, "    {}: {stored} instead of {folded}", it.column)
                }
                (None, _) => writeln!(out, "    {}: differs (private)", it.column),
            })
        }
    }
}

fn number(count: impl Into<i128>) -> String {
    grouped(count.into())
}
