//! What must hold of every parser for any input at all: the property tests feed it what they make,
//! the fuzz targets any bytes. Owns the second opinions; it must not know how a parser works.
#![allow(dead_code, reason = "each fuzz target uses its own part")]

use lukewarm_cache_services::fuzzing::{
    Asked, Change, Element, Form, If, Kind, Node, PropertyNames, asked, block_ids, changes,
    content_range as read_content_range, create, finalize, find, href, lock_info, path as decode,
    query as read_query, reference, scopes, wanted, xml,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use prost::Message;
use serde_json::json;

/// A look-up with the field numbers of the crate `ghac`.
#[derive(Clone, PartialEq, Message)]
pub struct Lookup {
    #[prost(string, tag = "2")]
    pub key: String,
    #[prost(string, repeated, tag = "3")]
    pub restore_keys: Vec<String>,
    #[prost(string, tag = "4")]
    pub version: String,
}

/// A reservation with the field numbers of the crate `ghac`.
#[derive(Clone, PartialEq, Message)]
pub struct Reservation {
    #[prost(string, tag = "2")]
    pub key: String,
    #[prost(string, tag = "3")]
    pub version: String,
}

/// The end of an upload with the field numbers of the crate `ghac`.
#[derive(Clone, PartialEq, Message)]
pub struct Finish {
    #[prost(string, tag = "2")]
    pub key: String,
    #[prost(int64, tag = "3")]
    pub size_bytes: i64,
    #[prost(string, tag = "4")]
    pub version: String,
}

/// A `Range` header for a body of that length.
pub fn range(header: &str, length: u64) {
    let found = asked(Some(header), length);
    if let Asked::Part(start, end) = found {
        assert!(start < end && end <= length, "{header:?} of {length}: {found:?}");
    }
    // Blanks are taken more freely than the standard asks for, and other bytes no header has.
    if header.bytes().all(|byte| byte.is_ascii_graphic()) {
        assert_eq!(found, by_the_standard(header, length), "{header:?} of {length}");
    }
}

/// RFC 9110, 14.1.2 and 14.2: one range, or the header counts as absent.
fn by_the_standard(header: &str, length: u64) -> Asked {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
    else {
        return Asked::Whole;
    };
    // No body is longer than the largest number: a larger one means the same.
    let number = |digits: &str| -> Option<u64> {
        digits.bytes().try_fold(0u64, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
            Some(number.saturating_mul(10).saturating_add(digit))
        })
    };
    let (Some(from), Some(to)) = (number(first), number(last)) else { return Asked::Whole };
    match (first.is_empty(), last.is_empty()) {
        (true, true) => Asked::Whole,
        (true, false) if to == 0 || length == 0 => Asked::Unsatisfiable,
        (true, false) => Asked::Part(length.saturating_sub(to), length),
        (false, false) if from > to => Asked::Whole,
        (false, _) if from >= length => Asked::Unsatisfiable,
        (false, true) => Asked::Part(from, length),
        (false, false) => Asked::Part(from, length.min(to.saturating_add(1))),
    }
}

/// A `Content-Range` header: what is read means the same when it is written as clients do.
pub fn content_range(header: &str) {
    let Some((start, end)) = read_content_range(header) else { return };
    assert!(start < end, "{header:?}: {start}..{end}");
    let written = format!("bytes {start}-{}/*", end - 1);
    assert_eq!(read_content_range(&written), Some((start, end)), "{header:?}");
    let total = header.rsplit('/').next().unwrap_or_default().trim();
    let digits = !total.is_empty() && total.bytes().all(|digit| digit.is_ascii_digit());
    // One of so many digits that it is no number here is larger than any end.
    let fits = digits && total.parse().unwrap_or(u128::MAX) >= u128::from(end);
    assert!(total == "*" || fits, "{header:?}");
    assert!(!header.contains('+'), "{header:?} is no range");
}

/// A block list: no block is passed over, which would store a shorter blob than was meant.
pub fn block_list(body: &[u8]) {
    let Some(ids) = block_ids(body) else { return };
    assert_eq!(block_ids(written_list(&ids).as_bytes()).as_ref(), Some(&ids));
    assert!(ids.iter().all(|id| !id.is_empty()), "{ids:?}");
    if let Some(root) = xml(body) {
        // Azure's names are in no namespace; a default one is not looked at.
        assert_eq!(root.name.1, "BlockList");
        let texts: Vec<String> = root.elements().map(text).collect();
        assert_eq!(ids, texts, "{:?}", String::from_utf8_lossy(body));
    }
}

