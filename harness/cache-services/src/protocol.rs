//! What a protocol is to the service that speaks it: everything that is not the link, the limits,
//! the faults, the ledger and the store, which all protocols share.
//! Owns the seam alone; each protocol has a folder in `protocols`.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Request, StatusCode};
use lukewarm_model::{Access, Operation, ServiceKind, ServiceSettings};
use rand::RngExt;

pub use crate::clock::Clock;
pub use crate::context::{RequestContext, ServiceState};
pub use crate::message::{
    Answer, Broken, Payload, after, discard, part_of, receive, receive_small, status, typed,
};
pub use crate::store::{Entry, Object};
pub use crate::trace::RequestTrace;

/// An answer that is being made, on the service's own thread.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// A protocol that can be served.
pub trait Protocol: Debug + Sync {
    /// What it is called, and what follows from it for a cache.
    fn kind(&self) -> ServiceKind;

    /// What it is, in a few words, for lists and the command line's help.
    fn summary(&self) -> &'static str;

    /// Its part of a service that starts.
    ///
    /// # Errors
    /// When the token that was chosen is none for this protocol.
    fn start(&self, start: &Start<'_>) -> Result<Box<dyn Responder>, UnfitToken>;
}

/// A protocol's part of one running service: its state, and who may ask for what.
pub trait Responder: Debug + Send + Sync {
    /// What the ledger says of a request before it is looked at closely.
    fn classify<'r>(&self, request: &'r Request<Incoming>) -> Classified<'r>;

    /// Looks whether a request's client may speak to the service, where it is answered without
    /// being looked at; if so, the request's trace is told.
    fn recognise(&self, request: &Request<Incoming>, context: &RequestContext);

    /// Answers a request.
    fn answer<'a>(
        &'a self,
        request: Request<Incoming>,
        context: &'a RequestContext,
    ) -> Answering<'a>;

    /// What a client shows that may use these refs, each to its permission; all that there is to
    /// use where none is named, or the service has no refs.
    fn access(&self, refs: &[(&str, Permission)]) -> Access;

    /// The answer to a request whose token is taken to have expired.
    fn token_expired(&self, request: &Request<Incoming>) -> Answer {
        // A signed URL carries its token, and is refused with 403.
        let signed = !request.headers().contains_key(AUTHORIZATION);
        status(if signed { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED })
    }

    /// Forgets what has begun and is not over: the store went to another state.
    fn forget(&self) {}
}

/// What a protocol may know when its service starts.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// What is asked for.
    pub settings: &'a ServiceSettings,
    /// The token that its owner chose: visible ASCII; none makes a fresh one.
    pub token: Option<&'a str>,
    /// The clock that entries age by.
    pub clock: &'a Clock,
}

/// What the ledger says of a request before its key is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classified<'r> {
    /// The method, or the name of what is called.
    pub verb: &'r str,
    /// The key or path; empty where it is not known yet.
    pub key: &'r str,
    /// What it does to the store.
    pub operation: Operation,
}

/// What a token allows with the entries of a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// To find and to download entries.
    Read,
    /// To make entries.
    Write,
    /// Both.
    ReadWrite,
}

/// Why a chosen token is none for a protocol.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UnfitToken(pub &'static str);

/// A fresh secret of 128 bits. In hexadecimal: no program takes it for an option.
pub fn fresh_secret() -> String {
    hex::encode(rand::rng().random::<[u8; 16]>())
}
