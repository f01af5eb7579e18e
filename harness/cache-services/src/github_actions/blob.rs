//! The blobs behind signed URLs: a subset of Azure Blob Storage, as opendal and the Azure SDK
//! use it (<https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api>).

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{ETAG, HeaderValue, RANGE};
use hyper::{Method, Request, StatusCode};
use lukewarm_model::Operation;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::{BLOBS, Download};
use crate::message::{Answer, discard, part_of, receive, receive_small, status};
use crate::server::Site;
use crate::store::Object;

/// A block list names at most 50,000 blocks (Azure's limit); larger than this it is none.
const LARGEST_LIST: usize = 8 << 20;

/// What a request for a blob does.
pub fn operation(request: &Request<Incoming>) -> Operation {
    match *request.method() {
        Method::PUT if is_list(&query(request)) => Operation::Manage,
        Method::PUT => Operation::Write,
        Method::GET => Operation::Read,
        Method::HEAD => Operation::Lookup,
        _ => Operation::Other,
    }
}

/// Answers a request for a blob.
pub async fn blob(request: Request<Incoming>, site: &Site) -> Answer {
    let number = request.uri().path()[BLOBS.len()..].parse().unwrap_or(0);
    let query = query(&request);
    let list = is_list(&query);
    site.exchange.about(&key(number, site));
    let signature = site.shared.token.rsplit('.').next();
    if query.get("sig").map(String::as_str) != signature {
        site.exchange.refused();
        discard(request.into_body(), &site.exchange).await;
        return status(StatusCode::FORBIDDEN);
    }
    match *request.method() {
        Method::PUT if list => put_list(request.into_body(), number, site).await,
        Method::PUT => put(request.into_body(), number, query.get("blockid"), site).await,
        Method::GET | Method::HEAD => get(&request, number, site),
        _ => status(StatusCode::METHOD_NOT_ALLOWED),
    }
}

/// The key that a signed URL is about.
fn key(number: u64, site: &Site) -> String {
    let uploads = site.shared.uploads();
    let upload = uploads.reserved.get(&number).map(|upload| &upload.key);
    let download = uploads.signed.get(&number).map(|download| &download.key);
    upload.or(download).cloned().unwrap_or_default()
}

/// Put Blob, or Put Block where a block's id is given.
async fn put(body: Incoming, number: u64, block: Option<&String>, site: &Site) -> Answer {
    let object = match receive(body, site).await {
        Ok(object) => object,
        Err(broken) => return broken.answer(),
    };
    match (site.shared.uploads().reserved.get_mut(&number), block) {
        (None, _) => return status(StatusCode::NOT_FOUND),
        (Some(upload), Some(block)) => {
            upload.blocks.insert(block.clone(), object);
        }
        (Some(upload), None) => upload.content = Some(object),
    }
    created()
}

/// Put Block List: the blocks become the blob, in the order of the list.
async fn put_list(body: Incoming, number: u64, site: &Site) -> Answer {
    let text = match receive_small(body, LARGEST_LIST, &site.exchange).await {
        Ok(text) => text,
        Err(broken) => return broken.answer(),
    };
    let Some(ids) = block_ids(&text) else { return status(StatusCode::BAD_REQUEST) };
    let mut uploads = site.shared.uploads();
    let Some(upload) = uploads.reserved.get_mut(&number) else {
        return status(StatusCode::NOT_FOUND);
    };
    let parts: Option<Vec<_>> = ids.iter().map(|id| upload.blocks.get(id).cloned()).collect();
    let Some(parts) = parts else { return status(StatusCode::BAD_REQUEST) };
    upload.content = Some(Arc::new(Object::join(&parts)));
    upload.blocks.clear();
    created()
}

/// Get Blob and Get Blob Properties.
fn get(request: &Request<Incoming>, number: u64, site: &Site) -> Answer {
    let Some(Download { object, .. }) = site.shared.uploads().signed.get(&number).cloned() else {
        return status(StatusCode::NOT_FOUND);
    };
    let header = request.headers();
    let range = header.get("x-ms-range").or(header.get(RANGE)).and_then(|it| it.to_str().ok());
    let etag = object.etag();
    let mut answer = part_of(object, request.method(), range);
    let headers = answer.headers_mut();
    headers.insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    answer
}

fn created() -> Answer {
    status(StatusCode::CREATED)
}

fn is_list(query: &BTreeMap<String, String>) -> bool {
    query.get("comp").is_some_and(|comp| comp == "blocklist")
}

fn query(request: &Request<Incoming>) -> BTreeMap<String, String> {
    decoded(request.uri().query().unwrap_or_default())
}

/// The parts of a query, decoded.
fn decoded(text: &str) -> BTreeMap<String, String> {
    let decode =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The ids of a block list, in order; none where it is no block list.
fn block_ids(text: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::from_reader(text);
    let (mut ids, mut inside, mut depth, mut is_list) = (Vec::new(), false, 0, false);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                depth += 1;
                is_list |= depth == 1 && tag.name().as_ref() == "BlockList";
                inside = matches!(tag.name().as_ref(), "Latest" | "Uncommitted" | "Committed");
            }
            Event::Text(text) if inside => {
                ids.push(text.as_ref().trim().to_owned());
            }
            Event::Empty(tag) => is_list |= depth == 0 && tag.name().as_ref() == "BlockList",
            Event::End(_) => {
                depth -= 1;
                inside = false;
            }
            // One cut short would otherwise commit a shorter blob, and lose its blocks.
            Event::Eof => return (is_list && depth == 0).then_some(ids),
            _ => {}
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
        let wrong = ["<BlockList><Latest>a</Wrong>", "<BlockList><Latest>", "<BlockList>", "", "a"];
        for text in wrong {
            assert!(block_ids(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_query_is_decoded() {
        let query = decoded("comp=block&blockid=YQ%3D%3D&flag");
        assert_eq!(query["blockid"], "YQ==");
        assert_eq!(query.len(), 2);
    }
}
