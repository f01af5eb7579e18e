//! The three Twirp calls, in protobuf and JSON, answered in kind; errors are always JSON
//! (<https://twitchtv.github.io/twirp/docs/spec_v7.html>).

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Request, StatusCode};
use lukewarm_model::Operation;
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::messages::{Create, Created, Finalize, Finalized, Find, Found};
use super::{BLOBS, Download, TWIRP, Upload, entry_name};
use crate::message::{Answer, after, discard, receive_small, typed};
use crate::server::Site;

/// A call's body is a few keys; larger than this it is no call, in bytes.
const LARGEST_CALL: usize = 64 * 1024;
/// Keys of one look-up, and characters of a key (`@actions/cache`, `checkKey` and `checkPaths`).
const MOST_KEYS: usize = 10;
const LONGEST_KEY: usize = 512;

const PROTOBUF: &str = "application/protobuf";
const JSON: &str = "application/json";

/// A Twirp error: its code, and what is wrong.
struct Refused {
    code: &'static str,
    message: String,
    retry_after: Option<u64>,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<String>) -> Refused {
        Refused { code, message: message.into(), retry_after: None }
    }

    fn limited(seconds: u64) -> Refused {
        let refused = Refused::new("resource_exhausted", "rate limit exceeded");
        Refused { retry_after: Some(seconds), ..refused }
    }

    fn answer(&self) -> Answer {
        let status = match self.code {
            "malformed" | "invalid_argument" => StatusCode::BAD_REQUEST,
            "unauthenticated" => StatusCode::UNAUTHORIZED,
            "bad_route" | "not_found" => StatusCode::NOT_FOUND,
            "already_exists" => StatusCode::CONFLICT,
            "resource_exhausted" => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let body = serde_json::json!({ "code": self.code, "msg": self.message });
        let answer = typed(status, JSON, body.to_string());
        match self.retry_after {
            Some(seconds) => after(answer, seconds),
            None => answer,
        }
    }
}

/// What a call does.
pub fn operation(method: &str) -> Operation {
    match method {
        "GetCacheEntryDownloadURL" => Operation::Lookup,
        "CreateCacheEntry" | "FinalizeCacheEntryUpload" => Operation::Manage,
        _ => Operation::Other,
    }
}

/// Answers one call.
pub async fn twirp(request: Request<Incoming>, site: &Site) -> Answer {
    let method = request.uri().path()[TWIRP.len()..].to_owned();
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let authorized = header(AUTHORIZATION) == Some(&format!("Bearer {}", site.shared.token));
    if !authorized {
        site.exchange.refused();
    }
    let json = match header(CONTENT_TYPE).and_then(|kind| kind.split(';').next()) {
        Some(JSON) => true,
        Some(PROTOBUF) => false,
        other => {
            let message = format!("unexpected Content-Type: {}", other.unwrap_or("none"));
            discard(request.into_body(), &site.exchange).await;
            return Refused::new("bad_route", message).answer();
        }
    };
    let body = match receive_small(request.into_body(), LARGEST_CALL, &site.exchange).await {
        Ok(body) => body,
        Err(broken) => return broken.answer(),
    };
    if !authorized {
        return Refused::new("unauthenticated", "no valid token").answer();
    }
    let result = match method.as_str() {
        "GetCacheEntryDownloadURL" => call(&body, json, |asked| find(asked, site)),
        "CreateCacheEntry" => call(&body, json, |asked| create(asked, site)),
        "FinalizeCacheEntryUpload" => call(&body, json, |asked| finalize(asked, site)),
        _ => Err(Refused::new("bad_route", format!("no method {method}"))),
    };
    result.unwrap_or_else(|refused| refused.answer())
}

/// Reads what is asked, and writes the answer in the same form.
fn call<Q, A>(
    body: &[u8],
    json: bool,
    work: impl FnOnce(Q) -> Result<A, Refused>,
) -> Result<Answer, Refused>
where
    Q: Message + Default + DeserializeOwned,
    A: Message + Serialize,
{
    let malformed = |error: String| Refused::new("malformed", error);
    if json {
        let asked = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
        let answer = serde_json::to_vec(&work(asked)?)
            .map_err(|error| Refused::new("internal", error.to_string()))?;
        Ok(typed(StatusCode::OK, JSON, answer))
    } else {
        let asked = Q::decode(body).map_err(|error| malformed(error.to_string()))?;
        Ok(typed(StatusCode::OK, PROTOBUF, work(asked)?.encode_to_vec()))
    }
}

