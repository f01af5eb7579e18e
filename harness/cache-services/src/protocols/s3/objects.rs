//! Receives and publishes the bucket's objects with their metadata, and has the errors that S3
//! clients expect. Owns no operation.

use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Method, StatusCode};
use s3s::dto::{Checksum, Metadata, StreamingBlob};
use s3s::{Body, S3Error, S3ErrorCode, S3Result, s3_error};

use super::checks::{Checks, unreadable};
use crate::conditions::{self, Current};
use crate::context::ServiceState;
use crate::store::{Entry, Object, Properties, is_full};

/// The namespaces in which metadata and headers are stored as properties.
const METADATA: &str = "s3:metadata";
const HEADERS: &str = "s3:headers";
const CONTENT_TYPE: &str = "content-type";
const DEFAULT_TYPE: &str = "binary/octet-stream";

/// The entity tag of an object, without quotes. Its form, that of a multipart upload, says that it
/// is not an MD5.
pub fn etag(object: &Object) -> String {
    format!("{:032x}-1", object.hash())
}

pub fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "The specified key does not exist.")
}

/// The error of a rate limit that resets in that many seconds.
pub fn slow_down(seconds: u64) -> S3Error {
    let mut error = s3_error!(SlowDown, "Please reduce your request rate.");
    error.set_headers(HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from(seconds))]));
    error
}

pub fn not_kept(error: std::io::Error) -> S3Error {
    let code = is_full(&error).then_some(StatusCode::INSUFFICIENT_STORAGE);
    let mut answer = S3Error::internal_error(error);
    if let Some(code) = code {
        answer.set_status_code(code);
    }
    answer
}

/// Evaluates a request's preconditions against an object, or its absence.
pub fn check(method: &Method, headers: &HeaderMap, entry: Option<&Entry>) -> S3Result<()> {
    if !conditions::are_in(headers) {
        return Ok(());
    }
    let current = entry.map_or(Current::Missing, |entry| Current::Entry {
        etag: format!("\"{}\"", etag(&entry.object)),
        modified: entry.modified,
    });
    conditions::check(method, headers, &current).map_err(|code| match code {
        StatusCode::NOT_MODIFIED => S3ErrorCode::NotModified.into(),
        _ => s3_error!(PreconditionFailed, "a condition of the request does not hold"),
    })
}

/// Receives a body into the store, and verifies its checksums.
pub async fn receive(
    service: &Arc<ServiceState>,
    body: Option<StreamingBlob>,
    length: Option<i64>,
    mut checks: Checks,
) -> S3Result<(Arc<Object>, Checksum)> {
    let too_large = || s3_error!(EntityTooLarge, "the object is larger than the service takes");
    let most = service.largest_object();
    let length = length.and_then(|length| u64::try_from(length).ok());
    if length.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut into = service.store().receive(length).map_err(not_kept)?;
    let mut body = body.map(Body::from).unwrap_or_default();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unreadable(&*error))?;
        let Ok(data) = frame.into_data() else { continue };
        if into.length() + data.len() as u64 > most {
            return Err(too_large());
        }
        checks.update(&data);
        into.write(&data).map_err(not_kept)?;
    }
    let sums = checks.finish()?;
    let object = into.finish().map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => s3_error!(IncompleteBody, "the body was cut short"),
        _ => not_kept(error),
    })?;
    Ok((object, sums))
}

/// Metadata and content type, as properties in the store.
pub fn properties(metadata: Option<Metadata>, content_type: Option<String>) -> Properties {
    let metadata = metadata.into_iter().flatten();
    let metadata = metadata.map(|(name, value)| ((METADATA.into(), name), value));
    let kind = content_type.map(|kind| ((HEADERS.into(), CONTENT_TYPE.to_owned()), kind));
    metadata.chain(kind).collect()
}

/// Metadata and content type, from the properties in the store.
pub fn metadata_of(properties: Option<&Properties>) -> (Option<Metadata>, String) {
    let all = || properties.into_iter().flatten();
    let metadata = all().filter(|((space, _), _)| &**space == METADATA);
    let metadata = metadata.map(|((_, name), value)| (name.clone(), value.clone()));
    let kind = all().find(|((space, name), _)| &**space == HEADERS && name == CONTENT_TYPE);
    let kind = kind.map_or(DEFAULT_TYPE, |(_, kind)| kind);
    (Some(metadata.collect::<Metadata>()).filter(|it| !it.is_empty()), kind.to_owned())
}

/// Makes an object visible, if the request's preconditions hold.
pub fn publish(
    service: &ServiceState,
    headers: &HeaderMap,
    key: &str,
    (object, properties): (Arc<Object>, Properties),
) -> S3Result<()> {
    let mut store = service.store();
    check(&Method::PUT, headers, store.entry(key))?;
    store.insert(key, object).map_err(not_kept)?;
    if !properties.is_empty() || store.properties(key).is_some() {
        store.set_properties(key, properties).map_err(not_kept)?;
    }
    Ok(())
}
