//! The interface of a protocol: everything of a service but the link, limits, faults, ledger and
//! store, which all protocols share.
//! Owns the traits alone; each protocol has a folder in `protocols`.

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

/// The future of a response, on the service's own thread.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// A protocol that can be served.
pub trait Protocol: Debug + Sync {
    /// Its kind, which names it and carries its capabilities.
    fn kind(&self) -> ServiceKind;

    /// A one-line description, for lists and the command line's help.
    fn summary(&self) -> &'static str;

    /// The protocol's part of a new service.
    ///
    /// # Errors
    /// When the chosen token does not fit the protocol.
    fn start(&self, start: &Start<'_>) -> Result<Box<dyn Responder>, UnfitToken>;
}

/// A protocol's part of one running service: its state and its authorization.
pub trait Responder: Debug + Send + Sync {
    /// The request's ledger entry, as far as method and path tell.
    fn classify<'r>(&self, request: &'r Request<Incoming>) -> Classified<'r>;

    /// Marks the trace as trusted if the request is authenticated: for requests that a fault
    /// answers without the protocol.
    fn recognise(&self, request: &Request<Incoming>, context: &RequestContext);

    /// Answers a request.
    fn answer<'a>(
        &'a self,
        request: Request<Incoming>,
        context: &'a RequestContext,
    ) -> Answering<'a>;

    /// The endpoint, with a token for these refs and permissions; with full access where none is
    /// named, or the protocol has no refs.
    fn access(&self, refs: &[(&str, Permission)]) -> Access;

    /// The response to a request whose token counts as expired (a fault).
    fn token_expired(&self, request: &Request<Incoming>) -> Answer {
        // A signed URL carries its token, and is refused with 403.
        let signed = !request.headers().contains_key(AUTHORIZATION);
        status(if signed { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED })
    }

    /// Drops unfinished uploads and the like: the store was restored to another snapshot.
    fn forget(&self) {}
}

/// The parameters of a protocol's start.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The service's settings.
    pub settings: &'a ServiceSettings,
    /// The token that the owner chose, of visible ASCII; none means a fresh one.
    pub token: Option<&'a str>,
    /// The clock that entries age by.
    pub clock: &'a Clock,
}

/// A request's ledger entry, before the protocol has parsed the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classified<'r> {
    /// The HTTP method, or the name of the call.
    pub verb: &'r str,
    /// The key or path; empty where not known yet.
    pub key: &'r str,
    /// What kind of operation it is.
    pub operation: Operation,
}

/// A token's permission for the entries of a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Find and download entries.
    Read,
    /// Create entries.
    Write,
    /// Both.
    ReadWrite,
}

/// Why a chosen token does not fit a protocol.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UnfitToken(pub &'static str);

/// A fresh secret of 128 bits, in hexadecimal: no program takes it for an option.
pub fn fresh_secret() -> String {
    hex::encode(rand::rng().random::<[u8; 16]>())
}
