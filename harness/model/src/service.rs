//! Kinds of cache services, by what they mean for a cache, and how a client reaches one.
//! Owns the names that stand in files and records, and what follows from a kind. It must not know
//! a protocol: what is sent and answered belongs to the cache services.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use crate::{Bytes, Operation};

/// The remote store that a cache tool talks to: a protocol's name, and what follows from it.
///
/// Two kinds are the same when their names are. In files a kind is its name.
#[derive(Clone, Copy)]
pub struct ServiceKind(&'static ServiceDescription);

/// What a kind of service means for whoever stores in it.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceDescription {
    /// The name used in files, in records and on the command line.
    pub name: &'static str,
    /// Whether entries belong to a branch or pull request: a job sees those of its own ref and of
    /// the default branch.
    pub scopes_by_ref: bool,
    /// Whether the real service lets entries go that nobody used for long.
    pub expires_unused: bool,
    /// What a client does to learn that an entry is missing.
    pub miss_operation: Operation,
    /// Whether entries lie in folders that a client looks for and makes.
    pub has_folders: bool,
    /// Whether it can answer an older version of its protocol too.
    pub has_version_1: bool,
    /// What the real service keeps where nobody asks for more; none means no limit.
    pub usual_quota: Option<Bytes>,
}

/// A running service, as a client needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Which protocol it speaks.
    pub kind: ServiceKind,
    /// `http://HOST:PORT`, without a slash at the end.
    pub url: String,
    /// What a client shows.
    pub access: Access,
}

/// What a client shows to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// A bearer token.
    Token(String),
    /// A pair of keys that sign each request, and what they are for.
    Keys {
        /// The bucket.
        bucket: String,
        /// The region that signatures name.
        region: String,
        /// The public half.
        access_key: String,
        /// The secret half.
        secret_key: String,
    },
}

/// The GitHub Actions cache.
static GITHUB_ACTIONS: ServiceDescription = ServiceDescription {
    scopes_by_ref: true,
    expires_unused: true,
    // A client looks an entry up before it reads its bytes.
    miss_operation: Operation::Lookup,
    has_version_1: true,
    // <https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching>
    usual_quota: Some(Bytes(10_000_000_000)),
    ..ServiceDescription::ordinary("github-actions")
};

/// A WebDAV server.
static WEBDAV: ServiceDescription =
    ServiceDescription { has_folders: true, ..ServiceDescription::ordinary("webdav") };

/// Descriptions of kinds that were read from records, each once.
static READ: Mutex<Vec<&'static ServiceDescription>> = Mutex::new(Vec::new());

impl ServiceDescription {
    /// A plain store of objects by name: everybody sees all of them, a miss is a read that finds
    /// nothing, nothing expires, and there are no folders.
    pub const fn ordinary(name: &'static str) -> ServiceDescription {
        ServiceDescription {
            name,
            scopes_by_ref: false,
            expires_unused: false,
            miss_operation: Operation::Read,
            has_folders: false,
            has_version_1: false,
            usual_quota: None,
        }
    }
}

impl ServiceKind {
    /// The GitHub Actions cache. Its description is here and not with its protocol, since records
    /// of earlier versions hold its name alone.
    pub const GITHUB_ACTIONS: ServiceKind = ServiceKind(&GITHUB_ACTIONS);
    /// A WebDAV server; the same holds for it.
    pub const WEBDAV: ServiceKind = ServiceKind(&WEBDAV);

    /// The kind of a description.
    pub const fn new(description: &'static ServiceDescription) -> ServiceKind {
        ServiceKind(description)
    }

    /// The kind of a name in a file or record: one that is not known is an ordinary store.
    pub fn named(name: &str) -> ServiceKind {
        let known = [ServiceKind::GITHUB_ACTIONS, ServiceKind::WEBDAV];
        known
            .into_iter()
            .find(|kind| kind.name() == name)
            .unwrap_or_else(|| ServiceKind::described(name, ServiceDescription::ordinary))
    }

    /// The kind of a description that was read, kept for the rest of the process: there are as
    /// many as records name.
    pub fn described(
        name: &str,
        describe: impl Fn(&'static str) -> ServiceDescription,
    ) -> ServiceKind {
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |it: &&&ServiceDescription| it.name == name && ***it == describe(it.name);
        if let Some(known) = read.iter().find(same) {
            return ServiceKind(known);
        }
        let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
        let described: &'static ServiceDescription = Box::leak(Box::new(describe(name)));
        read.push(described);
        ServiceKind(described)
    }

    /// What follows from it.
    pub fn description(self) -> &'static ServiceDescription {
        self.0
    }

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Whether entries belong to a branch or pull request: a job sees those of its own ref and of
    /// the default branch.
    pub fn scopes_by_ref(self) -> bool {
        self.0.scopes_by_ref
    }

    /// Whether the real service lets entries go that nobody used for long.
    pub fn expires_unused(self) -> bool {
        self.0.expires_unused
    }

    /// What a client does to learn that an entry is missing.
    pub fn miss_operation(self) -> Operation {
        self.0.miss_operation
    }

    /// Whether entries lie in folders that a client looks for and makes.
    pub fn has_folders(self) -> bool {
        self.0.has_folders
    }

    /// Whether it can answer an older version of its protocol too.
    pub fn has_version_1(self) -> bool {
        self.0.has_version_1
    }

    /// What the real service keeps where nobody asks for more, in bytes; none means no limit.
    pub fn usual_quota(self) -> Option<Bytes> {
        self.0.usual_quota
    }
}

impl PartialEq for ServiceKind {
    fn eq(&self, other: &ServiceKind) -> bool {
        self.name() == other.name()
    }
}

impl Eq for ServiceKind {}

impl PartialOrd for ServiceKind {
    fn partial_cmp(&self, other: &ServiceKind) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ServiceKind {
    fn cmp(&self, other: &ServiceKind) -> Ordering {
        self.name().cmp(other.name())
    }
}

impl Hash for ServiceKind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for ServiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for ServiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Endpoint {
    /// A service that is opened by a bearer token.
    pub fn with_token(kind: ServiceKind, url: &str, token: &str) -> Endpoint {
        Endpoint { kind, url: url.to_owned(), access: Access::Token(token.to_owned()) }
    }

    /// The bearer token; none where requests are signed.
    pub fn token(&self) -> Option<&str> {
        match &self.access {
            Access::Token(token) => Some(token),
            Access::Keys { .. } => None,
        }
    }
}
