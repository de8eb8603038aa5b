//! A closed-loop load over HTTP/1.1 with keep-alive: each connection asks, waits for its answer, and
//! asks again.
//!
//! By hand, because the generator shares two cores with what it measures: a whole client costs about
//! as much as the server. Answers are still read to their ends and their status is checked.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Header fields of an answer at most.
const FIELDS_MAX: usize = 32;
/// The longest answer that is taken, in bytes.
const ANSWER_MAX: usize = 4 * 1024 * 1024;
const CHUNK_BYTES: usize = 32 * 1024;
/// Behind each chunk.
const LINE_END: usize = b"\r\n".len();

/// What one connection asks, one request after the other.
pub(crate) trait Script: Send + 'static {
    /// Writes the next request. `answer` is the body of the one before; empty at first.
    fn next(&mut self, answer: &[u8], request: &mut Vec<u8>);

    /// Whether the status is one that this request should get.
    fn is_expected(&self, status: u16) -> bool {
        status == 200
    }
}

/// What was measured of a load or of calls.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// How many were answered.
    pub(crate) count: u64,
    pub(crate) elapsed: Duration,
    /// Of each answer to its end, in microseconds.
    pub(crate) latencies: Histogram<u64>,
    /// Of each answer's first byte; nothing, where no bytes were waited for.
    pub(crate) first_bytes: Histogram<u64>,
}

impl Measured {
    pub(crate) fn new(latencies: Histogram<u64>, elapsed: Duration) -> Self {
        Self { count: latencies.len(), elapsed, latencies, first_bytes: histogram() }
    }

    /// Nothing yet.
    pub(crate) fn none() -> Self {
        Self::new(histogram(), Duration::ZERO)
    }

    /// Adds what was measured at another time.
    pub(crate) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.elapsed += other.elapsed;
        self.latencies.add(other.latencies).unwrap();
        self.first_bytes.add(other.first_bytes).unwrap();
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    /// The time within which 99 of a hundred were answered, in milliseconds.
    pub(crate) fn p99_ms(&self) -> f64 {
        percentile_ms(&self.latencies, 99.0)
    }
}

/// The time within which so many of a hundred came, in milliseconds.
pub(crate) fn percentile_ms(times: &Histogram<u64>, percentile: f64) -> f64 {
    times.value_at_percentile(percentile) as f64 / 1_000.0
}

/// Microseconds up to two minutes, to three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 120_000_000, 3).unwrap()
}

/// Microseconds since.
pub(crate) fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// How a load is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Not counted, before.
    pub(crate) warm_up: Duration,
    pub(crate) measure: Duration,
    /// How often each connection asks at most; flat out, if `None`.
    pub(crate) every: Option<Duration>,
}

/// Runs one connection for each script, taking the servers in turns.
///
/// # Panics
///
/// Panics at an unexpected answer: a load that is refused measures nothing.
pub(crate) async fn run<S: Script>(
    servers: &[SocketAddr],
    scripts: impl IntoIterator<Item = S>,
    pace: Pace,
) -> Measured {
    let stop = Arc::new(AtomicBool::new(false));
    let counting = Arc::new(AtomicBool::new(false));
    let mut connections = JoinSet::new();
    let scripts: Vec<S> = scripts.into_iter().collect();
    // Not all at once: a burst would wait for itself.
    let apart = pace.every.map(|it| it / u32::try_from(scripts.len()).unwrap());
    let began = Instant::now();
    for (nth, (script, server)) in (0..).zip(scripts.into_iter().zip(servers.iter().cycle())) {
        let (stop, counting) = (Arc::clone(&stop), Arc::clone(&counting));
        let stream = TcpStream::connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let connection = Connection { stream, request: vec![], answer: vec![], body: vec![] };
        let first = began + apart.unwrap_or_default() * nth;
        connections.spawn(connection.drive(script, (first, pace.every), stop, counting));
    }
    tokio::time::sleep(pace.warm_up).await;
    counting.store(true, Ordering::Release);
    let began = Instant::now();
    tokio::time::sleep(pace.measure).await;
    counting.store(false, Ordering::Release);
    let elapsed = began.elapsed();
    stop.store(true, Ordering::Release);
    let (mut latencies, mut first_bytes) = (histogram(), histogram());
    for (of_answers, of_first_bytes) in connections.join_all().await {
        latencies.add(of_answers).unwrap();
        first_bytes.add(of_first_bytes).unwrap();
    }
    Measured { first_bytes, ..Measured::new(latencies, elapsed) }
}

struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    /// Everything read of the answer so far.
    answer: Vec<u8>,
    /// The answer's body, once it is whole.
    body: Vec<u8>,
}

impl Connection {
    async fn drive<S: Script>(
        mut self,
        mut script: S,
        (first, every): (Instant, Option<Duration>),
        stop: Arc<AtomicBool>,
        counting: Arc<AtomicBool>,
    ) -> (Histogram<u64>, Histogram<u64>) {
        let (mut latencies, mut first_bytes) = (histogram(), histogram());
        let mut due = first;
        while !stop.load(Ordering::Acquire) {
            self.request.clear();
            script.next(&self.body, &mut self.request);
            let began = match every {
                None => Instant::now(),
                Some(every) => {
                    tokio::time::sleep_until(due.into()).await;
                    // From when it was due: a late request waits in the client, and that counts.
                    let began = due;
                    due += every;
                    began
                }
            };
            let (status, first_byte) = self.ask().await;
            let words = String::from_utf8_lossy(&self.body);
            assert!(script.is_expected(status), "{status}: {words}");
            if counting.load(Ordering::Acquire) {
                latencies.saturating_record(micros(began));
                let first_byte = first_byte.saturating_duration_since(began).as_micros();
                first_bytes.saturating_record(first_byte.try_into().unwrap_or(u64::MAX));
            }
        }
        (latencies, first_bytes)
    }

    /// Sends the request and reads its answer to the end; the status, and when the first byte came.
    async fn ask(&mut self) -> (u16, Instant) {
        self.stream.write_all(&self.request).await.unwrap();
        self.answer.clear();
        let mut first_byte = None;
        loop {
            self.answer.reserve(CHUNK_BYTES);
            let read = self.stream.read_buf(&mut self.answer).await.unwrap();
            assert!(read > 0, "the server hung up");
            let first_byte = *first_byte.get_or_insert_with(Instant::now);
            assert!(self.answer.len() <= ANSWER_MAX, "an answer of more than {ANSWER_MAX} bytes");
            if let Some((status, head, length)) = head(&self.answer)
                && let Some(end) = read_body(&self.answer[head..], length, &mut self.body)
            {
                assert_eq!(head + end, self.answer.len(), "more than one answer");
                return (status, first_byte);
            }
        }
    }
}

/// The status, the head's length and the body's, once the head is whole. A body of unknown length
/// comes in chunks.
fn head(bytes: &[u8]) -> Option<(u16, usize, Option<usize>)> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(head) = response.parse(bytes).unwrap() else { return None };
    let length = response.headers.iter().find(|it| it.name.eq_ignore_ascii_case("content-length"));
    let length = length.map(|it| std::str::from_utf8(it.value).unwrap().parse().unwrap());
    Some((response.code.unwrap(), head, length))
}

/// Takes the body out of what came after the head; how long it is there, once it is whole.
fn read_body(bytes: &[u8], length: Option<usize>, body: &mut Vec<u8>) -> Option<usize> {
    body.clear();
    if let Some(length) = length {
        body.extend_from_slice(bytes.get(..length)?);
        return Some(length);
    }
    let mut at = 0;
    loop {
        let httparse::Status::Complete((start, size)) =
            httparse::parse_chunk_size(&bytes[at..]).unwrap()
        else {
            return None;
        };
        let chunk = at + start..at + start + usize::try_from(size).unwrap();
        at = chunk.end + LINE_END;
        if bytes.len() < at {
            return None;
        }
        body.extend_from_slice(&bytes[chunk]);
        if size == 0 {
            return Some(at);
        }
    }
}
