//! A request's context, its authorization, and the paths of the service. Owns the state of one
//! running service; it must not know a call.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard};

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;

use super::access::{self, RefAccess, Signer};
use super::uploads::{Signed, Uploads};
use crate::clock::Clock;
use crate::context::{RequestContext, locked};

/// The path prefix of Twirp calls.
pub const TWIRP: &str = "/twirp/github.actions.results.api.v1.CacheService/";
/// The path prefix of service v1.
pub const V1: &str = "/_apis/artifactcache/";
/// The path prefix of blobs.
pub const BLOBS: &str = "/blobs/";

/// The state of one running service.
#[derive(Debug)]
pub struct Cache {
    /// The token for the default branch, or one with claims that the service signed.
    pub token: String,
    pub signer: Signer,
    pub clock: Clock,
    /// Whether service v1 is available.
    pub with_v1: bool,
    pub uploads: Mutex<Uploads>,
}

/// A request's context.
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
    /// Unfinished uploads and signed URLs. Lock it before the store.
    pub fn uploads(&self) -> MutexGuard<'_, Uploads> {
        locked(&self.cache.uploads)
    }
}

/// The access rights of a request; none where it has no valid token.
pub fn access_of(request: &Request<Incoming>, call: &GithubCall<'_>) -> Option<RefAccess> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let bearer = scheme.eq_ignore_ascii_case("bearer");
    let access = bearer.then(|| granted(token, call)).flatten();
    access.inspect(|_| call.trace.trust())
}

/// The access rights of a token now; none where it is not valid.
pub fn granted(token: &str, call: &GithubCall<'_>) -> Option<RefAccess> {
    let cache = call.cache;
    access::access(token.trim(), &cache.token, &cache.signer, cache.clock.seconds())
}

/// A signed URL, which needs no further authentication.
pub fn signed_url(call: &GithubCall<'_>, signed: &Signed) -> String {
    format!("{}{BLOBS}{}?sig={}", call.origin(), signed.number, signed.signature)
}
