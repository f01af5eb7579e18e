//! S3: one bucket, as far as caches and their tools need it: objects, listings and multipart
//! uploads. Signatures, XML and routing are the crate `s3s`'s. Owns the conversion between its
//! types and the service's; operations are `bucket`'s.

mod access;
mod body;
mod bucket;
mod checks;
mod listing;
mod objects;
mod pages;
mod uploads;

use std::sync::Arc;

use hyper::body::{Body as _, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::{Method, Request, Response, StatusCode};
use lukewarm_model::{Access, Operation, ServiceDescription, ServiceKind};
use percent_encoding::percent_decode_str;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpRequest};

use self::access::{BUCKET, Keys, OneBucket};
use self::body::{Handed, ObjectRange, pump};
use self::bucket::Bucket;
use crate::context::RequestContext;
use crate::message::{Answer, Payload, status, typed};
use crate::protocol::{
    Answering, Classified, Permission, Protocol, Responder, Serving, Start, UnfitToken,
    fresh_secret,
};

/// The region. A signature for any other region is accepted too.
const REGION: &str = "us-east-1";
/// The limit of a response that is not an object, in bytes: it is collected before it is sent.
const LARGEST_XML: usize = 64 << 20;
const XML: &str = "application/xml";

static DESCRIPTION: ServiceDescription = ServiceDescription::ordinary("s3");

/// The protocol.
#[derive(Debug)]
pub struct S3;

/// The state of one running service.
#[derive(Debug)]
struct S3Responder {
    keys: Keys,
    bucket: Bucket,
    service: S3Service,
}

impl Protocol for S3 {
    fn kind(&self) -> ServiceKind {
        ServiceKind::new(&DESCRIPTION)
    }

    fn summary(&self) -> &'static str {
        "S3, with one bucket"
    }

    /// The chosen token becomes the secret key.
    fn start(&self, start: &Start<'_>) -> Result<Serving, UnfitToken> {
        let keys = Keys::of(start.token.map_or_else(fresh_secret, str::to_owned));
        let bucket = Bucket::default();
        let mut builder = S3ServiceBuilder::new(bucket.clone());
        builder.set_auth(keys.clone());
        builder.set_access(OneBucket);
        Ok(Serving::here(S3Responder { keys, bucket, service: builder.build() }))
    }
}

impl Responder for S3Responder {
    fn classify<'r>(&self, request: &'r Request<Incoming>) -> Classified<'r> {
        let query = request.uri().query().unwrap_or_default();
        let key = key(request.uri().path());
        let operation = match (request.method(), key) {
            (&Method::GET, Some(_)) if has(query, "uploadId") => Operation::Manage,
            (&Method::GET, Some(_)) => Operation::Read,
            (&Method::GET | &Method::HEAD, _) => Operation::Lookup,
            (&Method::PUT, Some(_)) => Operation::Write,
            (&Method::PUT | &Method::POST | &Method::DELETE, _) => Operation::Manage,
            _ => Operation::Other,
        };
        Classified { verb: request.method().as_str(), key: key.unwrap_or_default(), operation }
    }

    /// By the access key alone: nothing is executed, but the body is read.
    fn recognise(&self, request: &Request<Incoming>, context: &RequestContext) {
        if self.keys.are_named(request) {
            context.trace.trust();
        }
    }

    fn answer<'a>(
        &'a self,
        request: Request<Incoming>,
        context: &'a RequestContext,
    ) -> Answering<'a> {
        Box::pin(self.serve(request, context))
    }

    fn access(&self, _refs: &[(&str, Permission)]) -> Access {
        Access::Keys {
            bucket: BUCKET.to_owned(),
            region: REGION.to_owned(),
            access_key: self.keys.access_key().to_owned(),
            secret_key: self.keys.secret_key().to_owned(),
        }
    }

    fn token_expired(&self, _request: &Request<Incoming>) -> Answer {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>ExpiredToken</Code>\
                    <Message>The provided token has expired.</Message></Error>";
        typed(StatusCode::BAD_REQUEST, XML, body)
    }

    fn forget(&self) {
        self.bucket.forget();
    }
}

impl S3Responder {
    /// Passes a request to `s3s`, with a body that is read and counted here, and converts its
    /// response.
    async fn serve(&self, request: Request<Incoming>, context: &RequestContext) -> Answer {
        if let Some(key) = key(request.uri().path()) {
            context.trace.about(&percent_decode_str(key).decode_utf8_lossy());
        }
        let is_head = request.method() == Method::HEAD;
        let (mut parts, body) = request.into_parts();
        let handed = Handed::new(Arc::clone(&context.service), context.ledger.now());
        parts.extensions.insert(handed.clone());
        let answered = match body.is_end_stream() {
            true => self.service.call(HttpRequest::from_parts(parts, Body::empty())).await,
            false => {
                let (piped, sender) = body::pipe(&body);
                let request = HttpRequest::from_parts(parts, Body::http_body(piped));
                let call = self.service.call(request);
                // The call is polled first: it authenticates the client, and so decides how the
                // body is read.
                let (answered, ()) = tokio::join!(
                    biased;
                    call,
                    pump(body, sender, &handed, &context.trace)
                );
                answered
            }
        };
        if handed.is_trusted() {
            context.trace.trust();
        } else {
            context.trace.refused();
        }
        match answered {
            Ok(response) => answer(response, is_head).await,
            Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// The response; where it is about an object, with the bytes from the store.
async fn answer(mut response: s3s::HttpResponse, is_head: bool) -> Answer {
    let found = response.extensions_mut().remove::<ObjectRange>();
    let (mut parts, mut body) = response.into_parts();
    let length = parts.headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    let payload = match found {
        _ if is_head => Payload::length_only(length.unwrap_or_default()),
        Some(ObjectRange { object, start, end }) => Payload::part(object, start, end),
        None if parts.status == StatusCode::NOT_MODIFIED => Payload::empty(),
        None => match body.store_all_limited(LARGEST_XML).await {
            Ok(bytes) => Payload::bytes(bytes),
            Err(_) => return status(StatusCode::INTERNAL_SERVER_ERROR),
        },
    };
    if !is_head {
        // The body sets it.
        parts.headers.remove(CONTENT_LENGTH);
    }
    Response::from_parts(parts, payload)
}

/// The object key in a path, still encoded: the part behind the bucket.
fn key(path: &str) -> Option<&str> {
    path.strip_prefix('/')?.split_once('/').map(|(_, key)| key).filter(|key| !key.is_empty())
}

/// Whether a query has a parameter.
fn has(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_comes_behind_the_bucket() {
        assert_eq!(key("/lukewarm/a/b%20c"), Some("a/b%20c"));
        for none in ["/lukewarm/", "/lukewarm", "/", ""] {
            assert_eq!(key(none), None, "{none}");
        }
        assert!(has("a=1&uploadId=x", "uploadId") && has("uploads", "uploads"));
        assert!(!has("uploadIds=x", "uploadId"));
    }
}
