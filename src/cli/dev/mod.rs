//! `toffeepay dev`: a whole service on one machine, with nothing to set up.
//!
//! Brings its own Postgres, a demo game with a key that stays the same, the sandbox's bank and a
//! receiver of webhooks. Only for development: it may send webhooks to this machine, and it makes
//! the log's schema itself.

mod database;
mod demo;
mod env_file;
mod greeting;
mod kept;
mod owner;
mod private_file;
mod purchases;
mod receiver;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use database::Server;
use demo::Demo;

use super::{CliError, database::close, shutdown};
use crate::{
    app::{App, Role, Settings},
    providers::sandbox::Faults,
    telemetry::{self, LogFormat},
    webhooks::TargetPolicy,
};

/// How long open requests may take to finish at the end: people at a terminal do not wait long.
const DRAIN: Duration = Duration::from_secs(5);

/// Runs a whole ToffeePay on this machine, with nothing to set up.
///
/// It starts a Postgres of its own (gotten first, if the machine has none), makes a demo game
/// called `space_shooter` with a test key, and prints the request that creates a payment. Data,
/// key and secrets are kept in the data folder, so that they are the same at the next start.
///
/// At its first start some players buy in the demo game, so that there is something to look at:
/// --no-purchases leaves them out. Who is told to send webhooks elsewhere, or to have the bank do
/// wrong, gets none.
///
/// Two variables have no option. PG_BIN is the folder of `initdb` and `postgres`, for a Postgres of
/// its own that is not where it usually is; one without them ends dev. RUST_LOG says which log lines
/// there are: by default `info,sqlx=warn,hyper=warn`; `debug` is loud, `off` leaves you blind.
///
/// Example: toffeepay dev --listen 127.0.0.1:0 --env-file /tmp/toffeepay.json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct DevArgs {
    /// Where to listen. Port 0 picks a free one. The payment page is at the same address: to try it
    /// on a phone, give this machine's address in your network, such as 192.168.1.20:8080. With
    /// 0.0.0.0 the pages' addresses say 127.0.0.1, where the phone finds nothing.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where data, the demo key and the secrets are kept. Another folder is another service.
    /// [default: /var/lib/toffeepay for root, else the user's data folder]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// A Postgres to use instead of its own. It must be allowed to create tables and roles there.
    /// Another database is another log, with another demo key.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Where the demo game's webhooks go, such as http://localhost:3000/webhooks. Where nothing
    /// answers, each attempt is logged, and tried again for three days. Without it a receiver of
    /// its own verifies and prints each one.
    #[arg(long, value_name = "URL", value_parser = webhook_url)]
    webhook_url: Option<Url>,
    /// Once everything answers, a JSON file with api_url, pay_url, game_id, api_key,
    /// webhook_secret, dashboard_url (it lets in once) and database_url is put here, readable by its owner only. One that is there
    /// at the start is removed first.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// The demo game begins without a purchase. Without this, players buy in it at the first start.
    #[arg(long)]
    no_purchases: bool,
    /// What the sandbox's bank is to do wrong, such as `timeout_after_charge,repeat=2,reorder`.
    /// Anything here makes payments late, told twice, or refused.
    #[arg(long, value_name = "FAULTS", env = "SANDBOX_FAULTS", default_value = "")]
    sandbox_faults: Faults,
    /// How log lines look, on standard error: `pretty` for people, `json` for machines.
    #[arg(long, value_enum, env = "LOG_FORMAT", default_value = "pretty")]
    log_format: LogFormat,
}

