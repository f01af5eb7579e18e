//! Service v1 for older clients: sccache up to 0.9, act, GitHub Enterprise Server (`@actions/cache`
//! 3, `cacheHttpClient`). GitHub.com has not offered it since 2025-04-15: it is emulated only on
//! request.

use std::borrow::Cow;

use hyper::body::Incoming;
use hyper::header::CONTENT_RANGE;
use hyper::{Method, Request, StatusCode};
use lukewarm_model::{Operation, Timestamp};
use serde::{Deserialize, Serialize};

use super::access::RefAccess;
use super::blob;
use super::call::{GithubCall, V1, access_of, signed_url};
use super::entries::{self, DISK_FULL, Refused};
use crate::message::{Answer, after, discard, receive, receive_small, status, typed};
use crate::range::number;

/// The limit of a call's body, in bytes: it is a key and a version.
const LARGEST_CALL: usize = 64 * 1024;
const JSON: &str = "application/json; charset=utf-8";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CacheHit {
    cache_key: String,
    scope: String,
    cache_version: String,
    creation_time: String,
    archive_location: String,
}

#[derive(Deserialize)]
struct ReserveRequest {
    key: String,
    version: String,
}

#[derive(Deserialize)]
struct Commit {
    size: i64,
}

/// The operation of a call.
pub fn operation(method: &Method, route: &str) -> Operation {
    match (method, route) {
        (&Method::GET, "cache") => Operation::Lookup,
        (&Method::POST, _) => Operation::Manage,
        (&Method::PATCH, _) => Operation::Write,
        _ => Operation::Other,
    }
}

/// GitHub.com's response since then, to any call (mozilla/sccache#2386).
fn gone() -> Answer {
    let kind = "Microsoft.Azure.DevOps.ArtifactCache.WebApi";
    let name = "ArtifactCacheServiceDecommissionedException";
    let body = serde_json::json!({
        "$id": "1",
        "innerException": null,
        "message": "This legacy service is shutting down, effective April 15, 2025. Migrate to the \
                    new service ASAP. For more information: https://gh.io/gha-cache-sunset",
        "typeName": format!("{kind}.{name}, {kind}"),
        "typeKey": name,
        "errorCode": 0,
        "eventId": 3000,
    });
    typed(StatusCode::UNPROCESSABLE_ENTITY, JSON, body.to_string())
}

/// Answers one call.
pub async fn v1(request: Request<Incoming>, call: &GithubCall<'_>) -> Answer {
    if !call.cache.with_v1 {
        call.trace.refused();
        discard(request.into_body(), &call.trace).await;
        return gone();
    }
    let Some(access) = access_of(&request, call) else {
        call.trace.refused();
        discard(request.into_body(), &call.trace).await;
        return message(StatusCode::UNAUTHORIZED, "no valid token");
    };
    let route = request.uri().path()[V1.len()..].to_owned();
    let number = route.strip_prefix("caches/").and_then(|number| number.parse().ok());
    let method = request.method().clone();
    let answer = match (&method, route.as_str(), number) {
        (&Method::GET, "cache", _) => find(&request, &access, call),
        (&Method::POST, "caches", _) => reserve(request, &access, call).await,
        (&Method::PATCH, _, Some(number)) => chunk(request, number, &access, call).await,
        (&Method::POST, _, Some(number)) => commit(request, number, &access, call).await,
        _ => {
            discard(request.into_body(), &call.trace).await;
            Ok(status(StatusCode::NOT_FOUND))
        }
    };
    answer.unwrap_or_else(refusal)
}

fn message(code: StatusCode, text: &str) -> Answer {
    typed(code, JSON, serde_json::json!({ "message": text }).to_string())
}

fn refusal(refused: Refused) -> Answer {
    match refused {
        Refused::Invalid(text) => message(StatusCode::BAD_REQUEST, &text),
        Refused::NotAllowed(text) => message(StatusCode::FORBIDDEN, text),
        Refused::Taken(text) => message(StatusCode::CONFLICT, &text),
        Refused::NotFound(text) => message(StatusCode::NOT_FOUND, &text),
        Refused::Limited(seconds) => {
            after(message(StatusCode::TOO_MANY_REQUESTS, "rate limit exceeded"), seconds)
        }
        Refused::DiskFull => message(StatusCode::INSUFFICIENT_STORAGE, DISK_FULL),
        Refused::Internal(text) => message(StatusCode::INTERNAL_SERVER_ERROR, &text),
    }
}

/// `GET cache?keys=a,b&version=v`: 200 with the location of the archive, or 204.
fn find(
    request: &Request<Incoming>,
    access: &RefAccess,
    call: &GithubCall<'_>,
) -> Result<Answer, Refused> {
    let query = blob::query(request);
    let text = |name: &str| query.get(name).map_or(Cow::Borrowed(""), |it| Cow::Borrowed(it));
    let (keys, version) = (text("keys"), text("version"));
    let keys: Vec<&str> = keys.split(',').map(str::trim).collect();
    let Some(found) = entries::find(call, access, &version, &keys)? else {
        return Ok(status(StatusCode::NO_CONTENT));
    };
    let answer = CacheHit {
        archive_location: signed_url(call, &found.signed),
        cache_key: found.key,
        scope: found.scope,
        cache_version: version.into_owned(),
        creation_time: Timestamp::from(found.modified).to_string(),
    };
    json(StatusCode::OK, &answer)
}

