//! Request and response bodies: receiving one into the store, answering with a stored object, and
//! small answers. Owns the counting of body bytes.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming as Received, SizeHint};
use hyper::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
};
use hyper::{Method, Response, StatusCode};

use crate::connection::PLACEHOLDER;
use crate::context::RequestContext;
use crate::range::{Asked, asked};
use crate::store::{Object, Reader, is_full};
use crate::trace::RequestTrace;

/// Fewer bytes of a file are read and sent with the head: a system call and a packet less.
const READ: u64 = 16 * 1024;
/// The timeout for the next bytes of a request body.
const BODY_TIMEOUT: Duration = Duration::from_secs(300);

/// How much of an unauthenticated client's body is read, in bytes.
const MOST_UNKNOWN: u64 = 64 * 1024;

/// A response.
pub type Answer = Response<Payload>;

/// A response body: a part of an object, a few bytes, or pieces generated while they are sent.
pub struct Payload {
    content: Content,
    trace: Option<Rc<RequestTrace>>,
    /// The number of bytes after which a fault ends the connection; none without such a fault.
    ends_after: Option<u64>,
    /// A fault is still to flip a bit.
    flips: bool,
}

enum Content {
    Bytes(Bytes),
    Object(Reader),
    /// The next piece, never divided, and those after it.
    Pieces {
        next: Option<Bytes>,
        rest: Box<dyn Iterator<Item = Bytes>>,
    },
    /// A `Content-Length` without a body: the answer to `HEAD`.
    LengthOnly(u64),
}

impl Payload {
    fn new(content: Content) -> Payload {
        Payload { content, trace: None, ends_after: None, flips: false }
    }

    /// An empty body.
    pub fn empty() -> Payload {
        Payload::bytes(Bytes::new())
    }

    /// A few bytes.
    pub fn bytes(bytes: impl Into<Bytes>) -> Payload {
        Payload::new(Content::Bytes(bytes.into()))
    }

    /// A part of an object, as `start..end`.
    pub fn part(object: Arc<Object>, start: u64, end: u64) -> Payload {
        Payload::new(Content::Object(Reader::new(object, start, end)))
    }

    /// A `Content-Length` without a body.
    pub fn length_only(length: u64) -> Payload {
        Payload::new(Content::LengthOnly(length))
    }

    /// Pieces, none of them empty. Only a single piece has a `Content-Length`.
    pub fn pieces(mut pieces: impl Iterator<Item = Bytes> + 'static) -> Payload {
        let first = pieces.next().unwrap_or_default();
        Payload::new(match pieces.next() {
            None => Content::Bytes(first),
            next => {
                let rest = next.into_iter().chain(pieces);
                Content::Pieces { next: Some(first), rest: Box::new(rest) }
            }
        })
    }

    /// The same body, counted by a trace and subject to its fault.
    pub fn counted(mut self, trace: Rc<RequestTrace>) -> Payload {
        if self.left() == 0 {
            trace.handed_over();
        } else {
            self.ends_after = trace.ends_after(self.left());
            self.flips = trace.flips();
        }
        self.trace = Some(trace);
        self
    }

