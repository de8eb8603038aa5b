//! Receivers that do to their first requests what no receiver should, and take all others.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::sleep,
};
use url::Url;

/// How many requests it does it to: fewer than have an endpoint left alone.
const MISBEHAVES: usize = 3;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Nothing: a sound receiver.
    Sound,
    /// Reads, and never answers.
    Hangs,
    /// Answers 200, a byte at a time, and never to the end.
    Drips,
    /// Cuts the connection once it has read.
    Resets,
    /// Sends elsewhere.
    Redirects,
    /// Asks for a second of patience.
    PutsOff,
    /// Fails.
    Fails,
    /// Answers 500 and a gigabyte.
    Gigabyte,
    /// Answers 500 and what would be a gigabyte, if anybody unpacked it.
    GzipBomb,
}

impl Manner {
    pub(crate) const ALL: [Self; 9] = [
        Self::Sound,
        Self::Hangs,
        Self::Drips,
        Self::Resets,
        Self::Redirects,
        Self::PutsOff,
        Self::Fails,
        Self::Gigabyte,
        Self::GzipBomb,
    ];
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether it was answered 200 in full.
    pub(crate) is_taken: bool,
}

/// A running one. Ends with its test.
pub(crate) struct Receiver {
    pub(crate) url: Url,
    pub(crate) manner: Manner,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl Receiver {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap()).parse().unwrap();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let received = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let received = Arc::clone(&received);
                tokio::spawn(async move { serve(stream, manner, &received).await });
            }
        });
        Self { url, manner, requests }
    }

    /// All that came so far, in the order in which it came.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// Reads requests of one connection and answers each, until either side has had enough.
async fn serve(stream: TcpStream, manner: Manner, received: &Mutex<Vec<Request>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (headers, body) = read(&mut stream).await?;
        let (number, misbehaves) = {
            let mut received = received.lock().unwrap();
            received.push(Request { headers, body, is_taken: false });
            let number = received.len();
            (number - 1, manner != Manner::Sound && number <= MISBEHAVES)
        };
        if misbehaves {
            return misbehave(&mut stream, manner).await;
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.ok()?;
        received.lock().unwrap().get_mut(number)?.is_taken = true;
    }
}

/// A request's head and body; `None` once the client is gone.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<(HeaderMap, Bytes)> {
    let mut headers = HeaderMap::new();
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| 0 < *read)?;
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok().filter(|read| 0 < *read)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
    }
    let length: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((headers, body.into()))
}

/// Ends the connection one way or another.
async fn misbehave(stream: &mut BufReader<TcpStream>, manner: Manner) -> Option<()> {
    match manner {
        Manner::Sound => return None,
        Manner::Hangs => drop(stream.read_u8().await.ok()?),
        Manner::Drips => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n").await.ok()?;
            loop {
                stream.write_all(b".").await.ok()?;
                sleep(Duration::from_millis(100)).await;
            }
        }
        Manner::Resets => stream.get_ref().set_zero_linger().ok()?,
        Manner::Redirects => {
            let elsewhere = b"HTTP/1.1 307 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(elsewhere).await.ok()?;
        }
        Manner::PutsOff => {
            let later = b"HTTP/1.1 429 X\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(later).await.ok()?;
        }
        Manner::Fails => {
            stream.write_all(b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n").await.ok()?;
        }
        Manner::Gigabyte => {
            stream.write_all(b"HTTP/1.1 500 X\r\ncontent-length: 1000000000\r\n\r\n").await.ok()?;
            for _ in 0..1_000 {
                stream.write_all(&[b'.'; 1_000_000]).await.ok()?;
            }
        }
        Manner::GzipBomb => {
            let head = b"HTTP/1.1 500 X\r\ncontent-encoding: gzip\r\ncontent-length: 20\r\n\r\n";
            stream.write_all(head).await.ok()?;
            // The head of a gzip stream, whose rest would not end.
            stream
                .write_all(b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xec\xc1\x01\x01\0\0\0\x80\x90")
                .await
                .ok()?;
        }
    }
    Some(())
}
