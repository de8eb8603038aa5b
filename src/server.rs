//! Serves HTTP: bounds on connections and on how long a request's head may take, and a bounded
//! drain at the end. Knows no routes.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;

/// The most connections at once; more wait in the operating system's queue.
const CONNECTIONS_MAX: usize = 10_000;
/// How often the first bytes of a connection are looked at until they say which protocol it is.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What a connection of HTTP/2 begins with (RFC 9113, 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The wait after the operating system refused a connection, for want of file handles say.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection's first bytes and for a request's head: who dribbles is hung up on.
    pub head_within: Duration,
    /// For open requests to finish at the end.
    pub drain: Duration,
}

/// Serves until shut down, then lets open requests finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
    patience: Patience,
) {
    let Patience { head_within, drain } = patience;
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_within);
    builder.http2().timer(TokioTimer::new());
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let open = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        // Small answers must not wait for a larger packet.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let (builder, watcher) = (builder.clone(), open.watcher());
        tokio::spawn(async move {
            // Held for as long as the connection is.
            let _place = place;
            // Until the protocol is known nothing else bounds how long a client may take.
            if !matches!(timeout(head_within, has_begun(&stream)).await, Ok(true)) {
                return;
            }
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            // A client that went away is no failure of ours.
            let _ = watcher.watch(connection).await;
        });
    }
    drop(listener);
    if timeout(drain, open.shutdown()).await.is_err() {
        tracing::warn!("requests were still open at the end of the drain, and are cut off");
    }
}

/// Whether the client has sent enough to tell HTTP/1 from HTTP/2; not, if it went away.
async fn has_begun(stream: &tokio::net::TcpStream) -> bool {
    let mut first = [0; HTTP2_PREFACE.len()];
    loop {
        match stream.peek(&mut first).await {
            Ok(0) | Err(_) => return false,
            Ok(count) if count == first.len() => return true,
            Ok(count) if !HTTP2_PREFACE.starts_with(&first[..count]) => return true,
            Ok(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;

    /// What a client gets that says this and then nothing more, until it is hung up on.
    async fn answer_to(words: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let brief = Duration::from_millis(100);
        let patience = Patience { head_within: brief, drain: brief };
        let router = Router::new().route("/", get(|| async { "served" }));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, router, stop.clone(), patience));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(words.as_bytes()).await.unwrap();
        let mut answer = vec![];
        let hung_up = timeout(Duration::from_secs(30), client.read_to_end(&mut answer));
        // A reset is a way to hang up too.
        let _ = hung_up.await.expect("the connection is held for ever");
        stop.cancel();
        serving.await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_or_half_of_something_is_hung_up_on() {
        for words in ["", "PRI * HT", "GET / HTTP/1.1\r\nhost: "] {
            let answer = answer_to(words).await;
            assert!(!answer.contains("served"), "{words:?}: {answer}");
        }
    }

    #[tokio::test]
    async fn a_whole_request_is_answered() {
        let answer = answer_to("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("served"), "{answer}");
    }
}
