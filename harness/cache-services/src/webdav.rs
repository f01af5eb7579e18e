//! WebDAV as sccache uses it, with what a plain HTTP cache client needs beside
//! (RFC 4918, class 1, without properties of one's own and without COPY, MOVE and LOCK).

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use hyper::header::{ALLOW, AUTHORIZATION, HeaderValue, RANGE, WWW_AUTHENTICATE};
use hyper::{Method, Request, StatusCode};
use lukewarm_model::Operation;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::message::{Answer, Broken, after, discard, part_of, receive, status, typed};
use crate::server::Site;
use crate::store::Store;

/// Longer paths are refused, in bytes.
const LONGEST_PATH: usize = 4096;
/// What may stand in a path as it is.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What the ledger says of a request: method, path and what it does.
pub fn about(request: &Request<Incoming>) -> (&str, &str, Operation) {
    let method = request.method().as_str();
    let operation = match method {
        "GET" => Operation::Read,
        "HEAD" | "PROPFIND" => Operation::Lookup,
        "PUT" => Operation::Write,
        "MKCOL" | "DELETE" => Operation::Manage,
        _ => Operation::Other,
    };
    (method, request.uri().path().trim_matches('/'), operation)
}

/// Answers one request. A path names an entry or a folder, without slashes at its ends; the root
/// is the empty path.
pub async fn answer(request: Request<Incoming>, site: &Site) -> Answer {
    let method = request.method().as_str().to_owned();
    let path = match path(request.uri().path()) {
        Ok(path) if is_authorized(&request, &site.shared.token) => path,
        refused => {
            site.exchange.refused();
            discard(request.into_body(), &site.exchange).await;
            return match refused {
                Err(code) => status(code),
                Ok(_) => unauthorized(),
            };
        }
    };
    site.exchange.about(&path);
    match method.as_str() {
        "GET" | "HEAD" => get(&request, &path, site),
        "PUT" => put(request.into_body(), path, site).await,
        other => {
            let depth = request.headers().get("Depth").and_then(|depth| depth.to_str().ok());
            let deep = depth != Some("0");
            discard(request.into_body(), &site.exchange).await;
            let mut store = site.shared.store();
            match other {
                "MKCOL" => make_folder(&mut store, path),
                "PROPFIND" => properties(&mut store, &path, deep),
                "DELETE" => delete(&mut store, &path),
                "OPTIONS" => options(),
                _ => status(StatusCode::METHOD_NOT_ALLOWED),
            }
        }
    }
}

/// The decoded path, or why it is none.
fn path(encoded: &str) -> Result<String, StatusCode> {
    if encoded.len() > LONGEST_PATH {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let path = percent_decode_str(encoded).decode_utf8().map_err(|_| StatusCode::BAD_REQUEST)?;
    let path = path.trim_matches('/');
    let harmless = |part: &str| part != "." && part != ".." && !part.is_empty();
    let plain = path.is_empty() || path.split('/').all(harmless);
    match plain && !path.contains(['\0', '\n', '\r']) {
        true => Ok(path.to_owned()),
        false => Err(StatusCode::BAD_REQUEST),
    }
}

/// Whether the token comes as a bearer's, or as the password of any user.
fn is_authorized(request: &Request<Incoming>, token: &str) -> bool {
    let header = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let Some((scheme, value)) = header.and_then(|header| header.split_once(' ')) else {
        return false;
    };
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => value.trim() == token,
        "basic" => STANDARD
            .decode(value.trim())
            .ok()
            .and_then(|pair| String::from_utf8(pair).ok())
            .is_some_and(|pair| pair.split_once(':').is_some_and(|(_, word)| word == token)),
        _ => false,
    }
}

fn unauthorized() -> Answer {
    let mut answer = status(StatusCode::UNAUTHORIZED);
    let realm = HeaderValue::from_static("Basic realm=\"lukewarm\"");
    answer.headers_mut().insert(WWW_AUTHENTICATE, realm);
    answer
}

fn get(request: &Request<Incoming>, path: &str, site: &Site) -> Answer {
    if request.method() == Method::GET
        && let Err(seconds) = site.shared.admit_download(site.ledger.now())
    {
        return after(status(StatusCode::TOO_MANY_REQUESTS), seconds);
    }
    let Some(entry) = site.shared.store().find(path) else {
        return status(StatusCode::NOT_FOUND);
    };
    let range = request.headers().get(RANGE).and_then(|range| range.to_str().ok());
    part_of(entry.object, request.method(), range)
}

