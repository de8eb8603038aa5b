//! The private Postgres keeps what it was given, whoever is killed, and never keeps anybody out.

#![allow(clippy::unwrap_used, reason = "a panic in a test's helper is a failed test")]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use toffeepay::private_postgres::binaries::{Search, named};
use toffeepay::private_postgres::{
    Options, PostgresError, PrivatePostgres, default_data_dir, major_version,
};

mod support;
use support::cluster::{Scratch, binaries, durable, shared};

/// Names the folder to the process that [`start_in_another_process`] starts.
const FOLDER_VARIABLE: &str = "TOFFEEPAY_TEST_FOLDER";

#[tokio::test]
async fn a_first_start_gives_a_server_that_takes_queries() {
    let folder = Scratch::new("first");
    let postgres = durable(folder.path());

    assert!(postgres.is_owner());
    assert_eq!(setting(&postgres, "fsync").await, "on");
    assert_eq!(setting(&postgres, "data_checksums").await, "on");
    assert_eq!(setting(&postgres, "server_encoding").await, "UTF8");
    assert_eq!(setting(&postgres, "listen_addresses").await, "");
}

#[tokio::test]
async fn the_shared_cluster_is_made_for_speed() {
    assert_eq!(setting(shared(), "fsync").await, "off");
    assert_eq!(setting(shared(), "synchronous_commit").await, "off");
    assert_eq!(setting(shared(), "full_page_writes").await, "off");
    assert!(std::ptr::eq(shared(), shared()));
}

#[tokio::test]
async fn a_database_made_in_it_has_a_url_of_its_own() {
    run(shared(), "CREATE DATABASE \"games and more\"").await;

    let url = shared().url_of("games and more");
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let name: String =
        sqlx::query_scalar("SELECT current_database()").fetch_one(&mut connection).await.unwrap();

    assert_eq!(name, "games and more");
}

