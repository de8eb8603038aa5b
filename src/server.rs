//! Serves HTTP: bounds on connections and on how long a client may take, and a bounded drain at the
//! end. Knows no routes.

mod heads;
mod stalled;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use http::{HeaderValue, Version, header::CONNECTION};
use hyper::{
    body::Incoming,
    service::{Service as HyperService, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::Service;

use heads::{Calls, Heads};
use stalled::Stalled;

/// The most connections at once; more wait in the operating system's queue.
const CONNECTIONS_MAX: usize = 10_000;
/// The most requests at once on one connection of HTTP/2.
const STREAMS_MAX: u32 = 100;
/// The most bytes of a request's head, and the most header fields; HTTP/1 answers 431 beyond that.
const HEAD_BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 100;
/// The most bytes of a request's header fields over HTTP/2, of which a connection has many at once.
const HTTP2_HEADERS_BYTES_MAX: u32 = 16 * 1024;
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
    /// For the rest of a head of HTTP/1, from its first byte on.
    pub head_within: Duration,
    /// For the whole head of a connection's next request, its idle time before that included.
    pub idle_within: Duration,
    /// For taking in some of what the client is sent.
    pub stalled_within: Duration,
    /// For open requests to finish at the end.
    pub drain: Duration,
}

/// How a server comes to its end.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// Asks each client of HTTP/1 to make its next connection elsewhere, on each answer. HTTP/2 has
    /// its own way to say so (GOAWAY), which the server takes when it stops listening.
    pub leaving: CancellationToken,
    /// Stops listening, and lets open requests finish.
    pub closing: CancellationToken,
}

/// What answers requests, and never fails to.
pub trait Answers:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Answers for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Serves until the end.
pub async fn serve(
    listener: TcpListener,
    service: impl Answers,
    ending: Ending,
    patience: Patience,
) {
    let Ending { leaving, closing } = ending;
    let Patience { begin_within, head_within, idle_within, stalled_within, drain } = patience;
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let mut http1 = builder.http1();
    http1.timer(TokioTimer::new()).header_read_timeout(idle_within);
    http1.max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
    http2.max_header_list_size(HTTP2_HEADERS_BYTES_MAX);
    // Nothing else bounds a connection of HTTP/2 on which no request is made. They bound a head too:
    // between its frames, or within one, no other may be sent, and so no ping be answered.
    http2.keep_alive_interval(begin_within).keep_alive_timeout(begin_within);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let open = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = closing.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        // Small answers must not wait for a larger packet.
        let _ = stream.set_nodelay(true);
        let calls = Calls::default();
        let service = watched(service.clone(), peer, calls.clone(), leaving.clone());
        let (builder, watcher) = (builder.clone(), open.watcher());
        let stop = closing.clone();
        tokio::spawn(async move {
            // Held for as long as the connection is.
            let _place = place;
            // Until the protocol is known nothing else bounds how long a client may take; and a
            // connection that asked for nothing, as browsers open them, holds up no stop.
            let begun = tokio::select! {
                () = stop.cancelled() => return,
                begun = timeout(begin_within, has_begun(&stream)) => begun,
            };
            let Ok(Some(protocol)) = begun else { return };
            let head_within = (protocol == Protocol::Http1).then_some(head_within);
            let stream = Heads::new(Stalled::new(stream, stalled_within), calls, head_within);
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

/// The service, telling when a call begins and when it is over, and the client that the end is near.
fn watched(
    service: impl Answers,
    peer: SocketAddr,
    calls: Calls,
    leaving: CancellationToken,
) -> impl HyperService<
    http::Request<Incoming>,
    Response = http::Response<heads::Held<Body>>,
    Error = Infallible,
    Future: Send,
> + Clone {
    let service = TowerToHyperService::new(service);
    service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let call = calls.begin();
        let announces = request.version() <= Version::HTTP_11;
        let answering = service.call(request.map(|body| Body::new(call.reading(body))));
        let leaving = announces.then(|| leaving.clone());
        async move {
            let mut response = answering.await?;
            if leaving.is_some_and(|it| it.is_cancelled()) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| call.sending(body)))
        }
    })
}

/// What the client speaks, once it has sent enough to tell; `None` if it went away.
async fn has_begun(stream: &tokio::net::TcpStream) -> Option<Protocol> {
    let mut first = [0; HTTP2_PREFACE.len()];
    loop {
        match stream.peek(&mut first).await {
            Ok(0) | Err(_) => return None,
            Ok(count) if !HTTP2_PREFACE.starts_with(&first[..count]) => {
                return Some(Protocol::Http1);
            }
            Ok(count) if count == first.len() => return Some(Protocol::Http2),
            Ok(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            None
        }
    }
}

#[cfg(test)]
mod tests;
