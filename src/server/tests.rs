//! Clients that take their time, and how the server ends.

use std::net::SocketAddr;

use axum::{
    Router,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use super::*;

const BRIEF: Duration = Duration::from_millis(100);
/// What must not be waited for.
const LONG: Duration = Duration::from_secs(600);
/// How long anything may take that is bound to happen.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// More than the operating system's buffers hold of an answer that nobody reads.
const LARGE_BYTES: usize = 64 * 1024 * 1024;

const REQUEST: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const LAST_REQUEST: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// Patient in nothing but what a test sets.
const PATIENT: Patience = Patience {
    begin_within: LONG,
    head_within: LONG,
    idle_within: LONG,
    stalled_within: LONG,
    drain: LONG,
};

async fn started(
    router: Router,
    patience: Patience,
) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let ending = Ending { closing: stop.clone(), ..Ending::default() };
    let serving = tokio::spawn(serve(listener, router, ending, patience));
    (address, stop, serving)
}

fn one_route() -> Router {
    Router::new().route("/", get(|| async { "served" }))
}

/// Answers a body with the same.
fn echo() -> Router {
    Router::new().route("/", get(|| async { "served" }).post(async |body: String| body))
}

async fn send(address: SocketAddr, words: &str) -> TcpStream {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(words.as_bytes()).await.unwrap();
    client
}