/// A block list as clients write it.
pub fn written_list(ids: &[String]) -> String {
    let ids: String = ids.iter().map(|id| format!("<Latest>{id}</Latest>")).collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{ids}</BlockList>")
}

/// The text that an element holds, without blanks at its ends.
fn text(element: &Element) -> String {
    let text = |node: &Node| match node {
        Node::Text(text) => text.clone(),
        Node::Element(_) => panic!("an element in a block's id"),
    };
    element.children.iter().map(text).collect::<String>().trim().to_owned()
}

/// A Twirp call's body: what is read is read again from how clients write it.
pub fn twirp(body: &[u8]) {
    for form in [Form::Json, Form::Protobuf] {
        if let Some(found) = find(form, body) {
            let (key, restore_keys, version) = found.clone();
            let snake = json!({ "key": key, "restore_keys": restore_keys, "version": version });
            let camel = json!({ "key": key, "restoreKeys": restore_keys, "version": version });
            let binary = Lookup { key, restore_keys, version }.encode_to_vec();
            assert_eq!(find(Form::Json, snake.to_string().as_bytes()), Some(found.clone()));
            assert_eq!(find(Form::Json, camel.to_string().as_bytes()), Some(found.clone()));
            assert_eq!(find(Form::Protobuf, &binary), Some(found));
        }
        if let Some(found) = create(form, body) {
            let (key, version) = found.clone();
            let text = json!({ "key": key, "version": version }).to_string();
            let binary = Reservation { key, version }.encode_to_vec();
            assert_eq!(create(Form::Json, text.as_bytes()), Some(found.clone()));
            assert_eq!(create(Form::Protobuf, &binary), Some(found));
        }
        if let Some(found) = finalize(form, body) {
            let (key, version, size_bytes) = found.clone();
            for size in [json!(size_bytes), json!(size_bytes.to_string())] {
                let text = json!({ "key": key, "version": version, "size_bytes": size });
                assert_eq!(finalize(Form::Json, text.to_string().as_bytes()), Some(found.clone()));
            }
            let binary = Finish { key, size_bytes, version }.encode_to_vec();
            assert_eq!(finalize(Form::Protobuf, &binary), Some(found));
        }
    }
}

/// A query: its parts are read again from how clients write them.
pub fn query(text: &str) {
    let found = read_query(text);
    let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = found.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    let written = pairs.collect::<Vec<_>>().join("&");
    assert_eq!(read_query(&written), found, "{text:?}");
}

/// A runtime token: no scope can pass for a scope and a version, and what may be written is one.
pub fn token(text: &str) {
    let access = scopes(text);
    for scope in access.readable.iter().chain(&access.writable) {
        assert!(!scope.contains('\n'), "{text:?}: {scope:?}");
    }
}

/// A request's path, and the same text as a `Destination`: neither leads out of the store.
pub fn path(text: &str) {
    for found in [decode(text), reference(text, "host:1")].into_iter().flatten() {
        assert!(!found.contains(['\0', '\n', '\r']), "{text:?}: {found:?}");
        let strange = |part: &str| matches!(part, "" | "." | "..");
        assert!(found.is_empty() || !found.split('/').any(strange), "{text:?}: {found:?}");
        for kind in [Kind::Folder, Kind::Entry] {
            let written = href(&found, kind);
            // Written out, a name may be longer than one that is read.
            if written.len() <= 4096 {
                assert_eq!(decode(&written), Ok(found.clone()), "{text:?}");
                assert_eq!(reference(&written, "host:1"), Ok(found.clone()), "{text:?}");
            }
        }
    }
}

/// An `If` header: written again it means the same.
pub fn if_header(text: &str) {
    let Some(header) = If::parse(text) else { return };
    assert!(header.tokens().iter().all(|token| text.contains(token)), "{text:?}");
    assert_eq!(If::parse(&header.to_string()), Some(header), "{text:?}");
}

/// A body of `PROPFIND`, `PROPPATCH` or `LOCK`: what is kept of it stands by itself.
pub fn dav_body(body: &[u8]) {
    if let Some(PropertyNames::These(names) | PropertyNames::All(names)) = wanted(body) {
        assert!(names.is_sorted(), "{names:?}");
    }
    for change in changes(body).unwrap_or_default() {
        if let Change::Set(name, fragment) = change {
            let read = xml(fragment.as_bytes());
            assert_eq!(read.map(|element| element.name), Some(name), "{fragment:?}");
        }
    }
    if let Some(owner) = lock_info(body).map(|asked| asked.owner).filter(|it| !it.is_empty()) {
        assert!(xml(owner.as_bytes()).is_some_and(|owner| owner.is("owner")), "{owner:?}");
    }
}
