//! WebDAV, classes 1 and 2 (RFC 4918), and what a plain HTTP cache client needs beside.
//! Owns the route table by method and what all methods share: authorization, conditions, locks.

pub mod authorization;
pub mod if_header;
mod listing;
mod locking;
mod locks;
mod objects;
pub mod path;
mod properties;
mod refusal;
pub mod requests;
mod tree;
pub mod xml;

use std::sync::{Arc, Mutex, MutexGuard};

use hyper::body::Incoming;
use hyper::header::{ALLOW, EXPECT, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use lukewarm_model::{Access, Operation, ServiceKind};

use self::if_header::{Facts, If};
use self::locks::Locks;
use self::refusal::Refusal;
use crate::conditions::{self, Current};
use crate::context::{RequestContext, locked};
use crate::message::{Answer, discard, receive_small, status};
use crate::protocol::{
    Answering, Classified, Permission, Protocol, Responder, Start, UnfitToken, fresh_secret,
};
use crate::store::Store;

/// The methods, as `Allow` lists them.
const METHODS: &str =
    "OPTIONS, GET, HEAD, PUT, DELETE, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK";
/// Bodies of XML larger than this are refused, in bytes.
const LARGEST_XML: usize = 64 * 1024;

/// The protocol.
#[derive(Debug)]
pub struct Webdav;

/// One running service's part of it.
#[derive(Debug)]
struct Server {
    /// The bearer token, and the password of any user.
    token: String,
    /// What clients have locked. Whoever takes it with the store takes it first.
    locks: Arc<Mutex<Locks>>,
}

/// A request in hand that may be answered.
struct Call<'a> {
    context: &'a RequestContext,
    webdav: &'a Server,
    method: Method,
    /// The resource's name; see `path::decode`.
    path: String,
    headers: HeaderMap,
    /// The `If` header, where there is one.
    condition: Option<If>,
}

/// All that requests may change, held by one at a time.
struct State<'a> {
    locks: MutexGuard<'a, Locks>,
    store: MutexGuard<'a, Store>,
}

impl Protocol for Webdav {
    fn kind(&self) -> ServiceKind {
        ServiceKind::WEBDAV
    }

    fn summary(&self) -> &'static str {
        "WebDAV, and plain HTTP caches"
    }

    fn start(&self, start: &Start<'_>) -> Result<Box<dyn Responder>, UnfitToken> {
        let token = start.token.map_or_else(fresh_secret, str::to_owned);
        Ok(Box::new(Server { token, locks: Arc::default() }))
    }
}

impl Responder for Server {
    fn classify<'r>(&self, request: &'r Request<Incoming>) -> Classified<'r> {
        let verb = request.method().as_str();
        let operation = match verb {
            "GET" => Operation::Read,
            "HEAD" | "PROPFIND" => Operation::Lookup,
            "PUT" => Operation::Write,
            "MKCOL" | "DELETE" | "COPY" | "MOVE" | "PROPPATCH" | "LOCK" | "UNLOCK" => {
                Operation::Manage
            }
            _ => Operation::Other,
        };
        Classified { verb, key: request.uri().path().trim_matches('/'), operation }
    }

    fn recognise(&self, request: &Request<Incoming>, context: &RequestContext) {
        if authorization::is_authorized(request.headers(), &self.token) {
            context.trace.trust();
        }
    }

    fn answer<'a>(
        &'a self,
        request: Request<Incoming>,
        context: &'a RequestContext,
    ) -> Answering<'a> {
        Box::pin(answer(request, context, self))
    }

    fn access(&self, _refs: &[(&str, Permission)]) -> Access {
        Access::Token(self.token.clone())
    }

    fn forget(&self) {
        *locked(&self.locks) = Locks::default();
    }
}

/// Answers one request.
async fn answer(request: Request<Incoming>, context: &RequestContext, webdav: &Server) -> Answer {
    let (head, body) = request.into_parts();
    let path = path::decode(head.uri.path());
    if let Ok(path) = &path {
        context.trace.about(path);
    }
    let authorized = authorization::is_authorized(&head.headers, &webdav.token);
    match authorized {
        true => context.trace.trust(),
        false => context.trace.refused(),
    }
    let path = path.and_then(|path| match context.trace.has_fragment() {
        true => Err(StatusCode::BAD_REQUEST),
        false => Ok(path),
    });
    let understood = match authorized {
        true => {
            path.and_then(|path| Ok((path, condition(&head.headers)?))).map_err(Refusal::Status)
        }
        false => Err(Refusal::Unauthorized),
    };
    let answer = match understood {
        Ok((path, condition)) => {
            let (method, headers) = (head.method, head.headers);
            route(&Call { context, webdav, method, path, headers, condition }, body).await
        }
        Err(refusal) => {
            refuse_body(body, &head.headers, context).await;
            Err(refusal)
        }
    };
    answer.unwrap_or_else(Refusal::answer)
}

/// The `If` header, where there is one.
fn condition(headers: &HeaderMap) -> Result<Option<If>, StatusCode> {
    let Some(header) = headers.get("If") else { return Ok(None) };
    let condition = header.to_str().ok().and_then(If::parse);
    condition.map(Some).ok_or(StatusCode::BAD_REQUEST)
}

