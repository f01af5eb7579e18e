//! `GET`, `HEAD` and `PUT`: the path that is measured. Preconditions and locks are looked at only
//! where there are any.

use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_RANGE, ETAG, HeaderValue, LAST_MODIFIED, RANGE};

use super::call::{WebdavCall, WebdavState, refuse_body};
use super::path::{ancestors, is_key, parent};
use super::refusal::Refusal;
use crate::conditions::Current;
use crate::conditions::{are_in, check, http_date, range_applies};
use crate::message::{Answer, Broken, part_of, receive, status};
use crate::store::Entry;

/// `GET` and `HEAD`.
pub fn get(call: &WebdavCall<'_>) -> Result<Answer, Refusal> {
    let service = &call.context.service;
    if call.method == hyper::Method::GET {
        call.context.admit_download().map_err(Refusal::TooEarly)?;
    }
    let Some(entry) = service.store().find(&call.path) else {
        return Err(Refusal::Status(match service.store().is_folder(&call.path) {
            true => StatusCode::METHOD_NOT_ALLOWED,
            false => StatusCode::NOT_FOUND,
        }));
    };
    if call.condition.is_some() {
        call.check_conditions(&call.state())?;
    }
    let validators = Validators::of(&entry);
    let etag = || entry.object.etag();
    let mut current = Ok(());
    if are_in(&call.headers) {
        let now = Current::Entry { etag: etag(), modified: entry.modified };
        current = check(&call.method, &call.headers, &now);
    }
    let range = call.header(RANGE);
    let range = range.filter(|_| range_applies(&call.headers, etag, entry.modified));
    match current {
        Ok(()) => Ok(validators.on(part_of(entry.object, &call.method, range))),
        Err(StatusCode::NOT_MODIFIED) => Ok(validators.on(status(StatusCode::NOT_MODIFIED))),
        Err(code) => Err(Refusal::Status(code)),
    }
}

/// The validators of an object: `ETag` and `Last-Modified`.
struct Validators {
    etag: HeaderValue,
    modified: HeaderValue,
}

impl Validators {
    fn of(entry: &Entry) -> Validators {
        let etag = HeaderValue::from_str(&entry.object.etag()).expect("a hash is plain ASCII");
        Validators { etag, modified: http_date(entry.modified) }
    }

    fn on(self, mut answer: Answer) -> Answer {
        answer.headers_mut().insert(ETAG, self.etag);
        answer.headers_mut().insert(LAST_MODIFIED, self.modified);
        answer
    }
}

/// `PUT`.
pub async fn put(call: &WebdavCall<'_>, body: Incoming) -> Result<Answer, Refusal> {
    if let Err(refusal) = admit(call, body.size_hint().lower()) {
        refuse_body(body, &call.headers, call.context).await;
        return Err(refusal);
    }
    let object = receive(body, call.context).await.map_err(Refusal::Broken)?;
    let mut state = call.state();
    // Another request may have changed the place while the body was received.
    for folder in missing_folders(call, &state)? {
        state.store.make_folder(folder)?;
    }
    let code = match state.store.has(&call.path) {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::CREATED,
    };
    state.store.insert(&call.path, object)?;
    let answer = status(code);
    Ok(match state.store.entry(&call.path) {
        Some(entry) => Validators::of(entry).on(answer),
        // The object exceeds the quota and was evicted.
        None => answer,
    })
}

/// Checks whether a body of at least that length is accepted.
fn admit(call: &WebdavCall<'_>, length: u64) -> Result<(), Refusal> {
    if call.headers.contains_key(CONTENT_RANGE) {
        // A partial `PUT` would replace the whole (RFC 9110, 14.5).
        return Err(Refusal::Status(StatusCode::BAD_REQUEST));
    }
    if length > call.context.service.largest_object() {
        return Err(Refusal::Broken(Broken::TooLarge));
    }
    missing_folders(call, &call.state())?;
    call.context.admit_upload().map_err(Refusal::TooEarly)
}

/// Checks that an object may be created or replaced, and returns the missing folders above it,
/// outermost first. WebDAV clients create folders first (RFC 4918, 9.7.1); plain HTTP caches have
/// none, and name their objects by hashes.
fn missing_folders<'a>(
    call: &'a WebdavCall<'_>,
    state: &WebdavState<'_>,
) -> Result<Vec<&'a str>, Refusal> {
    let path = call.path.as_str();
    if state.store.is_folder(path) {
        return Err(Refusal::Status(StatusCode::METHOD_NOT_ALLOWED));
    }
    let is_new = !state.store.has(path);
    let mut missing = Vec::new();
    if is_new {
        let above = ancestors(path).take_while(|folder| !state.store.is_folder(folder));
        missing.extend(above);
        let blocked = missing.iter().any(|folder| state.store.has(folder));
        if blocked || (!missing.is_empty() && !is_key(path)) {
            return Err(Refusal::Status(StatusCode::CONFLICT));
        }
    }
    call.check_conditions(state)?;
    if !state.locks.is_empty() {
        call.check_locks(state, path)?;
        if is_new {
            let topmost = missing.last().copied().unwrap_or(path);
            call.check_locks(state, parent(topmost).unwrap_or_default())?;
        }
    }
    missing.reverse();
    Ok(missing)
}
