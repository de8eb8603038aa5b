//! What `dev` refuses before it starts anything.

use std::{fs, path::PathBuf};

use crate::ground::{Ran, refusal, run};

/// A folder of the test's own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = Self(std::env::temp_dir().join(format!("toffeepay-{}", uuid::Uuid::new_v4())));
        fs::create_dir(&folder.0).unwrap();
        folder
    }

    /// Runs `dev` on a database that cannot be reached.
    async fn dev(&self, more: &[&str]) -> Ran {
        let data = self.0.to_str().unwrap();
        let words = ["toffeepay", "dev", "--listen", "127.0.0.1:0", "--data-dir", data];
        run(&[&words, more].concat()).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const NOWHERE: [&str; 2] = ["--database-url", "postgres://127.0.0.1:1/games"];

#[test]
fn a_webhook_url_that_nothing_can_be_sent_to_is_refused() {
    for wrong in ["localhost:3000/hook", "ftp://game.example/", "http://u:p@localhost/", "hook"] {
        let said = refusal(&["toffeepay", "dev", "--webhook-url", wrong]);
        assert!(said.contains("must be a URL such as http://localhost:3000/webhooks"), "{said}");
    }
}

#[tokio::test]
async fn the_last_runs_env_file_is_gone_before_anything_answers() {
    let folder = Folder::new();
    let file = folder.0.join("env.json");
    fs::write(&file, "of the last run").unwrap();
    let failed =
        folder.dev(&[&NOWHERE, &["--env-file", file.to_str().unwrap()][..]].concat()).await;
    assert_eq!(failed.code, 2, "{failed:?}");
    assert!(!file.exists());
}

#[tokio::test]
async fn an_env_file_in_a_folder_that_is_not_there_is_refused_at_once() {
    let folder = Folder::new();
    let file = folder.0.join("nowhere/env.json");
    let refused = folder.dev(&["--env-file", file.to_str().unwrap()]).await;
    assert!(refused.code == 2 && refused.err.contains("nowhere/env.json"), "{refused:?}");
}

#[tokio::test]
async fn a_wrong_database_url_is_named_here_too() {
    let refused = Folder::new().dev(&["--database-url", "mysql://root:hunter2@db/games"]).await;
    assert!(refused.err.starts_with("DATABASE_URL must be a URL such as"), "{refused:?}");
    assert!(!refused.err.contains("hunter2"), "{refused:?}");
}

#[tokio::test]
async fn damaged_secrets_are_told_with_their_files_name() {
    let folder = Folder::new();
    fs::write(folder.0.join("dev-secrets.json"), "{").unwrap();
    let refused = folder.dev(&NOWHERE).await;
    assert!(refused.code == 2 && refused.err.contains("dev-secrets.json: "), "{refused:?}");
}
