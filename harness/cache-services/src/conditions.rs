//! HTTP's conditional requests (RFC 9110, 13). Pure: the state of resources is passed in.

use std::time::{Duration, SystemTime};

use hyper::header::{
    HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE,
};
use hyper::{Method, StatusCode};

/// The state of a resource that preconditions are evaluated against.
#[derive(Clone, Debug, PartialEq)]
pub enum Current {
    /// It does not exist.
    Missing,
    /// It exists and has no content of its own.
    Folder,
    /// It has content.
    Entry {
        /// Its entity tag, quotes included.
        etag: String,
        /// Its `Last-Modified` time.
        modified: SystemTime,
    },
}

/// Whether a request has a precondition header.
pub fn are_in(headers: &HeaderMap) -> bool {
    [IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE]
        .iter()
        .any(|name| headers.contains_key(name))
}

/// Evaluates a request's preconditions, in the order of RFC 9110, 13.2.2.
///
/// # Errors
/// 412, or 304 for a `GET` or `HEAD` of what the client already has.
pub fn check(method: &Method, headers: &HeaderMap, current: &Current) -> Result<(), StatusCode> {
    let is_read = method == Method::GET || method == Method::HEAD;
    let modified = match current {
        Current::Entry { modified, .. } => Some(whole_seconds(*modified)),
        _ => None,
    };
    if headers.contains_key(IF_MATCH) {
        if !is_among(headers, &IF_MATCH, current, Comparison::Strong) {
            return Err(StatusCode::PRECONDITION_FAILED);
        }
    } else if let (Some(date), Some(modified)) = (date(headers, &IF_UNMODIFIED_SINCE), modified)
        && modified > date
    {
        return Err(StatusCode::PRECONDITION_FAILED);
    }
    if headers.contains_key(IF_NONE_MATCH) {
        return match is_among(headers, &IF_NONE_MATCH, current, Comparison::Weak) {
            true if is_read => Err(StatusCode::NOT_MODIFIED),
            true => Err(StatusCode::PRECONDITION_FAILED),
            false => Ok(()),
        };
    }
    match (date(headers, &IF_MODIFIED_SINCE), modified) {
        (Some(date), Some(modified)) if is_read && modified <= date => {
            Err(StatusCode::NOT_MODIFIED)
        }
        _ => Ok(()),
    }
}

/// Whether a `Range` header applies: always without `If-Range`, else only if the content did not
/// change (RFC 9110, 13.1.5).
pub fn range_applies(
    headers: &HeaderMap,
    etag: impl FnOnce() -> String,
    modified: SystemTime,
) -> bool {
    let Some(value) = headers.get(IF_RANGE) else { return true };
    match date(headers, &IF_RANGE) {
        Some(date) => date == whole_seconds(modified),
        None => value.as_bytes() == etag().as_bytes(),
    }
}

/// How entity tags are compared (RFC 9110, 8.8.3.2).
#[derive(Clone, Copy, PartialEq)]
enum Comparison {
    Strong,
    Weak,
}

/// Whether the current entity tag is in a header's list; `*` matches every existing resource.
fn is_among(headers: &HeaderMap, name: &HeaderName, current: &Current, how: Comparison) -> bool {
    let mut lists = headers.get_all(name).iter().filter_map(|list| list.to_str().ok());
    lists.any(|list| match current {
        Current::Missing => false,
        _ if list.trim() == "*" => true,
        Current::Folder => false,
        Current::Entry { etag: ours, .. } => tags(list).any(|tag| match how {
            Comparison::Strong => tag == ours,
            Comparison::Weak => tag.strip_prefix("W/").unwrap_or(tag) == ours,
        }),
    })
}

/// The entity tag, quotes included, that a text begins with, and the rest of the text.
pub fn etag(text: &str) -> Option<(&str, &str)> {
    let weak = if text.starts_with("W/") { 2 } else { 0 };
    let opaque = text[weak..].strip_prefix('"')?;
    Some(text.split_at(weak + opaque.find('"')? + 2))
}

/// The entity tags of a list, up to the first that is malformed.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let (tag, after) = etag(rest.trim_start_matches([' ', '\t', ',']))?;
        rest = after;
        Some(tag)
    })
}

/// The date in a header; none where it is absent or malformed.
fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

/// A time without its fraction of a second: HTTP dates have none.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// A time as an HTTP date.
pub fn http_date(time: SystemTime) -> HeaderValue {
    HeaderValue::from_str(&httpdate::fmt_http_date(time)).expect("a date is plain ASCII")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked(method: Method, pairs: &[(&'static str, &str)]) -> u16 {
        let headers = pairs.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        });
        let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_900);
        let current = Current::Entry { etag: "\"e\"".to_owned(), modified };
        check(&method, &headers.collect(), &current).err().map_or(200, |status| status.as_u16())
    }

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    #[test]
    fn reads_are_spared_and_writes_refused_by_tag_and_date() {
        let get = |pairs: &[(&'static str, &str)]| checked(Method::GET, pairs);
        let put = |pairs: &[(&'static str, &str)]| checked(Method::PUT, pairs);
        assert_eq!(get(&[("if-none-match", "\"x\", W/\"e\"")]), 304);
        assert_eq!(get(&[("if-none-match", "\"x\"")]), 200);
        assert_eq!(put(&[("if-none-match", "*")]), 412);
        assert_eq!(put(&[("if-match", "\"x\",\"e\"")]), 200);
        assert_eq!(put(&[("if-match", "W/\"e\"")]), 412);
        assert_eq!(put(&[("if-match", "\"x,\"")]), 412);
        assert_eq!(get(&[("if-modified-since", DATE)]), 304);
        assert_eq!(get(&[("if-modified-since", BEFORE)]), 200);
        assert_eq!(get(&[("if-modified-since", "yesterday")]), 200);
        assert_eq!(put(&[("if-modified-since", DATE)]), 200);
        assert_eq!(put(&[("if-unmodified-since", DATE)]), 200);
        assert_eq!(put(&[("if-unmodified-since", BEFORE)]), 412);
        // An entity tag takes precedence over a date.
        assert_eq!(get(&[("if-none-match", "\"x\""), ("if-modified-since", DATE)]), 200);
        assert_eq!(put(&[("if-match", "\"e\""), ("if-unmodified-since", BEFORE)]), 200);
    }

    #[test]
    fn what_is_not_there_matches_nothing() {
        let headers = |name: HeaderName, value: &str| {
            HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
        };
        let any = headers(IF_MATCH, "*");
        assert!(check(&Method::PUT, &any, &Current::Missing).is_err());
        assert!(check(&Method::PUT, &any, &Current::Folder).is_ok());
        let none = headers(IF_NONE_MATCH, "*");
        assert!(check(&Method::PUT, &none, &Current::Missing).is_ok());
        assert!(check(&Method::PUT, &none, &Current::Folder).is_err());
    }

    #[test]
    fn a_range_of_changed_content_is_ignored() {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_900);
        let etag = || "\"e\"".to_owned();
        let applies = |value: &str| {
            let value = HeaderValue::from_str(value).unwrap();
            range_applies(&HeaderMap::from_iter([(IF_RANGE, value)]), etag, modified)
        };
        assert!(applies("\"e\"") && applies(DATE));
        assert!(!applies("\"f\"") && !applies("W/\"e\"") && !applies(BEFORE));
        assert!(range_applies(&HeaderMap::new(), etag, modified));
    }

    proptest! {
        #[test]
        fn any_list_of_tags_is_read(text in "(W/|\"|,| |a|é){0,30}") {
            let _ = tags(&text).count();
        }
    }
}