#[test]
fn the_socket_is_in_a_folder_for_its_owner_alone() {
    let folder = Scratch::new("modes");
    let postgres = durable(folder.path());

    let socket = socket_of(&postgres);

    assert!(socket.starts_with(folder.path().canonicalize().unwrap()));
    assert_eq!(socket.metadata().unwrap().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_folder_too_deep_for_a_socket_works_too() {
    let folder = Scratch::new("deep");
    let deep = folder.path().join("d".repeat(100));
    let postgres = durable(&deep);

    remember(&postgres, 1).await;

    let socket = socket_of(&postgres);
    assert!(!socket.starts_with(&deep));
    assert_eq!(socket.metadata().unwrap().mode() & 0o777, 0o700);
    postgres.stop();
    let again = durable(&deep);
    assert_eq!(remembered(&again).await, [1]);
    drop(again);
    fs::remove_dir_all(socket).unwrap();
}

#[tokio::test]
async fn a_restart_keeps_the_data() {
    let folder = Scratch::new("restart");
    let postgres = durable(folder.path());
    remember(&postgres, 1).await;

    postgres.stop();
    assert!(!folder.path().join("data/postmaster.pid").exists());

    assert_eq!(remembered(&durable(folder.path())).await, [1]);
}

#[tokio::test]
async fn a_killed_server_starts_again_with_all_that_was_committed() {
    let folder = Scratch::new("killed");
    let mut postgres = durable(folder.path());

    for value in 1..=3 {
        remember(&postgres, value).await;
        postgres.kill();
        postgres = durable(folder.path());
        assert!(postgres.is_owner());
    }

    assert_eq!(remembered(&postgres).await, [1, 2, 3]);
}

#[tokio::test]
async fn a_server_whose_process_was_killed_does_not_stand_in_the_way() {
    let folder = Scratch::new("left_behind");
    for value in 1..=3 {
        let mut other = start_in_another_process(folder.path());
        other.kill().unwrap();
        other.wait().unwrap();

        let postgres = durable(folder.path());

        assert!(postgres.is_owner());
        remember(&postgres, value).await;
    }
    assert_eq!(remembered(&durable(folder.path())).await, [1, 2, 3]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_ends_with_its_process_even_if_that_is_killed() {
    let folder = Scratch::new("orphan");
    let mut other = start_in_another_process(folder.path());
    let pid_file = folder.path().join("data/postmaster.pid");
    assert!(pid_file.exists());

    other.kill().unwrap();
    other.wait().unwrap();

    let since = Instant::now();
    while pid_file.exists() {
        assert!(since.elapsed() < Duration::from_secs(20), "it runs on");
        thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn a_second_process_shares_the_server_and_leaves_it_running() {
    let folder = Scratch::new("shared_folder");
    let postgres = durable(folder.path());
    remember(&postgres, 1).await;

    let mut other = start_in_another_process(folder.path());
    other.kill().unwrap();
    other.wait().unwrap();
    let guest = durable(folder.path());
    assert!(!guest.is_owner());
    guest.stop();

    assert_eq!(remembered(&postgres).await, [1]);
}

#[test]
fn of_two_starts_at_the_same_time_one_owns_the_server_and_one_shares_it() {
    let folder = Scratch::new("two_starts");
    let started: Vec<PrivatePostgres> = thread::scope(|scope| {
        let starts = [(); 2].map(|()| scope.spawn(|| durable(folder.path())));
        starts.map(|it| it.join().unwrap()).into()
    });

    assert_eq!(started.iter().filter(|it| it.is_owner()).count(), 1);
    assert_eq!(started[0].url(), started[1].url());
}

#[test]
fn without_binaries_the_error_says_what_to_do() {
    let nowhere = Scratch::new("nowhere");

    let error = Search::only([nowhere.path().to_owned()]).find(None).unwrap_err().to_string();

    for remedy in ["apt-get install postgresql", "brew install", "PG_BIN", "DATABASE_URL"] {
        assert!(error.contains(remedy), "{error}");
    }
}

#[test]
fn a_folder_that_was_named_has_the_server_or_is_refused_and_no_other_is_taken() {
    let nowhere = Scratch::new("named");
    assert_eq!(named(binaries().folder(), None).unwrap(), *binaries());
    let error = named(nowhere.path(), None).unwrap_err().to_string();
    let expected = "PG_BIN must be a folder with the `initdb` and `postgres` of PostgreSQL 15 or";
    assert!(error.starts_with(expected), "{error}");
    assert!(error.contains(nowhere.path().to_str().unwrap()), "{error}");
}

#[test]
fn a_search_finds_the_version_that_the_data_needs_or_says_which_it_is() {
    let search = Search::only([binaries().folder().to_owned()]);
    let major = binaries().major();

    assert_eq!(search.find(Some(major)).unwrap(), *binaries());
    let error = search.find(Some(major + 1)).unwrap_err();
    assert!(
        matches!(error, PostgresError::NoBinariesOfVersion { wanted } if wanted == major + 1),
        "{error}"
    );
}

#[test]
fn data_of_another_major_version_is_left_alone() {
    let folder = Scratch::new("version");
    assert_eq!(major_version(folder.path()).unwrap(), None);
    durable(folder.path()).stop();
    assert_eq!(major_version(folder.path()).unwrap(), Some(binaries().major()));

    fs::write(folder.path().join("data/PG_VERSION"), "9\n").unwrap();
    let error = PrivatePostgres::start(folder.path(), binaries(), Options::default()).unwrap_err();

    assert!(matches!(error, PostgresError::WrongVersion { wanted: 9, .. }), "{error}");
}

#[test]
fn a_server_that_cannot_start_says_why_at_once() {
    let folder = Scratch::new("broken");
    durable(folder.path()).stop();
    let since = Instant::now();

    fs::write(folder.path().join("data/postgresql.conf"), "no_such_setting = on\n").unwrap();
    let error = PrivatePostgres::start(folder.path(), binaries(), Options::default()).unwrap_err();

    assert!(error.to_string().contains("no_such_setting"), "{error}");
    assert!(since.elapsed() < Duration::from_secs(10));
}

#[test]
fn data_belongs_in_a_folder_of_our_name() {
    assert!(default_data_dir().unwrap().ends_with("toffeepay"));
}

/// Not a test: the body of [`start_in_another_process`].
#[test]
#[ignore = "run by other tests, in a process of its own"]
fn serve_until_killed() {
    let Some(folder) = env::var_os(FOLDER_VARIABLE) else { return };
    let _postgres = durable(&PathBuf::from(folder));
    println!("\nready");
    // Nobody writes: this waits.
    let _ = std::io::stdin().read(&mut [0]);
}

/// Runs this test program again, which starts a server and waits.
fn start_in_another_process(folder: &Path) -> Child {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "serve_until_killed"])
        .env(FOLDER_VARIABLE, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|it| it == "ready"), "no server was started");
    child
}

async fn connect(postgres: &PrivatePostgres) -> PgConnection {
    PgConnection::connect(postgres.url()).await.unwrap()
}

async fn run(postgres: &PrivatePostgres, statement: &str) {
    sqlx::raw_sql(statement).execute(&mut connect(postgres).await).await.unwrap();
}

async fn setting(postgres: &PrivatePostgres, name: &str) -> String {
    sqlx::query_scalar("SELECT current_setting($1)")
        .bind(name)
        .fetch_one(&mut connect(postgres).await)
        .await
        .unwrap()
}

async fn remember(postgres: &PrivatePostgres, value: i32) {
    let mut connection = connect(postgres).await;
    let table = "CREATE TABLE IF NOT EXISTS remembered (value integer)";
    sqlx::raw_sql(table).execute(&mut connection).await.unwrap();
    let insert = sqlx::query("INSERT INTO remembered VALUES ($1)").bind(value);
    insert.execute(&mut connection).await.unwrap();
}

async fn remembered(postgres: &PrivatePostgres) -> Vec<i32> {
    sqlx::query_scalar("SELECT value FROM remembered ORDER BY value")
        .fetch_all(&mut connect(postgres).await)
        .await
        .unwrap()
}

/// The folder of the socket, as sqlx reads it from the URL.
fn socket_of(postgres: &PrivatePostgres) -> PathBuf {
    let options = PgConnectOptions::from_str(postgres.url()).unwrap();
    options.get_socket().unwrap().clone()
}
