//! The verifiers that the how-to prints, in four languages, asked about each published case.

use std::{fs, path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::support::{browser::ask, cluster::Scratch, tools};

const HOW_TO: &str = include_str!("../../docs/how-to/verify-webhooks.md");
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/webhook-fixtures");

/// The one program in `language`.
fn printed(language: &str) -> &'static str {
    let mut blocks = HOW_TO.split("\n```").filter_map(|it| it.strip_prefix(language));
    let (Some(program), None) = (blocks.next(), blocks.next()) else {
        panic!("one program in {language}")
    };
    program
}

/// Each case as programs are asked about it, and its name and verdict.
fn cases() -> (Value, Vec<(String, bool)>) {
    let cases = fs::read(format!("{FIXTURES}/cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    let (mut questions, mut verdicts) = (vec![], vec![]);
    for it in cases {
        let body = fs::read(format!("{FIXTURES}/{}", it["body"].as_str().unwrap())).unwrap();
        questions.push(json!({
            "secret": it["secret"],
            "header": it["headers"]["X-ToffeePay-Signature"],
            "body": STANDARD.encode(body),
            "now": it["now"],
        }));
        verdicts.push((it["name"].as_str().unwrap().to_owned(), it["valid"].as_bool().unwrap()));
    }
    (questions.into(), verdicts)
}

/// Asks a program, which prints a list of its verdicts.
fn assert_agrees(program: &mut Command) {
    let (questions, verdicts) = cases();
    let said: Vec<bool> = serde_json::from_value(ask(program, &questions)).unwrap();
    let (names, expected): (Vec<_>, Vec<_>) = verdicts.into_iter().unzip();
    let said: Vec<_> = names.iter().zip(said).collect();
    let expected: Vec<_> = names.iter().zip(expected).collect();
    assert_eq!(said, expected);
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

/// Runs a program that must succeed, in a folder.
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
}

#[test]
fn the_python_function_agrees_with_each_case() {
    let main = "
import base64, json, sys
print(json.dumps([
    is_ours(it['secret'], it['header'], base64.b64decode(it['body']), it['now'])
    for it in json.load(sys.stdin)
]))
";
    let program = format!("{}{main}", printed("python"));
    assert_agrees(Command::new(tools::python()).args(["-c", &program]));
}

#[test]
fn the_typescript_function_has_sound_types_and_agrees_with_each_case() {
    let main = "
import { readFileSync } from \"node:fs\";
const cases = JSON.parse(readFileSync(0, \"utf8\"));
const verdict = (it: any) =>
  isOurs(it.secret, it.header, new Uint8Array(Buffer.from(it.body, \"base64\")), it.now);
console.log(JSON.stringify(cases.map(verdict)));
";
    let folder = Scratch::new("snippet-typescript");
    write(folder.path(), "package.json", r#"{"type": "module"}"#);
    write(folder.path(), "verify.ts", &format!("{}{main}", printed("typescript")));
    let clients = tools::npm_clients();
    let types = clients.join("node_modules/@types");
    let words = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
    run(Command::new(tools::node())
        .arg(clients.join("node_modules/typescript/bin/tsc"))
        .args(words)
        .arg("--typeRoots")
        .arg(types)
        .arg("verify.ts")
        .current_dir(folder.path()));
    assert_agrees(Command::new(tools::node()).arg(folder.path().join("verify.js")));
}

#[test]
fn the_go_function_agrees_with_each_case_where_there_is_go() {
    let Some(go) = tools::go() else { return };
    let main = "package main

import (
	\"encoding/json\"
	\"os\"
	\"time\"

	\"verify/webhook\"
)

func main() {
	var cases []struct {
		Secret, Header string
		Body           []byte
		Now            int64
	}
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	verdicts := []bool{}
	for _, it := range cases {
		verdicts = append(verdicts, webhook.IsOurs(it.Secret, it.Header, it.Body, time.Unix(it.Now, 0)))
	}
	json.NewEncoder(os.Stdout).Encode(verdicts)
}
";
    let folder = Scratch::new("snippet-go");
    write(folder.path(), "go.mod", "module verify\n\ngo 1.18\n");
    write(folder.path(), "main.go", main);
    write(&folder.path().join("webhook"), "webhook.go", printed("go\n"));
    run(Command::new(go)
        .args(["build", "-o", "verify", "."])
        .current_dir(folder.path())
        .env("GOCACHE", folder.path().join("cache"))
        .env("GOFLAGS", "-mod=mod")
        .env("GOPROXY", "off"));
    assert_agrees(&mut Command::new(folder.path().join("verify")));
}

#[test]
fn the_csharp_function_agrees_with_each_case_where_there_is_mono() {
    let Some((compiler, runtime)) = tools::csharp() else { return };
    // Four lines for each case: C# of this age reads no JSON by itself.
    let main = "
public static class Verify
{
    public static void Main()
    {
        var verdicts = new System.Collections.Generic.List<string>();
        string secret;
        while ((secret = Console.ReadLine()) != null)
        {
            var header = Console.ReadLine();
            var body = Convert.FromBase64String(Console.ReadLine());
            var now = DateTimeOffset.FromUnixTimeSeconds(long.Parse(Console.ReadLine()));
            verdicts.Add(ToffeePayWebhook.IsOurs(secret, header, body, now) ? \"true\" : \"false\");
        }
        Console.WriteLine(\"[\" + string.Join(\",\", verdicts) + \"]\");
    }
}
";
    let folder = Scratch::new("snippet-csharp");
    write(folder.path(), "verify.cs", &format!("{}{main}", printed("csharp")));
    run(Command::new(compiler)
        .args(["-langversion:7", "-warnaserror", "-out:verify.exe", "verify.cs"])
        .current_dir(folder.path()));
    let (questions, verdicts) = cases();
    let lines = questions.as_array().unwrap().iter().map(|it| {
        let text = |name: &str| it[name].as_str().unwrap().to_owned();
        format!("{}\n{}\n{}\n{}\n", text("secret"), text("header"), text("body"), it["now"])
    });
    write(folder.path(), "cases.txt", &lines.collect::<String>());
    let cases = fs::File::open(folder.path().join("cases.txt")).unwrap();
    let output =
        Command::new(runtime).arg(folder.path().join("verify.exe")).stdin(cases).output().unwrap();
    let said: Vec<bool> = serde_json::from_slice(&output.stdout).unwrap_or_else(|why| {
        panic!("{why}: {}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()))
    });
    let expected: Vec<bool> = verdicts.iter().map(|(_, is_valid)| *is_valid).collect();
    assert_eq!(said, expected);
}
