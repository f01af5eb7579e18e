//! Passes a request body from the connection to `s3s`, and the object of a response back. Owns the
//! pipe: `s3s` requires `Send`, and a connection is not.

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

/// The capacity of the pipe, in pieces.
const PIECES: usize = 4;

/// The context that an operation gets of its request.
#[derive(Clone, Debug)]
pub struct Handed {
    /// The service's shared state.
    pub service: Arc<ServiceState>,
    /// When the request arrived, by the ledger's clock in seconds.
    pub now: f64,
    is_trusted: Arc<AtomicBool>,
}

/// The part of an object that is the response body.
#[derive(Clone, Debug)]
pub struct ObjectRange {
    /// The object.
    pub object: Arc<Object>,
    /// Its first byte.
    pub start: u64,
    /// The end, exclusive.
    pub end: u64,
}

/// A request body that another task feeds.
pub struct Piped {
    pieces: Receiver<Result<Bytes, ClientGone>>,
    length: SizeHint,
}

/// The client aborted.
#[derive(Debug, thiserror::Error)]
#[error("the client aborted the request")]
pub struct ClientGone;

impl Handed {
    /// The context of a request that arrived at `now`, in seconds.
    pub fn new(service: Arc<ServiceState>, now: f64) -> Handed {
        Handed { service, now, is_trusted: Arc::default() }
    }

    /// Marks the request as authenticated.
    pub fn trust(&self) {
        self.is_trusted.store(true, Ordering::Relaxed);
    }

    /// Whether the request is authenticated.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted.load(Ordering::Relaxed)
    }
}

/// A pipe for a body: its end for `s3s`, and the sender that feeds it.
pub fn pipe(body: &Incoming) -> (Piped, Sender<Result<Bytes, ClientGone>>) {
    let (sender, pieces) = channel(PIECES);
    (Piped { pieces, length: body.size_hint() }, sender)
}

/// Feeds a body into a pipe; it is read to its end even if `s3s` does not want it.
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
                // The receiver may be gone.
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
