//! The reasons for refusing a request, and the responses for them. Owns the error bodies (RFC 4918,
//! 16); it must not decide anything.

use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderValue, WWW_AUTHENTICATE};

use crate::message::{Answer, Broken, after, status, typed};

/// The supported methods, as in `Allow`.
pub const METHODS: &str =
    "OPTIONS, GET, HEAD, PUT, DELETE, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK";
/// The media type of XML bodies.
pub const XML: &str = "application/xml; charset=utf-8";

/// Why a request is refused.
#[derive(Debug)]
pub enum Refusal {
    /// A status without a body.
    Status(StatusCode),
    /// It does not have the token.
    Unauthorized,
    /// A rate limit refuses it for that many seconds.
    TooEarly(u64),
    /// Its body could not be received.
    Broken(Broken),
    /// The resource is locked by the lock whose root has this href.
    Locked(String),
    /// The same, for a resource below the request's.
    LockedBelow(String),
    /// A lock conflicts with the one whose root has this href.
    Conflict(String),
    /// A precondition or postcondition code of the namespace `DAV:` is not met.
    Unmet(StatusCode, &'static str),
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Refusal {
        Refusal::Broken(Broken::Disk(error))
    }
}

impl Refusal {
    /// The response.
    pub fn answer(self) -> Answer {
        match self {
            Refusal::Status(StatusCode::METHOD_NOT_ALLOWED) => {
                let mut answer = status(StatusCode::METHOD_NOT_ALLOWED);
                answer.headers_mut().insert(ALLOW, HeaderValue::from_static(METHODS));
                answer
            }
            Refusal::Status(code) => status(code),
            Refusal::Unauthorized => {
                let mut answer = status(StatusCode::UNAUTHORIZED);
                let realm = HeaderValue::from_static("Basic realm=\"lukewarm\"");
                answer.headers_mut().insert(WWW_AUTHENTICATE, realm);
                answer
            }
            Refusal::TooEarly(seconds) => after(status(StatusCode::TOO_MANY_REQUESTS), seconds),
            Refusal::Broken(broken) => broken.answer(),
            Refusal::Locked(href) => {
                error(StatusCode::LOCKED, &about("lock-token-submitted", &href))
            }
            Refusal::Conflict(href) => {
                error(StatusCode::LOCKED, &about("no-conflicting-lock", &href))
            }
            Refusal::LockedBelow(href) => multistatus(&format!(
                "<D:response><D:href>{href}</D:href><D:status>HTTP/1.1 423 Locked</D:status>\
                 <D:error>{}</D:error></D:response>",
                about("lock-token-submitted", &href)
            )),
            Refusal::Unmet(code, condition) => error(code, &format!("<D:{condition}/>")),
        }
    }
}

/// A condition code with an href, which is escaped already.
fn about(condition: &str, href: &str) -> String {
    format!("<D:{condition}><D:href>{href}</D:href></D:{condition}>")
}

fn error(code: StatusCode, condition: &str) -> Answer {
    typed(code, XML, document("error", condition))
}

/// A `multistatus` response.
pub fn multistatus(responses: &str) -> Answer {
    typed(StatusCode::MULTI_STATUS, XML, document("multistatus", responses))
}

/// An XML document with this content in an element of the namespace `DAV:`.
pub fn document(name: &str, content: &str) -> String {
    let (head, tail) = around(name);
    format!("{head}{content}{tail}")
}

/// What comes before and after the content of an XML document.
pub fn around(name: &str) -> (String, String) {
    let head = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:{name} xmlns:D=\"DAV:\">");
    (head, format!("</D:{name}>\n"))
}
