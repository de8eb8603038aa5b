//! Which running service a developer's command talks to, and with which API key: over HTTP alone,
//! as a game server would.
//!
//! A key never stands on the command line, where other users of the machine can read it.

use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::{Host, Url};

use super::{CliError, Output, dev, serve::base_url};
use crate::{api::ApiKey, domain::world::World, http_client::http_client};

/// Where `toffeepay dev` listens, unless it is told otherwise.
const DEV_URL: &str = "http://127.0.0.1:8080";
/// The environment variable that holds the key.
const API_KEY: &str = "TOFFEEPAY_API_KEY";
/// How long an answer may take: a service whose database is slow needs up to 25 seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Which server, and whose key.
#[derive(Clone, Debug, Args)]
pub(super) struct ServerArgs {
    /// Where the service answers, without a path. Where nothing does, nothing is done.
    /// [default: what the key's file says, else http://127.0.0.1:8080, as `toffeepay dev`]
    #[arg(long, value_name = "URL", env = "TOFFEEPAY_URL", value_parser = base_url)]
    server: Option<Url>,
    /// A file that holds the API key: the key alone as `toffeepay keys issue` prints it, the file of
    /// `toffeepay dev --env-file`, or the dev-secrets.json in dev's data folder. Without this option
    /// the key is read from the variable TOFFEEPAY_API_KEY; without that, for a server on this
    /// machine, it is that of dev's usual data folder.
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
}

/// A server, and the right to call it.
pub(super) struct Server {
    base: Url,
    key: ApiKey,
    /// Where the key is from, in words.
    key_source: String,
    http: reqwest::Client,
}

impl ServerArgs {
    /// Finds both, and says where the key is from if nobody named it. Calls nobody yet.
    ///
    /// # Errors
    ///
    /// [`CliError::Setting`], which never quotes a key.
    pub(super) fn find(&self, output: &mut Output<'_>) -> Result<Server, CliError> {
        let variable = std::env::var(API_KEY).ok().filter(|it| !it.is_empty());
        let named = match (&self.api_key_file, variable) {
            (Some(file), _) => Some(read(file)?),
            (None, Some(key)) => Some(Found::plain(key.into(), API_KEY.to_owned())),
            (None, None) => None,
        };
        let is_named = named.is_some();
        let server = self.server.clone();
        let found = match named {
            Some(found) => found,
            None if server.as_ref().is_none_or(is_on_this_machine) => {
                of_dev(dev::usual_secrets_file())?
            }
            None => return Err(missing("")),
        };
        let base = match server.or(found.api_url) {
            Some(url) => url,
            None => Url::parse(DEV_URL).map_err(CliError::start)?,
        };
        if !is_named {
            writeln!(output.err, "With the key of `toffeepay dev`, from {}.", found.source)?;
        }
        let key = ApiKey::parse(found.key.expose_secret().trim());
        let key = key.map_err(|error| CliError::Setting {
            name: API_KEY,
            rule: format!("must be an API key, and what {} holds is none: {error}", found.source),
            received: None,
        })?;
        Server::known(base, key, found.source)
    }
}

impl Server {
    /// One that somebody knows already, with a key of it.
    pub(super) fn known(base: Url, key: ApiKey, key_source: String) -> Result<Self, CliError> {
        let http = http_client(ANSWER_WITHIN).map_err(CliError::start)?;
        Ok(Self { base, key, key_source, http })
    }

    /// Test or live, as the key says.
    pub(super) fn world(&self) -> World {
        self.key.world()
    }

    /// Where the key is from, in words.
    pub(super) fn key_source(&self) -> &str {
        &self.key_source
    }

    /// For what is no call of the API, such as the payment page.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The key itself, to make other secrets of.
    pub(super) fn key_text(&self) -> &str {
        self.key.reveal()
    }

