//! What the service must not be able to do to the log, checked once at its start.
//!
//! The schema refuses to rewrite history by trigger; this keeps away whoever could drop the
//! trigger. Not for `dev`, `migrate` or a human with the owner's login.

use sqlx::{FromRow, PgPool};

/// Why the service must not work through this login.
#[derive(Debug, thiserror::Error)]
pub enum RightsError {
    /// The schema is not there, or not in this login's search path.
    #[error("there is no event log in this database. Run `toffeepay migrate` as its owner first")]
    NoLog,
    /// Nothing holds a superuser.
    #[error("the login \"{role}\" is a superuser, who can rewrite the log. {REMEDY}")]
    Superuser {
        /// Which login.
        role: String,
    },
    /// The owner can drop what guards the log.
    #[error("the login \"{role}\" owns the log, so it can drop what guards it. {REMEDY}")]
    Owner {
        /// Which login.
        role: String,
    },
    /// More was granted than may be.
    #[error(
        "the login \"{role}\" may {right} table {table}. \
         Take it away: REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM \"{role}\", PUBLIC"
    )]
    MayWrite {
        /// Which login.
        role: String,
        /// Which right, such as `DELETE`.
        right: String,
        /// On which table.
        table: String,
    },
    /// Less was granted than is needed.
    #[error(
        "the login \"{role}\" may not append events. Run: GRANT toffeepay_service TO \"{role}\""
    )]
    MayNotAppend {
        /// Which login.
        role: String,
    },
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
}

/// The way out of most of it.
const REMEDY: &str = "Make a login for the service that may only append and read, and put it into \
    DATABASE_URL: CREATE ROLE toffeepay_app LOGIN PASSWORD '…'; \
    GRANT toffeepay_service TO toffeepay_app";

#[derive(FromRow)]
struct Rights {
    role: String,
    has_log: bool,
    is_superuser: bool,
    is_owner: bool,
    may_append: bool,
}

/// Refuses a superuser, the log's owner (or who can become it), a login that may change events
/// past the append function, and one that may not append.
///
/// # Errors
///
/// Each [`RightsError`]; its words say what to do.
pub async fn check(pool: &PgPool) -> Result<(), RightsError> {
    // The login counts, and the role it took on: what was put off can be put on again.
    let rights: Rights = sqlx::query_as(
        "SELECT session_user::text AS role,
                log IS NOT NULL AS has_log,
                (SELECT bool_or(rolsuper) FROM pg_roles
                 WHERE rolname IN (session_user, current_user)) AS is_superuser,
                coalesce(pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = log),
                                     'MEMBER'), false) AS is_owner,
                coalesce((SELECT bool_or(has_function_privilege(oid, 'EXECUTE'))
                          FROM pg_proc WHERE proname = 'append_all'), false) AS may_append
         FROM to_regclass('event') log",
    )
    .fetch_one(pool)
    .await?;
    let Rights { role, .. } = rights;
    if !rights.has_log {
        return Err(RightsError::NoLog);
    }
    if rights.is_superuser {
        return Err(RightsError::Superuser { role });
    }
    if rights.is_owner {
        return Err(RightsError::Owner { role });
    }
    if let Some((table, right)) = may_write(pool).await? {
        return Err(RightsError::MayWrite { role, right, table });
    }
    if rights.may_append { Ok(()) } else { Err(RightsError::MayNotAppend { role }) }
}

/// A right to change the log that this login has, with the table; partitions are tables too.
async fn may_write(pool: &PgPool) -> Result<Option<(String, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT it.relid::regclass::text, kind
         FROM pg_partition_tree('event') it,
              unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) kind
         WHERE has_table_privilege(session_user, it.relid, kind)
            OR kind IN ('INSERT', 'UPDATE')
               AND has_any_column_privilege(session_user, it.relid, kind)
         ORDER BY 1, 2 LIMIT 1",
    )
    .fetch_optional(pool)
    .await
}
