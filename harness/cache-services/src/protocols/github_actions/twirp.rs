//! The three Twirp calls in protobuf and JSON; responses have the format of the request, errors are
//! always JSON (<https://twitchtv.github.io/twirp/docs/spec_v7.html>).

use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode};
use lukewarm_model::Operation;
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::access::RefAccess;
use super::call::{GithubCall, TWIRP, access_of, signed_url};
use super::entries::{self, DISK_FULL, Refused};
use super::messages::{Create, Created, DownloadUrl, Finalize, Finalized, Find};
use crate::message::{Answer, after, discard, receive_small, typed};

/// The limit of a call's body, in bytes: it is a few keys.
const LARGEST_CALL: usize = 64 * 1024;

const PROTOBUF: &str = "application/protobuf";
const JSON: &str = "application/json";

/// A Twirp error of that code.
fn error(code: &'static str, message: &str) -> Answer {
    let status = match code {
        "malformed" | "invalid_argument" => StatusCode::BAD_REQUEST,
        "unauthenticated" => StatusCode::UNAUTHORIZED,
        "permission_denied" => StatusCode::FORBIDDEN,
        "bad_route" | "not_found" => StatusCode::NOT_FOUND,
        "already_exists" => StatusCode::CONFLICT,
        "resource_exhausted" => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    typed(status, JSON, serde_json::json!({ "code": code, "msg": message }).to_string())
}

fn refusal(refused: Refused) -> Answer {
    match refused {
        Refused::Invalid(message) => error("invalid_argument", &message),
        Refused::NotAllowed(message) => error("permission_denied", message),
        Refused::Taken(message) => error("already_exists", &message),
        Refused::NotFound(message) => error("not_found", &message),
        Refused::Limited(seconds) => {
            after(error("resource_exhausted", "rate limit exceeded"), seconds)
        }
        // "Perhaps the entire file system is out of space": Twirp's specification of this code.
        Refused::DiskFull => error("resource_exhausted", DISK_FULL),
        Refused::Internal(message) => error("internal", &message),
    }
}

/// The operation of a call.
pub fn operation(method: &str) -> Operation {
    match method {
        "GetCacheEntryDownloadURL" => Operation::Lookup,
        "CreateCacheEntry" | "FinalizeCacheEntryUpload" => Operation::Manage,
        _ => Operation::Other,
    }
}

/// Answers one call.
pub async fn twirp(request: Request<Incoming>, call: &GithubCall<'_>) -> Answer {
    let method = request.uri().path()[TWIRP.len()..].to_owned();
    let access = access_of(&request, call);
    if access.is_none() {
        call.trace.refused();
    }
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let json = match kind.and_then(|kind| kind.split(';').next()) {
        Some(JSON) => true,
        Some(PROTOBUF) => false,
        other => {
            let message = format!("unexpected Content-Type: {}", other.unwrap_or("none"));
            discard(request.into_body(), &call.trace).await;
            return error("bad_route", &message);
        }
    };
    let body = match receive_small(request.into_body(), LARGEST_CALL, &call.trace).await {
        Ok(body) => body,
        Err(broken) => return broken.answer(),
    };
    let Some(access) = access else {
        return error("unauthenticated", "no valid token");
    };
    match method.as_str() {
        "GetCacheEntryDownloadURL" => invoke(&body, json, |asked| find(asked, &access, call)),
        "CreateCacheEntry" => invoke(&body, json, |asked| create(asked, &access, call)),
        "FinalizeCacheEntryUpload" => invoke(&body, json, |asked| finalize(asked, &access, call)),
        _ => error("bad_route", &format!("no method {method}")),
    }
}

/// Decodes the request, and encodes the response in the same format.
fn invoke<Q, A>(body: &[u8], json: bool, work: impl FnOnce(Q) -> Result<A, Refused>) -> Answer
where
    Q: Message + Default + DeserializeOwned,
    A: Message + Serialize,
{
    let asked = match json {
        true => serde_json::from_slice(body).map_err(|error| error.to_string()),
        false => Q::decode(body).map_err(|error| error.to_string()),
    };
    let answer = match asked {
        Ok(asked) => work(asked),
        Err(wrong) => return error("malformed", &wrong),
    };
    match answer {
        Err(refused) => refusal(refused),
        Ok(answer) if !json => typed(StatusCode::OK, PROTOBUF, answer.encode_to_vec()),
        Ok(answer) => match serde_json::to_vec(&answer) {
            Ok(text) => typed(StatusCode::OK, JSON, text),
            Err(wrong) => error("internal", &wrong.to_string()),
        },
    }
}

/// Finds an entry. A miss is an answer, not an error.
fn find(asked: Find, access: &RefAccess, call: &GithubCall<'_>) -> Result<DownloadUrl, Refused> {
    let others = asked.restore_keys.iter().map(String::as_str);
    let keys: Vec<&str> = std::iter::once(asked.key.as_str()).chain(others).collect();
    let Some(found) = entries::find(call, access, &asked.version, &keys)? else {
        return Ok(DownloadUrl::default());
    };
    let signed_download_url = signed_url(call, &found.signed);
    Ok(DownloadUrl { ok: true, signed_download_url, matched_key: found.key })
}

fn create(asked: Create, access: &RefAccess, call: &GithubCall<'_>) -> Result<Created, Refused> {
    match entries::reserve(call, access, &asked.version, &asked.key) {
        Ok(signed) => Ok(Created {
            ok: true,
            signed_upload_url: signed_url(call, &signed),
            message: String::new(),
        }),
        // The call itself succeeds: clients match the first words of the message
        // (actions/toolkit#2429).
        Err(Refused::NotAllowed(why)) => {
            Ok(Created { message: why.to_owned(), ..Created::default() })
        }
        Err(refused) => Err(refused),
    }
}

fn finalize(
    asked: Finalize,
    access: &RefAccess,
    call: &GithubCall<'_>,
) -> Result<Finalized, Refused> {
    let about = (asked.version.as_str(), asked.key.as_str());
    match entries::finish(call, access, about, asked.size_bytes) {
        Ok(made) => Ok(Finalized { ok: true, entry_id: made as i64, message: String::new() }),
        Err(Refused::NotAllowed(why)) => {
            Ok(Finalized { message: why.to_owned(), ..Finalized::default() })
        }
        Err(refused) => Err(refused),
    }
}
