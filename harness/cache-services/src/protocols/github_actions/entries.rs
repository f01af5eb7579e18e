//! Finds, reserves and finalizes entries for both versions of the service. Owns the rules of keys,
//! versions and scopes; it must not know a request's format.

use std::io;
use std::sync::Arc;

use super::access::RefAccess;
use super::call::GithubCall;
use super::uploads::Signed;
use crate::store::{Object, Store, is_full};

/// GitHub's messages for a token without writable or readable scopes: clients match the first words
/// (`@actions/cache` 6.1 and 6.2).
const NO_WRITING: &str = "cache write denied: token has no writable scopes";
const NO_READING: &str = "cache read denied: token has no readable scopes";
/// The message for a full disk. Clients match two words of it, report "Cache storage quota has been
/// hit", and do not retry (`@actions/cache`, `UsageError`).
pub const DISK_FULL: &str = "insufficient usage: the disk of the cache service is full";
/// The limits of keys per look-up and characters per key (`@actions/cache`, `checkKey` and
/// `checkPaths`).
const MOST_KEYS: usize = 10;
const LONGEST_KEY: usize = 512;
/// The limit of a version, in bytes: clients send 64 hexadecimal digits, and GitHub publishes no
/// figure.
const LONGEST_VERSION: usize = 512;

/// Why a call is refused.
#[derive(Debug)]
pub enum Refused {
    /// The request is invalid.
    Invalid(String),
    /// The token lacks the permission.
    NotAllowed(&'static str),
    /// An entry of that key exists or is reserved.
    Taken(String),
    /// The upload does not exist.
    NotFound(String),
    /// A rate limit refuses it for that many seconds.
    Limited(u64),
    /// The disk is full.
    DiskFull,
    /// The service itself failed.
    Internal(String),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        match is_full(&error) {
            true => Refused::DiskFull,
            false => Refused::Internal(error.to_string()),
        }
    }
}

/// A found entry.
#[derive(Debug)]
pub struct Match {
    /// Its key.
    pub key: String,
    /// Its scope.
    pub scope: String,
    /// When it was created.
    pub modified: std::time::SystemTime,
    /// Its signed download.
    pub signed: Signed,
}

/// Finds an entry in the first scope that has one: by its exact key, else by each key as a prefix,
/// in order. Of several the newest is taken; case does not matter
/// (<https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching>).
///
/// # Errors
/// When a key is invalid, the token may read nothing, or a rate limit refuses it.
pub fn find(
    call: &GithubCall<'_>,
    access: &RefAccess,
    version: &str,
    keys: &[&str],
) -> Result<Option<Match>, Refused> {
    call.trace.about(keys.first().unwrap_or(&""));
    check(version, keys)?;
    if access.readable.is_empty() {
        return Err(Refused::NotAllowed(NO_READING));
    }
    call.admit_download().map_err(Refused::Limited)?;
    let mut store = call.service.store();
    let found = access.readable.iter().find_map(|scope| {
        let name = find_in(&store, scope, version, keys)?;
        Some((scope, store.find(&name)?, key_of(&name).to_owned()))
    });
    let Some((scope, entry, key)) = found else { return Ok(None) };
    drop(store);
    call.trace.scoped(scope);
    let now = call.service.clock.seconds();
    let (about, content) = ((key.as_str(), scope.as_str()), (entry.object, entry.modified));
    let signed = call.uploads().sign_download(entry.made, about, content, now);
    Ok(Some(Match { key, scope: scope.clone(), modified: entry.modified, signed }))
}

fn find_in(store: &Store, scope: &str, version: &str, keys: &[&str]) -> Option<String> {
    let exact = stored(store, &place(scope, version, keys.first()?));
    exact.or_else(|| keys.iter().find_map(|key| store.newest(&place(scope, version, key))))
}

/// Reserves a new entry in the writable scope. Entries are immutable: a key that exists is refused.
///
/// # Errors
/// When the key is invalid or taken, the token may not write, or a rate limit refuses it.
pub fn reserve(
    call: &GithubCall<'_>,
    access: &RefAccess,
    version: &str,
    key: &str,
) -> Result<Signed, Refused> {
    call.trace.about(key);
    check(version, &[key])?;
    let scope = writable(access)?;
    call.trace.scoped(scope);
    let place = place(scope, version, key);
    let now = call.service.clock.seconds();
    let mut uploads = call.uploads();
    if uploads.is_reserved(&place, now) || stored(&call.service.store(), &place).is_some() {
        return Err(taken(key));
    }
    call.admit_upload().map_err(Refused::Limited)?;
    uploads.reserve(&place, key, scope, now).ok_or_else(|| taken(key))
}

