//! Why a request is not done, and the answer that says so.
//! Owns the error bodies (RFC 4918, 16); it must not decide anything.

use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderValue, WWW_AUTHENTICATE};

use crate::message::{Answer, Broken, after, status, typed};

/// The methods, as `Allow` lists them.
pub const METHODS: &str =
    "OPTIONS, GET, HEAD, PUT, DELETE, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK";
/// The type of all bodies of XML.
pub const XML: &str = "application/xml; charset=utf-8";

/// Why a request is not done.
#[derive(Debug)]
pub enum Refusal {
    /// What the status says.
    Status(StatusCode),
    /// It does not bring the token.
    Unauthorized,
    /// It comes too early by so many seconds.
    TooEarly(u64),
    /// Its body could not be received.
    Broken(Broken),
    /// A lock is in the way whose root has this name, as it is written.
    Locked(String),
    /// The same, on a resource below the one that the request is about.
    LockedBelow(String),
    /// A lock is not given because of one whose root has this name, as it is written.
    Conflict(String),
    /// A condition of this name in the namespace `DAV:` is not met.
    Unmet(StatusCode, &'static str),
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Refusal {
        Refusal::Broken(Broken::Disk(error))
    }
}

impl Refusal {
    /// The answer.
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

/// A condition about a name, which is escaped already so that nothing in it is markup.
fn about(condition: &str, href: &str) -> String {
    format!("<D:{condition}><D:href>{href}</D:href></D:{condition}>")
}

fn error(code: StatusCode, condition: &str) -> Answer {
    typed(code, XML, document("error", condition))
}

/// An answer about several resources.
pub fn multistatus(responses: &str) -> Answer {
    typed(StatusCode::MULTI_STATUS, XML, document("multistatus", responses))
}

/// A whole body, with this content in an element of the namespace `DAV:`.
pub fn document(name: &str, content: &str) -> String {
    let (head, tail) = around(name);
    format!("{head}{content}{tail}")
}

/// What comes before and after the content of a body.
pub fn around(name: &str) -> (String, String) {
    let head = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:{name} xmlns:D=\"DAV:\">");
    (head, format!("</D:{name}>\n"))
}
