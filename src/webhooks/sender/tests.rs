//! One attempt against receivers of every kind: slow, large, redirecting, unreachable.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use super::*;
use crate::domain::{game::WebhookType, id::EventId, id::id_bytes};
use crate::webhooks::{
    message::MessageId,
    ports::Ports,
    signature::{Rotation, WebhookSecret, sign},
    target::BlockedTarget,
};

const BODY: &[u8] = br#"{"status":"paid"}"#;
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8));

/// A resolver that knows one answer and counts how often it is asked.
struct Fixed(Vec<IpAddr>, AtomicUsize);

#[async_trait]
impl Lookup for Fixed {
    async fn lookup(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        if self.0.is_empty() {
            return Err(io::Error::other("no such name"));
        }
        Ok(self.0.clone())
    }
}

fn fixed(addresses: &[IpAddr]) -> Arc<Fixed> {
    Arc::new(Fixed(addresses.to_vec(), AtomicUsize::new(0)))
}

fn sender(policy: TargetPolicy, lookup: Arc<Fixed>) -> Sender {
    Sender::with(policy, lookup, ANSWER_DEADLINE).unwrap()
}

fn public_https() -> TargetPolicy {
    TargetPolicy::PublicHttps(Ports::default())
}

fn in_dev() -> Sender {
    sender(TargetPolicy::Anywhere, fixed(&[LOOPBACK]))
}

fn headers() -> SignatureHeaders {
    let event_id = EventId::from_bytes(id_bytes(0, 0, [1; 16]));
    let secrets = Rotation { current: WebhookSecret::generate(), previous: vec![] };
    let id = MessageId::of(&event_id, WebhookType::SessionPaid);
    sign(&secrets, &id, 1_717_000_000, BODY)
}

pub(super) async fn attempt(sender: &Sender, url: &str) -> AttemptOutcome {
    sender.send(&url.parse().unwrap(), &headers(), Bytes::from_static(BODY)).await
}

/// Listens, answers the first request with these bytes, and hands over what it was sent. The
/// connection stays open as long as the second receiver is held.
pub(super) async fn receiver(answer: Vec<u8>) -> (u16, oneshot::Receiver<(String, TcpStream)>) {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (request_tx, request_rx) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(BODY) {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "the request broke off");
        }
        // A client that has read enough hangs up; that is its right.
        let _written = stream.write_all(&answer).await;
        let _sent = request_tx.send((String::from_utf8(request).unwrap(), stream));
    });
    (port, request_rx)
}

pub(super) fn status_of(outcome: &AttemptOutcome) -> Option<u16> {
    outcome.answer().map(|it| it.status.as_u16())
}

pub(super) fn failure_of(outcome: &AttemptOutcome) -> Option<Failure> {
    match outcome {
        AttemptOutcome::Failed { failure, .. } => Some(failure.clone()),
        AttemptOutcome::Answered { .. } => None,
    }
}

#[tokio::test]
async fn a_message_arrives_as_it_was_signed_and_any_2xx_delivers_it() {
    for status in [200, 201, 204, 299] {
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        let (port, request) = receiver(answer.into()).await;
        let signed = headers();
        let url = format!("http://127.0.0.1:{port}/hook?game=1").parse().unwrap();
        let outcome = in_dev().send(&url, &signed, Bytes::from_static(BODY)).await;
        assert!(outcome.is_delivered(), "{outcome:?}");
        assert_eq!(status_of(&outcome), Some(status));
        let (request, _stream) = request.await.unwrap();
        assert!(request.starts_with("POST /hook?game=1 HTTP/1.1\r\n"), "{request}");
        for header in [
            "content-type: application/json".to_owned(),
            "user-agent: ToffeePay-Webhooks/1".to_owned(),
            format!("x-toffeepay-signature: {}", signed.toffeepay_signature),
            format!("webhook-id: {}", signed.webhook_id),
            format!("webhook-timestamp: {}", signed.webhook_timestamp),
            format!("webhook-signature: {}", signed.webhook_signature),
        ] {
            assert!(request.lines().any(|line| line == header), "{header} in {request}");
        }
        assert!(!request.contains("accept-encoding"), "{request}");
    }
}

#[tokio::test]
async fn a_refusal_keeps_its_status_and_what_was_said() {
    let answer = b"HTTP/1.1 500 X\r\ncontent-length: 4\r\n\r\nno\0\xff";
    let (port, _request) = receiver(answer.to_vec()).await;
    let outcome = attempt(&in_dev(), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(status_of(&outcome), Some(500));
    assert_eq!(outcome.answer().unwrap().body, b"no\0\xff");
}

#[tokio::test]
async fn a_redirect_is_a_refusal_and_not_followed() {
    let elsewhere = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let location = elsewhere.local_addr().unwrap();
    for status in [301, 302, 303, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {status} X\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n"
        );
        let (port, _request) = receiver(answer.into()).await;
        let outcome = attempt(&in_dev(), &format!("http://127.0.0.1:{port}/")).await;
        assert!(!outcome.is_delivered());
        assert_eq!(status_of(&outcome), Some(status));
    }
    let called = futures::poll!(std::pin::pin!(elsewhere.accept()));
    assert!(called.is_pending(), "the redirect was followed");
}

