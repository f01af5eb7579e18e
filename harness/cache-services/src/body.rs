//! Message bodies: an upload on its way in, an answer on its way out.
//! Owns their streaming and their byte counts. It must not hold a whole object in memory.

use std::collections::VecDeque;
use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::depot::{Depot, Object, Piece, Segment};
use crate::ledger::Meter;

/// Bytes read from a file at once.
const CHUNK: u64 = 256 * 1024;

/// A request's body.
pub(crate) struct Upload {
    incoming: Incoming,
    meter: Arc<Meter>,
}

/// Why an upload came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// The client went away, or broke HTTP's rules.
    #[error("the body ended early")]
    Broken(#[source] hyper::Error),
    /// More than the route takes.
    #[error("the body is longer than {0} bytes")]
    TooLong(usize),
    /// The bytes could not be kept.
    #[error("cannot store the body")]
    Store(#[source] io::Error),
}

/// What an answer carries.
pub(crate) enum Content {
    /// These bytes.
    Bytes(Bytes),
    /// A stretch of an object.
    Object(Reading),
}

/// An object's bytes on their way out.
pub(crate) struct Reading {
    rest: VecDeque<Segment>,
    left: u64,
    /// The front segment's next bytes, being read from its file.
    ahead: Option<JoinHandle<io::Result<Ahead>>>,
}

struct Ahead {
    bytes: Bytes,
    file: File,
    left: u64,
}

/// An answer's body, counted.
pub(crate) struct Answer {
    content: Content,
    meter: Arc<Meter>,
}

impl Upload {
    pub(crate) fn new(incoming: Incoming, meter: Arc<Meter>) -> Upload {
        Upload { incoming, meter }
    }

    async fn next(&mut self) -> Option<Result<Bytes, UploadError>> {
        loop {
            let frame = self.incoming.frame().await?;
            match frame.map(Frame::into_data) {
                Ok(Ok(bytes)) => {
                    self.meter.body_up(bytes.len());
                    return Some(Ok(bytes));
                }
                // Trailers carry nothing that a cache wants.
                Ok(Err(_)) => {}
                Err(error) => return Some(Err(UploadError::Broken(error))),
            }
        }
    }

    /// The whole body, where it is known to be short.
    pub(crate) async fn whole(&mut self, limit: usize) -> Result<Bytes, UploadError> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.next().await {
            let bytes = bytes?;
            if whole.len() + bytes.len() > limit {
                return Err(UploadError::TooLong(limit));
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(whole.into())
    }

    /// Streams the body to where objects lie.
    pub(crate) async fn store(&mut self, depot: &Arc<Depot>) -> Result<Piece, UploadError> {
        let mut intake = depot.intake();
        while let Some(bytes) = self.next().await {
            intake.push(bytes?).await.map_err(UploadError::Store)?;
        }
        intake.finish().await.map_err(UploadError::Store)
    }

    /// Reads what is left and forgets it, so that the client can read its answer.
    pub(crate) async fn drain(&mut self) {
        while let Some(Ok(_)) = self.next().await {}
    }
}

impl Content {
    pub(crate) fn empty() -> Content {
        Content::Bytes(Bytes::new())
    }

    /// `len` bytes of an object from `start`.
    pub(crate) fn of(object: &Object, start: u64, len: u64) -> Content {
        let rest = object.segments(start, len).into();
        Content::Object(Reading { rest, left: len, ahead: None })
    }

    fn left(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Object(reading) => reading.left,
        }
    }
}

impl Reading {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.ahead.is_none() {
            let Some(segment) = self.rest.front() else { return Poll::Ready(None) };
            if let Some(bytes) = segment.in_memory() {
                self.rest.pop_front();
                self.left -= bytes.len() as u64;
                return Poll::Ready(Some(Ok(bytes)));
            }
            self.ahead = Some(spawn_blocking(open(segment.clone())));
        }
        let Some(ahead) = &mut self.ahead else { return Poll::Ready(None) };
        let joined = ready!(Pin::new(ahead).poll(cx));
        self.ahead = None;
        let Ahead { bytes, file, left } = match joined.map_err(io::Error::other).flatten() {
            Ok(ahead) => ahead,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        self.left -= bytes.len() as u64;
        if left == 0 {
            self.rest.pop_front();
        } else {
            self.ahead = Some(spawn_blocking(move || read(file, left)));
        }
        Poll::Ready(Some(Ok(bytes)))
    }
}

/// Reads a segment's first bytes. It holds the segment while its file is not yet open.
fn open(segment: Segment) -> impl FnOnce() -> io::Result<Ahead> {
    move || {
        let (path, start) = segment.in_file().ok_or(io::ErrorKind::NotFound)?;
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(start))?;
        read(file, segment.len())
    }
}

fn read(file: File, left: u64) -> io::Result<Ahead> {
    let wanted = left.min(CHUNK);
    let mut bytes = Vec::with_capacity(wanted as usize);
    (&file).take(wanted).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < wanted {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Ahead { bytes: bytes.into(), file, left: left - wanted })
}

impl Answer {
    pub(crate) fn new(content: Content, meter: Arc<Meter>) -> Answer {
        Answer { content, meter }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let bytes = match &mut this.content {
            Content::Bytes(bytes) if bytes.is_empty() => None,
            Content::Bytes(bytes) => Some(std::mem::take(bytes)),
            Content::Object(reading) => ready!(reading.poll(cx)).transpose()?,
        };
        Poll::Ready(bytes.map(|bytes| {
            this.meter.body_down(bytes.len());
            Ok(Frame::data(bytes))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.content.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.content.left())
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.meter.body_done();
    }
}
