//! GitHub's public REST API of a repository's caches: list, usage and delete
//! (<https://docs.github.com/rest/actions/cache>). Every owner and repository name stands for this
//! service. Owns the paths and the format of responses; it must not know how entries are created.

use std::collections::BTreeMap;

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderValue, LINK};
use hyper::{Method, Request, StatusCode};
use lukewarm_model::Timestamp;
use serde::Serialize;

use super::access::RefAccess;
use super::call::{GithubCall, granted};
use super::{blob, entries};
use crate::message::{Answer, discard, status, typed};
use crate::store::{Entry, is_full};

/// The path prefix of the API.
pub const REST: &str = "/repos/";
const JSON: &str = "application/json; charset=utf-8";
const DOCUMENTATION: &str = "https://docs.github.com/rest/actions/cache";
/// The default and the largest page size.
const PAGE: usize = 30;
const LARGEST_PAGE: usize = 100;

/// An entry in a response.
#[derive(Debug, Serialize)]
struct Listed {
    id: u64,
    #[serde(rename = "ref")]
    git_ref: String,
    key: String,
    version: String,
    last_accessed_at: String,
    created_at: String,
    size_in_bytes: u64,
}

#[derive(Serialize)]
struct CacheList {
    total_count: usize,
    actions_caches: Vec<Listed>,
}

#[derive(Serialize)]
struct Usage {
    full_name: String,
    active_caches_size_in_bytes: u64,
    active_caches_count: u64,
}

/// The status and message of a refused call.
struct RestRefusal(StatusCode, String);

/// Answers one call.
pub async fn rest(request: Request<Incoming>, call: &GithubCall<'_>) -> Answer {
    let (method, uri, access) =
        (request.method().clone(), request.uri().clone(), access(&request, call));
    let query = blob::query(&request);
    discard(request.into_body(), &call.trace).await;
    let Some(access) = access else {
        call.trace.refused();
        return refusal(&RestRefusal(StatusCode::UNAUTHORIZED, "Bad credentials".to_owned()));
    };
    let parts: Vec<&str> = uri.path()[REST.len()..].split('/').collect();
    let answer = match (&method, &parts[..]) {
        (&Method::GET, [_, _, "actions", "caches"]) => list(uri.path(), &query, call),
        (&Method::GET, [owner, name, "actions", "cache", "usage"]) => {
            Ok(usage(&format!("{owner}/{name}"), call))
        }
        (&Method::DELETE, [_, _, "actions", "caches"]) => {
            writes(&access).and_then(|()| delete_key(&query, call))
        }
        (&Method::DELETE, [_, _, "actions", "caches", id]) => {
            writes(&access).and_then(|()| delete_id(id, call))
        }
        _ => Err(not_found()),
    };
    answer.unwrap_or_else(|refused| refusal(&refused))
}

/// The access rights of a request; `gh` sends `token` instead of `Bearer`.
fn access(request: &Request<Incoming>, call: &GithubCall<'_>) -> Option<RefAccess> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let known = ["bearer", "token"].iter().any(|it| scheme.eq_ignore_ascii_case(it));
    known.then(|| granted(token, call)).flatten()
}

fn writes(access: &RefAccess) -> Result<(), RestRefusal> {
    let why = "Resource not accessible by integration";
    let allowed = access.writable.as_ref().map(|_| ());
    allowed.ok_or_else(|| RestRefusal(StatusCode::FORBIDDEN, why.to_owned()))
}

/// `GET …/actions/caches`: filtered by key prefix and ref, sorted, paged.
fn list(
    path: &str,
    query: &BTreeMap<String, String>,
    call: &GithubCall<'_>,
) -> Result<Answer, RestRefusal> {
    let number = |name: &str, left_out: usize, most: usize| match query.get(name) {
        None => Ok(left_out),
        Some(text) => match text.parse::<usize>() {
            Ok(number) if number >= 1 => Ok(number.min(most)),
            _ => Err(invalid(&format!("`{name}={text}`: expected a number from 1 on"))),
        },
    };
    let (size, page) = (number("per_page", PAGE, LARGEST_PAGE)?, number("page", 1, usize::MAX)?);
    let prefix = query.get("key").map(|key| key.to_lowercase()).unwrap_or_default();
    let mut found = entries_where(query, call, |key| key.to_lowercase().starts_with(&prefix));
    sort(&mut found, query)?;
    let total_count = found.len();
    let start = size.saturating_mul(page - 1).min(total_count);
    let shown: Vec<Listed> = found.drain(..).skip(start).take(size).map(|it| it.listed()).collect();
    let more = start + shown.len() < total_count;
    let mut answer = json(&CacheList { total_count, actions_caches: shown });
    if more && let Some(link) = next(path, query, page + 1, call) {
        answer.headers_mut().insert(LINK, link);
    }
    Ok(answer)
}

/// An entry with its name.
struct NamedEntry {
    name: String,
    entry: Entry,
}

impl NamedEntry {
    fn listed(&self) -> Listed {
        let (scope, version, key) = entries::parts(&self.name).unwrap_or_default();
        Listed {
            id: self.entry.made,
            git_ref: scope.to_owned(),
            key: key.to_owned(),
            version: version.to_owned(),
            last_accessed_at: timestamp(self.entry.last_used()),
            created_at: timestamp(self.entry.modified),
            size_in_bytes: self.entry.object.length(),
        }
    }
}

