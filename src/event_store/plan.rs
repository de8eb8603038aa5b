//! How Postgres reads what a query asks for: for tests and measurements that look whether a read stays small.

use sqlx::{PgConnection, Postgres, QueryBuilder};

/// Stands before a query that is run.
pub const RUN: &str = "";

/// Stands before a query whose plan is wanted.
pub const EXPLAIN: &str = "EXPLAIN (ANALYZE, BUFFERS) ";

/// The plan of a query that begins with [`EXPLAIN`], run and measured, in Postgres's own words.
///
/// # Errors
///
/// If the database does not answer.
pub async fn plan(
    connection: &mut PgConnection,
    mut query: QueryBuilder<'_, Postgres>,
) -> Result<String, sqlx::Error> {
    let query = query.build_query_scalar().persistent(false);
    let lines: Vec<String> = query.fetch_all(connection).await?;
    Ok(lines.join("\n"))
}
