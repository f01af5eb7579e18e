//! The GitHub Actions cache: service v2 (Twirp calls) and v1 (REST), which find, reserve and finish
//! entries, the blobs that carry their bytes, and GitHub's own API over them. Facts from opendal's
//! `ghac`, `@actions/cache` and go-actions-cache.

pub mod access;
pub mod blob;
mod call;
mod entries;
pub mod messages;
mod rest;
mod twirp;
mod uploads;
pub mod v1;

use std::sync::Mutex;

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use lukewarm_model::{Access, Operation, ServiceKind};

pub use self::access::SHORTEST_SECRET;
use self::access::{DEFAULT_SCOPE, Signer};
use self::call::{BLOBS, Cache, GithubCall, TWIRP, V1, access_of};
use self::rest::REST;
use self::uploads::Uploads;
use crate::context::{RequestContext, locked};
use crate::message::{Answer, discard, status};
use crate::protocol::{
    Answering, Classified, Permission, Protocol, Responder, Serving, Start, UnfitToken,
    fresh_secret,
};

/// The protocol.
#[derive(Debug)]
pub struct GithubActions;

impl Protocol for GithubActions {
    fn kind(&self) -> ServiceKind {
        ServiceKind::GITHUB_ACTIONS
    }

    fn summary(&self) -> &'static str {
        "The GitHub Actions cache"
    }

    fn start(&self, start: &Start<'_>) -> Result<Serving, UnfitToken> {
        if start.token.is_some_and(access::has_claims) {
            return Err(UnfitToken(
                "the token looks like one with claims (a JWT), which only the service itself \
                 signs: choose a plain word of 16 letters or more, and ask for scopes beside it",
            ));
        }
        // A long enough token signs, so that another service with the same token accepts its
        // tokens.
        let signer = start.token.and_then(Signer::new).or_else(|| Signer::new(&fresh_secret()));
        let signer = signer.ok_or(UnfitToken("nothing can sign tokens"))?;
        let token = start.token.map(str::to_owned).unwrap_or_else(|| {
            let main = (DEFAULT_SCOPE, Permission::ReadWrite);
            signer.token(&[main], start.clock.seconds())
        });
        Ok(Serving::here(Cache {
            token,
            signer,
            clock: start.clock.clone(),
            with_v1: start.settings.with_v1,
            uploads: Mutex::default(),
        }))
    }
}

impl Responder for Cache {
    fn classify<'r>(&self, request: &'r Request<Incoming>) -> Classified<'r> {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let (verb, key, operation) = if let Some(call) = path.strip_prefix(TWIRP) {
            (call, "", twirp::operation(call))
        } else if path.starts_with(BLOBS) {
            (method, "", blob::operation(request))
        } else if let Some(route) = path.strip_prefix(V1) {
            (method, "", v1::operation(request.method(), route))
        } else {
            (method, path, Operation::Other)
        };
        Classified { verb, key, operation }
    }

    /// By a valid token, or by the signature of an upload URL.
    fn recognise(&self, request: &Request<Incoming>, context: &RequestContext) {
        let call = GithubCall { context, cache: self };
        if access_of(request, &call).is_none() && request.uri().path().starts_with(BLOBS) {
            blob::knows_upload(&call, &blob::signed(request, &blob::query(request)));
        }
    }

    fn answer<'a>(
        &'a self,
        request: Request<Incoming>,
        context: &'a RequestContext,
    ) -> Answering<'a> {
        Box::pin(async move { route(request, &GithubCall { context, cache: self }).await })
    }

    fn access(&self, refs: &[(&str, Permission)]) -> Access {
        Access::Token(match refs {
            [] => self.token.clone(),
            refs => self.signer.token(refs, self.clock.seconds()),
        })
    }

    fn forget(&self) {
        *locked(&self.uploads) = Uploads::default();
    }
}

/// The route table.
async fn route(request: Request<Incoming>, call: &GithubCall<'_>) -> Answer {
    if call.trace.has_fragment() {
        call.trace.refused();
        discard(request.into_body(), &call.trace).await;
        return status(StatusCode::BAD_REQUEST);
    }
    let path = request.uri().path();
    match request.method() {
        &Method::POST if path.starts_with(TWIRP) => twirp::twirp(request, call).await,
        _ if path.starts_with(BLOBS) => blob::blob(request, call).await,
        _ if path.starts_with(V1) => v1::v1(request, call).await,
        _ if path.starts_with(REST) => rest::rest(request, call).await,
        _ => {
            discard(request.into_body(), &call.trace).await;
            status(StatusCode::NOT_FOUND)
        }
    }
}