    /// Calls a method, such as `pay.v1.PaymentService/GetSession`, with JSON both ways.
    ///
    /// # Errors
    ///
    /// [`CliError::Start`], with what to do if nothing answers or the key is refused.
    pub(super) async fn call(
        &self,
        method: &str,
        request: &impl Serialize,
    ) -> Result<Value, CliError> {
        self.try_call(method, request).await.map_err(|error| error.into_cli(self, method))
    }

    /// The same, for whoever goes on after an error.
    ///
    /// # Errors
    ///
    /// Each [`CallError`].
    pub(super) async fn try_call<T: DeserializeOwned>(
        &self,
        method: &str,
        request: &impl Serialize,
    ) -> Result<T, CallError> {
        let mut url = self.base.clone();
        url.set_path(method);
        let call = self.http.post(url).bearer_auth(self.key.reveal()).json(request);
        let answer = call.send().await.map_err(CallError::Unreachable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(CallError::Unreachable)?;
        if status.is_success()
            && let Ok(body) = serde_json::from_slice(&body)
        {
            return Ok(body);
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let message = body.get("message").and_then(Value::as_str);
        let message = message.ok_or(CallError::Stranger(status))?.to_owned();
        Err(CallError::Refused { status, message })
    }

    /// What to say if there was no answer.
    pub(super) fn unreachable(&self, error: &reqwest::Error) -> CliError {
        let why = if error.is_timeout() { "nothing answers in time" } else { "nothing answers" };
        CliError::Start(format!(
            "{why} at {}: start `toffeepay dev` in another terminal, or say with --server where it \
             runs ({})",
            error.url().map_or(self.base.as_str(), Url::as_str),
            cause_of(error)
        ))
    }
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum CallError {
    /// Nothing answered, or not to its end.
    Unreachable(reqwest::Error),
    /// What answered is no ToffeePay.
    Stranger(StatusCode),
    /// The service refused, in its own words, which begin with the reason for machines.
    Refused { status: StatusCode, message: String },
}

impl CallError {
    /// The reason for machines: `listener_not_found`.
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused { message, .. } => message.split_once(':').map(|(reason, _)| reason),
            Self::Unreachable(_) | Self::Stranger(_) => None,
        }
    }

    /// Whether the same call may be taken later on: the service is away, or busy.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Stranger(status) | Self::Refused { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
        }
    }

    /// For the person at the terminal, with what to do.
    pub(super) fn into_cli(self, server: &Server, method: &str) -> CliError {
        let Server { base, key_source, .. } = server;
        CliError::Start(match self {
            Self::Unreachable(error) => return server.unreachable(&error),
            Self::Stranger(status) => format!(
                "what answers at {base} with {status} is no ToffeePay; say with --server where it is"
            ),
            Self::Refused { status: StatusCode::UNAUTHORIZED, message } => format!(
                "{method} was refused: {message}. The key is from {key_source}: is it this server's? \
                 `toffeepay dev` prints its own"
            ),
            Self::Refused { message, .. } => format!("{method} was refused: {message}"),
        })
    }
}

/// A key, and what stood beside it.
struct Found {
    key: SecretString,
    source: String,
    api_url: Option<Url>,
}

impl Found {
    fn plain(key: SecretString, source: String) -> Self {
        Self { key, source, api_url: None }
    }
}

/// What `dev` writes, of which both files have the key and one the address.
#[derive(Deserialize)]
struct OfDev {
    api_key: Option<SecretString>,
    api_url: Option<Url>,
}

fn read(file: &Path) -> Result<Found, CliError> {
    let source = file.display().to_string();
    let text = fs::read_to_string(file).map(SecretString::from).map_err(|error| {
        // Somebody may have given the key itself: what was received is not shown.
        let rule = format!("must name a file that can be read: {}", error.kind());
        CliError::Setting { name: "--api-key-file", rule, received: None }
    })?;
    match serde_json::from_str::<OfDev>(text.expose_secret()) {
        Ok(OfDev { api_key: Some(key), api_url }) => Ok(Found { key, source, api_url }),
        Ok(OfDev { api_key: None, .. }) => Err(CliError::Setting {
            name: "--api-key-file",
            rule: format!("must hold an API key, and {source} has none yet: start `toffeepay dev`"),
            received: None,
        }),
        Err(_) => Ok(Found::plain(text, source)),
    }
}

