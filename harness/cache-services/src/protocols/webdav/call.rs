//! A request in hand, and what all methods may ask: conditions, locks, the state of everything.
//! Owns no method.

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

/// One running service's part of it.
#[derive(Debug)]
pub struct WebdavService {
    /// The bearer token, and the password of any user.
    pub token: String,
    /// What clients have locked. Whoever takes it with the store takes it first.
    pub locks: Arc<Mutex<Locks>>,
}

/// A request in hand that may be answered.
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

/// All that requests may change, held by one at a time.
pub struct WebdavState<'a> {
    pub locks: MutexGuard<'a, Locks>,
    pub store: MutexGuard<'a, Store>,
}

/// Does away with the body of a request that is refused. A client that waits to be told to go on
/// is not: it need not send what nobody wants.
pub async fn refuse_body(body: Incoming, headers: &HeaderMap, context: &RequestContext) {
    if !headers.contains_key(EXPECT) {
        discard(body, &context.trace).await;
    }
}

impl<'a> WebdavCall<'a> {
    /// A header's text; empty where it is no text.
    pub fn header(&self, name: impl TryInto<HeaderName>) -> Option<&str> {
        let header = self.headers.get(name.try_into().ok()?);
        header.map(|text| text.to_str().unwrap_or_default())
    }

    /// The `Depth` header: 0, 1 or none for infinity, which it also is where there is none.
    ///
    /// # Errors
    /// When it is something else.
    pub fn depth(&self) -> Result<Option<u8>, Refusal> {
        match self.header("Depth") {
            Some("0") => Ok(Some(0)),
            Some("1") => Ok(Some(1)),
            None => Ok(None),
            Some(depth) if depth.eq_ignore_ascii_case("infinity") => Ok(None),
            Some(_) => Err(Refusal::Status(StatusCode::BAD_REQUEST)),
        }
    }

    /// The service's time, by which locks end, in seconds.
    pub fn now(&self) -> f64 {
        self.context.service.clock.seconds()
    }

    /// The state of everything, without the locks whose time is over. Whoever has it must not
    /// wait for anything.
    pub fn state(&self) -> WebdavState<'a> {
        let mut locks = locked(&self.webdav.locks);
        locks.expire(self.now());
        WebdavState { locks, store: self.context.service.store() }
    }

    /// Holds the request's conditions against the state of its resource.
    ///
    /// # Errors
    /// When they do not hold.
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

    /// What an `If` header may ask of a tagged resource; of one elsewhere nothing is known.
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

    /// The lock tokens that the request shows.
    pub fn tokens(&self) -> Vec<&str> {
        self.condition.as_ref().map(If::tokens).unwrap_or_default()
    }

    /// Makes sure that no lock keeps the request from changing a resource.
    ///
    /// # Errors
    /// When one does.
    pub fn check_locks(&self, state: &WebdavState<'_>, path: &str) -> Result<(), Refusal> {
        match state.locks.hindrance(path, &self.tokens()) {
            Some(root) => Err(Refusal::Locked(state.href(root))),
            None => Ok(()),
        }
    }

    /// The same for a resource with all below it, and for its name in the folder that it is in.
    ///
    /// # Errors
    /// When a lock is in the way.
    pub fn check_tree_locks(&self, state: &WebdavState<'_>, path: &str) -> Result<(), Refusal> {
        self.check_locks(state, path)?;
        self.check_locks(state, path::parent(path).unwrap_or_default())?;
        match state.locks.hindrance_below(path, &self.tokens()) {
            Some(root) => Err(Refusal::LockedBelow(state.href(root))),
            None => Ok(()),
        }
    }
}

impl WebdavState<'_> {
    /// Whether there is an entry or a folder of that name.
    pub fn exists(&self, path: &str) -> bool {
        self.store.has(path) || self.store.is_folder(path)
    }

    /// What HTTP's conditions may ask of a resource.
    pub fn current(&self, path: &str) -> Current {
        match self.store.entry(path) {
            Some(entry) => Current::Entry { etag: entry.object.etag(), modified: entry.modified },
            None if self.store.is_folder(path) => Current::Folder,
            None => Current::Missing,
        }
    }

    /// How a resource's name is written.
    pub fn href(&self, path: &str) -> String {
        match self.store.is_folder(path) {
            true => path::href(path, path::Kind::Folder),
            false => path::href(path, path::Kind::Entry),
        }
    }
}