/// Finds an entry: by its exact key, then by the key as a prefix, then by each restore key as a
/// prefix in order, the newest of several. A miss is an answer, not an error.
fn find(asked: Find, site: &Site) -> Result<Found, Refused> {
    site.exchange.about(&asked.key);
    check_keys(std::iter::once(&asked.key).chain(&asked.restore_keys))?;
    site.shared.admit_download(site.ledger.now()).map_err(Refused::limited)?;
    let mut store = site.shared.store();
    let exact = entry_name(&asked.version, &asked.key);
    let prefixes = std::iter::once(&asked.key).chain(&asked.restore_keys);
    let name = match store.has(&exact) {
        true => Some(exact),
        false => prefixes.map(|key| entry_name(&asked.version, key)).find_map(|p| store.newest(&p)),
    };
    let Some((name, entry)) = name.and_then(|name| Some((name.clone(), store.find(&name)?))) else {
        return Ok(Found::default());
    };
    drop(store);
    let matched_key = name.split_once('\n').map_or("", |(_, key)| key).to_owned();
    let number = site.shared.numbers.next();
    let download = Download { key: matched_key.clone(), object: entry.object };
    site.shared.uploads().signed.insert(number, download);
    Ok(Found { ok: true, signed_download_url: signed_url(site, number), matched_key })
}

/// Reserves a new entry. Entries are immutable: a taken key is refused.
fn create(asked: Create, site: &Site) -> Result<Created, Refused> {
    site.exchange.about(&asked.key);
    check_keys(std::iter::once(&asked.key))?;
    let name = entry_name(&asked.version, &asked.key);
    let mut uploads = site.shared.uploads();
    let reserved = uploads.reserved.values().any(|upload| upload.name == name);
    if reserved || site.shared.store().has(&name) {
        let message = format!("cache entry with key {} already exists", asked.key);
        return Err(Refused::new("already_exists", message));
    }
    site.shared.admit_upload(site.ledger.now()).map_err(Refused::limited)?;
    let number = site.shared.numbers.next();
    let upload = Upload { name, key: asked.key, blocks: Default::default(), content: None };
    uploads.reserved.insert(number, upload);
    Ok(Created { ok: true, signed_upload_url: signed_url(site, number) })
}

/// Makes an uploaded entry visible.
fn finalize(asked: Finalize, site: &Site) -> Result<Finalized, Refused> {
    site.exchange.about(&asked.key);
    let name = entry_name(&asked.version, &asked.key);
    let mut uploads = site.shared.uploads();
    let found = uploads.reserved.iter().find(|(_, upload)| upload.name == name);
    let Some((number, upload)) = found.map(|(number, upload)| (*number, upload)) else {
        return Err(Refused::new("not_found", format!("no upload of key {}", asked.key)));
    };
    let Some(content) = upload.content.clone() else {
        return Err(Refused::new("invalid_argument", "nothing was uploaded"));
    };
    if i64::try_from(content.length()) != Ok(asked.size_bytes) {
        let message = format!("{} bytes came, not {}", content.length(), asked.size_bytes);
        return Err(Refused::new("invalid_argument", message));
    }
    uploads.reserved.remove(&number);
    drop(uploads);
    let made = site.shared.store().insert(&name, content);
    let made = made.map_err(|error| Refused::new("internal", error.to_string()))?;
    Ok(Finalized { ok: true, entry_id: made as i64 })
}

fn check_keys<'k>(keys: impl Iterator<Item = &'k String>) -> Result<(), Refused> {
    let mut count = 0;
    for key in keys {
        count += 1;
        if key.is_empty() || key.chars().count() > LONGEST_KEY || key.contains(',') {
            let message = format!("key `{key}`: 1 to {LONGEST_KEY} characters without commas");
            return Err(Refused::new("invalid_argument", message));
        }
    }
    if count > MOST_KEYS {
        let message = format!("{count} keys: at most {MOST_KEYS}");
        return Err(Refused::new("invalid_argument", message));
    }
    Ok(())
}

/// A URL that needs no further authentication: the number in it was never told to anybody else,
/// and the token is part of it.
fn signed_url(site: &Site, number: u64) -> String {
    let signature = site.shared.token.rsplit('.').next().unwrap_or_default();
    format!("http://{}{BLOBS}{number}?sig={signature}", site.host)
}
