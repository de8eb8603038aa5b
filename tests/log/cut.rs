//! Ways to stop an append on its way: the head's lock held by somebody else, and a proxy that
//! cuts the connection.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgSslMode},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream, tcp, unix},
    sync::watch,
};

use crate::support::database::{TestDatabase, as_service};

/// The head's lock: while it is held, appends wait.
pub struct HeadLock(Transaction<'static, Postgres>);

impl HeadLock {
    /// Takes it.
    pub async fn take(pool: &PgPool) -> Self {
        let mut transaction = pool.begin().await.unwrap();
        let lock = sqlx::query("SELECT FROM event_head FOR UPDATE");
        lock.execute(&mut *transaction).await.unwrap();
        Self(transaction)
    }

    /// Lets the appends go on.
    pub async fn release(self) {
        self.0.rollback().await.unwrap();
    }
}

/// What the proxy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Network {
    /// Works.
    Whole,
    /// Works until the next statement is committed, whose answer it swallows, and breaks.
    SwallowsTheNextAnswer,
    /// As before, and nobody can connect again.
    SwallowsTheNextAnswerAndStaysAway,
    /// Nobody can connect.
    Away,
    /// Takes the next connection and never says a word on it, as a server that is gone; then works.
    SilentOnTheNextConnection,
}

const NETWORKS: [Network; 5] = [
    Network::Whole,
    Network::SwallowsTheNextAnswer,
    Network::SwallowsTheNextAnswerAndStaysAway,
    Network::Away,
    Network::SilentOnTheNextConnection,
];

/// Stands between the service and Postgres.
pub struct Proxy {
    /// The service's way to the database, through the proxy.
    pub options: PgConnectOptions,
    network: Arc<AtomicU8>,
    cut: watch::Sender<()>,
}

impl Proxy {
    /// Before a database.
    pub async fn before(database: &TestDatabase) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(listener.local_addr().unwrap().port())
            .username("postgres")
            .database(database.owner_options.get_database().unwrap())
            .ssl_mode(PgSslMode::Disable);
        let folder = database.owner_options.get_socket().unwrap();
        let socket = folder.join(format!(".s.PGSQL.{}", database.owner_options.get_port()));
        let network = Arc::new(AtomicU8::new(Network::Whole as u8));
        let (cut, _) = watch::channel(());
        tokio::spawn({
            let (network, cut) = (Arc::clone(&network), cut.clone());
            async move {
                let mut silent = vec![];
                while let Ok((client, _)) = listener.accept().await {
                    if current(&network) == Network::SilentOnTheNextConnection {
                        network.store(Network::Whole as u8, Ordering::SeqCst);
                        silent.push(client);
                    } else if current(&network) != Network::Away {
                        let server = UnixStream::connect(&socket).await.unwrap();
                        let (network, cut) = (Arc::clone(&network), cut.subscribe());
                        tokio::spawn(forward(client, server, network, cut));
                    }
                }
            }
        });
        Self { options: as_service(&options), network, cut }
    }

    /// Changes what it does from now on.
    pub fn becomes(&self, network: Network) {
        self.network.store(network as u8, Ordering::SeqCst);
    }

    /// Breaks what is connected now.
    pub fn cut(&self) {
        self.cut.send_replace(());
    }
}

fn current(network: &AtomicU8) -> Network {
    NETWORKS[usize::from(network.load(Ordering::SeqCst))]
}

/// One connection, until either side or the proxy ends it.
async fn forward(
    client: TcpStream,
    server: UnixStream,
    network: Arc<AtomicU8>,
    mut cut: watch::Receiver<()>,
) {
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        () = answers(from_server, to_client, &network) => {}
        _ = cut.changed() => {}
    }
}

/// Forwards answers message by message, until one is to be swallowed.
///
/// Source: PostgreSQL's protocol: one byte of type, four of length, which counts itself.
async fn answers(
    mut server: unix::OwnedReadHalf,
    mut client: tcp::OwnedWriteHalf,
    network: &AtomicU8,
) {
    let mut was_executed = false;
    loop {
        let mut message = vec![0; 5];
        if server.read_exact(&mut message).await.is_err() {
            return;
        }
        let length = u32::from_be_bytes(message[1..5].try_into().unwrap());
        message.resize(1 + usize::try_from(length).unwrap(), 0);
        if server.read_exact(&mut message[5..]).await.is_err() {
            return;
        }
        let (command_complete, ready_for_query) = (message[0] == b'C', message[0] == b'Z');
        was_executed |= command_complete;
        // "Ready for query" comes after the commit.
        if ready_for_query && was_executed {
            was_executed = false;
            match current(network) {
                Network::Whole | Network::Away | Network::SilentOnTheNextConnection => {}
                Network::SwallowsTheNextAnswer => {
                    network.store(Network::Whole as u8, Ordering::SeqCst);
                    return;
                }
                Network::SwallowsTheNextAnswerAndStaysAway => {
                    network.store(Network::Away as u8, Ordering::SeqCst);
                    return;
                }
            }
        }
        // The rows stand before the end of the transaction: they are swallowed with it.
        let is_kept_back = current(network) != Network::Whole && !ready_for_query;
        if !is_kept_back && client.write_all(&message).await.is_err() {
            return;
        }
    }
}
