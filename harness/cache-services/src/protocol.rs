//! The interface of a protocol: everything of a service but the link, limits, faults, ledger and
//! store, which all protocols share.
//! Owns the traits alone; each protocol has a folder in `protocols`.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{Request, StatusCode};
use lukewarm_model::{Access, Bytes, Operation, ServiceKind, ServiceSettings};
use rand::RngExt;

pub use crate::clock::Clock;
pub use crate::context::{RequestContext, ServiceState};
pub use crate::message::{
    Answer, Broken, Payload, after, discard, part_of, receive, receive_small, status, typed,
};
pub use crate::store::{Entry, Object, Store};
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
    fn start(&self, start: &Start<'_>) -> Result<Serving, UnfitToken>;

    /// The server that holds its objects; none where they are held here.
    fn origin(&self) -> Option<&'static Origin> {
        None
    }
}

/// How the requests of a running service are answered.
#[derive(Clone, Debug)]
pub enum Serving {
    /// Here, over HTTP, from the store.
    Http(Arc<dyn Responder>),
    /// By a real server, to which commands are passed on.
    Relay(Arc<dyn Relay>),
}

/// A real server behind a service, as data: nothing is started here. It listens on a socket in the
/// folder that it is started in, and nowhere else.
#[derive(Debug)]
pub struct Origin {
    /// The executable's name.
    pub program: &'static str,
    /// The line that `--version` prints, with `{version}` in place of the version.
    pub version_line: &'static str,
    /// The oldest version that is used.
    pub minimum: &'static str,
    /// How it is installed, as a command.
    pub install: &'static str,
    /// The name of its file of settings, its only argument.
    pub settings: &'static str,
    /// The content of that file.
    pub configure: fn(&OriginSetup<'_>) -> String,
    /// The name of its Unix socket.
    pub socket: &'static str,
}

/// What a server behind a service must keep to.
#[derive(Clone, Copy, Debug)]
pub struct OriginSetup<'a> {
    /// The password that clients must send: letters and digits.
    pub password: &'a str,
    /// The bytes that it may keep before the least recently used objects go; none means no limit.
    pub quota: Option<Bytes>,
}

/// A protocol's part of a service that passes commands on to a real server.
pub trait Relay: Debug + Send + Sync {
    /// The scheme of its URL, such as `redis`.
    fn scheme(&self) -> &'static str;

    /// The credentials of a client.
    fn access(&self) -> Access;

    /// The first command in what a client sent; none where it is not complete.
    ///
    /// # Errors
    /// When these bytes begin no command.
    fn command(&self, bytes: &[u8]) -> Result<Option<RelayedCommand>, Malformed>;

    /// The first reply in what the server sent; none where it is not complete.
    ///
    /// # Errors
    /// When these bytes begin no reply.
    fn reply(&self, bytes: &[u8]) -> Result<Option<RelayedReply>, Malformed>;

    /// The reply to a command that is not passed on.
    fn refusal(&self, refusal: RelayRefusal) -> Vec<u8>;

    /// Brings the store to what the server at this socket holds.
    ///
    /// # Errors
    /// When the server cannot be asked, or the store cannot be written.
    fn gather(&self, socket: &Path, store: &mut Store) -> io::Result<()>;

    /// Brings the server at this socket to what the store holds.
    ///
    /// # Errors
    /// When the store cannot be read, or the server refuses.
    fn distribute(&self, socket: &Path, store: &Store) -> io::Result<()>;
}

/// One command of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayedCommand {
    /// Its length in bytes.
    pub length: usize,
    /// Its name, in capitals.
    pub verb: String,
    /// The key; empty where it has none.
    pub key: String,
    /// What kind of operation it is.
    pub operation: Operation,
    /// The bytes of the object in it.
    pub body: u64,
    /// Whether it is passed on.
    pub passage: Passage,
}

/// Whether a command is passed on to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It is.
    Usual,
    /// It is, and a client whose command succeeds is authenticated.
    Login,
    /// It is not: its replies would not come one for each command.
    Refused,
}

/// One reply of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayedReply {
    /// Its length in bytes.
    pub length: usize,
    /// The bytes of objects in it.
    pub body: u64,
    /// What it means, as a status of HTTP.
    pub status: u16,
}

/// Why a command is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayRefusal {
    /// The bytes are no command.
    Malformed(Malformed),
    /// It cannot be relayed.
    Unsupported,
    /// The token counts as expired (a fault).
    Expired,
    /// A fault answers with this status.
    Fault(u16),
    /// The rate limit is reached for that many seconds.
    Limited(u64),
    /// The object is larger than that many bytes.
    TooLarge(u64),
}

/// Bytes that a protocol does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

impl Serving {
    /// Answers requests here.
    pub fn here(responder: impl Responder + 'static) -> Serving {
        Serving::Http(Arc::new(responder))
    }

    /// The scheme of its URL.
    pub(crate) fn scheme(&self) -> &'static str {
        match self {
            Serving::Http(_) => "http",
            Serving::Relay(relay) => relay.scheme(),
        }
    }

    /// The credentials for these refs and permissions.
    pub(crate) fn access(&self, refs: &[(&str, Permission)]) -> Access {
        match self {
            Serving::Http(responder) => responder.access(refs),
            Serving::Relay(relay) => relay.access(),
        }
    }
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
