//! `toffeepay serve`: one process of the service, on a database that was migrated before.

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    CliError,
    database::{DatabaseArgs, close, secret_keys},
    shutdown,
    targets::TargetArgs,
};
use crate::{
    app::{App, Database, Role, Settings},
    event_store::{migrations, rights},
    providers::sandbox::Faults,
    telemetry::{self, LogFormat},
};

/// Runs one process of the service.
///
/// Any number may run on one database, in any mix of roles: they hold nothing that another could
/// not take over. Run `toffeepay migrate` as the database's owner first, and connect here as a
/// login that only has the role toffeepay_service: the process refuses to start as an owner or a
/// superuser, because nothing could then keep it from rewriting history.
///
/// Example:
///   `DATABASE_URL=postgres://pay_app@db/pay MASTER_KEY=… PAY_BASE_URL=https://pay.studio.example \
///   toffeepay serve`
// Values are named as their variables, so that every complaint names the one that was set.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ServeArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Which part of the work this process does: all, api (requests) or worker (provider calls,
    /// webhooks, the clock). Without any worker, payments stay processing.
    #[arg(long, value_name = "ROLE", value_enum, env = "ROLE", default_value = "all")]
    role: Role,
    /// Where to listen: address and port. Where what ends TLS in front of it does not reach it,
    /// nothing answers; the service itself speaks plain HTTP.
    #[arg(long, value_name = "LISTEN", env = "LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where players' browsers find the payment page, without a path: `https://pay.example.com`. A
    /// session's payment_url begins with it, so a wrong value sends players to a wrong place.
    #[arg(long, value_name = "PAY_BASE_URL", env = "PAY_BASE_URL", value_parser = base_url)]
    pay_base_url: Url,
    /// Where this service itself reaches an api process, for the sandbox bank's notifications.
    /// Wrong, payments that the bank settles later are found by asking, and later.
    /// [default: PAY_BASE_URL]
    #[arg(long, value_name = "NOTIFY_BASE_URL", env = "NOTIFY_BASE_URL", value_parser = base_url)]
    notify_base_url: Option<Url>,
    /// How many proxies stand in front, each of which adds to X-Forwarded-For from whom it got a request. The
    /// log keeps from where people came into the dashboard: with too few it is a proxy's address, with too
    /// many whatever they claimed.
    #[arg(long, value_name = "PROXIES", env = "PROXIES", default_value = "0")]
    proxies: u8,
    /// Takes test payments with the built-in sandbox bank. Without it test keys are answered with
    /// no_payment_method. Live keys can never use it.
    #[arg(long, env = "SANDBOX", value_parser = clap::builder::BoolishValueParser::new())]
    sandbox: bool,
    /// What the sandbox's bank is to do wrong, such as `timeout_after_charge,repeat=2,reorder`.
    /// Anything here makes test payments late, told twice, or refused.
    #[arg(long, value_name = "SANDBOX_FAULTS", env = "SANDBOX_FAULTS", default_value = "")]
    sandbox_faults: Faults,
    #[command(flatten)]
    targets: TargetArgs,
    /// How long it goes on answering after SIGTERM while /readyz says 503, in seconds, so that load
    /// balancers send new requests elsewhere before it stops listening. Shorter than they take to
    /// notice, requests are lost at each restart.
    #[arg(long, value_name = "NOTICE_S", env = "NOTICE_S", default_value = "5")]
    notice_s: u16,
    /// How long open requests may then take to finish, in seconds. Longer than your
    /// orchestrator waits before SIGKILL is of no use.
    #[arg(long, value_name = "DRAIN_S", env = "DRAIN_S", default_value = "20")]
    drain_s: u16,
    /// How log lines look, on standard error: in the wrong one, what collects them may not read
    /// them. RUST_LOG says which there are: by default `info,sqlx=warn,hyper=warn`; `debug` is
    /// loud, `off` leaves you blind.
    #[arg(long, value_name = "LOG_FORMAT", value_enum, env = "LOG_FORMAT", default_value = "json")]
    log_format: LogFormat,
}

impl ServeArgs {
    /// Runs until SIGINT or SIGTERM.
    ///
    /// # Errors
    ///
    /// A [`CliError`] that names what is wrong with the configuration or the database.
    pub async fn run(self) -> Result<(), CliError> {
        telemetry::start_logging(self.log_format).map_err(CliError::start)?;
        let master = self.database.master_key()?;
        let options = self.database.options()?;
        let pool = self.database.connect().await?;
        rights::check(&pool).await.map_err(CliError::start)?;
        migrations::check(&pool).await?;
        let settings = Settings {
            role: self.role,
            pay_base_url: self.pay_base_url,
            notify_base_url: self.notify_base_url,
            sandbox: self.sandbox.then_some(self.sandbox_faults),
            secret_keys: secret_keys(&master)?,
            targets: self.targets.policy(),
            notice: Duration::from_secs(self.notice_s.into()),
            drain: Duration::from_secs(self.drain_s.into()),
            needs_second_factor: true,
            proxies: self.proxies,
        };
        let listener = TcpListener::bind(self.listen).await;
        let listener = listener.map_err(|error| CliError::listen(self.listen, &error))?;
        let database = Database { pool: pool.clone(), options };
        let app = App::new(database, master, settings).map_err(CliError::start)?;
        super::check_key(app.store()).await?;
        let stop = CancellationToken::new();
        shutdown::on_signal(&stop);
        tracing::info!(listen = %listener.local_addr()?, role = ?self.role, "serving");
        let served = app.run(listener, axum::Router::new(), stop).await;
        close(&pool).await;
        served.map_err(CliError::start)
    }
}

/// An address without a path, so that `/{session_id}` can follow it.
pub(super) fn base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("must be a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("must begin http:// or https:// and name a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must hold no user name and no password: players see it".to_owned());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("must have no path, query or fragment".to_owned());
    }
    Ok(url)
}