/// The key in the file of secrets of dev's usual data folder.
fn of_dev(file: Option<PathBuf>) -> Result<Found, CliError> {
    let Some(file) = file else { return Err(missing("")) };
    match fs::metadata(&file) {
        Ok(_) => read(&file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(missing(&format!(" There is no {} either.", file.display())))
        }
        Err(error) => Err(CliError::file(&file, &error)),
    }
}

fn missing(more: &str) -> CliError {
    CliError::Setting {
        name: API_KEY,
        rule: format!(
            "must hold an API key, or --api-key-file name a file that does.{more} `toffeepay dev` \
             makes one, and with --env-file writes it where you like"
        ),
        received: None,
    }
}

/// Dev's key is for this machine, and is sent to no other.
fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// What lies at an error's bottom, which is what says why.
fn cause_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "tp_test_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn with_file<T>(content: &str, look: impl FnOnce(PathBuf) -> T) -> T {
        let file = std::env::temp_dir().join(format!("toffeepay-{}", uuid::Uuid::new_v4()));
        fs::write(&file, content).unwrap();
        let found = look(file.clone());
        fs::remove_file(&file).unwrap();
        found
    }

    fn read_from(content: &str) -> Result<Found, CliError> {
        with_file(content, |it| read(&it))
    }

    #[test]
    fn a_key_is_read_from_its_own_file_and_from_both_of_devs() {
        let base = "http://127.0.0.1:8098";
        for (content, api_url) in [
            (format!("{KEY}\n"), None),
            (format!(r#"{{"api_url":"{base}","game_id":"g","api_key":"{KEY}"}}"#), Some(base)),
            (format!(r#"{{"master_key":"AA==","api_key":"{KEY}"}}"#), None),
        ] {
            let found = read_from(&content).unwrap();
            assert_eq!(found.key.expose_secret().trim(), KEY, "{content}");
            assert_eq!(found.api_url, api_url.map(|it| it.parse().unwrap()));
        }
    }

    #[test]
    fn a_data_folder_without_a_key_yet_is_told_so() {
        let error = read_from(r#"{"master_key":"AA==","api_key":null}"#).err().unwrap();
        assert!(error.to_string().contains("has none yet: start `toffeepay dev`"), "{error}");
        assert!(!error.to_string().contains("AA=="), "{error}");
    }

    #[test]
    fn devs_key_is_found_where_dev_keeps_it_and_where_it_is_not_is_said() {
        let kept = format!(r#"{{"master_key":"AA==","api_key":"{KEY}"}}"#);
        let found = with_file(&kept, |it| of_dev(Some(it))).unwrap();
        assert_eq!(found.key.expose_secret(), KEY);
        for (file, said) in [(Some("/nowhere/dev-secrets.json"), "no /nowhere/dev"), (None, "")] {
            let error = of_dev(file.map(PathBuf::from)).err().unwrap().to_string();
            assert!(error.starts_with("TOFFEEPAY_API_KEY must hold an API key"), "{error}");
            assert!(error.contains(said) && error.contains("`toffeepay dev` makes one"), "{error}");
        }
    }

    #[test]
    fn devs_key_is_for_this_machine_only() {
        let is_here = |it: &str| is_on_this_machine(&it.parse().unwrap());
        assert!(is_here("http://127.0.0.1:8080") && is_here("http://localhost:1"));
        assert!(is_here("http://[::1]:8080") && is_here("https://127.0.0.2"));
        assert!(!is_here("https://pay.example.com") && !is_here("http://192.168.1.20:8080"));
        assert!(!is_here("http://localhost.example.com"));
    }
}
