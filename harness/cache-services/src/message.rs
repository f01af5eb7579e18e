//! Bodies: receiving one into the store, answering with one out of it, and small answers.
//! Owns the counting of body bytes.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming as Received, SizeHint};
use hyper::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
};
use hyper::{Method, Response, StatusCode};

use crate::exchange::Exchange;
use crate::range::{Asked, asked};
use crate::store::{Incoming, Object};

/// Bytes of a file that are read and handed over as one frame.
const FRAME: usize = 128 * 1024;

/// An answer.
pub type Answer = Response<Payload>;

/// An answer's body: a part of an object, a few bytes, or pieces made while they are sent.
pub struct Payload {
    content: Content,
    exchange: Option<Rc<Exchange>>,
}

enum Content {
    Bytes(Bytes),
    Object {
        object: Arc<Object>,
        at: u64,
        end: u64,
    },
    /// The next piece, of which no byte is missing, and those after it.
    Pieces {
        next: Option<Bytes>,
        rest: Box<dyn Iterator<Item = Bytes>>,
    },
    /// Nothing is sent, though the length is told: the answer to `HEAD`.
    Told(u64),
}

impl Payload {
    /// Nothing.
    pub fn empty() -> Payload {
        Payload::bytes(Bytes::new())
    }

    /// A few bytes.
    pub fn bytes(bytes: impl Into<Bytes>) -> Payload {
        Payload { content: Content::Bytes(bytes.into()), exchange: None }
    }

    /// A part of an object.
    pub fn part(object: Arc<Object>, start: u64, end: u64) -> Payload {
        Payload { content: Content::Object { object, at: start, end }, exchange: None }
    }

    /// A length without its bytes.
    pub fn told(length: u64) -> Payload {
        Payload { content: Content::Told(length), exchange: None }
    }

    /// Pieces, none of them empty: the length is told where there is but one.
    pub fn pieces(mut pieces: impl Iterator<Item = Bytes> + 'static) -> Payload {
        let first = pieces.next().unwrap_or_default();
        let content = match pieces.next() {
            None => Content::Bytes(first),
            next => {
                let rest = next.into_iter().chain(pieces);
                Content::Pieces { next: Some(first), rest: Box::new(rest) }
            }
        };
        Payload { content, exchange: None }
    }

    /// The same, counted for an exchange.
    pub fn counted(mut self, exchange: Rc<Exchange>) -> Payload {
        if self.is_end_stream() {
            exchange.handed_over();
        }
        self.exchange = Some(exchange);
        self
    }

    fn left(&self) -> u64 {
        match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Object { at, end, .. } => end - at,
            Content::Pieces { next, .. } => next.as_ref().map_or(0, |next| next.len() as u64),
            Content::Told(_) => 0,
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
        let bytes = match &mut this.content {
            Content::Bytes(bytes) => std::mem::take(bytes),
            Content::Object { object, at, end } => {
                let most = FRAME.min((*end - *at) as usize);
                match object.read(*at, most) {
                    Ok(bytes) => {
                        *at += bytes.len() as u64;
                        bytes
                    }
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
            Content::Pieces { next, rest } => {
                std::mem::replace(next, rest.next()).unwrap_or_default()
            }
            Content::Told(_) => return Poll::Ready(None),
        };
        if let Some(exchange) = &this.exchange {
            exchange.sent(bytes.len());
            if this.left() == 0 {
                exchange.handed_over();
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
/// When the client breaks off, or the disk is full.
pub async fn receive(
    body: Received,
    into: Incoming,
    exchange: &Exchange,
) -> Result<Arc<Object>, Broken> {
    receive_at_most(body, into, u64::MAX, exchange).await
}

/// Receives a whole body of at most `most` bytes into the store.
///
/// # Errors
/// When it is larger, the client breaks off, or the disk is full.
pub async fn receive_at_most(
    mut body: Received,
    mut into: Incoming,
    most: u64,
    exchange: &Exchange,
) -> Result<Arc<Object>, Broken> {
    let mut left = most;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Broken::Client)?;
        if let Ok(data) = frame.into_data() {
            exchange.received(data.len());
            let Some(rest) = left.checked_sub(data.len() as u64) else {
                drop(into);
                discard(body, exchange).await;
                return Err(Broken::TooLarge);
            };
            left = rest;
            into.write(&data).map_err(Broken::Disk)?;
        }
    }
    into.finish().map_err(Broken::Disk)
}

/// Receives a small body whole.
///
/// # Errors
/// When the client breaks off, or the body is larger than `most` bytes.
pub async fn receive_small(
    mut body: Received,
    most: usize,
    exchange: &Exchange,
) -> Result<Vec<u8>, Broken> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Broken::Client)?;
        if let Ok(data) = frame.into_data() {
            exchange.received(data.len());
            if whole.len() + data.len() > most {
                return Err(Broken::TooLarge);
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole)
}

/// Reads a body to its end and forgets it: a refused upload is still received, as clients that
/// write before they read expect.
pub async fn discard(mut body: Received, exchange: &Exchange) {
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            exchange.received(data.len());
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
