//! Bodies: receiving one into the store, answering with one out of it, and small answers.
//! Owns the counting of body bytes.

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
use crate::store::{Object, Reader};
use crate::trace::RequestTrace;

/// Fewer bytes of a file are read and sent with the head: a system call and a packet less.
const READ: u64 = 16 * 1024;
/// How long a client may take to send more of a body that it announced.
const BODY_TIMEOUT: Duration = Duration::from_secs(300);

/// What is read of the body of a client that has shown no token, in bytes.
const MOST_UNKNOWN: u64 = 64 * 1024;

/// An answer.
pub type Answer = Response<Payload>;

/// An answer's body: a part of an object, a few bytes, or pieces made while they are sent.
pub struct Payload {
    content: Content,
    trace: Option<Rc<RequestTrace>>,
    /// Bytes after which a fault ends the connection.
    ends_after: Option<u64>,
    /// A byte is still to be made another one.
    flips: bool,
}

enum Content {
    Bytes(Bytes),
    Object(Reader),
    /// The next piece, of which no byte is missing, and those after it.
    Pieces {
        next: Option<Bytes>,
        rest: Box<dyn Iterator<Item = Bytes>>,
    },
    /// Nothing is sent, though the length is told: the answer to `HEAD`.
    Told(u64),
}

impl Payload {
    fn new(content: Content) -> Payload {
        Payload { content, trace: None, ends_after: None, flips: false }
    }

    /// Nothing.
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

    /// A length without its bytes.
    pub fn told(length: u64) -> Payload {
        Payload::new(Content::Told(length))
    }

    /// Pieces, none of them empty: the length is told where there is but one.
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

    /// The same, counted in a trace, and with its faults.
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

    /// Bytes that are still to be handed over, as far as they are known.
    pub fn left(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Object(reader) => reader.left(),
            Content::Pieces { next, .. } => next.as_ref().map_or(0, |next| next.len() as u64),
            Content::Told(_) => 0,
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
            Content::Told(_) => return Ok(Bytes::new()),
            Content::Object(reader) => reader,
        };
        let small = reader.left() <= READ || self.flips;
        let Some(piece) = reader.next(most)? else { return Ok(Bytes::new()) };
        match &self.trace {
            Some(trace) if !small => {
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
                // Never woken: the connection ends as soon as what was handed over is sent.
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
            Content::Told(length) => SizeHint::with_exact(*length),
            Content::Pieces { .. } => SizeHint::new(),
            _ => SizeHint::with_exact(self.left()),
        }
    }
}

/// Receives a whole body into the store.
///
/// # Errors
/// When the client breaks off, the object is too large, or the disk is full.
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

/// The next bytes of a body; none at its end.
///
/// # Errors
/// When the client breaks off, or takes too long.
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

/// Receives a small body whole.
///
/// # Errors
/// When the client breaks off, or the body is larger than `most` bytes.
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

/// Reads a body to its end and forgets it: a refused upload is still received, as clients that
/// write before they read expect. A client that has shown no token is not heard out: what it sends
/// beyond a little ends the connection.
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
    /// The client broke off.
    Client,
    /// It is larger than this kind of request can be.
    TooLarge,
    /// It could not be kept.
    Disk(io::Error),
}

impl Broken {
    /// The answer to it, where somebody is left to read it.
    pub fn answer(&self) -> Answer {
        match self {
            Broken::Client => status(StatusCode::BAD_REQUEST),
            Broken::TooLarge => status(StatusCode::PAYLOAD_TOO_LARGE),
            Broken::Disk(error) if error.kind() == io::ErrorKind::StorageFull => {
                status(StatusCode::INSUFFICIENT_STORAGE)
            }
            Broken::Disk(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// Answers `GET` with an object or the part of it that a `Range` header asks for, and `HEAD` with
/// its length.
pub fn part_of(object: Arc<Object>, method: &Method, range: Option<&str>) -> Answer {
    let length = object.length();
    let mut answer = Response::new(Payload::empty());
    answer.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if method == Method::HEAD {
        answer.headers_mut().insert(CONTENT_LENGTH, length.into());
        *answer.body_mut() = Payload::told(length);
        return answer;
    }
    let (code, payload, told) = match asked(range, length) {
        Asked::Whole => (StatusCode::OK, Payload::part(object, 0, length), None),
        Asked::Part(start, end) => {
            let told = format!("bytes {start}-{}/{length}", end - 1);
            (StatusCode::PARTIAL_CONTENT, Payload::part(object, start, end), Some(told))
        }
        Asked::Unsatisfiable => {
            let told = format!("bytes */{length}");
            (StatusCode::RANGE_NOT_SATISFIABLE, Payload::empty(), Some(told))
        }
    };
    *answer.status_mut() = code;
    *answer.body_mut() = payload;
    if let Some(told) = told.and_then(|told| HeaderValue::from_str(&told).ok()) {
        answer.headers_mut().insert(CONTENT_RANGE, told);
    }
    answer
}

/// A status and nothing else.
pub fn status(status: StatusCode) -> Answer {
    let mut answer = Response::new(Payload::empty());
    *answer.status_mut() = status;
    answer
}

/// A body of that type.
pub fn typed(status: StatusCode, kind: &'static str, bytes: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Payload::bytes(bytes));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// A body of that type, made while it is sent.
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

/// The same answer with the time after which a limit admits the next request.
pub fn after(mut answer: Answer, seconds: u64) -> Answer {
    answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    answer
}
