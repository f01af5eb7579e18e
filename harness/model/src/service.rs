//! Kinds of cache services, by what they mean for a cache, and how a client reaches one.
//! Owns the names that stand in files and records, and what follows from a kind. It must not know
//! a protocol: what is sent and answered belongs to the cache services.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Bytes, Operation};

/// The remote store that a cache tool talks to: a protocol's name, and what follows from it.
///
/// Two kinds are the same when their names are. In files and records a kind is its name; a record
/// holds the whole description where the name does not say it.
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

/// The whole of a kind, in a record.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Written<'a> {
    name: Cow<'a, str>,
    #[serde(default)]
    scopes_by_ref: bool,
    #[serde(default)]
    expires_unused: bool,
    miss_operation: Operation,
    #[serde(default)]
    has_folders: bool,
    #[serde(default)]
    has_version_1: bool,
    #[serde(default)]
    usual_quota: Option<Bytes>,
}

/// A kind in a file or record.
#[derive(Deserialize)]
#[serde(untagged)]
enum NameOrWhole {
    Name(String),
    Whole(Written<'static>),
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
            .unwrap_or_else(|| kept(name, ServiceDescription::ordinary))
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

/// The kind of a description that was read, kept for the rest of the process: there are as many as
/// records name.
fn kept(name: &str, describe: impl Fn(&'static str) -> ServiceDescription) -> ServiceKind {
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

impl Serialize for ServiceKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let it = self.0;
        if ServiceKind::named(it.name).0 == it {
            return serializer.serialize_str(it.name);
        }
        let whole = Written {
            name: Cow::Borrowed(it.name),
            scopes_by_ref: it.scopes_by_ref,
            expires_unused: it.expires_unused,
            miss_operation: it.miss_operation,
            has_folders: it.has_folders,
            has_version_1: it.has_version_1,
            usual_quota: it.usual_quota,
        };
        whole.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ServiceKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ServiceKind, D::Error> {
        Ok(match NameOrWhole::deserialize(deserializer)? {
            NameOrWhole::Name(name) => ServiceKind::named(&name),
            NameOrWhole::Whole(it) => kept(&it.name, |name| ServiceDescription {
                name,
                scopes_by_ref: it.scopes_by_ref,
                expires_unused: it.expires_unused,
                miss_operation: it.miss_operation,
                has_folders: it.has_folders,
                has_version_1: it.has_version_1,
                usual_quota: it.usual_quota,
            }),
        })
    }
}

impl JsonSchema for ServiceKind {
    fn schema_name() -> Cow<'static, str> {
        "ServiceKind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The remote store that a cache tool talks to: its protocol's name, or \
                            all that follows from it where the name does not say that.",
            "type": ["string", "object"],
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_what_records_of_earlier_versions_mean_by_it() {
        let read = |text: &str| serde_json::from_str::<ServiceKind>(text).unwrap();
        let github = read(r#""github-actions""#);
        assert!(github.scopes_by_ref() && github.miss_operation() == Operation::Lookup);
        assert!(read(r#""webdav""#).has_folders());
        let other = read(r#""of-tomorrow""#);
        assert_eq!(*other.description(), ServiceDescription::ordinary("of-tomorrow"));
        for kind in [github, ServiceKind::WEBDAV, other] {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert!(std::ptr::eq(read(r#""of-tomorrow""#).0, other.0), "kept once");
    }

    #[test]
    fn what_a_name_does_not_say_is_recorded_with_it() {
        static SCOPED: ServiceDescription = ServiceDescription {
            scopes_by_ref: true,
            usual_quota: Some(Bytes(5)),
            ..ServiceDescription::ordinary("scoped")
        };
        let written = serde_json::to_string(&ServiceKind::new(&SCOPED)).unwrap();
        let read: ServiceKind = serde_json::from_str(&written).unwrap();
        assert_eq!(*read.description(), SCOPED, "{written}");
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
    }
}