/// All that a client gets until it is hung up on.
async fn all_of(mut client: TcpStream) -> String {
    let mut answer = vec![];
    let hung_up = timeout(WAIT_MAX, client.read_to_end(&mut answer));
    // A reset is a way to hang up too.
    let _ = hung_up.await.expect("the connection is held for ever");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn ended(serving: JoinHandle<()>) {
    timeout(WAIT_MAX, serving).await.expect("the server does not end").unwrap();
}

#[tokio::test]
async fn a_client_that_says_nothing_or_half_of_something_is_hung_up_on() {
    let patience = Patience { begin_within: BRIEF, idle_within: BRIEF, ..PATIENT };
    let (address, ..) = started(one_route(), patience).await;
    let preface = std::str::from_utf8(HTTP2_PREFACE).unwrap();
    for words in ["", "PRI * HT", preface, "GET / HTTP/1.1\r\nhost: "] {
        let answer = all_of(send(address, words).await).await;
        assert!(!answer.contains("served"), "{words:?}: {answer}");
    }
}

/// Sends byte after byte, each long before the idle time is over, until hung up on.
async fn dripped(mut client: TcpStream, bytes: &[u8]) -> String {
    let (mut reading, mut writing) = client.split();
    let mut answer = vec![];
    let drip = async {
        for byte in bytes.iter().cycle() {
            tokio::time::sleep(BRIEF / 4).await;
            if writing.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let hung_up = async {
        let _ = reading.read_to_end(&mut answer).await;
    };
    let ended = async {
        tokio::select! { () = drip => {}, () = hung_up => {} }
    };
    timeout(WAIT_MAX, ended).await.expect("the connection is held for ever");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_head_that_is_begun_and_dripped_is_hung_up_on_whether_the_first_or_a_later_one() {
    let patience = Patience { head_within: BRIEF, ..PATIENT };
    let (address, ..) = started(echo(), patience).await;
    let answer = dripped(send(address, "GET / HTTP/1.1\r\nhost: ").await, b"x").await;
    assert_eq!(answer, "");
    let chunked = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n\
                   6\r\nserved\r\n0\r\n\r\n";
    for request in [REQUEST, chunked] {
        let mut client = send(address, request).await;
        client.read_exact(&mut [0; 1]).await.unwrap();
        let answer = dripped(client, b"GET / HTTP/1.1\r\nhost: x").await;
        assert_eq!(answer.matches("served").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn the_time_of_a_head_does_not_count_between_requests_nor_in_a_call() {
    let patience = Patience { head_within: BRIEF, ..PATIENT };
    let (address, ..) = started(echo(), patience).await;
    let mut client = send(address, REQUEST).await;
    tokio::time::sleep(3 * BRIEF).await;
    let slow = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\nsl";
    client.write_all(slow.as_bytes()).await.unwrap();
    tokio::time::sleep(3 * BRIEF).await;
    client.write_all(b"owly").await.unwrap();
    tokio::time::sleep(3 * BRIEF).await;
    client.write_all(LAST_REQUEST.as_bytes()).await.unwrap();
    let answer = all_of(client).await;
    assert_eq!(answer.matches("served").count(), 2, "{answer}");
    assert_eq!(answer.matches("slowly").count(), 1, "{answer}");
}

#[tokio::test]
async fn a_body_that_arrives_after_its_answer_is_no_head() {
    let deaf = Router::new().route("/", post(|| async { "unheard" }).get(|| async { "served" }));
    let patience = Patience { head_within: BRIEF, ..PATIENT };
    let (address, ..) = started(deaf, patience).await;
    let whole = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody";
    let mut client = send(address, whole).await;
    client.read_exact(&mut [0; 1]).await.unwrap();
    tokio::time::sleep(3 * BRIEF).await;
    client.write_all(LAST_REQUEST.as_bytes()).await.unwrap();
    let answer = all_of(client).await;
    assert!(answer.contains("unheard") && answer.ends_with("served"), "{answer}");
}

#[tokio::test]
async fn a_head_of_http2_that_is_dripped_is_hung_up_on() {
    let patience = Patience { begin_within: BRIEF, ..PATIENT };
    let (address, ..) = started(one_route(), patience).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(HTTP2_PREFACE).await.unwrap();
    // Empty SETTINGS; HEADERS of stream 1 that announce more (no END_HEADERS) and hold nothing.
    client.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    client.write_all(&[0, 0, 0, 1, 0, 0, 0, 0, 1]).await.unwrap();
    // CONTINUATION, again and again, one byte of a header field each.
    dripped(client, &[0, 0, 1, 9, 0, 0, 0, 0, 1, 0x40]).await;
}

#[tokio::test]
async fn a_head_may_have_so_many_fields_and_bytes_and_no_more() {
    let (address, ..) = started(one_route(), PATIENT).await;
    let head = |fields: usize, bytes: usize| {
        let fields: String = (2..fields).map(|it| format!("x-{it}: x\r\n")).collect();
        let start = format!("GET / HTTP/1.1\r\nhost: x\r\n{fields}connection: close\r\n");
        let filling = "x".repeat(bytes.saturating_sub(start.len() + "x: \r\n\r\n".len()));
        if bytes == 0 { format!("{start}\r\n") } else { format!("{start}x: {filling}\r\n\r\n") }
    };
    for (head, is_taken) in [
        (head(HEADERS_MAX, 0), true),
        (head(HEADERS_MAX + 1, 0), false),
        (head(2, HEAD_BYTES_MAX / 2), true),
        (head(2, 2 * HEAD_BYTES_MAX), false),
    ] {
        let answer = all_of(send(address, &head).await).await;
        assert_eq!(answer.ends_with("served"), is_taken, "{answer}");
        assert!(is_taken || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}

#[tokio::test]
async fn a_connection_may_wait_for_its_next_request_for_longer_than_for_its_first() {
    let patience = Patience { begin_within: BRIEF, idle_within: 4 * BRIEF, ..PATIENT };
    let (address, ..) = started(one_route(), patience).await;
    let began = std::time::Instant::now();
    let answer = all_of(send(address, REQUEST).await).await;
    assert!(answer.ends_with("served"), "{answer}");
    assert!(patience.idle_within <= began.elapsed(), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_client_that_reads_nothing_of_its_answer_is_hung_up_on() {
    let large = Router::new().route("/", get(|| async { vec![b'x'; LARGE_BYTES] }));
    let patience = Patience { stalled_within: BRIEF, ..PATIENT };
    let (address, stop, serving) = started(large, patience).await;
    let mut client = send(address, REQUEST).await;
    // Its answer has begun; the rest is left where it is.
    client.read_exact(&mut [0; 1]).await.unwrap();
    stop.cancel();
    ended(serving).await;
}

#[tokio::test]
async fn a_silent_connection_does_not_hold_up_a_stop() {
    let (address, stop, serving) = started(one_route(), PATIENT).await;
    let _silent = TcpStream::connect(address).await.unwrap();
    // Connections are accepted in their order.
    all_of(send(address, LAST_REQUEST).await).await;
    stop.cancel();
    ended(serving).await;
}

/// A route that says when it was asked and answers when it is told to.
fn slow_route(asked: &CancellationToken, answer: &CancellationToken) -> Router {
    let (asked, answer) = (asked.clone(), answer.clone());
    let slow = async move || {
        asked.cancel();
        answer.cancelled().await;
        "served"
    };
    Router::new().route("/", get(slow))
}

#[tokio::test]
async fn an_open_request_is_finished_before_the_end() {
    let (asked, answer) = (CancellationToken::new(), CancellationToken::new());
    let (address, stop, mut serving) = started(slow_route(&asked, &answer), PATIENT).await;
    let client = send(address, REQUEST).await;
    asked.cancelled().await;
    stop.cancel();
    assert!(timeout(BRIEF, &mut serving).await.is_err(), "it waits for the request");
    answer.cancel();
    let answer = all_of(client).await;
    assert!(answer.ends_with("served"), "{answer}");
    ended(serving).await;
}

#[tokio::test]
async fn answers_ask_for_the_connections_end_once_the_process_is_leaving() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let ending = Ending::default();
    tokio::spawn(serve(listener, one_route(), ending.clone(), PATIENT));
    let mut client = send(address, REQUEST).await;
    let mut before = [0; 512];
    let length = client.read(&mut before).await.unwrap();
    let before = String::from_utf8_lossy(&before[..length]).into_owned();
    assert!(before.ends_with("served") && !before.contains("connection: "), "{before}");

    ending.leaving.cancel();

    client.write_all(REQUEST.as_bytes()).await.unwrap();
    let after = all_of(client).await;
    assert!(after.contains("connection: close\r\n") && after.ends_with("served"), "{after}");
}

#[tokio::test]
async fn a_request_that_outlasts_the_drain_is_left_behind() {
    let (asked, never) = (CancellationToken::new(), CancellationToken::new());
    let patience = Patience { drain: BRIEF, ..PATIENT };
    let (address, stop, serving) = started(slow_route(&asked, &never), patience).await;
    let _client = send(address, REQUEST).await;
    asked.cancelled().await;
    stop.cancel();
    ended(serving).await;
}

#[tokio::test]
async fn a_whole_request_is_answered() {
    let (address, ..) = started(one_route(), PATIENT).await;
    let answer = all_of(send(address, LAST_REQUEST).await).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("served"), "{answer}");
}
