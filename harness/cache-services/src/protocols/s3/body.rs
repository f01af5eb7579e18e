//! What goes between the connection and the crate: a request's body on its way in, and which object
//! the answer is.
//! Owns the pipe. The crate wants what may go to another thread; a connection may not.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::context::ServiceState;
use crate::message::{discard, next_data};
use crate::store::Object;
use crate::trace::RequestTrace;

/// Pieces of a body between the connection and the store.
const PIECES: usize = 4;

/// What an operation may use of the request that it belongs to.
#[derive(Clone, Debug)]
pub struct Handed {
    /// What all requests share.
    pub service: Arc<ServiceState>,
    /// When the request came, by the ledger's clock.
    pub now: f64,
    is_trusted: Arc<AtomicBool>,
}

/// The part of an object that an answer is.
#[derive(Clone, Debug)]
pub struct ObjectRange {
    /// The object.
    pub object: Arc<Object>,
    /// Its first byte.
    pub start: u64,
    /// The byte behind its last.
    pub end: u64,
}

/// A body whose pieces another task reads.
pub struct Piped {
    pieces: Receiver<Result<Bytes, ClientGone>>,
    length: SizeHint,
}

/// The client broke off.
#[derive(Debug, thiserror::Error)]
#[error("the client broke off")]
pub struct ClientGone;

impl Handed {
    /// What a request that came then may use.
    pub fn new(service: Arc<ServiceState>, now: f64) -> Handed {
        Handed { service, now, is_trusted: Arc::default() }
    }

    /// The request's signature is good.
    pub fn trust(&self) {
        self.is_trusted.store(true, Ordering::Relaxed);
    }

    /// Whether it is.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted.load(Ordering::Relaxed)
    }
}

/// A body of the same length as another, and where its pieces go in.
pub fn pipe(body: &Incoming) -> (Piped, Sender<Result<Bytes, ClientGone>>) {
    let (sender, pieces) = channel(PIECES);
    (Piped { pieces, length: body.size_hint() }, sender)
}

/// Reads a body into a pipe; to its end, also where nobody reads the pipe.
pub async fn pump(
    mut body: Incoming,
    sender: Sender<Result<Bytes, ClientGone>>,
    handed: &Handed,
    trace: &RequestTrace,
) {
    loop {
        if handed.is_trusted() {
            trace.trust();
        }
        match next_data(&mut body, trace).await {
            Ok(Some(data)) => {
                if sender.send(Ok(data)).await.is_err() {
                    return discard(body, trace).await;
                }
            }
            Ok(None) => return,
            Err(_) => {
                // Nobody may be listening any more.
                let _ = sender.send(Err(ClientGone)).await;
                return trace.leave_unread();
            }
        }
    }
}

impl Body for Piped {
    type Data = Bytes;
    type Error = ClientGone;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientGone>>> {
        self.pieces.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.length
    }
}
