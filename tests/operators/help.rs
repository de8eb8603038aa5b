//! Every command explains itself, and every wrong setting is told what it should be.

use clap::{Command, CommandFactory};
use toffeepay::cli::Cli;

use crate::ground::{refusal, run};

/// The commands that this test knows enough of.
const COMMANDS: [&str; 13] = [
    "dev",
    "serve",
    "migrate",
    "games",
    "keys",
    "people",
    "endpoints",
    "deliveries",
    "replay",
    "dead-letters",
    "webhook",
    "trigger",
    "listen",
];

fn commands() -> Vec<Command> {
    let mut cli = Cli::command();
    cli.build();
    let ours = cli.get_subcommands().filter(|it| COMMANDS.contains(&it.get_name()));
    let with_children = |it: &Command| {
        let children = it.get_subcommands().filter(|it| it.get_name() != "help").cloned();
        [vec![it.clone()], children.collect()].concat()
    };
    ours.flat_map(with_children).collect()
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_shows_an_example_or_is_a_plain_question() {
    for mut command in commands() {
        let help = command.render_long_help().to_string();
        let asks = ["list", "show"].contains(&command.get_name());
        assert!(asks || help.contains("Example:"), "{help}");
    }
}

#[test]
fn every_option_says_more_than_its_name() {
    for mut command in commands() {
        let help = command.render_long_help().to_string();
        for it in command.get_arguments() {
            let id = it.get_id().as_str();
            if ["help", "version"].contains(&id) {
                continue;
            }
            let about = it.get_long_help().or(it.get_help()).map(ToString::to_string);
            let about = about.unwrap_or_default();
            assert!(about.len() >= 10, "{} {id}: {about:?}", command.get_name());
            let first_words: String = about.chars().take(10).collect();
            assert!(help.contains(&first_words), "{help}");
        }
    }
}

#[test]
fn no_help_shows_what_a_variable_holds() {
    let command = Cli::command();
    let replay = command.find_subcommand("replay").unwrap();
    let url = replay.get_arguments().find(|it| it.get_id() == "database_url").unwrap();
    assert!(url.is_hide_env_values_set());
}

#[tokio::test]
async fn a_wrong_database_url_is_told_what_it_should_be_without_its_password() {
    let list =
        |url| async move { run(&["toffeepay", "games", "list", "--database-url", url]).await.err };
    for wrong in ["mysql://root:hunter2@db/games", "postgres://root:hunter2@db:port/games", ""] {
        let said = list(wrong).await;
        assert!(said.starts_with("DATABASE_URL must be a URL such as postgres://"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    assert!(list("mysql://db").await.contains("received one of scheme \"mysql\""));
    assert!(list("db.example/games").await.contains("received a text that begins with no scheme"));
    let said = list("postgres://root:hunter2@127.0.0.1:1/games").await;
    assert!(said.contains("host 127.0.0.1, database games"), "{said}");
    assert!(said.contains("refused"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_wrong_master_key_is_never_quoted() {
    let file = std::env::temp_dir().join(format!("toffeepay-key-{}", uuid::Uuid::new_v4()));
    let replay = async || {
        let file = file.to_str().unwrap();
        run(&["toffeepay", "replay", "--master-key-file", file, "--database-url", ""]).await.err
    };
    assert!(replay().await.contains("must name a file that can be read"));
    for wrong in ["c2hvcnQ=", "not base64 at all"] {
        std::fs::write(&file, wrong).unwrap();
        let said = replay().await;
        assert!(
            said.contains("--master-key-file must be the base64 of exactly 32 bytes"),
            "{said}"
        );
        assert!(!said.contains(wrong), "{said}");
    }
    std::fs::write(&file, "\n").unwrap();
    assert!(replay().await.contains("missing or empty"));
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn values_out_of_their_limits_are_refused_before_anything_is_opened() {
    let set = |option, value| refusal(&["toffeepay", "games", "set", "g", option, value]);
    assert!(set("--session-lifetime-s", "59").contains("60 to 2592000"));
    assert!(set("--session-lifetime-s", "2592001").contains("60 to 2592000"));
    assert!(set("--currency", "usd").contains("ISO 4217"));
    assert!(set("--capture", "later").contains("automatic or manual"));
    let issue = |option, value| {
        let start = ["toffeepay", "keys", "issue", "g", "--world", "test", "--name", "n"];
        refusal(&[&start[..], &[option, value]].concat())
    };
    assert!(issue("--expires-in-days", "0").contains("1..=3650"));
    assert!(issue("--expires-in-days", "3651").contains("1..=3650"));
    assert!(issue("--scope", "admin").contains("read, write, refund or webhooks"));
    assert!(refusal(&["toffeepay", "replay", "--show-private"]).contains("SESSION_ID"));
}

#[test]
fn a_pay_base_url_that_players_cannot_be_sent_to_is_refused() {
    for (wrong, rule) in [
        ("pay.example.com", "must be a URL"),
        ("ftp://pay.example.com", "must begin http:// or https://"),
        ("https://u:p@pay.example.com", "no user name and no password"),
        ("https://pay.example.com/pay", "no path"),
    ] {
        let said = refusal(&["toffeepay", "serve", "--pay-base-url", wrong]);
        assert!(said.contains(rule), "{said}");
    }
}

#[test]
fn every_variable_stands_in_the_readme_and_in_a_help() {
    let readme = include_str!("../../README.md");
    let helps = commands().into_iter().map(|mut it| it.render_long_help().to_string());
    let helps = helps.collect::<Vec<_>>().join("\n");
    let commands = commands();
    let of_options = commands.iter().flat_map(Command::get_arguments).filter_map(|it| it.get_env());
    let of_options = of_options.map(|it| it.to_str().unwrap());
    for name in of_options.chain(["MASTER_KEY", "PG_BIN", "RUST_LOG", "TOFFEEPAY_API_KEY"]) {
        assert!(readme.contains(&format!("| `{name}` |")), "{name} is missing in a table");
        assert!(helps.contains(name), "{name} is missing in every help");
    }
}
