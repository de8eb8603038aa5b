//! The programs that the how-to of client libraries prints, run as they are printed.

use std::{os::unix::process::ExitStatusExt, path::Path, process::Stdio};

use nix::libc::SIGABRT;
use serde_json::json;
use tokio::{io::AsyncWriteExt, process::Command, task::spawn_blocking};

use super::client::{LIST_SESSIONS, PROTO_FILES};
use super::harness::{Options, Service};
use super::lists::list;
use super::support::tools;

const HOW_TO: &str = include_str!("../../docs/how-to/use-a-client-library.md");

/// Where the printed programs call, and with which key.
const PRINTED_URL: &str = "http://127.0.0.1:8080";
const PRINTED_KEY: &str = "<your_api_key>";

/// The one program in `language`, for this service.
fn printed(language: &str, service: &Service) -> String {
    let mut blocks = HOW_TO.split("\n```").filter_map(|it| it.strip_prefix(language));
    let (Some(program), None) = (blocks.next(), blocks.next()) else {
        panic!("one program in {language}")
    };
    assert!(program.contains(PRINTED_URL) && program.contains(PRINTED_KEY), "{program}");
    program.replace(PRINTED_URL, &service.env.api_url).replace(PRINTED_KEY, &service.env.api_key)
}

/// What a program prints that is given on standard input and runs in a folder.
async fn output(command: &mut Command, folder: &Path, program: &str) -> String {
    let command = command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    child.stdin.take().unwrap().write_all(program.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    // The Python SDK's HTTP client may abort at the very end, as the how-to says.
    let has_ended_well = output.status.success() || output.status.signal() == Some(SIGABRT);
    assert!(has_ended_well, "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// That the URL is that of the only session, which is what the programs buy.
async fn assert_sold_once(service: &Service, url: &str) {
    let (_, id) = url.rsplit_once('/').unwrap();
    assert_eq!(url, service.client.page_url(id));
    assert_eq!(service.client.status(id).await, "pending");
    let sessions = list(service, LIST_SESSIONS, json!({})).await;
    assert_eq!(sessions["total"], 1, "{sessions}");
    assert_eq!(sessions["sessions"][0]["item"]["title"], "50 Gold Coins");
}

#[tokio::test]
async fn the_python_program_opens_a_session_once_however_often_it_is_run() {
    let service = Service::start(Options::default()).await;
    let python = spawn_blocking(tools::python).await.unwrap();
    let program = printed("python", &service);
    let fixes = tools::client_script("sdk_fixes.py");
    for _ in 0..2 {
        let beside_fixes = fixes.parent().unwrap();
        let url = output(Command::new(&python).arg("-"), beside_fixes, &program).await;
        assert_sold_once(&service, &url).await;
    }
}

#[tokio::test]
async fn the_node_program_opens_a_session_once_however_often_it_is_run() {
    let service = Service::start(Options::default()).await;
    let find = || (tools::node(), tools::generated_clients(PROTO_FILES.as_ref()));
    let (node, clients) = spawn_blocking(find).await.unwrap();
    let program = printed("javascript", &service);
    for _ in 0..2 {
        let mut command = Command::new(&node);
        let url = output(command.args(["--input-type=module", "-"]), &clients, &program).await;
        assert_sold_once(&service, &url).await;
    }
}
