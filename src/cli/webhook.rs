//! `toffeepay webhook`: help for whoever receives webhooks, without a server or a database.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};

use super::{CliError, Output, operator::flush};
use crate::{
    clock::{Clock, SystemClock},
    webhooks::doctor::{Received, Scheme, examine, recipe_of, utf16_of},
};

/// The environment variable that holds the secret.
const WEBHOOK_SECRET: &str = "WEBHOOK_SECRET";
/// What `verify` ends with if a signature does not fit.
const EXIT_INVALID: u8 = 1;
/// The largest body that is read, in bytes: far more than any of ours has.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// The largest file of a secret that is read, in bytes.
const SECRET_BYTES_MAX: usize = 1024;
/// The largest file of headers that is read, in bytes.
const HEADERS_BYTES_MAX: usize = 64 * 1024;

/// What a receiver may do wrong with a webhook that is right.
const IF_REFUSED: &str = "If your server refuses it all the same, its code is at fault: print what it \
                          computes, and give that with --computed to be told by which recipe.";
/// How a body is written on Windows.
const AS_BYTES: &str = "curl.exe --output FILE, or [IO.File]::WriteAllBytes(\"FILE\", $bytes)";
/// How text is.
const AS_TEXT: &str = "… | Out-File -Encoding ascii FILE";

