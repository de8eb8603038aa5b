//! What we are measured against, each as a process of its own: this program again, in another role.

mod nothing;
mod stock;
mod webhooks;

use std::{process::Command, time::Duration};

use axum::Router;
use clap::Subcommand;
use toffeepay::server::{self, Ending, Patience};
use tokio::net::TcpListener;

use crate::service::Process;

pub(crate) use nothing::STATIC_PATH;
pub(crate) use webhooks::{HANGS_PATH, RECEIVED_PATH, TAKES_PATH};

pub(crate) use stock::{CREATE_PATH as STOCK_CREATE_PATH, SCHEMA as STOCK_SCHEMA, framework};

/// The same for every peer, and what our service has.
const PATIENT: Duration = Duration::from_secs(75);

/// A peer to be.
#[derive(Debug, Subcommand)]
pub(crate) enum Peer {
    /// The same connectrpc server with handlers that do nothing, and a static file.
    Nothing {
        /// The file's size.
        #[arg(long)]
        static_bytes: usize,
    },
    /// A minimal axum service on stock cqrs-es and postgres-es.
    Stock {
        /// A database with the tables of postgres-es.
        #[arg(long)]
        database_url: String,
    },
    /// A receiver of webhooks.
    Receiver,
    /// Our own worker, but that it may send to this machine.
    Worker {
        /// A database with our schema.
        #[arg(long)]
        database_url: String,
        /// The key of its log.
        #[arg(long)]
        master_key: String,
    },
}

impl Peer {
    /// Starts it beside us.
    pub(crate) fn start(&self) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("peer");
        match self {
            Self::Nothing { static_bytes } => {
                command.arg("nothing").arg(format!("--static-bytes={static_bytes}"));
            }
            Self::Stock { database_url } => {
                command.arg("stock").arg(format!("--database-url={database_url}"));
            }
            Self::Receiver => drop(command.arg("receiver")),
            Self::Worker { database_url, master_key } => {
                command.arg("worker").arg(format!("--database-url={database_url}"));
                command.arg(format!("--master-key={master_key}"));
            }
        }
        Process::start(&mut command)
    }

    /// Is it, until killed.
    pub(crate) async fn run(&self) {
        match self {
            Self::Nothing { static_bytes } => serve(nothing::routes(*static_bytes)).await,
            Self::Stock { database_url } => serve(stock::routes(database_url).await).await,
            Self::Receiver => serve(webhooks::receiver()).await,
            Self::Worker { database_url, master_key } => {
                webhooks::work(database_url, master_key).await;
            }
        }
    }
}

/// As `toffeepay serve` does, but for its layers.
async fn serve(router: Router) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    eprintln!("listening on {}", listener.local_addr().unwrap());
    let patience = Patience {
        begin_within: PATIENT,
        head_within: PATIENT,
        idle_within: PATIENT,
        stalled_within: PATIENT,
        drain: PATIENT,
    };
    server::serve(listener, router, Ending::default(), patience).await;
}
