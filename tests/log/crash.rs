//! SIGKILL at any moment: what was acknowledged is in the log exactly once.
//!
//! Another process appends under load and says what it tries and what was acknowledged, on a
//! cluster on disk that loses nothing committed.

use std::collections::{HashMap, HashSet};

use rand::RngExt;
use sqlx::PgPool;
use toffeepay::event_store::{Append, AppendError, Appended, Committer, migrations::migrate};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    given::{PATIENCE, append, assert_gapless, committer},
    support::{
        child::{self, Other},
        cluster::{Scratch, durable},
        database::TestDatabase,
    },
};

const TASKS: usize = 16;
const BODY: &str = "crash::append_until_killed";

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_append_outlives_a_killed_service_exactly_once() {
    const ROUNDS: usize = 5;
    let folder = Scratch::new("crash");
    let postgres = durable(folder.path());
    let database = migrated(postgres.url()).await;
    let mut told = Told::default();

    for _ in 0..ROUNDS {
        let mut service = Other::start(BODY, &database.url);
        let moment = rand::rng().random_range(1..400);
        told.hear(&mut service, moment);
        service.kill();
        told.hear_rest(&mut service);
    }

    assert!(ROUNDS <= told.acknowledged.len());
    told.check(&database.owner).await;
    // Whoever heard nothing asks again, and each command has its one effect.
    let committer = committer(&database);
    for &command_id in &told.tried {
        let answer = committer.append(of_command(command_id)).await.unwrap();
        let is_in_doubt = !told.acknowledged.contains(&command_id);
        assert!(is_in_doubt || matches!(answer, Appended::Duplicate(..)), "{answer:?}");
    }
    drop(committer);
    told.acknowledged.clone_from(&told.tried);
    told.check(&database.owner).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_append_outlives_a_killed_postgres_exactly_once() {
    let folder = Scratch::new("crash-postgres");
    let mut postgres = durable(folder.path());
    let url = postgres.url().to_owned();
    drop(migrated(&url).await);
    let mut told = Told::default();
    let mut service = Other::start(BODY, &url);

    for _ in 0..2 {
        let moment = rand::rng().random_range(50..300);
        told.hear(&mut service, moment);
        postgres.kill();
        postgres = durable(folder.path());
        assert_eq!(postgres.url(), url);
        // The same service goes on, and asks about what was in doubt.
        told.hear(&mut service, 100);
    }
    service.kill();
    told.hear_rest(&mut service);

    told.check(&TestDatabase::at(url).owner).await;
}

/// Not a test: appends as fast as it can, until it is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by other tests, in a process of its own"]
async fn append_until_killed() {
    let Some(url) = child::database_url() else { return };
    let committer = committer(&TestDatabase::at(url));
    println!();
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let committer = committer.clone();
        tasks.spawn(async move {
            loop {
                let append = of_command(Uuid::new_v4());
                println!("tried {}", append.command_id);
                until_acknowledged(&committer, &append).await;
                println!("acknowledged {}", append.command_id);
            }
        });
    }
    // They end only by failing.
    tasks.join_next().await.unwrap().unwrap();
}

/// Asks until there is an answer.
async fn until_acknowledged(committer: &Committer, append: &Append) {
    loop {
        match committer.append(append.clone()).await {
            Ok(Appended::New(_)) => return,
            Err(AppendError::Unknown | AppendError::Unavailable) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Two events of a stream of its own, which hold the command's id.
fn of_command(command_id: Uuid) -> Append {
    let entry = command_id.to_string().into_bytes();
    Append {
        command_id,
        entries: vec![("Noted".to_owned(), entry); 2],
        ..append(&format!("session-{command_id}"), 0, 1)
    }
}

async fn migrated(url: &str) -> TestDatabase {
    let database = TestDatabase::at(url.to_owned());
    migrate(&database.owner_options, |_| ()).await.unwrap();
    database
}

/// Postgres ends what a killed client had begun, and only then sees that nobody listens.
async fn until_all_appends_are_over(pool: &PgPool) {
    // The pattern does not match this query itself.
    let begun = r"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%append\_events(%'";
    let all_over =
        async { while sqlx::query_scalar::<_, i64>(begun).fetch_one(pool).await.unwrap() != 0 {} };
    tokio::time::timeout(PATIENCE, all_over).await.expect("an append goes on and on");
}

/// What a service said before it was killed.
#[derive(Default)]
struct Told {
    tried: HashSet<Uuid>,
    acknowledged: HashSet<Uuid>,
}

impl Told {
    /// Listens until `count` more appends were acknowledged.
    fn hear(&mut self, service: &mut Other, count: usize) {
        let enough = self.acknowledged.len() + count;
        while self.acknowledged.len() < enough {
            let line = service.line().expect("the service ended by itself");
            self.note(&line);
        }
    }

    /// What it had said and nobody had read yet.
    fn hear_rest(&mut self, service: &mut Other) {
        while let Some(line) = service.line() {
            self.note(&line);
        }
    }

    /// The last line may be cut off: then nobody was told.
    fn note(&mut self, line: &str) {
        let Some((word, id)) = line.split_once(' ') else { return };
        let Ok(id) = Uuid::try_parse(id) else { return };
        match word {
            "tried" => _ = self.tried.insert(id),
            "acknowledged" => _ = self.acknowledged.insert(id),
            _ => {}
        }
    }

    /// Whole, exactly once, and without gaps.
    async fn check(&self, pool: &PgPool) {
        until_all_appends_are_over(pool).await;
        let found: Vec<(Vec<u8>, i64)> =
            sqlx::query_as("SELECT entry, count(*) FROM event GROUP BY entry")
                .fetch_all(pool)
                .await
                .unwrap();
        let found: HashMap<Uuid, i64> = found
            .into_iter()
            .map(|(entry, events)| (Uuid::try_parse_ascii(&entry).unwrap(), events))
            .collect();
        for id in &self.acknowledged {
            assert_eq!(found.get(id), Some(&2), "{id} was acknowledged");
        }
        for (id, events) in &found {
            assert_eq!((*events, self.tried.contains(id)), (2, true), "{id}");
        }
        let commands: i64 =
            sqlx::query_scalar("SELECT count(*) FROM command").fetch_one(pool).await.unwrap();
        assert_eq!(usize::try_from(commands).unwrap(), found.len());
        assert_gapless(pool).await;
    }
}