async fn put(body: Incoming, path: String, site: &Site) -> Answer {
    let refusal = {
        let store = site.shared.store();
        if path.is_empty() || store.is_folder(&path) {
            Some(status(StatusCode::METHOD_NOT_ALLOWED))
        } else if !has_parent(&store, &path) {
            Some(status(StatusCode::CONFLICT))
        } else {
            let limited = site.shared.admit_upload(site.ledger.now()).err();
            limited.map(|seconds| after(status(StatusCode::TOO_MANY_REQUESTS), seconds))
        }
    };
    if let Some(refusal) = refusal {
        discard(body, &site.exchange).await;
        return refusal;
    }
    match receive(body, site).await {
        Err(broken) => broken.answer(),
        Ok(object) => {
            let mut store = site.shared.store();
            let existed = store.has(&path);
            match store.insert(&path, object) {
                Err(error) => Broken::Disk(error).answer(),
                Ok(_) if existed => status(StatusCode::NO_CONTENT),
                Ok(_) => status(StatusCode::CREATED),
            }
        }
    }
}

fn has_parent(store: &Store, path: &str) -> bool {
    match path.rsplit_once('/') {
        None => true,
        Some((parent, _)) => store.is_folder(parent),
    }
}

fn make_folder(store: &mut Store, path: String) -> Answer {
    if path.is_empty() || store.has(&path) || store.is_folder(&path) {
        return status(StatusCode::METHOD_NOT_ALLOWED);
    }
    if !has_parent(store, &path) {
        return status(StatusCode::CONFLICT);
    }
    match store.make_folder(&path) {
        Ok(()) => status(StatusCode::CREATED),
        Err(error) => Broken::Disk(error).answer(),
    }
}

fn delete(store: &mut Store, path: &str) -> Answer {
    match store.remove(path) {
        Ok(true) => status(StatusCode::NO_CONTENT),
        Ok(false) => status(StatusCode::NOT_FOUND),
        Err(error) => Broken::Disk(error).answer(),
    }
}

fn options() -> Answer {
    let mut answer = status(StatusCode::OK);
    let methods = "OPTIONS, GET, HEAD, PUT, DELETE, MKCOL, PROPFIND";
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer.headers_mut().insert("DAV", HeaderValue::from_static("1"));
    answer
}

/// `PROPFIND`: the path itself, and what lies directly below it unless `Depth` is 0.
fn properties(store: &mut Store, path: &str, deep: bool) -> Answer {
    let is_folder = path.is_empty() || store.is_folder(path);
    let mut listed = String::new();
    if is_folder {
        describe(&mut listed, path, None);
    } else if let Some(length) = store.entry(path).map(|entry| entry.object.length()) {
        describe(&mut listed, path, Some(length));
    } else {
        return status(StatusCode::NOT_FOUND);
    }
    if is_folder && deep {
        let below = if path.is_empty() { String::new() } else { format!("{path}/") };
        for (name, entry) in store.below(path) {
            if !name[below.len()..].contains('/') {
                describe(&mut listed, &name, entry.map(|entry| entry.object.length()));
            }
        }
    }
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <D:multistatus xmlns:D=\"DAV:\">\n{listed}</D:multistatus>\n"
    );
    typed(StatusCode::MULTI_STATUS, "application/xml; charset=utf-8", text)
}

/// One resource's properties: a folder, or an entry with its length.
fn describe(text: &mut String, path: &str, length: Option<u64>) {
    let place = utf8_percent_encode(path, PATH);
    let (slash, kind) = match length {
        None if path.is_empty() => ("", "<D:resourcetype><D:collection/></D:resourcetype>".into()),
        None => ("/", "<D:resourcetype><D:collection/></D:resourcetype>".into()),
        Some(length) => {
            ("", format!("<D:resourcetype/><D:getcontentlength>{length}</D:getcontentlength>"))
        }
    };
    // Nothing is dated here; clients want a date all the same.
    let modified = "<D:getlastmodified>Thu, 01 Jan 1970 00:00:00 GMT</D:getlastmodified>";
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<D:response><D:href>/{place}{slash}</D:href><D:propstat><D:prop>{kind}{modified}\
         </D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_lead_out() {
        assert_eq!(path("/a/b%20c/"), Ok("a/b c".to_owned()));
        assert_eq!(path("/"), Ok(String::new()));
        for bad in ["/../x", "/a/%2e%2e/b", "/a/./b", "/a%00b", "/a//b", "/%ff", "/a%0ab"] {
            assert_eq!(path(bad), Err(StatusCode::BAD_REQUEST), "{bad}");
        }
        assert_eq!(path(&format!("/{}", "x".repeat(5000))), Err(StatusCode::URI_TOO_LONG));
    }

    #[test]
    fn names_are_escaped_in_a_listing() {
        let mut text = String::new();
        describe(&mut text, "a b/<c>&é", Some(3));
        assert!(text.contains("<D:href>/a%20b/%3Cc%3E%26%C3%A9</D:href>"), "{text}");
        assert!(text.contains("<D:getcontentlength>3<"), "{text}");
    }
}
