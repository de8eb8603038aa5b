//! Serves HTTP: bounds on connections and on how long a client may take, and a bounded drain at the
//! end. Knows no routes.

mod stalled;

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;

use stalled::Stalled;

/// The most connections at once; more wait in the operating system's queue.
const CONNECTIONS_MAX: usize = 10_000;
/// The most requests at once on one connection of HTTP/2.
const STREAMS_MAX: u32 = 100;
/// How often the first bytes of a connection are looked at until they say which protocol it is.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What a connection of HTTP/2 begins with (RFC 9113, 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The wait after the operating system refused a connection, for want of file handles say.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection's first bytes, and for the answer to a ping of HTTP/2.
    pub begin_within: Duration,
    /// For the whole head of a connection's next request, its idle time before that included.
    pub idle_within: Duration,
    /// For taking in some of what the client is sent.
    pub stalled_within: Duration,
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
    let Patience { begin_within, idle_within, stalled_within, drain } = patience;
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(idle_within);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
    // Nothing else bounds a connection of HTTP/2 on which no request is made.
    http2.keep_alive_interval(begin_within).keep_alive_timeout(begin_within);
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
        let stop = shutdown.clone();
        tokio::spawn(async move {
            // Held for as long as the connection is.
            let _place = place;
            // Until the protocol is known nothing else bounds how long a client may take; and a
            // connection that asked for nothing, as browsers open them, holds up no stop.
            let begun = tokio::select! {
                () = stop.cancelled() => return,
                begun = timeout(begin_within, has_begun(&stream)) => begun,
            };
            if !matches!(begun, Ok(true)) {
                return;
            }
            let stream = TokioIo::new(Stalled::new(stream, stalled_within));
            let connection = builder.serve_connection(stream, service);
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
mod tests;
