//! Replays the log: is every entry there and unchanged, and do the read models follow from it?
//!
//! Two passes, in bounded memory: `log` reads all entries by position; then streams are read by
//! name, some thousands of events at a time, each page folded (`fold`) and compared with its rows
//! (`compare`) in one snapshot, so that live writes never look like differences. On the way all is
//! counted again (`figures`): what is held of that is a row for each hour in which something happened. Acts are
//! looked for again page by page (`acts`).

mod acts;
mod compare;
mod counts;
mod damage;
mod difference;
mod figures;
mod fold;
mod log;
mod rebuild;
mod report;
mod session;
mod totals;

use sqlx::PgPool;

pub use damage::Damage;
pub use difference::{ColumnDifference, Difference, DifferenceKind};
pub use report::{Found, Report, Verdict};
pub use session::{ReplayedSession, replay_session};
pub use totals::{MoneyTotal, Totals};

use self::{acts::Misplaced, figures::Recount, fold::Folded};
use crate::{
    event_store::{StoredStream, StreamKeys, snapshot, streams_after},
    vault::Key,
};

/// How far a replay has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Events of this phase that are done.
    pub done: i64,
    /// Events that there were at the start.
    pub total: i64,
}

/// A pass over the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Every entry, by position.
    Entries,
    /// Every stream, by name.
    Streams,
}

/// Told of progress after each page.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// What to do about differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differences {
    /// Tell of them.
    Report,
    /// Write the folded rows in their place, beside live writers; tell of those that remain.
    Rebuild,
}

/// Replays the whole log.
///
/// # Errors
///
/// If the database does not answer. All that is wrong with the log itself is in the report.
pub async fn replay_all(
    pool: &PgPool,
    master: &Key,
    differences: Differences,
    on_progress: OnProgress<'_>,
) -> Result<Report, sqlx::Error> {
    let mut report = Report::default();
    let mut recount = Recount::begin(pool).await?;
    let total = log::check_entries(pool, &mut report, on_progress).await?;
    let (keys, mut after, mut done) = (StreamKeys::of(master), String::new(), 0);
    loop {
        let mut snapshot = snapshot(pool).await?;
        let page = streams_after(&mut snapshot, &after).await?;
        let misplaced = acts::misplaced(&mut snapshot, &after, &page).await?;
        let Some(last) = page.last() else {
            snapshot.commit().await?;
            mend_acts(pool, differences, misplaced, &mut report).await?;
            break;
        };
        after.clone_from(&last.name);
        let folded = fold_page(&page, &keys, &mut report);
        folded.iter().for_each(|it| recount.count(&it.aggregate));
        let mut found = compare::differences(&mut snapshot, &folded).await?;
        snapshot.commit().await?;
        if differences == Differences::Rebuild && !found.is_empty() {
            let before = found.len();
            found = rebuild::rebuild(pool, &keys, &folded, found).await?;
            report.mended += before.saturating_sub(found.len());
        }
        report.differences.extend(found);
        mend_acts(pool, differences, misplaced, &mut report).await?;
        done += page.iter().map(|it| it.version).sum::<i64>();
        on_progress(Progress { phase: Phase::Streams, done, total: total.max(done) });
    }
    let mut found = compare::rows_without_stream(pool).await?;
    // Only the first of them are known: again, as long as that leaves fewer.
    let mut before = usize::MAX;
    while differences == Differences::Rebuild && (1..before).contains(&found.count) {
        before = found.count;
        rebuild::remove(pool, &found.first).await?;
        found = compare::rows_without_stream(pool).await?;
        report.mended += before.saturating_sub(found.count);
    }
    report.differences.append(found);
    compare_counts(pool, differences, &mut report).await?;
    compare_figures(pool, differences, &recount, &mut report).await?;
    Ok(report)
}

async fn mend_acts(
    pool: &PgPool,
    differences: Differences,
    misplaced: Vec<Misplaced>,
    report: &mut Report,
) -> Result<(), sqlx::Error> {
    // Of a damaged log nobody knows what it should come to.
    let mends = differences == Differences::Rebuild && report.damage.count == 0;
    let (mended, left): (Vec<_>, Vec<_>) =
        misplaced.into_iter().partition(|it| mends && it.can_be_mended());
    if !mended.is_empty() {
        acts::mend(pool, &mended).await?;
        report.mended += mended.len();
    }
    report.differences.extend(left.into_iter().map(Difference::from));
    Ok(())
}

async fn compare_counts(
    pool: &PgPool,
    differences: Differences,
    report: &mut Report,
) -> Result<(), sqlx::Error> {
    let mut found = counts::miscounts(pool).await?;
    if differences == Differences::Rebuild && !found.is_empty() {
        let before = found.len();
        found = counts::recount(pool, &found).await?;
        report.mended += before.saturating_sub(found.len());
    }
    report.differences.extend(found.into_iter().map(Difference::from));
    Ok(())
}

async fn compare_figures(
    pool: &PgPool,
    differences: Differences,
    recount: &Recount,
    report: &mut Report,
) -> Result<(), sqlx::Error> {
    let mut found = recount.misfigured();
    // Of a damaged log nobody knows what it should come to.
    let may_mend = differences == Differences::Rebuild && report.damage.count == 0;
    if may_mend && !found.is_empty() {
        let before = found.len();
        found = recount.mend(pool, found).await?;
        report.mended += before.saturating_sub(found.len());
    }
    report.differences.extend(found.into_iter().map(Difference::from));
    Ok(())
}

fn fold_page(page: &[StoredStream], keys: &StreamKeys, report: &mut Report) -> Vec<Folded> {
    let mut folded = Vec::with_capacity(page.len());
    for stream in page {
        match fold::fold(stream, keys) {
            Ok(it) => {
                report.totals.count(&it);
                folded.push(it);
            }
            Err(damage) => report.damage.push(damage),
        }
    }
    folded
}