fn taken(key: &str) -> Refused {
    Refused::Taken(format!("cache entry with key {key} already exists"))
}

/// Finalizes an uploaded entry of `size` bytes, and returns its number. Called again, because the
/// response was lost, it returns the same.
///
/// # Errors
/// When nothing was uploaded, or another number of bytes, or the disk is full.
pub fn finish(
    call: &GithubCall<'_>,
    access: &RefAccess,
    (version, key): (&str, &str),
    size: i64,
) -> Result<u64, Refused> {
    call.trace.about(key);
    let scope = writable(access)?;
    call.trace.scoped(scope);
    let place = place(scope, version, key);
    let Some(number) = call.uploads().number(&place) else {
        let store = call.service.store();
        let same = |entry: &&crate::store::Entry| i64::try_from(entry.object.length()) == Ok(size);
        let entry =
            stored(&store, &place).and_then(|name| store.entry(&name).filter(same).cloned());
        let made = entry.map(|entry| entry.made);
        return made.ok_or_else(|| Refused::NotFound(format!("no upload of key {key}")));
    };
    let content = call.uploads().get(number).and_then(|upload| upload.content.clone());
    let content = content.ok_or_else(|| Refused::Invalid("nothing was uploaded".to_owned()))?;
    publish(call, number, content, size)
}

/// Makes a reserved entry visible with that content of `size` bytes.
///
/// # Errors
/// When its size differs, or it could not be written.
pub fn publish(
    call: &GithubCall<'_>,
    number: u64,
    content: Arc<Object>,
    size: i64,
) -> Result<u64, Refused> {
    if i64::try_from(content.length()) != Ok(size) {
        return Err(Refused::Invalid(format!(
            "{} bytes were uploaded, not {size}",
            content.length()
        )));
    }
    if content.length() > call.service.largest_object() {
        return Err(Refused::Invalid(format!(
            "{} bytes exceed the service's limit",
            content.length()
        )));
    }
    let mut uploads = call.uploads();
    let name = uploads.get(number).map(|upload| name(&upload.place, &upload.key));
    let name = name.ok_or_else(|| Refused::NotFound("no such upload".to_owned()))?;
    // Where it fails, the upload stays, so that finalizing can be retried.
    let made = call.service.store().insert(&name, content)?;
    uploads.finish(number);
    Ok(made)
}

/// The writable scope.
///
/// # Errors
/// When there is none.
pub fn writable(access: &RefAccess) -> Result<&str, Refused> {
    access.writable.as_deref().ok_or(Refused::NotAllowed(NO_WRITING))
}

/// The identity of an entry: keys that differ only in case have the same, as on GitHub
/// (nektos/act#2497). Scopes and versions have no line breaks, so the identities of different ones
/// differ.
fn place(scope: &str, version: &str, key: &str) -> String {
    format!("{scope}\n{version}\n{}", key.to_lowercase())
}

/// The name of an entry in the store: its identity, followed by the key where that is not lower
/// case.
fn name(place: &str, key: &str) -> String {
    match place.splitn(3, '\n').nth(2) == Some(key) {
        true => place.to_owned(),
        false => format!("{place}\0{key}"),
    }
}

/// The name of the stored entry with that identity; none where there is none.
fn stored(store: &Store, place: &str) -> Option<String> {
    match store.has(place) {
        true => Some(place.to_owned()),
        false => store.newest(&format!("{place}\0")),
    }
}

/// Scope, version and original key of an entry, by its name in the store.
pub fn parts(name: &str) -> Option<(&str, &str, &str)> {
    let mut parts = name.splitn(3, '\n');
    let (scope, version, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let key = rest.split_once('\0').map_or(rest, |(_, key)| key);
    Some((scope, version, key))
}

fn key_of(name: &str) -> &str {
    parts(name).map_or("", |(_, _, key)| key)
}

fn check(version: &str, keys: &[&str]) -> Result<(), Refused> {
    if version.contains('\n') || version.len() > LONGEST_VERSION {
        let message =
            format!("a version must have no line break and at most {LONGEST_VERSION} bytes");
        return Err(Refused::Invalid(message));
    }
    if keys.is_empty() || keys.len() > MOST_KEYS {
        return Err(Refused::Invalid(format!("{} keys: expected 1 to {MOST_KEYS}", keys.len())));
    }
    for key in keys {
        let long = key.chars().count() > LONGEST_KEY;
        if key.is_empty() || long || key.contains([',', '\0']) {
            let message = format!(
                "key `{key}`: expected 1 to {LONGEST_KEY} characters without comma and NUL"
            );
            return Err(Refused::Invalid(message));
        }
    }
    Ok(())
}
