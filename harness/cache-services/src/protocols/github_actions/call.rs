//! A request in hand, who may make it, and where the parts of the service are.
//! Owns the state of one running service; it must not know a call.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard};

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;

use super::access::{self, RefAccess, Signer};
use super::uploads::{Signed, Uploads};
use crate::clock::Clock;
use crate::context::{RequestContext, locked};

/// Where Twirp calls go.
pub const TWIRP: &str = "/twirp/github.actions.results.api.v1.CacheService/";
/// Where service v1 is.
pub const V1: &str = "/_apis/artifactcache/";
/// Where blobs are.
pub const BLOBS: &str = "/blobs/";

/// One running service's part of it.
#[derive(Debug)]
pub struct Cache {
    /// The word that opens the default branch, or a token with claims of the service's own.
    pub token: String,
    pub signer: Signer,
    pub clock: Clock,
    /// Whether service v1 answers.
    pub with_v1: bool,
    pub uploads: Mutex<Uploads>,
}

/// A request in hand.
pub struct GithubCall<'a> {
    pub context: &'a RequestContext,
    pub cache: &'a Cache,
}

impl Deref for GithubCall<'_> {
    type Target = RequestContext;

    fn deref(&self) -> &RequestContext {
        self.context
    }
}

impl GithubCall<'_> {
    /// Uploads on their way, and signed URLs. Whoever takes it with the store takes it first.
    pub fn uploads(&self) -> MutexGuard<'_, Uploads> {
        locked(&self.cache.uploads)
    }
}

/// What a request may do by its token; none where it has no good one.
pub fn access_of(request: &Request<Incoming>, call: &GithubCall<'_>) -> Option<RefAccess> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let bearer = scheme.eq_ignore_ascii_case("bearer");
    let access = bearer.then(|| granted(token, call)).flatten();
    access.inspect(|_| call.trace.trust())
}

/// What a token allows now; none where it is not one of the service's.
pub fn granted(token: &str, call: &GithubCall<'_>) -> Option<RefAccess> {
    let cache = call.cache;
    access::access(token.trim(), &cache.token, &cache.signer, cache.clock.seconds())
}

/// A URL that needs no further authentication.
pub fn signed_url(call: &GithubCall<'_>, signed: &Signed) -> String {
    format!("{}{BLOBS}{}?sig={}", call.origin(), signed.number, signed.signature)
}