/// `POST caches`: reserves an entry, and returns the number for its chunks.
async fn reserve(
    request: Request<Incoming>,
    access: &RefAccess,
    call: &GithubCall<'_>,
) -> Result<Answer, Refused> {
    let asked: ReserveRequest = match body(request, call).await? {
        Ok(asked) => asked,
        Err(answer) => return Ok(answer),
    };
    let signed = entries::reserve(call, access, &asked.version, &asked.key)?;
    json(StatusCode::CREATED, &serde_json::json!({ "cacheId": signed.number }))
}

/// `PATCH caches/N`: a chunk at the offset of `Content-Range`.
async fn chunk(
    request: Request<Incoming>,
    number: u64,
    access: &RefAccess,
    call: &GithubCall<'_>,
) -> Result<Answer, Refused> {
    let allowed = entries::writable(access).and_then(|scope| reserved(call, number, scope));
    let range = request.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let range = range.and_then(content_range);
    let refused = match (allowed, range) {
        (Err(refused), _) => Some(refused),
        (Ok(()), None) => Some(Refused::Invalid(
            "`Content-Range` is missing or malformed: expected `bytes START-END/*`".to_owned(),
        )),
        _ => None,
    };
    if let Some(refused) = refused {
        discard(request.into_body(), &call.trace).await;
        return Err(refused);
    }
    let (start, end) = range.unwrap_or_default();
    let object = match receive(request.into_body(), call).await {
        Ok(object) => object,
        Err(broken) => return Ok(broken.answer()),
    };
    if object.length() != end - start {
        let text = format!("{} bytes were sent for bytes {start}-{}", object.length(), end - 1);
        return Err(Refused::Invalid(text));
    }
    match call.uploads().get(number) {
        None => Err(Refused::NotFound("no such upload".to_owned())),
        Some(upload) if upload.chunks.len() >= blob::MOST_UNCOMMITTED => Err(Refused::Invalid(
            format!("more than {} chunks of {}", blob::MOST_UNCOMMITTED, upload.key),
        )),
        Some(upload) => {
            upload.chunks.insert(start, object);
            Ok(status(StatusCode::NO_CONTENT))
        }
    }
}

/// `POST caches/N`: finalizes the entry, if its chunks are complete.
async fn commit(
    request: Request<Incoming>,
    number: u64,
    access: &RefAccess,
    call: &GithubCall<'_>,
) -> Result<Answer, Refused> {
    let asked: Commit = match body(request, call).await? {
        Ok(asked) => asked,
        Err(answer) => return Ok(answer),
    };
    reserved(call, number, entries::writable(access)?)?;
    let joined = call.uploads().get(number).map(|upload| upload.joined_chunks());
    let joined = joined.ok_or_else(|| Refused::NotFound("no such upload".to_owned()))?;
    entries::publish(call, number, joined.map_err(Refused::Invalid)?, asked.size)?;
    Ok(status(StatusCode::NO_CONTENT))
}

/// Whether an upload exists in a scope; sets key and scope of the trace.
fn reserved(call: &GithubCall<'_>, number: u64, scope: &str) -> Result<(), Refused> {
    let mut uploads = call.uploads();
    let upload = uploads.get(number).filter(|upload| upload.scope == scope);
    let upload = upload.ok_or_else(|| Refused::NotFound("no such upload".to_owned()))?;
    call.trace.about(&upload.key);
    call.trace.scoped(&upload.scope);
    Ok(())
}

/// A call's body; the response where it cannot be received.
async fn body<T: for<'de> Deserialize<'de>>(
    request: Request<Incoming>,
    call: &GithubCall<'_>,
) -> Result<Result<T, Answer>, Refused> {
    match receive_small(request.into_body(), LARGEST_CALL, &call.trace).await {
        Err(broken) => Ok(Err(broken.answer())),
        Ok(text) => match serde_json::from_slice(&text) {
            Ok(asked) => Ok(Ok(asked)),
            Err(error) => Err(Refused::Invalid(error.to_string())),
        },
    }
}

fn json(code: StatusCode, value: &impl Serialize) -> Result<Answer, Refused> {
    let text = serde_json::to_vec(value).map_err(|error| Refused::Internal(error.to_string()))?;
    Ok(typed(code, JSON, text))
}

/// The range of a chunk, as `start..end`; its total length must be given, or `*` (RFC 9110, 14.4).
pub fn content_range(text: &str) -> Option<(u64, u64)> {
    let (range, total) = text.trim().strip_prefix("bytes")?.trim_start().split_once('/')?;
    let (start, last) = range.split_once('-')?;
    let (start, last) = (number(start.trim())?, number(last.trim())?);
    let end = last.checked_add(1)?;
    let fits = match total.trim() {
        "*" => true,
        total => number(total)? >= end,
    };
    (start < end && fits).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunks_place_is_read() {
        assert_eq!(content_range("bytes 0-9/*"), Some((0, 10)));
        assert_eq!(content_range("bytes 33554432-33554432/33554433"), Some((33554432, 33554433)));
        let wrong = [
            "bytes 9-0/*",
            "bytes 0-9",
            "0-9/*",
            "bytes a-b/*",
            "bytes +0-9/*",
            "bytes 0-9/9",
            "bytes 0-9/x",
            "bytes 0-/*",
            "",
        ];
        for text in wrong.into_iter().chain(["bytes 0-18446744073709551615/*"]) {
            assert_eq!(content_range(text), None, "{text}");
        }
    }
}
