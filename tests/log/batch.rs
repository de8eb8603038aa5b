//! One batch, many answers: each member gets its own, whatever the others are.

use futures::future::join_all;
use sqlx::{FromRow, PgExecutor, PgPool};
use toffeepay::{
    domain::session::Session,
    event_store::{Append, AppendError, Appended, Receipt, Rows, StoredAggregate as _},
    projections::session::SessionRow,
};

use crate::{
    cut::HeadLock,
    given::{
        again, append, assert_gapless, committer, context, create, events_of, head, session_id,
        store, unstorable_rows, until_waiting,
    },
    support::database::TestDatabase,
};

#[tokio::test(flavor = "multi_thread")]
async fn in_one_batch_each_append_to_a_stream_gets_its_own_right_answer() {
    let database = TestDatabase::new().await;
    let known = append("session-a", 0, 2);
    let (duplicate, stale) = (again(&known), append("session-a", 1, 1));
    let (valid, conflict) = (append("session-a", 2, 3), append("session-a", 2, 1));
    let refused = Append { rows: Some(unstorable_rows()), ..append("session-b", 0, 1) };
    let elsewhere = append("session-c", 0, 1);

    let answers = in_one_batch(
        &database,
        &known,
        &[&duplicate, &stale, &valid, &conflict, &refused, &elsewhere],
    )
    .await;

    let [duplicate_is, stale_is, valid_is, conflict_is, refused_is, elsewhere_is] =
        answers.try_into().unwrap();
    assert_eq!(duplicate_is.unwrap(), Appended::Duplicate(receipt("session-a", 2, 2)));
    assert_eq!(stale_is.unwrap(), Appended::Conflict);
    assert_eq!(valid_is.unwrap(), Appended::New(receipt("session-a", 5, 5)));
    assert_eq!(conflict_is.unwrap(), Appended::Conflict);
    assert!(matches!(refused_is, Err(AppendError::Refused(_))));
    assert_eq!(elsewhere_is.unwrap(), Appended::New(receipt("session-c", 1, 6)));
    for (append, events) in
        [(&known, 2), (&stale, 0), (&valid, 3), (&conflict, 0), (&refused, 0), (&elsewhere, 1)]
    {
        assert_eq!(events_of(&database.owner, append).await, events, "{append:?}");
    }
    assert_gapless(&database.owner).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_begins_beside_a_repeat_has_the_same_row_as_any() {
    let database = TestDatabase::new().await;
    let (store, first) = (store(&database), session_id());
    let begun = store.execute::<Session>(&first, create("player"), &context()).await.unwrap();
    let begun = begun.aggregate;
    let (id, known) = (session_id(), append("session-a", 0, 1));
    let row = begun.new_row(&id, 1).unwrap();
    let begins =
        Append { rows: Some(Rows::NewSession(row)), ..append(&format!("session-{id}"), 0, 1) };

    let answers = in_one_batch(&database, &known, &[&again(&known), &begins]).await;

    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(matches!(&answers[..], [Appended::Duplicate(_), Appended::New(_)]), "{answers:?}");
    let row = SessionRow::find(&database.service, &id).await.unwrap().unwrap();
    assert_eq!(row, SessionRow::of(begun.present().unwrap(), &id, 1));
}

#[tokio::test]
async fn the_database_alone_tells_the_members_of_a_batch_apart() {
    let database = TestDatabase::new().await;
    let known = append("session-a", 0, 2);
    call(&database.service, &[&known]).await.unwrap();
    let (duplicate, stale) = (again(&known), append("session-a", 1, 1));
    let (valid, conflict) = (append("session-a", 2, 3), append("session-a", 2, 1));

    let answers = call(&database.service, &[&stale, &duplicate, &valid, &conflict]).await.unwrap();

    let answers: Vec<_> = answers.iter().map(|it| (it.outcome.as_str(), it.version)).collect();
    assert_eq!(answers, [("conflict", 5), ("duplicate", 2), ("appended", 5), ("conflict", 5)]);
    assert_eq!(events_of(&database.owner, &valid).await, 3);
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn a_command_given_twice_in_one_batch_is_executed_once_and_told_so() {
    let database = TestDatabase::new().await;
    let first = append("session-a", 0, 1);
    let twin = Append { stream: "session-b".to_owned(), ..again(&first) };
    let behind_the_twin = append("session-b", 0, 1);

    let answers =
        call(&database.service, &[&first, &twin, &again(&first), &behind_the_twin]).await.unwrap();

    let answers: Vec<_> = answers
        .iter()
        .map(|it| (it.outcome.as_str(), it.stream.as_str(), it.version, it.position))
        .collect();
    assert_eq!(
        answers,
        [
            ("appended", "session-a", 1, 1),
            ("duplicate", "session-a", 1, 1),
            ("duplicate", "session-a", 1, 1),
            ("appended", "session-b", 1, 2),
        ]
    );
    assert_gapless(&database.owner).await;
}

#[tokio::test]
async fn a_batch_in_which_nobody_wins_acknowledges_nobody_and_writes_nothing() {
    let database = TestDatabase::new().await;
    let known = append("session-a", 0, 2);
    call(&database.service, &[&known]).await.unwrap();
    let before = everything(&database.owner).await;

    let losers = [&again(&known), &append("session-a", 0, 1), &append("session-b", 7, 1)];
    let answers = call(&database.service, &losers).await.unwrap();
    let nobody = call(&database.service, &[]).await.unwrap();

    let answers: Vec<_> = answers.iter().map(|it| it.outcome.as_str()).collect();
    assert_eq!(answers, ["duplicate", "conflict", "conflict"]);
    assert!(nobody.is_empty());
    assert_eq!(everything(&database.owner).await, before);
}

#[tokio::test]
async fn a_batch_reads_no_table_whole_even_while_its_tables_are_small() {
    let database = TestDatabase::new().await;
    let mut transaction = database.service.begin().await.unwrap();
    // Often enough for Postgres to settle on one plan.
    for turn in 0..10 {
        let batch: Vec<_> = (0..64).map(|n| append(&format!("session-{turn}-{n}"), 0, 1)).collect();
        call(&mut *transaction, &batch.iter().collect::<Vec<_>>()).await.unwrap();
    }

    let read_whole: Vec<String> =
        sqlx::query_scalar("SELECT relname::text FROM pg_stat_xact_user_tables WHERE 0 < seq_scan")
            .fetch_all(&mut *transaction)
            .await
            .unwrap();
    assert_eq!(read_whole, Vec::<String>::new());
}

#[tokio::test]
async fn an_append_without_events_is_refused_and_never_acknowledged() {
    let database = TestDatabase::new().await;
    let committer = committer(&database);

    let refused = committer.append(append("session-a", 0, 0)).await;

    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    assert_eq!(head(&database.owner).await, 0);
}

#[tokio::test]
async fn an_entry_is_at_most_64_000_bytes() {
    let database = TestDatabase::new().await;
    let committer = committer(&database);
    let of = |stream, bytes| Append {
        entries: vec![("Noted".to_owned(), vec![b' '; bytes])],
        ..append(stream, 0, 1)
    };

    let longest = committer.append(of("session-a", 64_000)).await;
    let too_long = committer.append(of("session-b", 64_001)).await;

    assert!(matches!(longest, Ok(Appended::New(_))));
    assert!(matches!(too_long, Err(AppendError::Refused(_))));
}

fn receipt(stream: &str, version: i64, position: i64) -> Receipt {
    Receipt { stream: stream.to_owned(), version, position }
}

/// Appends `first`, and then all the others, which wait for it and so form one batch.
async fn in_one_batch(
    database: &TestDatabase,
    first: &Append,
    others: &[&Append],
) -> Vec<Result<Appended, AppendError>> {
    let committer = committer(database);
    let lock = HeadLock::take(&database.owner).await;
    let first = tokio::spawn({
        let (committer, first) = (committer.clone(), first.clone());
        async move { committer.append(first).await }
    });
    until_waiting(&database.owner, 1).await;
    let others = join_all(others.iter().map(|it| committer.append((*it).clone())));
    let (others, ()) = tokio::join!(others, lock.release());
    assert!(matches!(first.await.unwrap(), Ok(Appended::New(_))));
    others
}

/// The whole log, to see whether anything was written.
async fn everything(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT event_head::text FROM event_head UNION ALL SELECT event::text FROM event
         UNION ALL SELECT stream::text FROM stream UNION ALL SELECT command::text FROM command",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

#[derive(FromRow)]
struct Answer {
    outcome: String,
    stream: String,
    version: i64,
    position: i64,
}

/// One call of the SQL function, past the committer.
async fn call(
    database: impl PgExecutor<'_>,
    batch: &[&Append],
) -> Result<Vec<Answer>, sqlx::Error> {
    let entries: Vec<_> = (1_i32..)
        .zip(batch)
        .flat_map(|(member, it)| it.entries.iter().map(move |entry| (member, entry)))
        .collect();
    let nothing = vec![None::<Vec<u8>>; batch.len()];
    sqlx::query_as(
        "SELECT outcome, stream, version, position FROM append_events(
             0::smallint, $1, $2, $3, $4, $5, array_fill(false, ARRAY[$6]), $5, $5,
             array_fill(NULL::timestamptz, ARRAY[$6]), array_fill(NULL::jsonb, ARRAY[$6]),
             $7, $8, $9)
         ORDER BY member",
    )
    .bind(batch.iter().map(|it| it.command_id).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.append_id).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.stream.as_str()).collect::<Vec<_>>())
    .bind(batch.iter().map(|it| it.expected_version).collect::<Vec<_>>())
    .bind(nothing)
    .bind(i32::try_from(batch.len()).unwrap())
    .bind(entries.iter().map(|it| it.0).collect::<Vec<_>>())
    .bind(entries.iter().map(|it| it.1.0.as_str()).collect::<Vec<_>>())
    .bind(entries.iter().map(|it| it.1.1.as_slice()).collect::<Vec<_>>())
    .fetch_all(database)
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_alone_that_is_behind_or_ahead_of_its_stream_is_a_conflict() {
    let database = TestDatabase::new().await;
    let committer = committer(&database);
    let first = committer.append(append("session-a", 0, 2)).await.unwrap();
    assert_eq!(first, Appended::New(receipt("session-a", 2, 2)));
    for expected in [0, 1, 5] {
        let answer = committer.append(append("session-a", expected, 1)).await.unwrap();
        assert_eq!(answer, Appended::Conflict, "{expected}");
    }
    let next = committer.append(append("session-a", 2, 1)).await.unwrap();
    assert_eq!(next, Appended::New(receipt("session-a", 3, 3)));
    assert_gapless(&database.owner).await;
}