/// Every entry of the requested ref whose key matches.
fn entries_where(
    query: &BTreeMap<String, String>,
    call: &GithubCall<'_>,
    fits: impl Fn(&str) -> bool,
) -> Vec<NamedEntry> {
    // A branch may be given as a full ref, or by its name.
    let of_ref = |scope: &str| match query.get("ref") {
        None => true,
        Some(wanted) => scope == wanted || scope.strip_prefix("refs/heads/") == Some(wanted),
    };
    let all = call.service.store().below("");
    let all = all.into_iter().filter_map(|(name, entry)| Some(NamedEntry { name, entry: entry? }));
    let wanted = |found: &NamedEntry| {
        let parts = entries::parts(&found.name);
        parts.is_some_and(|(scope, _, key)| of_ref(scope) && fits(key))
    };
    all.filter(wanted).collect()
}

fn sort(found: &mut [NamedEntry], query: &BTreeMap<String, String>) -> Result<(), RestRefusal> {
    let text = |name: &str, left_out| query.get(name).map_or(left_out, String::as_str);
    match text("sort", "last_accessed_at") {
        "created_at" => found.sort_by_key(|it| it.entry.made),
        "last_accessed_at" => found.sort_by_key(|it| it.entry.last_used()),
        "size_in_bytes" => found.sort_by_key(|it| it.entry.object.length()),
        other => {
            let what = "is none of created_at, last_accessed_at, size_in_bytes";
            return Err(invalid(&format!("`sort={other}` {what}")));
        }
    }
    match text("direction", "desc") {
        "desc" => found.reverse(),
        "asc" => {}
        other => return Err(invalid(&format!("`direction={other}`: expected `asc` or `desc`"))),
    }
    Ok(())
}

/// The `Link` header to the next page (RFC 8288).
fn next(
    path: &str,
    query: &BTreeMap<String, String>,
    page: usize,
    call: &GithubCall<'_>,
) -> Option<HeaderValue> {
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let others = query.iter().filter(|(name, _)| *name != "page");
    let others = others.map(|(name, value)| format!("{}={}&", encoded(name), encoded(value)));
    let others: String = others.collect();
    let link = format!("<http://{}{path}?{others}page={page}>; rel=\"next\"", call.host);
    HeaderValue::from_str(&link).ok()
}

/// `GET …/actions/cache/usage`.
fn usage(full_name: &str, call: &GithubCall<'_>) -> Answer {
    let facts = call.service.store().facts();
    json(&Usage {
        full_name: full_name.to_owned(),
        active_caches_size_in_bytes: facts.bytes.0,
        active_caches_count: facts.objects,
    })
}

/// `DELETE …/actions/caches?key=…`: deletes all entries of that key, in every ref or in one.
fn delete_key(
    query: &BTreeMap<String, String>,
    call: &GithubCall<'_>,
) -> Result<Answer, RestRefusal> {
    let key = query.get("key").filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| invalid("`key` is missing"))?.to_lowercase();
    let found = entries_where(query, call, |it| it.to_lowercase() == key);
    if found.is_empty() {
        return Err(not_found());
    }
    for one in &found {
        remove(one, call)?;
    }
    let actions_caches: Vec<Listed> = found.iter().map(NamedEntry::listed).collect();
    Ok(json(&CacheList { total_count: actions_caches.len(), actions_caches }))
}

/// `DELETE …/actions/caches/ID`.
fn delete_id(id: &str, call: &GithubCall<'_>) -> Result<Answer, RestRefusal> {
    let id: u64 = id.parse().map_err(|_| not_found())?;
    let found = entries_where(&BTreeMap::new(), call, |_| true);
    let found = found.iter().find(|it| it.entry.made == id).ok_or_else(not_found)?;
    remove(found, call)?;
    Ok(status(StatusCode::NO_CONTENT))
}

fn remove(found: &NamedEntry, call: &GithubCall<'_>) -> Result<(), RestRefusal> {
    let removed = call.service.store().remove(&found.name);
    removed.map(|_| ()).map_err(|error| match is_full(&error) {
        true => RestRefusal(StatusCode::INSUFFICIENT_STORAGE, entries::DISK_FULL.to_owned()),
        false => RestRefusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    })
}

fn invalid(what: &str) -> RestRefusal {
    RestRefusal(StatusCode::UNPROCESSABLE_ENTITY, format!("Invalid request: {what}"))
}

fn not_found() -> RestRefusal {
    RestRefusal(StatusCode::NOT_FOUND, "Not Found".to_owned())
}

fn refusal(RestRefusal(code, message): &RestRefusal) -> Answer {
    let status = code.as_u16().to_string();
    let body = serde_json::json!({
        "message": message, "documentation_url": DOCUMENTATION, "status": status,
    });
    typed(*code, JSON, body.to_string())
}

fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(text) => typed(StatusCode::OK, JSON, text),
        Err(error) => refusal(&RestRefusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// With six digits behind the second, as GitHub writes it.
fn timestamp(time: std::time::SystemTime) -> String {
    let time = Timestamp::from(time);
    let second = time.to_second().to_string();
    format!("{}.{:06}Z", second.trim_end_matches('Z'), time.nanosecond() / 1000)
}
