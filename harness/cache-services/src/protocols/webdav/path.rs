//! Resource names: decodes a request path, a `Destination` or a tag of `If`, and encodes hrefs.
//! Owns the escaping and the validation of names; it must not look into the store.

use std::iter::successors;

use hyper::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The limit of an encoded path, in bytes.
const LONGEST_PATH: usize = 4096;
/// The characters that are not escaped in a path.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The shortest hash that makes a name a key, in characters; see `is_key`.
const SHORTEST_KEY: usize = 24;

/// Decodes a request path to a name without outer slashes; the root is the empty name.
///
/// # Errors
/// The status for an invalid path.
pub fn decode(encoded: &str) -> Result<String, StatusCode> {
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

/// Decodes a `Destination` or a tag of `If`: a whole URL or its path (RFC 4918, 8.3).
///
/// # Errors
/// 502 when it is on another host than the request's, and as for `decode`.
pub fn reference(text: &str, host: &str) -> Result<String, StatusCode> {
    let text = text.trim();
    let path = match text.split_once("://") {
        _ if text.starts_with('/') => text,
        None => return Err(StatusCode::BAD_REQUEST),
        Some((_, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !plain_host(authority).eq_ignore_ascii_case(plain_host(host)) {
                return Err(StatusCode::BAD_GATEWAY);
            }
            path
        }
    };
    match path.contains('#') {
        true => Err(StatusCode::BAD_REQUEST),
        false => decode(path.split('?').next().unwrap_or_default()),
    }
}

/// A host without user and default port: a proxy may drop either.
fn plain_host(authority: &str) -> &str {
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.strip_suffix(":80").or(host.strip_suffix(":443")).unwrap_or(host)
}

/// The href of a name; that of a folder ends with a slash.
pub fn href(path: &str, kind: Kind) -> String {
    match kind {
        Kind::Folder if !path.is_empty() => format!("/{}/", utf8_percent_encode(path, PLAIN)),
        _ => format!("/{}", utf8_percent_encode(path, PLAIN)),
    }
}

/// The kind of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder ("collection" in the RFC).
    Folder,
    /// An entry.
    Entry,
}

/// The parent of a name; none for the root.
pub fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/') {
        Some((parent, _)) => Some(parent),
        None => (!path.is_empty()).then_some(""),
    }
}

/// The folders above a name, from the nearest to the root.
pub fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    successors(parent(path), |path| parent(path))
}

/// Whether `path` lies below `folder`, at any depth.
pub fn is_below(path: &str, folder: &str) -> bool {
    match path.strip_prefix(folder) {
        Some(rest) if folder.is_empty() => !rest.is_empty(),
        Some(rest) => rest.starts_with('/'),
        None => false,
    }
}

/// Whether a name is a cache key: its last part is a hash of letters and digits alone. Seen: Bazel
/// 4.2 and sccache have 64 of them, Gradle 4.4 has 32, ccache 4.7 has 31 (below a folder of two),
/// 33 or 64.
pub fn is_key(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.len() >= SHORTEST_KEY && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_cannot_lead_out() {
        assert_eq!(decode("/a/b%20c/"), Ok("a/b c".to_owned()));
        assert_eq!(decode("/"), Ok(String::new()));
        for bad in ["/../x", "/a/%2e%2e/b", "/a/./b", "/a%00b", "/a//b", "/%ff", "/a%0ab"] {
            assert_eq!(decode(bad), Err(StatusCode::BAD_REQUEST), "{bad}");
        }
        assert_eq!(decode(&format!("/{}", "x".repeat(5000))), Err(StatusCode::URI_TOO_LONG));
    }

    #[test]
    fn a_reference_is_a_url_of_this_host_or_a_path() {
        let host = "127.0.0.1:8080";
        for same in ["/a%20b/", "http://127.0.0.1:8080/a%20b", "https://u@127.0.0.1:8080/a%20b?x"] {
            assert_eq!(reference(same, host), Ok("a b".to_owned()), "{same}");
        }
        assert_eq!(reference("http://Host", "host:80"), Ok(String::new()));
        for elsewhere in ["http://127.0.0.1/a", "http://other:8080/a", "http://"] {
            assert_eq!(reference(elsewhere, host), Err(StatusCode::BAD_GATEWAY), "{elsewhere}");
        }
        for wrong in ["a", "", "/a#b", "/../a", "/a%00"] {
            assert_eq!(reference(wrong, host), Err(StatusCode::BAD_REQUEST), "{wrong}");
        }
    }

    #[test]
    fn folders_are_written_with_a_slash() {
        assert_eq!(href("", Kind::Folder), "/");
        assert_eq!(href("a b", Kind::Folder), "/a%20b/");
        assert_eq!(href("a b/<c>&é", Kind::Entry), "/a%20b/%3Cc%3E%26%C3%A9");
    }

    #[test]
    fn names_know_what_they_lie_in() {
        assert_eq!(ancestors("a/b/c").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(ancestors("").count(), 0);
        assert!(is_below("a/b", "a") && is_below("a/b/c", "a") && is_below("a", ""));
        assert!(!is_below("a", "a") && !is_below("ab", "a") && !is_below("", ""));
    }

    #[test]
    fn keys_are_long_and_plain() {
        let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert!(is_key(&format!("cas/{sha256}")) && is_key(&sha256[..32]));
        assert!(is_key("4e/5ca3u5kp8brjmfkotrhvb4j5ovl4cr0"));
        let others = ["409me/noparent.txt", "a/b/hash", "", "a-name-of-many-short-words"];
        for other in others {
            assert!(!is_key(other), "{other}");
        }
        assert!(!is_key(&format!("{sha256}/x")) && !is_key(&format!("{sha256}.tmp")));
    }

    proptest! {
        #[test]
        fn any_name_comes_back_from_how_it_is_written(
            parts in prop::collection::vec("[^/\0\r\n]{1,9}", 0..5)
        ) {
            prop_assume!(parts.iter().all(|part| part != "." && part != ".."));
            let path = parts.join("/");
            for kind in [Kind::Folder, Kind::Entry] {
                prop_assert_eq!(decode(&href(&path, kind)), Ok(path.clone()));
                let url = format!("http://h:1{}", href(&path, kind));
                prop_assert_eq!(reference(&url, "h:1"), Ok(path.clone()));
            }
        }

        #[test]
        fn whatever_is_decoded_is_harmless(text in "[/.%a-f0-9é\0 ]{0,40}|\\PC{0,40}") {
            if let Ok(path) = decode(&text) {
                prop_assert!(!path.starts_with('/') && !path.ends_with('/'));
                prop_assert!(!path.split('/').any(|part| part == "." || part == ".."));
                prop_assert_eq!(decode(&href(&path, Kind::Folder)), Ok(path));
            }
            let _ = reference(&text, "host");
        }
    }
}
