//! The blobs behind signed URLs: a subset of Azure Blob Storage, as opendal and the Azure SDK
//! use it (<https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api>).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use hyper::body::Incoming;
use hyper::header::{ETAG, HeaderValue, LAST_MODIFIED, RANGE};
use hyper::{Method, Request, StatusCode};
use lukewarm_model::Operation;
use quick_xml::Reader;
use quick_xml::events::Event;
use rand::RngExt;

use super::call::{BLOBS, GithubCall};
use super::uploads::Signed;
use crate::conditions::{self, Current};
use crate::message::{Answer, discard, part_of, receive, receive_small, status};
use crate::store::Object;

/// The limits of committed and uncommitted blocks of a blob (Azure's).
const MOST_BLOCKS: usize = 50_000;
pub const MOST_UNCOMMITTED: usize = 100_000;
/// The length of a block id, in characters.
const LONGEST_ID: usize = 88;
/// How a block list names a block. Uncommitted blocks are looked through for each: before the entry
/// is finalized none is committed.
const KINDS: [&str; 3] = ["Latest", "Uncommitted", "Committed"];
/// The limit of a block list, in bytes: larger than one with all blocks.
const LARGEST_LIST: usize = 8 << 20;
/// The protocol version in responses where the request names none.
const VERSION: &str = "2023-11-03";

/// The operation of a request for a blob.
pub fn operation(request: &Request<Incoming>) -> Operation {
    match *request.method() {
        Method::PUT if is_list(&query(request)) => Operation::Manage,
        Method::PUT => Operation::Write,
        Method::GET => Operation::Read,
        Method::HEAD => Operation::Lookup,
        _ => Operation::Other,
    }
}

/// Answers a request for a blob. Each response, refusals too, has a request id and the protocol
/// version: Go's client requires both.
pub async fn blob(request: Request<Incoming>, call: &GithubCall<'_>) -> Answer {
    let version = request.headers().get("x-ms-version").cloned();
    let mut answer = answer(request, call).await;
    let headers = answer.headers_mut();
    headers.insert("x-ms-version", version.unwrap_or(HeaderValue::from_static(VERSION)));
    if let Ok(id) = HeaderValue::from_str(&request_id()) {
        headers.insert("x-ms-request-id", id);
    }
    answer
}

/// A fresh request id: a UUID of version 4 (RFC 9562, 5.4).
fn request_id() -> String {
    let bits: u128 = rand::rng().random();
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let text = format!("{bits:032x}");
    let parts = [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]];
    parts.join("-")
}

async fn answer(request: Request<Incoming>, call: &GithubCall<'_>) -> Answer {
    let query = query(&request);
    let signed = signed(&request, &query);
    let number = signed.number;
    match *request.method() {
        Method::PUT if knows_upload(call, &signed) => match is_list(&query) {
            true => put_list(request.into_body(), number, call).await,
            false if is_block(&query) && !query.get("blockid").is_some_and(|it| is_id(it)) => {
                discard(request.into_body(), &call.trace).await;
                status(StatusCode::BAD_REQUEST)
            }
            false => put(request.into_body(), number, query.get("blockid"), call).await,
        },
        Method::GET | Method::HEAD => get(&request, &signed, call),
        _ => {
            call.trace.refused();
            let known = request.method() == Method::PUT;
            discard(request.into_body(), &call.trace).await;
            status(if known { StatusCode::FORBIDDEN } else { StatusCode::METHOD_NOT_ALLOWED })
        }
    }
}

/// The number and the signature in a request's URL.
pub fn signed(request: &Request<Incoming>, query: &BTreeMap<String, String>) -> Signed {
    let number = request.uri().path()[BLOBS.len()..].parse().unwrap_or(0);
    Signed { number, signature: query.get("sig").cloned().unwrap_or_default() }
}

/// Whether a URL was signed for an upload; sets key and scope of the trace.
pub fn knows_upload(call: &GithubCall<'_>, signed: &Signed) -> bool {
    let mut uploads = call.uploads();
    let Some(upload) = uploads.signed_upload(signed) else { return false };
    call.trace.trust();
    call.trace.about(&upload.key);
    call.trace.scoped(&upload.scope);
    true
}

/// `Put Blob`, or `Put Block` where a block id is given.
async fn put(body: Incoming, number: u64, block: Option<&String>, call: &GithubCall<'_>) -> Answer {
    let object = match receive(body, call).await {
        Ok(object) => object,
        Err(broken) => return broken.answer(),
    };
    match (call.uploads().get(number), block) {
        (None, _) => return status(StatusCode::NOT_FOUND),
        (Some(upload), Some(_)) if upload.blocks.len() >= MOST_UNCOMMITTED => {
            return status(StatusCode::CONFLICT);
        }
        (Some(upload), Some(block)) => {
            upload.blocks.insert(block.clone(), Arc::clone(&object));
        }
        (Some(upload), None) => upload.content = Some(Arc::clone(&object)),
    }
    created(&object, call)
}

/// `Put Block List`: joins the blocks to the blob, in the order of the list. They stay until the
/// entry is finalized, for a client that lost the response and asks again.
async fn put_list(body: Incoming, number: u64, call: &GithubCall<'_>) -> Answer {
    let text = match receive_small(body, LARGEST_LIST, &call.trace).await {
        Ok(text) => text,
        Err(broken) => return broken.answer(),
    };
    let Some(ids) = block_ids(&text).filter(|ids| ids.len() <= MOST_BLOCKS) else {
        return status(StatusCode::BAD_REQUEST);
    };
    let mut uploads = call.uploads();
    let Some(upload) = uploads.get(number) else { return status(StatusCode::NOT_FOUND) };
    let parts: Option<Vec<_>> = ids.iter().map(|id| upload.blocks.get(id).cloned()).collect();
    let Some(parts) = parts else { return status(StatusCode::BAD_REQUEST) };
    let object = Arc::new(Object::join(&parts));
    upload.content = Some(Arc::clone(&object));
    created(&object, call)
}