    /// The bytes that are left, as far as they are known.
    pub fn left(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Object(reader) => reader.left(),
            Content::Pieces { next, .. } => next.as_ref().map_or(0, |next| next.len() as u64),
            Content::LengthOnly(_) => 0,
        }
    }

    /// The next bytes, at most so many: themselves, or what stands for a file's.
    fn next(&mut self, most: usize) -> io::Result<Bytes> {
        let reader = match &mut self.content {
            Content::Bytes(bytes) => {
                let next = bytes.split_to(most.min(bytes.len()));
                self.trace.iter().for_each(|trace| trace.sent(next.len()));
                return Ok(next);
            }
            Content::Pieces { next, rest } => {
                let piece = std::mem::replace(next, rest.next()).unwrap_or_default();
                self.trace.iter().for_each(|trace| trace.sent(piece.len()));
                return Ok(piece);
            }
            Content::LengthOnly(_) => return Ok(Bytes::new()),
            Content::Object(reader) => reader,
        };
        let small = reader.left() <= READ || self.flips;
        let Some(piece) = reader.next(most)? else { return Ok(Bytes::new()) };
        match &self.trace {
            Some(trace) if !small && piece.may_be_sent_by_reference() => {
                let length = piece.length;
                trace.sent_piece(piece);
                Ok(Bytes::from_static(&PLACEHOLDER[..length]))
            }
            trace => {
                let bytes = piece.read()?;
                trace.iter().for_each(|trace| trace.sent(bytes.len()));
                Ok(bytes)
            }
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.left() == 0 {
            return Poll::Ready(None);
        }
        let mut most = PLACEHOLDER.len();
        if let Some(left) = this.ends_after {
            most = most.min(left as usize);
            if most == 0 {
                // Never woken: the connection ends as soon as these bytes are flushed.
                this.trace.iter().for_each(|trace| trace.cut_short());
                return Poll::Pending;
            }
        }
        let mut bytes = match this.next(most) {
            Ok(bytes) => bytes,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        if std::mem::take(&mut this.flips) {
            let mut changed = BytesMut::from(bytes);
            let middle = changed.len() / 2;
            changed[middle] ^= 1;
            bytes = changed.freeze();
        }
        if let Some(left) = &mut this.ends_after {
            // A listing is not cut inside a piece.
            *left = left.saturating_sub(bytes.len() as u64);
        }
        if this.left() == 0 {
            // After its last byte a body is not asked again.
            match (&this.trace, this.ends_after) {
                (Some(trace), Some(_)) => trace.cut_short(),
                (Some(trace), None) => trace.handed_over(),
                (None, _) => {}
            }
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::LengthOnly(length) => SizeHint::with_exact(*length),
            Content::Pieces { .. } => SizeHint::new(),
            _ => SizeHint::with_exact(self.left()),
        }
    }
}

/// Receives a request body into the store.
///
/// # Errors
/// When the client aborts, the object is too large, or the disk is full.
pub async fn receive(body: Received, context: &RequestContext) -> Result<Arc<Object>, Broken> {
    let most = context.service.largest_object();
    let announced = body.size_hint().exact();
    if announced.is_some_and(|length| length > most) {
        discard(body, &context.trace).await;
        return Err(Broken::TooLarge);
    }
    let into = context.service.store().receive(announced);
    let mut into = match into {
        Ok(into) => into,
        Err(error) => {
            discard(body, &context.trace).await;
            return Err(Broken::Disk(error));
        }
    };
    let mut body = body;
    while let Some(data) = next_data(&mut body, &context.trace).await? {
        let written = match into.length() + data.len() as u64 > most {
            true => Err(Broken::TooLarge),
            false => into.write(&data).map_err(Broken::Disk),
        };
        if let Err(broken) = written {
            discard(body, &context.trace).await;
            return Err(broken);
        }
    }
    into.finish().map_err(Broken::Disk)
}

/// The next bytes of a request body; none at its end.
///
/// # Errors
/// When the client aborts, or times out.
pub async fn next_data(body: &mut Received, trace: &RequestTrace) -> Result<Option<Bytes>, Broken> {
    loop {
        let timeout = match trace.is_trusted() {
            true => BODY_TIMEOUT,
            false => Duration::from_secs_f64(trace.patience()),
        };
        let next = tokio::time::timeout(timeout, body.frame()).await;
        let Some(frame) = next.map_err(|_| Broken::Client)? else { return Ok(None) };
        if let Ok(data) = frame.map_err(|_| Broken::Client)?.into_data() {
            trace.received(data.len());
            return Ok(Some(data));
        }
    }
}

/// Receives a small request body into memory.
///
/// # Errors
/// When the client aborts, or the body is larger than `most` bytes.
pub async fn receive_small(
    mut body: Received,
    most: usize,
    trace: &RequestTrace,
) -> Result<Vec<u8>, Broken> {
    let mut whole = Vec::new();
    while let Some(data) = next_data(&mut body, trace).await? {
        if whole.len() + data.len() > most {
            discard(body, trace).await;
            return Err(Broken::TooLarge);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole)
}

/// Reads a request body to its end and drops it: many clients write all of it before they read the
/// refusal. Of an unauthenticated client only a little is read; then the connection ends.
pub async fn discard(mut body: Received, trace: &RequestTrace) {
    let mut count = 0;
    while !body.is_end_stream() {
        match next_data(&mut body, trace).await {
            Ok(Some(data)) => count += data.len() as u64,
            Ok(None) => return,
            Err(_) => return trace.leave_unread(),
        }
        if count > MOST_UNKNOWN && !trace.is_trusted() {
            return trace.leave_unread();
        }
    }
}

/// Why a body could not be received.
#[derive(Debug)]
pub enum Broken {
    /// The client aborted or timed out.
    Client,
    /// The body is larger than this kind of request may be.
    TooLarge,
    /// It could not be written.
    Disk(io::Error),
}

impl Broken {
    /// The response, where the client is still there to read it.
    pub fn answer(&self) -> Answer {
        match self {
            Broken::Client => status(StatusCode::BAD_REQUEST),
            Broken::TooLarge => status(StatusCode::PAYLOAD_TOO_LARGE),
            Broken::Disk(error) if is_full(error) => status(StatusCode::INSUFFICIENT_STORAGE),
            Broken::Disk(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// The response to `GET`: the object, or the range that a `Range` header selects; to `HEAD`: its
/// length.
pub fn part_of(object: Arc<Object>, method: &Method, range: Option<&str>) -> Answer {
    let length = object.length();
    let mut answer = Response::new(Payload::empty());
    answer.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if method == Method::HEAD {
        answer.headers_mut().insert(CONTENT_LENGTH, length.into());
        *answer.body_mut() = Payload::length_only(length);
        return answer;
    }
    let (code, payload, content_range) = match asked(range, length) {
        Asked::Whole => (StatusCode::OK, Payload::part(object, 0, length), None),
        Asked::Part(start, end) => {
            let part = format!("bytes {start}-{}/{length}", end - 1);
            (StatusCode::PARTIAL_CONTENT, Payload::part(object, start, end), Some(part))
        }
        Asked::Unsatisfiable => {
            let whole = format!("bytes */{length}");
            (StatusCode::RANGE_NOT_SATISFIABLE, Payload::empty(), Some(whole))
        }
    };
    *answer.status_mut() = code;
    *answer.body_mut() = payload;
    if let Some(value) = content_range.and_then(|text| HeaderValue::from_str(&text).ok()) {
        answer.headers_mut().insert(CONTENT_RANGE, value);
    }
    answer
}

/// A response without a body.
pub fn status(status: StatusCode) -> Answer {
    let mut answer = Response::new(Payload::empty());
    *answer.status_mut() = status;
    answer
}

/// A response with a body of that media type.
pub fn typed(status: StatusCode, kind: &'static str, bytes: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Payload::bytes(bytes));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// A response with a body of that media type that is generated while it is sent.
pub fn streamed(
    status: StatusCode,
    kind: &'static str,
    pieces: impl Iterator<Item = Bytes> + 'static,
) -> Answer {
    let mut answer = Response::new(Payload::pieces(pieces));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// The same response with a `Retry-After` header.
pub fn after(mut answer: Answer, seconds: u64) -> Answer {
    answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    answer
}
