//! The GitHub Actions cache: service v2 (Twirp calls) and v1 (REST), which find, reserve and finish
//! entries, the blobs that carry their bytes, and GitHub's own API over them. Facts from opendal's
//! `ghac`, `@actions/cache` and go-actions-cache.

pub mod access;
pub mod blob;
mod entries;
pub mod messages;
mod rest;
mod twirp;
mod uploads;
pub mod v1;

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use lukewarm_model::Operation;

use crate::server::Site;
pub use access::{DEFAULT_SCOPE, Permission, SHORTEST_SECRET, Signer, has_claims};
pub use blob::blob;
pub use rest::{REST, rest};
pub use twirp::twirp;
pub use uploads::Uploads;
pub use v1::v1;

/// Where Twirp calls go.
pub const TWIRP: &str = "/twirp/github.actions.results.api.v1.CacheService/";
/// Where service v1 is.
pub const V1: &str = "/_apis/artifactcache/";
/// Where blobs are.
pub const BLOBS: &str = "/blobs/";

/// What the ledger says of a request before its key is known: verb, key and what it does.
pub fn about(request: &Request<Incoming>) -> (&str, &str, Operation) {
    let (method, path) = (request.method().as_str(), request.uri().path());
    if let Some(call) = path.strip_prefix(TWIRP) {
        (call, "", twirp::operation(call))
    } else if path.starts_with(BLOBS) {
        (method, "", blob::operation(request))
    } else if let Some(route) = path.strip_prefix(V1) {
        (method, "", v1::operation(request.method(), route))
    } else {
        (method, path, Operation::Other)
    }
}

/// What a request may do by its token; none where it has no good one.
fn access_of(request: &Request<Incoming>, site: &Site) -> Option<access::Access> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let bearer = scheme.eq_ignore_ascii_case("bearer");
    let access = bearer.then(|| granted(token, site)).flatten();
    access.inspect(|_| site.exchange.trust())
}

/// Looks whether a request brings a token, or an upload's signature; its exchange is told.
pub fn recognise(request: &Request<Incoming>, site: &Site) {
    if access_of(request, site).is_none() && request.uri().path().starts_with(BLOBS) {
        blob::knows_upload(site, &blob::signed(request, &blob::query(request)));
    }
}

/// What a token allows now; none where it is not one of the service's.
fn granted(token: &str, site: &Site) -> Option<access::Access> {
    let shared = &site.shared;
    access::access(token.trim(), &shared.token, &shared.signer, shared.clock.seconds())
}

/// A URL that needs no further authentication.
fn signed_url(site: &Site, signed: &uploads::Signed) -> String {
    format!("{}{BLOBS}{}?sig={}", site.origin(), signed.number, signed.signature)
}