/// `Get Blob` and `Get Blob Properties`.
fn get(request: &Request<Incoming>, signed: &Signed, call: &GithubCall<'_>) -> Answer {
    let now = call.service.clock.seconds();
    let Some(download) = call.uploads().signed_download(signed, now).cloned() else {
        call.trace.refused();
        return status(StatusCode::FORBIDDEN);
    };
    call.trace.about(&download.key);
    call.trace.scoped(&download.scope);
    let header = request.headers();
    if conditions::are_in(header) {
        let etag = download.object.etag();
        let current = Current::Entry { etag, modified: download.modified };
        if let Err(code) = conditions::check(request.method(), header, &current) {
            return status(code);
        }
    }
    let range = header.get("x-ms-range").or(header.get(RANGE)).and_then(|it| it.to_str().ok());
    let etag = download.object.etag();
    let mut answer = part_of(download.object, request.method(), range);
    answer.headers_mut().insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
    dated(answer, &etag, download.modified)
}

/// The response to a successful write: 201 with `ETag` and `Last-Modified`.
fn created(object: &Object, call: &GithubCall<'_>) -> Answer {
    dated(status(StatusCode::CREATED), &object.etag(), call.service.clock.now())
}

/// The same response with `ETag` and `Last-Modified`.
fn dated(mut answer: Answer, etag: &str, modified: SystemTime) -> Answer {
    let modified = httpdate::fmt_http_date(modified);
    for (name, value) in [(ETAG, etag), (LAST_MODIFIED, modified.as_str())] {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn is_block(query: &BTreeMap<String, String>) -> bool {
    query.get("comp").is_some_and(|comp| comp == "block")
}

/// Whether a block id is valid. Azure allows 64 bytes before base64, which makes 88 characters.
fn is_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
}

fn is_list(query: &BTreeMap<String, String>) -> bool {
    query.get("comp").is_some_and(|comp| comp == "blocklist")
}

/// The decoded query parameters of a request.
pub fn query(request: &Request<Incoming>) -> BTreeMap<String, String> {
    decoded(request.uri().query().unwrap_or_default())
}

/// Decodes a query's parameters.
pub fn decoded(text: &str) -> BTreeMap<String, String> {
    let decode =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The ids of a block list, in order; none where it is malformed. Unknown content is refused:
/// skipping a block would commit a shorter blob.
pub fn block_ids(text: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::from_reader(text);
    reader.config_mut().expand_empty_elements = true;
    let (mut ids, mut depth, mut is_over): (Vec<String>, _, _) = (Vec::new(), 0, false);
    loop {
        match (reader.read_event().ok()?, depth) {
            (Event::Start(tag), 0) if !is_over && tag.name().as_ref() == "BlockList" => depth = 1,
            (Event::Start(tag), 1) if KINDS.contains(&tag.name().as_ref()) => {
                ids.push(String::new());
                depth = 2;
            }
            // A comment may divide it.
            (Event::Text(text), 2) => ids.last_mut()?.push_str(&text.xml10_content()),
            (Event::Text(text), _) if text.as_ref().trim().is_empty() => {}
            (Event::End(_), 2) => {
                let id = ids.last_mut()?;
                *id = id.trim().to_owned();
                (!id.is_empty()).then(|| depth = 1)?;
            }
            (Event::End(_), 1) => (depth, is_over) = (0, true),
            (Event::Decl(_) | Event::PI(_) | Event::Comment(_), _) => {}
            (Event::Eof, 0) => return is_over.then_some(ids),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_list_names_its_blocks_in_order() {
        let text = b"<?xml version=\"1.0\"?>\n<BlockList>\n <Latest>Yg==</Latest>\
                     <Uncommitted>YQ==</Uncommitted></BlockList>";
        assert_eq!(block_ids(text).unwrap(), ["Yg==", "YQ=="]);
        assert_eq!(block_ids(b"<BlockList/>").unwrap().len(), 0);
        let wrong = [
            "<BlockList><Latest>a</Wrong>",
            "<BlockList><Latest>",
            "<BlockList>",
            "",
            "a",
            "<BlockList><Latest></Latest></BlockList>",
            "<BlockList><Latest/></BlockList>",
            "<BlockList><Latest><![CDATA[YQ==]]></Latest></BlockList>",
            "<BlockList><Latest>a<b/>c</Latest></BlockList>",
            "<BlockList><Other>a</Other></BlockList>",
            "<BlockList/><BlockList/>",
        ];
        for text in wrong {
            assert!(block_ids(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn request_ids_are_uuids_and_differ() {
        let [one, other] = [request_id(), request_id()];
        assert!(one != other && one.len() == 36, "{one} {other}");
        assert!(one[14..].starts_with('4') && "89ab".contains(&one[19..20]), "{one}");
    }

    #[test]
    fn a_query_is_decoded() {
        let query = decoded("comp=block&blockid=YQ%3D%3D&flag");
        assert_eq!(query["blockid"], "YQ==");
        assert_eq!(query.len(), 2);
    }
}