/// Helps whoever receives webhooks. Needs neither a server nor a database.
///
/// Example:
///   toffeepay webhook verify --body body.json --header 'X-ToffeePay-Signature: t=…,v1=…'
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct WebhookArgs {
    #[command(subcommand)]
    command: WebhookCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum WebhookCommand {
    Verify(VerifyArgs),
}

/// Says whether a webhook verifies, and if not, what is wrong: a body that was parsed and written
/// again, white space around a secret, another secret, an old one, a clock, a header that was
/// changed, or one scheme's recipe used for the other's header.
///
/// Save the body as its bytes came, before anything parses it, and copy the headers from your log. With
/// --computed, it also says by which recipe your own code came to its value.
///
/// Ends with 0 if every signature that came is valid, and with 1 if one is not.
///
/// Example:
///   export WEBHOOK_SECRET=whsec_…
///   toffeepay webhook verify --body body.json --headers headers.txt
///   toffeepay webhook verify --body - --header 'X-ToffeePay-Signature: t=…,v1=…' < body.json
#[derive(Clone, Debug, Args)]
#[command(verbatim_doc_comment)]
struct VerifyArgs {
    /// The file that holds the body, byte for byte; - reads standard input.
    #[arg(long, value_name = "FILE")]
    body: PathBuf,
    /// One header, as `Name: value`. May be given again.
    #[arg(long = "header", value_name = "HEADER", required_unless_present = "headers")]
    header: Vec<String>,
    /// A file of headers, one on each line, as `Name: value`.
    #[arg(long, value_name = "FILE")]
    headers: Option<PathBuf>,
    /// A file that holds the secret that your server checks with, as `toffeepay endpoints add` printed
    /// it: whsec_… . Without this option it is read from the variable WEBHOOK_SECRET, as it stands there:
    /// white space around it is told of.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// When the webhook came, in seconds since 1970: now, unless it was stored.
    #[arg(long, value_name = "SECONDS")]
    at: Option<i64>,
    /// What your own code computed, in hex or base64.
    #[arg(long, value_name = "VALUE")]
    computed: Option<String>,
}

impl WebhookArgs {
    /// Does it; the exit code.
    ///
    /// # Errors
    ///
    /// A [`CliError`], if a file or a setting is missing.
    pub fn run(self, output: &mut Output<'_>) -> Result<u8, CliError> {
        let WebhookCommand::Verify(args) = self.command;
        let code = args.run(output)?;
        flush(output)?;
        Ok(code)
    }
}

impl VerifyArgs {
    fn run(self, output: &mut Output<'_>) -> Result<u8, CliError> {
        let from_input = [Some(&self.body), self.headers.as_ref(), self.secret_file.as_ref()];
        if 1 < from_input.iter().flatten().filter(|it| it.as_os_str() == "-").count() {
            return Err(setting("-", "can stand for one file only", None));
        }
        let secret = self.secret()?;
        let body = read(&self.body, BODY_BYTES_MAX, "--body")?;
        refuse_utf16(&body, "--body", AS_BYTES)?;
        let mut headers = vec![];
        if let Some(file) = &self.headers {
            let text = read(file, HEADERS_BYTES_MAX, "--headers")?;
            refuse_utf16(&text, "--headers", AS_TEXT)?;
            let text = String::from_utf8_lossy(&text);
            // A line without a name, such as a status line or an empty one, is passed over.
            headers.extend(text.trim_start_matches('\u{feff}').lines().filter_map(header));
        }
        for it in &self.header {
            let rule = "must be a header's name, a colon and its value";
            headers.push(header(it).ok_or_else(|| setting("--header", rule, Some(it)))?);
        }
        let received = Received { body: &body, headers: &headers };
        let now_s = self.at.unwrap_or_else(|| SystemClock.now().timestamp());
        let (mut found, mut are_valid) = (0, true);
        for scheme in [Scheme::ToffeePay, Scheme::Standard] {
            let Some(finding) = examine(scheme, received, secret.expose_secret(), now_s) else {
                continue;
            };
            writeln!(output.out, "{scheme}: {finding}.")?;
            found += 1;
            are_valid &= finding.is_valid();
        }
        if found == 0 {
            let rule = "must include X-ToffeePay-Signature, or webhook-id, webhook-timestamp and \
                        webhook-signature";
            let names =
                headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(setting("--header", rule, Some(&names)));
        }
        if are_valid && self.computed.is_none() {
            writeln!(output.err, "{IF_REFUSED}")?;
        }
        if let Some(value) = &self.computed {
            match recipe_of(value, received, secret.expose_secret()) {
                Some(recipe) => writeln!(output.out, "your own value: {recipe}.")?,
                None => writeln!(
                    output.out,
                    "your own value: no known recipe gives it from this body, these headers and this secret."
                )?,
            }
        }
        Ok(if are_valid { 0 } else { EXIT_INVALID })
    }

    fn secret(&self) -> Result<SecretString, CliError> {
        let (name, text) = given_secret(self.secret_file.as_deref())?;
        if text.is_empty() {
            let rule = "must hold the endpoint's secret, which `toffeepay endpoints reveal` prints. It is \
                        missing or empty";
            return Err(setting(name, rule, None));
        }
        Ok(text.into())
    }
}

/// The secret in a file, or in the variable, as it stands there but for a line's end; and where it
/// was looked for.
///
/// # Errors
///
/// [`CliError::Setting`], which never quotes what was received.
pub(super) fn given_secret(file: Option<&Path>) -> Result<(&'static str, String), CliError> {
    let name = "--secret-file";
    let Some(file) = file else {
        return Ok((WEBHOOK_SECRET, std::env::var(WEBHOOK_SECRET).unwrap_or_default()));
    };
    // Somebody may have given the secret itself: what was received is not shown.
    let unread = |_| setting(name, "must be a file that can be read and holds the secret", None);
    let bytes = read(file, SECRET_BYTES_MAX, name).map_err(unread)?;
    refuse_utf16(&bytes, name, AS_TEXT)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok((name, text.strip_suffix('\r').unwrap_or(text).to_owned()))
}

/// `Name: value`, without the white space around both.
fn header(line: &str) -> Option<(String, String)> {
    // curl marks what it sent and received.
    let line = line.trim_start_matches(['<', '>', ' ']);
    let (name, value) = line.split_once(':')?;
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    is_name.then(|| (name.to_owned(), value.trim().to_owned()))
}

fn read(file: &Path, bytes_max: usize, name: &'static str) -> Result<Vec<u8>, CliError> {
    let mut bytes = vec![];
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let done = if file == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|it| it.take(limit).read_to_end(&mut bytes))
    };
    done.map_err(|error| CliError::file(file, &error))?;
    if bytes_max < bytes.len() {
        let rule = format!("must be of at most {bytes_max} bytes");
        return Err(CliError::Setting { name, rule, received: Some("more".to_owned()) });
    }
    Ok(bytes)
}

/// Nothing fits what was written in two bytes for each character, and nobody sees why.
fn refuse_utf16(file: &[u8], name: &'static str, instead: &str) -> Result<(), CliError> {
    let Some(utf16) = utf16_of(file) else { return Ok(()) };
    let rule = format!(
        "must name a file of the bytes as they came. This one is {utf16}, as PowerShell's > writes it. \
         Write the raw bytes instead: {instead}"
    );
    Err(setting(name, &rule, None))
}

fn setting(name: &'static str, rule: &str, received: Option<&str>) -> CliError {
    CliError::Setting {
        name,
        rule: rule.to_owned(),
        received: received.map(|it| it.escape_debug().to_string()),
    }
}