impl DevArgs {
    /// Runs until SIGINT or SIGTERM.
    ///
    /// # Errors
    ///
    /// A [`CliError`] that says what could not be started.
    pub async fn run(self) -> Result<(), CliError> {
        telemetry::start_logging(self.log_format).map_err(CliError::start)?;
        let data_dir = match &self.data_dir {
            Some(dir) => std::path::absolute(dir)?,
            None => crate::private_postgres::default_data_dir().map_err(CliError::start)?,
        };
        let folder = kept::Folder::open(&data_dir)?;
        if let Some(file) = &self.env_file {
            env_file::make_way(file)?;
        }
        let listener = TcpListener::bind(self.listen).await;
        let listener = listener.map_err(|error| CliError::listen(self.listen, &error))?;
        let address = reachable(listener.local_addr()?);
        let base = Url::parse(&format!("http://{address}")).map_err(CliError::start)?;

        let mut server = database::open(self.database_url.as_deref(), folder.path()).await?;
        let database = server.prepare().await?;
        let master = folder.master_key()?;
        let wants_purchases = !self.no_purchases
            && self.webhook_url.is_none()
            && self.sandbox_faults == Faults::default();
        let settings = Settings {
            role: Role::All,
            pay_base_url: base.clone(),
            notify_base_url: None,
            sandbox: Some(self.sandbox_faults),
            secret_keys: super::database::secret_keys(&master)?,
            targets: TargetPolicy::Anywhere,
            // Nothing stands in front of it.
            notice: Duration::ZERO,
            drain: DRAIN,
            needs_second_factor: false,
            proxies: 0,
        };
        let pool = database.pool.clone();
        let app = App::new(database, folder.master_key()?, settings).map_err(CliError::start)?;
        super::check_key(app.store()).await?;
        let webhook_url = self.webhook_url.clone().unwrap_or_else(|| receiver::url(&base));
        let demo = demo::prepare(app.store(), &pool, &master, &folder, webhook_url).await?;
        let dashboard = owner::link(app.store(), &pool, &master, &demo.game_id, &base).await?;

        let stop = CancellationToken::new();
        shutdown::on_signal(&stop);
        let routes = receiver::routes(&demo.webhook_secret);
        let running = app.run(listener, routes, stop.clone());
        // However it ends: nobody is to wait any more for it to get ready.
        let ended = stop.clone().drop_guard();
        let running = tokio::spawn(async move {
            let _ended = ended;
            running.await
        });
        greeting::when_ready(&base, &stop).await;
        if demo.is_new && wants_purchases {
            purchases::play(&base, &demo, &stop).await;
        }
        let greeted = match stop.is_cancelled() {
            true => Ok(()),
            false => self.greet(&base, &demo, &dashboard, &server, &folder.secrets_file()),
        };
        if greeted.is_err() {
            stop.cancel();
        }
        let served = running.await;
        close(&pool).await;
        server.stop().await;
        greeted?;
        served.map_err(CliError::start)?.map_err(CliError::start)
    }

    fn greet(
        &self,
        base: &Url,
        demo: &Demo,
        dashboard: &Url,
        server: &Server,
        secrets: &Path,
    ) -> Result<(), CliError> {
        if let Some(file) = &self.env_file {
            env_file::write(file, base, demo, dashboard, server.url())?;
        }
        greeting::print(base, demo, dashboard, server, self.webhook_url.as_ref(), secrets);
        Ok(())
    }
}

/// The file of the demo key and the other secrets, in the data folder that dev takes unless it is
/// told another; `None`, if this account has no home.
pub(super) fn usual_secrets_file() -> Option<PathBuf> {
    let folder = crate::private_postgres::default_data_dir().ok()?;
    Some(kept::secrets_file_in(&folder))
}

/// Reads where webhooks are to go. A host and port alone read as a scheme of that name.
fn webhook_url(text: &str) -> Result<Url, String> {
    let rule = "must be a URL such as http://localhost:3000/webhooks";
    let url = Url::parse(text).map_err(|error| format!("{rule}: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{rule}, with http:// or https:// before it"));
    }
    TargetPolicy::Anywhere.check(&url).map_err(|blocked| format!("{rule}: {blocked}"))?;
    Ok(url)
}

/// Where this machine reaches what listens everywhere.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(it) if it.ip().is_unspecified() => ([127, 0, 0, 1], it.port()).into(),
        SocketAddr::V6(it) if it.ip().is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, it.port()).into()
        }
        address => address,
    }
}
