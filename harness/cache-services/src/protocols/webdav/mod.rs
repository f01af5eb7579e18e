//! WebDAV, classes 1 and 2 (RFC 4918), and what plain HTTP cache clients need. Owns the route table
//! by method; what all methods share is in `call`.

pub mod authorization;
mod call;
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

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};
use lukewarm_model::{Access, Operation, ServiceKind};

use self::call::{WebdavCall, WebdavService, refuse_body};
use self::if_header::If;
use self::locks::Locks;
use self::refusal::{METHODS, Refusal};
use crate::context::{RequestContext, locked};
use crate::message::{Answer, receive_small, status};
use crate::protocol::{
    Answering, Classified, Permission, Protocol, Responder, Serving, Start, UnfitToken,
    fresh_secret,
};

/// The limit of an XML body, in bytes.
const LARGEST_XML: usize = 64 * 1024;

/// The protocol.
#[derive(Debug)]
pub struct Webdav;

impl Protocol for Webdav {
    fn kind(&self) -> ServiceKind {
        ServiceKind::WEBDAV
    }

    fn summary(&self) -> &'static str {
        "WebDAV, and plain HTTP caches"
    }

    fn start(&self, start: &Start<'_>) -> Result<Serving, UnfitToken> {
        let token = start.token.map_or_else(fresh_secret, str::to_owned);
        Ok(Serving::here(WebdavService { token, locks: Arc::default() }))
    }
}

impl Responder for WebdavService {
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
async fn answer(
    request: Request<Incoming>,
    context: &RequestContext,
    webdav: &WebdavService,
) -> Answer {
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
            route(&WebdavCall { context, webdav, method, path, headers, condition }, body).await
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
async fn route(call: &WebdavCall<'_>, body: Incoming) -> Result<Answer, Refusal> {
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
