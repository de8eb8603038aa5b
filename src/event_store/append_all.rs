//! The usual batch: nothing of it was there before. One call of the SQL function `append_all`, which
//! takes all of it or nothing.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sqlx::{PgConnection, types::Json};

use super::{
    append::{Append, Appended, Receipt, Rows, remembered},
    sqlstate,
};
use crate::ids::SHARD;

/// Rows by table.
type Tables<'a> = BTreeMap<Cow<'a, str>, Vec<&'a RawValue>>;

/// Those of new streams.
#[derive(Default, Serialize)]
struct NewRows<'a> {
    /// Literals of the type of this name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    new_session: Vec<&'a str>,
    #[serde(flatten)]
    others: Tables<'a>,
}

/// Appends a whole batch; `None` if something in it was there before, or is not what it seems: then
/// nothing was written.
///
/// # Errors
///
/// As the database has it: the batch is in doubt, unless the server itself refused it.
pub(super) async fn append_all(
    connection: &mut PgConnection,
    batch: &[&Append],
) -> Result<Option<Vec<Appended>>, sqlx::Error> {
    let Some([new_rows, rows]) = merged_rows(batch) else { return Ok(None) };
    let firsts = firsts(batch);
    let events = || {
        batch.iter().flat_map(|it| {
            (it.expected_version + 1..).zip(&it.entries).map(move |event| (it, event))
        })
    };
    let before: Result<i64, _> = sqlx::query_scalar(
        "SELECT append_all($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                           $17, $18)",
    )
    .bind(SHARD)
    .bind(batch.iter().map(|it| it.command_id).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.append_id).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.stream.as_str()).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.expected_version).collect::<Vec<_>>())
    .bind(&firsts)
    .bind(batch.iter().map(|it| count(it)).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.wrapped_key.as_deref()).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.with_key).collect::<Vec<_>>())
    .bind(remembered(batch, |it| Some(&it.fingerprint)))
    .bind(remembered(batch, |it| it.response.as_deref()))
    .bind(batch.iter().map(|it| it.expires_at).collect::<Vec<_>>())
    .bind(events().map(|(it, _)| it.stream.as_str()).collect::<Vec<_>>())
    .bind(events().map(|(_, (version, _))| version).collect::<Vec<_>>())
    .bind(events().map(|(_, (_, entry))| entry.0.as_str()).collect::<Vec<_>>())
    .bind(events().map(|(_, (_, entry))| entry.1.as_slice()).collect::<Vec<_>>())
    .bind(new_rows.map(Json))
    .bind(rows.map(Json))
    // Waits for the end of the transaction: one row at a time would come before the commit.
    .fetch_all(connection)
    .await
    .and_then(|rows: Vec<i64>| {
        rows.first()
            .copied()
            .ok_or_else(|| sqlx::Error::Protocol("append_all is silent".to_owned()))
    });
    match before {
        Ok(before) => Ok(Some(
            batch.iter().zip(firsts).map(|(it, first)| it.appended_at(before + first)).collect(),
        )),
        Err(error) if is_taken(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Append {
    fn appended_at(&self, first_position: i64) -> Appended {
        let events = count(self);
        Appended::New(Receipt {
            stream: self.stream.clone(),
            version: self.expected_version + events,
            position: first_position + events - 1,
        })
    }
}

fn count(append: &Append) -> i64 {
    i64::try_from(append.entries.len()).unwrap_or(i64::MAX)
}

/// The place of each append's first event among all of the batch, from 1.
fn firsts(batch: &[&Append]) -> Vec<i64> {
    let mut events_before = 0;
    let first = |it: &&Append| {
        events_before += count(it);
        events_before - count(it) + 1
    };
    batch.iter().map(first).collect()
}

/// The rows of new streams, and those of streams that were there; `None` if any is no object of
/// tables.
fn merged_rows(batch: &[&Append]) -> Option<[Option<Box<RawValue>>; 2]> {
    let (mut new, mut changed) = (NewRows::default(), Tables::new());
    for append in batch {
        let target = if append.expected_version == 0 { &mut new.others } else { &mut changed };
        match &append.rows {
            Some(Rows::NewSession(literal)) => new.new_session.push(literal),
            Some(Rows::Objects(objects)) => {
                for (table, more) in serde_json::from_str::<Tables<'_>>(objects.get()).ok()? {
                    target.entry(table).or_default().extend(more);
                }
            }
            None => {}
        }
    }
    let has_new = !new.new_session.is_empty() || !new.others.is_empty();
    let new = has_new.then(|| to_raw_value(&new)).transpose().ok()?;
    let changed = (!changed.is_empty()).then(|| to_raw_value(&changed)).transpose().ok()?;
    Some([new, changed])
}

/// Whether a member's command or stream was there before.
fn is_taken(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|it| it.code());
    code.is_some_and(|it| [sqlstate::UNIQUE_VIOLATION, sqlstate::OTHER_VERSION].contains(&&*it))
}
