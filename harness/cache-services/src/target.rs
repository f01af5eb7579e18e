//! Detects fragments in request targets, where none may be (RFC 9112, 3.2): hyper drops them
//! silently, so they are looked for in the raw bytes. Owns no request.

use std::cell::Cell;

/// What was seen of the next request's first line.
#[derive(Clone, Copy, Default, PartialEq)]
enum RequestLine {
    /// No fragment so far.
    #[default]
    Plain,
    /// A fragment.
    Fragment,
    /// The whole line, without a fragment.
    Over,
}

/// What a connection's raw bytes say about its requests.
#[derive(Default)]
pub struct Target {
    line: Cell<RequestLine>,
    /// The first letter of the method of the next or current request.
    method: Cell<u8>,
    /// There was a `#` behind a request's first line: a pipelined request may have a fragment.
    hash_behind: Cell<bool>,
}

impl Target {
    /// Whether the request that begins has, or may have, a fragment.
    pub fn take_fragment(&self) -> bool {
        match self.line.take() {
            RequestLine::Fragment => true,
            RequestLine::Over => false,
            // Its first line was not seen: it was pipelined behind another request.
            RequestLine::Plain => self.hash_behind.get(),
        }
    }

    /// Scans the first line of the next request.
    pub(crate) fn look(&self, bytes: &[u8], is_first: bool) {
        if self.line.get() != RequestLine::Plain {
            return;
        }
        let mut bytes = bytes;
        if is_first || self.method.get() == 0 {
            // Blank lines before a request are skipped, as hyper does.
            let from = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
            let Some(from) = from else { return self.method.set(0) };
            bytes = &bytes[from..];
            self.method.set(bytes[0]);
            self.hash_behind.set(false);
        }
        match bytes.iter().position(|byte| matches!(byte, b'#' | b'\n')) {
            Some(place) if bytes[place] == b'#' => self.line.set(RequestLine::Fragment),
            Some(place) => {
                self.line.set(RequestLine::Over);
                self.look_behind(&bytes[place..]);
            }
            None => {}
        }
    }

    /// Scans the bytes behind a request without a body for pipelined requests with a fragment.
    /// `PUT`, `POST`, `PATCH`, `PROPFIND`, `PROPPATCH` and `LOCK` have a body.
    pub fn look_behind(&self, bytes: &[u8]) {
        if !matches!(self.method.get(), b'P' | b'L') && bytes.contains(&b'#') {
            self.hash_behind.set(true);
        }
    }
}

/// The status code in a response's first line.
pub fn status_of(answer: &[u8]) -> Option<u16> {
    let digits = answer.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