/// The route table.
async fn route(call: &Call<'_>, body: Incoming) -> Result<Answer, Refusal> {
    match call.method.as_str() {
        "GET" | "HEAD" => objects::get(call),
        "PUT" => objects::put(call, body).await,
        method => {
            let xml = receive_small(body, LARGEST_XML, &call.context.trace).await;
            let xml = xml.map_err(Refusal::Broken)?;
            match method {
                "OPTIONS" => Ok(options()),
                "MKCOL" => tree::make_folder(call, &xml),
                "DELETE" => tree::delete(call),
                "COPY" | "MOVE" => tree::transfer(call),
                "PROPFIND" => listing::find_properties(call, &xml),
                "PROPPATCH" => properties::change_properties(call, &xml),
                "LOCK" => locking::lock(call, &xml),
                "UNLOCK" => locking::unlock(call),
                _ => Err(Refusal::Status(StatusCode::METHOD_NOT_ALLOWED)),
            }
        }
    }
}

fn options() -> Answer {
    let mut answer = status(StatusCode::OK);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(METHODS));
    answer.headers_mut().insert("DAV", HeaderValue::from_static("1, 2"));
    answer
}

/// Does away with the body of a request that is refused. A client that waits to be told to go on
/// is not: it need not send what nobody wants.
async fn refuse_body(body: Incoming, headers: &HeaderMap, context: &RequestContext) {
    if !headers.contains_key(EXPECT) {
        discard(body, &context.trace).await;
    }
}

impl<'a> Call<'a> {
    /// A header's text; empty where it is no text.
    fn header(&self, name: impl TryInto<HeaderName>) -> Option<&str> {
        let header = self.headers.get(name.try_into().ok()?);
        header.map(|text| text.to_str().unwrap_or_default())
    }

    /// The `Depth` header: 0, 1 or none for infinity, which it also is where there is none.
    ///
    /// # Errors
    /// When it is something else.
    fn depth(&self) -> Result<Option<u8>, Refusal> {
        match self.header("Depth") {
            Some("0") => Ok(Some(0)),
            Some("1") => Ok(Some(1)),
            None => Ok(None),
            Some(depth) if depth.eq_ignore_ascii_case("infinity") => Ok(None),
            Some(_) => Err(Refusal::Status(StatusCode::BAD_REQUEST)),
        }
    }

    /// The service's time, by which locks end, in seconds.
    fn now(&self) -> f64 {
        self.context.service.clock.seconds()
    }

    /// The state of everything, without the locks whose time is over. Whoever has it must not
    /// wait for anything.
    fn state(&self) -> State<'a> {
        let mut locks = locked(&self.webdav.locks);
        locks.expire(self.now());
        State { locks, store: self.context.service.store() }
    }

    /// Holds the request's conditions against the state of its resource.
    ///
    /// # Errors
    /// When they do not hold.
    fn check_conditions(&self, state: &State<'_>) -> Result<(), Refusal> {
        if let Some(condition) = &self.condition
            && !condition.holds(|tag| self.facts(tag, state))
        {
            return Err(Refusal::Status(StatusCode::PRECONDITION_FAILED));
        }
        match conditions::are_in(&self.headers) {
            true => conditions::check(&self.method, &self.headers, &state.current(&self.path))
                .map_err(Refusal::Status),
            false => Ok(()),
        }
    }

    /// What an `If` header may ask of a tagged resource; of one elsewhere nothing is known.
    fn facts(&self, tag: Option<&str>, state: &State<'_>) -> Facts {
        let path = match tag {
            None => Ok(self.path.clone()),
            Some(tag) => path::reference(tag, &self.context.host),
        };
        path.map_or_else(
            |_| Facts::default(),
            |path| Facts {
                tokens: state.locks.covering(&path).map(|lock| lock.token.clone()).collect(),
                etag: state.store.entry(&path).map(|entry| entry.object.etag()),
            },
        )
    }

    /// The lock tokens that the request shows.
    fn tokens(&self) -> Vec<&str> {
        self.condition.as_ref().map(If::tokens).unwrap_or_default()
    }

    /// Makes sure that no lock keeps the request from changing a resource.
    ///
    /// # Errors
    /// When one does.
    fn check_locks(&self, state: &State<'_>, path: &str) -> Result<(), Refusal> {
        match state.locks.hindrance(path, &self.tokens()) {
            Some(root) => Err(Refusal::Locked(state.href(root))),
            None => Ok(()),
        }
    }

    /// The same for a resource with all below it, and for its name in the folder that it is in.
    ///
    /// # Errors
    /// When a lock is in the way.
    fn check_tree_locks(&self, state: &State<'_>, path: &str) -> Result<(), Refusal> {
        self.check_locks(state, path)?;
        self.check_locks(state, path::parent(path).unwrap_or_default())?;
        match state.locks.hindrance_below(path, &self.tokens()) {
            Some(root) => Err(Refusal::LockedBelow(state.href(root))),
            None => Ok(()),
        }
    }
}

impl State<'_> {
    fn exists(&self, path: &str) -> bool {
        self.store.has(path) || self.store.is_folder(path)
    }

    /// What HTTP's conditions may ask of a resource.
    fn current(&self, path: &str) -> Current {
        match self.store.entry(path) {
            Some(entry) => Current::Entry { etag: entry.object.etag(), modified: entry.modified },
            None if self.store.is_folder(path) => Current::Folder,
            None => Current::Missing,
        }
    }

    /// How a resource's name is written.
    fn href(&self, path: &str) -> String {
        match self.store.is_folder(path) {
            true => path::href(path, path::Kind::Folder),
            false => path::href(path, path::Kind::Entry),
        }
    }
}
