//! Gives a client of HTTP/1 up that has begun a request's head and does not end it in time. How
//! long it may be silent before is the server's own matter.
//!
//! Of the protocol it knows that a call begins where a head ends. What came together with the end
//! of an earlier request, or after a body that nobody read, cannot be told from it: a head that is
//! begun there has the idle time instead.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::HttpBody;
use http_body::{Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// The calls of one connection.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Counts>);

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    /// Calls of which a body is still read or sent, or which have no answer yet.
    open: AtomicUsize,
    /// Whether the latest call's body was given up before its end: the rest may still arrive.
    is_unread: AtomicBool,
}

/// A call, from its head's end to the end of both bodies: open until the last clone is dropped.
#[derive(Clone)]
pub(super) struct Call(Arc<Open>);

struct Open(Calls);

impl Calls {
    /// A head is complete.
    pub(super) fn begin(&self) -> Call {
        self.0.is_unread.store(false, Ordering::Release);
        self.0.open.fetch_add(1, Ordering::AcqRel);
        self.0.begun.fetch_add(1, Ordering::AcqRel);
        Call(Arc::new(Open(self.clone())))
    }

    fn begun(&self) -> usize {
        self.0.begun.load(Ordering::Acquire)
    }

    /// Whether what arrives now can only be of a next request's head.
    fn is_between(&self) -> bool {
        self.0.open.load(Ordering::Acquire) == 0 && !self.0.is_unread.load(Ordering::Acquire)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Call {
    /// The body of the call's request.
    pub(super) fn reading<B: HttpBody>(&self, body: B) -> Held<B> {
        Held { body, call: self.clone(), is_request: true, has_ended: false }
    }

    /// The body of the call's answer.
    pub(super) fn sending<B: HttpBody>(self, body: B) -> Held<B> {
        Held { body, call: self, is_request: false, has_ended: false }
    }
}

/// A body that keeps its call open.
pub(super) struct Held<B: HttpBody> {
    body: B,
    call: Call,
    is_request: bool,
    /// Seen at its end, which a body without a length cannot tell of itself.
    has_ended: bool,
}

impl<B: HttpBody + Unpin> HttpBody for Held<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.has_ended |= matches!(frame, Poll::Ready(None));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: HttpBody> Drop for Held<B> {
    fn drop(&mut self) {
        if self.is_request && !self.has_ended && !self.body.is_end_stream() {
            self.call.0.0.0.is_unread.store(true, Ordering::Release);
        }
    }
}

/// A stream whose reads fail once a head has been arriving for `within`.
pub(super) struct Heads<S> {
    stream: S,
    calls: Calls,
    /// `None` where a connection has no heads of this kind: HTTP/2.
    within: Option<Duration>,
    /// How many calls there were when `patience` was last looked at.
    begun: usize,
    /// Runs from a head's first byte on.
    patience: Option<Pin<Box<Sleep>>>,
}

impl<S> Heads<S> {
    pub(super) fn new(stream: S, calls: Calls, within: Option<Duration>) -> Self {
        Self { stream, calls, within, begun: 0, patience: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heads<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let begun = self.calls.begun();
        if begun != self.begun {
            self.begun = begun;
            self.patience = None;
        }
        if let Some(patience) = &mut self.patience
            && patience.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let has_begun = before < buffer.filled().len() && self.calls.is_between();
        if let (true, None, Some(within)) = (has_begun, &self.patience, self.within) {
            self.patience = Some(Box::pin(sleep(within)));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heads<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