#[tokio::test]
async fn no_more_of_an_answer_is_read_than_16_kib() {
    for status in [200, 500] {
        let mut answer =
            format!("HTTP/1.1 {status} X\r\ncontent-length: 999999999\r\n\r\n").into_bytes();
        answer.resize(answer.len() + ANSWER_BYTES_MAX, b'a');
        let (port, request) = receiver(answer).await;
        // The rest never comes: waiting for it would take the whole deadline.
        let outcome = attempt(&in_dev(), &format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(status_of(&outcome), Some(status));
        assert_eq!(outcome.answer().unwrap().body.len(), ANSWER_BYTES_MAX);
        assert_eq!(outcome.is_delivered(), status == 200);
        drop(request.await.unwrap());
    }
}

/// The deadline here is short and real: a paused clock would run ahead of the sockets.
#[tokio::test]
async fn an_answer_that_is_not_whole_in_time_fails_even_after_a_good_status() {
    let sender =
        Sender::with(TargetPolicy::Anywhere, fixed(&[]), Duration::from_millis(200)).unwrap();
    for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ndrip"] {
        let (port, request) = receiver(answer.into()).await;
        let outcome = attempt(&sender, &format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(failure_of(&outcome), Some(Failure::Timeout), "{answer:?}");
        drop(request.await.unwrap());
    }
}

#[tokio::test]
async fn a_refusal_stays_one_even_if_its_explanation_never_ends() {
    let sender =
        Sender::with(TargetPolicy::Anywhere, fixed(&[]), Duration::from_millis(200)).unwrap();
    let (port, _request) =
        receiver(b"HTTP/1.1 503 X\r\ncontent-length: 9\r\n\r\ndrip".to_vec()).await;
    let outcome = attempt(&sender, &format!("http://127.0.0.1:{port}/")).await;
    let Some(answer) = outcome.answer() else {
        panic!("{outcome:?}");
    };
    assert_eq!((answer.status.as_u16(), &*answer.body), (503, b"drip".as_slice()));
}

#[tokio::test]
async fn a_name_with_one_address_of_our_own_network_is_not_called() {
    for addresses in [[LOOPBACK, PUBLIC], [PUBLIC, LOOPBACK]] {
        let sender = sender(public_https(), fixed(&addresses));
        let outcome = attempt(&sender, "https://hooks.example.com/").await;
        let blocked = Failure::Blocked(BlockedTarget::NotGlobal(LOOPBACK));
        assert_eq!(failure_of(&outcome), Some(blocked));
    }
}

#[tokio::test]
async fn an_address_in_the_url_is_checked_although_no_resolver_sees_it() {
    let lookup = fixed(&[PUBLIC]);
    let sender = sender(public_https(), Arc::clone(&lookup));
    let outcome = attempt(&sender, "https://0x7f.1/").await;
    let blocked = Failure::Blocked(BlockedTarget::NotGlobal(LOOPBACK));
    assert_eq!(failure_of(&outcome), Some(blocked));
    assert_eq!(lookup.1.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_is_resolved_once_and_the_address_that_was_checked_is_called() {
    let (port, request) = receiver(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let lookup = fixed(&[LOOPBACK]);
    let sender = sender(TargetPolicy::Anywhere, Arc::clone(&lookup));
    let outcome = attempt(&sender, &format!("http://hooks.example.com:{port}/")).await;
    assert!(outcome.is_delivered(), "{outcome:?}");
    assert_eq!(lookup.1.load(Ordering::SeqCst), 1);
    let (request, _stream) = request.await.unwrap();
    assert!(request.contains(&format!("host: hooks.example.com:{port}\r\n")), "{request}");
}

#[tokio::test]
async fn each_way_to_fail_has_its_own_word() {
    let unknown = sender(TargetPolicy::Anywhere, fixed(&[]));
    let outcome = attempt(&unknown, "http://nowhere.example.com/").await;
    assert_eq!(failure_of(&outcome), Some(Failure::Resolve));

    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let outcome = attempt(&in_dev(), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(failure_of(&outcome), Some(Failure::Connect));

    let (port, _request) = receiver(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()).await;
    let outcome = attempt(&in_dev(), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(failure_of(&outcome), Some(Failure::Broken));

    let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 not TLS\r\n\r\n").await.unwrap();
        stream.read_u8().await
    });
    let outcome = attempt(&in_dev(), &format!("https://127.0.0.1:{port}/")).await;
    assert_eq!(failure_of(&outcome), Some(Failure::Tls));
}
