//! A request's context, and what all methods check: preconditions and locks. Owns no method.

use std::sync::{Arc, Mutex, MutexGuard};

use hyper::body::Incoming;
use hyper::header::{EXPECT, HeaderMap, HeaderName};
use hyper::{Method, StatusCode};

use super::if_header::{Facts, If};
use super::locks::Locks;
use super::path;
use super::refusal::Refusal;
use crate::conditions::{self, Current};
use crate::context::{RequestContext, locked};
use crate::message::discard;
use crate::store::Store;

/// The state of one running service.
#[derive(Debug)]
pub struct WebdavService {
    /// The access token: a bearer token, and the password of any user.
    pub token: String,
    /// The clients' locks. Lock it before the store.
    pub locks: Arc<Mutex<Locks>>,
}

/// An authorized request's context.
pub struct WebdavCall<'a> {
    pub context: &'a RequestContext,
    pub webdav: &'a WebdavService,
    pub method: Method,
    /// The resource's name; see `path::decode`.
    pub path: String,
    pub headers: HeaderMap,
    /// The `If` header, where there is one.
    pub condition: Option<If>,
}

/// The mutable state, locked.
pub struct WebdavState<'a> {
    pub locks: MutexGuard<'a, Locks>,
    pub store: MutexGuard<'a, Store>,
}

/// Drops the body of a refused request. A client that sent `Expect: 100-continue` has not sent it
/// yet, and need not.
pub async fn refuse_body(body: Incoming, headers: &HeaderMap, context: &RequestContext) {
    if !headers.contains_key(EXPECT) {
        discard(body, &context.trace).await;
    }
}

impl<'a> WebdavCall<'a> {
    /// A header's value; empty where it is not text.
    pub fn header(&self, name: impl TryInto<HeaderName>) -> Option<&str> {
        let header = self.headers.get(name.try_into().ok()?);
        header.map(|text| text.to_str().unwrap_or_default())
    }

    /// The `Depth` header: 0, 1, or none for infinity, the default.
    ///
    /// # Errors
    /// When it has another value.
    pub fn depth(&self) -> Result<Option<u8>, Refusal> {
        match self.header("Depth") {
            Some("0") => Ok(Some(0)),
            Some("1") => Ok(Some(1)),
            None => Ok(None),
            Some(depth) if depth.eq_ignore_ascii_case("infinity") => Ok(None),
            Some(_) => Err(Refusal::Status(StatusCode::BAD_REQUEST)),
        }
    }

    /// The time by which locks expire, in seconds.
    pub fn now(&self) -> f64 {
        self.context.service.clock.seconds()
    }

    /// Locks the state, and drops expired locks. The caller must not await while holding it.
    pub fn state(&self) -> WebdavState<'a> {
        let mut locks = locked(&self.webdav.locks);
        locks.expire(self.now());
        WebdavState { locks, store: self.context.service.store() }
    }

    /// Evaluates the request's preconditions against its resource.
    ///
    /// # Errors
    /// When one fails.
    pub fn check_conditions(&self, state: &WebdavState<'_>) -> Result<(), Refusal> {
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

    /// The state of a resource that an `If` header is evaluated against; empty for one on another
    /// host.
    pub fn facts(&self, tag: Option<&str>, state: &WebdavState<'_>) -> Facts {
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

    /// The lock tokens that the request submits.
    pub fn tokens(&self) -> Vec<&str> {
        self.condition.as_ref().map(If::tokens).unwrap_or_default()
    }

    /// Checks that no lock forbids the request to change a resource.
    ///
    /// # Errors
    /// When one does.
    pub fn check_locks(&self, state: &WebdavState<'_>, path: &str) -> Result<(), Refusal> {
        match state.locks.blocking_lock(path, &self.tokens()) {
            Some(root) => Err(Refusal::Locked(state.href(root))),
            None => Ok(()),
        }
    }

    /// The same for a resource with everything below it, and for the membership of its parent.
    ///
    /// # Errors
    /// When a lock forbids it.
    pub fn check_tree_locks(&self, state: &WebdavState<'_>, path: &str) -> Result<(), Refusal> {
        self.check_locks(state, path)?;
        self.check_locks(state, path::parent(path).unwrap_or_default())?;
        match state.locks.blocking_lock_below(path, &self.tokens()) {
            Some(root) => Err(Refusal::LockedBelow(state.href(root))),
            None => Ok(()),
        }
    }
}

impl WebdavState<'_> {
    /// Whether an entry or a folder of that name exists.
    pub fn exists(&self, path: &str) -> bool {
        self.store.has(path) || self.store.is_folder(path)
    }

    /// The state of a resource that preconditions are evaluated against.
    pub fn current(&self, path: &str) -> Current {
        match self.store.entry(path) {
            Some(entry) => Current::Entry { etag: entry.object.etag(), modified: entry.modified },
            None if self.store.is_folder(path) => Current::Folder,
            None => Current::Missing,
        }
    }

    /// The `href` of a resource.
    pub fn href(&self, path: &str) -> String {
        match self.store.is_folder(path) {
            true => path::href(path, path::Kind::Folder),
            false => path::href(path, path::Kind::Entry),
        }
    }
}
