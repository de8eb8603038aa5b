//! `toffeepay dev` with nothing set up: its own Postgres, from the first start to a crash.

use std::{
    fs::{self, File},
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{Connection, PgConnection};

use super::client::Client;
use super::harness::{EnvFile, bare_command, wait_until};
use super::support::cluster::{Scratch, binaries};

/// One run of dev on a data folder.
struct Run {
    child: Child,
    env: EnvFile,
    client: Client,
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Run {
    async fn start(dir: &Path) -> Self {
        let env_file = dir.join("env.json");
        let _ = fs::remove_file(&env_file);
        let log = |name| File::options().create(true).append(true).open(dir.join(name)).unwrap();
        let mut command = bare_command();
        command
            .args(["dev", "--listen", "127.0.0.1:0", "--no-purchases"])
            .arg("--data-dir")
            .arg(dir);
        command.arg("--env-file").arg(&env_file);
        // The tests' own server programs, so that nothing is installed for this test.
        command.env("PG_BIN", binaries().folder());
        command.stdin(Stdio::null()).stdout(log("stdout")).stderr(log("stderr"));
        let mut child = command.spawn().unwrap();
        let env: EnvFile = wait_until("the env file", async || {
            let ended = child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "{ended:?}: {}",
                fs::read_to_string(dir.join("stderr")).unwrap()
            );
            Some(serde_json::from_slice(&fs::read(&env_file).ok()?).unwrap())
        })
        .await;
        let client = Client::new(&env);
        Self { child, env, client }
    }

    async fn postgres_answers(&self) -> bool {
        PgConnection::connect(&self.env.database_url).await.is_ok()
    }
}

#[tokio::test]
async fn dev_brings_its_own_postgres_and_keeps_data_and_key_through_stops_and_crashes() {
    let dir = Scratch::new("own_postgres");
    fs::create_dir_all(dir.path()).unwrap();

    let mut first = Run::start(dir.path()).await;
    let one = first.client.create_session(&first.client.purchase()).await;
    assert!(first.postgres_answers().await);
    kill(Pid::from_raw(i32::try_from(first.child.id()).unwrap()), Signal::SIGINT).unwrap();
    let status = wait_until("the stop", async || first.child.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(0), "Ctrl-C ends it well");
    assert!(!first.postgres_answers().await, "its Postgres ended with it");

    let mut second = Run::start(dir.path()).await;
    assert_eq!(second.env.api_key, first.env.api_key);
    assert_eq!(second.client.status(&one).await, "pending");
    let two = second.client.create_session(&second.client.purchase()).await;
    second.child.kill().unwrap();
    second.child.wait().unwrap();

    let third = Run::start(dir.path()).await;
    assert_eq!(third.env.api_key, first.env.api_key);
    for session_id in [&one, &two] {
        assert_eq!(third.client.status(session_id).await, "pending", "no acknowledged one is lost");
    }
}

#[tokio::test]
async fn the_replay_that_dev_prints_can_be_pasted_while_it_runs() {
    let dir = Scratch::new("printed_replay");
    fs::create_dir_all(dir.path()).unwrap();
    let run = Run::start(dir.path()).await;
    run.client.create_session(&run.client.purchase()).await;
    // The greeting comes after the file that told us of the start.
    let command = wait_until("the greeting", async || {
        let printed = fs::read_to_string(dir.path().join("stdout")).unwrap();
        let (greeting, _) = printed.split_once("Stop with Ctrl-C")?;
        greeting.split("\n\n").find(|it| it.contains(" replay ")).map(str::to_owned)
    })
    .await;
    let replayed = Command::new("sh").arg("-c").arg(&command).output().unwrap();
    let said = String::from_utf8_lossy(&replayed.stdout);
    assert!(replayed.status.success(), "{command}: {replayed:?}");
    assert!(said.contains("agree"), "{said}");
}
