//! Fragments in the targets of requests, where none may be (RFC 9112, 3.2): hyper leaves them out
//! without a word, so they are looked for in the bytes. Owns no request.

use std::cell::Cell;

/// What was seen of the first line of the request that comes next.
#[derive(Clone, Copy, Default, PartialEq)]
enum RequestLine {
    /// Nothing, or no fragment so far.
    #[default]
    Plain,
    /// A fragment, which hyper leaves out of the URI without a word.
    Fragment,
    /// All of it, and it had none.
    Over,
}

/// What was seen of a connection's requests that hyper does not tell.
#[derive(Default)]
pub struct Target {
    line: Cell<RequestLine>,
    /// The first letter of the method of the request that comes next, or is in hand.
    method: Cell<u8>,
    /// There was a `#` in what came behind a request's first line: if another request came with
    /// it, that may have a fragment.
    hash_behind: Cell<bool>,
}

impl Target {
    /// Whether the request that begins has a fragment, or may have one.
    pub fn take_fragment(&self) -> bool {
        match self.line.take() {
            RequestLine::Fragment => true,
            RequestLine::Over => false,
            // Its first line was not seen: it came behind another request.
            RequestLine::Plain => self.hash_behind.get(),
        }
    }

    /// Looks for a fragment in the first line of the request that comes next.
    pub(crate) fn look(&self, bytes: &[u8], is_first: bool) {
        if self.line.get() != RequestLine::Plain {
            return;
        }
        let mut bytes = bytes;
        if is_first || self.method.get() == 0 {
            // Blank lines before it are passed over, as hyper does.
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

    /// Looks for a fragment in requests that come behind one without a body. `PUT`, `POST`,
    /// `PATCH`, `PROPFIND`, `PROPPATCH` and `LOCK` have one.
    pub fn look_behind(&self, bytes: &[u8]) {
        if !matches!(self.method.get(), b'P' | b'L') && bytes.contains(&b'#') {
            self.hash_behind.set(true);
        }
    }
}

/// The status in an answer's first line.
pub fn status_of(answer: &[u8]) -> Option<u16> {
    let digits = answer.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
