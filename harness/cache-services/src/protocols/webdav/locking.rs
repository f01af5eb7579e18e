//! `LOCK` and `UNLOCK` (RFC 4918, 9.10 and 9.11): from requests to `locks` and back. Owns lock
//! tokens and timeouts; conflicts are decided in `locks`.

use hyper::StatusCode;
use hyper::header::HeaderValue;
use rand::RngExt;

use super::call::{WebdavCall, WebdavState};
use super::locks::{Denied, Depth, Lock};
use super::path::{is_below, parent};
use super::properties::active_locks;
use super::refusal::Refusal;
use super::refusal::{XML, document};
use super::requests::lock_info;
use crate::message::{Answer, status, typed};
use crate::store::Incoming;

/// The default timeout of a lock, in seconds.
const USUAL: u64 = 3_600;
/// The longest timeout of a lock, in seconds.
const LONGEST: u64 = 24 * 3_600;

/// `LOCK`: a new lock, or the refresh of one when there is no body.
pub fn lock(call: &WebdavCall<'_>, body: &[u8]) -> Result<Answer, Refusal> {
    let ends = call.now() + timeout(call.header("Timeout")) as f64;
    if body.is_empty() {
        return refresh(call, ends);
    }
    let bad = || Refusal::Status(StatusCode::BAD_REQUEST);
    let info = lock_info(body).ok_or_else(bad)?;
    let depth = match call.depth()? {
        Some(0) => Depth::Zero,
        None => Depth::Infinity,
        Some(_) => return Err(bad()),
    };
    let mut state = call.state();
    let exists = state.exists(&call.path);
    let folder = parent(&call.path).unwrap_or_default();
    if !exists && !state.store.is_folder(folder) {
        return Err(Refusal::Status(StatusCode::CONFLICT));
    }
    call.check_conditions(&state)?;
    if !exists {
        call.check_locks(&state, folder)?;
    }
    let (token, root) = (token(), call.path.clone());
    let lock = Lock { token, root, scope: info.scope, depth, owner: info.owner, ends };
    state.locks.lock(lock.clone()).map_err(|denied| refusal(call, &state, denied))?;
    if !exists {
        // Locking an unmapped URL creates an empty resource (RFC 4918, 7.3).
        let empty = state.store.receive(Some(0)).and_then(Incoming::finish);
        let made = empty.and_then(|empty| state.store.insert(&call.path, empty));
        if let Err(error) = made {
            state.locks.unlock(&call.path, &lock.token);
            return Err(error.into());
        }
    }
    let code = if exists { StatusCode::OK } else { StatusCode::CREATED };
    let mut answer = lock_response(code, call, &lock);
    let token = HeaderValue::from_str(&format!("<{}>", lock.token)).expect("it is plain ASCII");
    answer.headers_mut().insert("Lock-Token", token);
    Ok(answer)
}

/// Refreshes the lock whose token the `If` header has.
fn refresh(call: &WebdavCall<'_>, ends: f64) -> Result<Answer, Refusal> {
    let tokens = call.tokens();
    if tokens.is_empty() {
        return Err(Refusal::Status(StatusCode::BAD_REQUEST));
    }
    let mut state = call.state();
    call.check_conditions(&state)?;
    for token in tokens {
        if let Some(lock) = state.locks.refresh(&call.path, token, ends) {
            return Ok(lock_response(StatusCode::OK, call, lock));
        }
    }
    Err(Refusal::Unmet(StatusCode::PRECONDITION_FAILED, "lock-token-matches-request-uri"))
}

fn lock_response(code: StatusCode, call: &WebdavCall<'_>, lock: &Lock) -> Answer {
    let active = active_locks(&[lock], call.now());
    let content = format!("<D:lockdiscovery>{active}</D:lockdiscovery>");
    typed(code, XML, document("prop", &content))
}

fn refusal(call: &WebdavCall<'_>, state: &WebdavState<'_>, denied: Denied) -> Refusal {
    match denied {
        Denied::Conflict(root) if is_below(&root, &call.path) => {
            Refusal::LockedBelow(state.href(&root))
        }
        Denied::Conflict(root) => Refusal::Conflict(state.href(&root)),
        Denied::TooMany => Refusal::Status(StatusCode::INSUFFICIENT_STORAGE),
    }
}

/// `UNLOCK`.
pub fn unlock(call: &WebdavCall<'_>) -> Result<Answer, Refusal> {
    let token = call.header("Lock-Token").map(str::trim);
    let token = token.and_then(|token| token.strip_prefix('<')?.strip_suffix('>'));
    let Some(token) = token else { return Err(Refusal::Status(StatusCode::BAD_REQUEST)) };
    let mut state = call.state();
    call.check_conditions(&state)?;
    match state.locks.unlock(&call.path, token) {
        true => Ok(status(StatusCode::NO_CONTENT)),
        false => Err(Refusal::Unmet(StatusCode::CONFLICT, "lock-token-matches-request-uri")),
    }
}

/// The granted timeout, in seconds: the first value of the `Timeout` header that is understood,
/// within the limit (RFC 4918, 10.7).
fn timeout(header: Option<&str>) -> u64 {
    let wish = |wish: &str| match wish.trim() {
        "Infinite" => Some(LONGEST),
        wish => {
            let digits = wish.strip_prefix("Second-")?;
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            // A number that overflows is very long.
            plain.then(|| digits.parse().unwrap_or(LONGEST))
        }
    };
    header.and_then(|header| header.split(',').find_map(wish)).unwrap_or(USUAL).clamp(1, LONGEST)
}

/// A fresh lock token: a UUID (RFC 9562, version 4).
fn token() -> String {
    let mut bytes: [u8; 16] = rand::rng().random();
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let digits = hex::encode(bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    format!("urn:uuid:{}", parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_timeout_that_is_understood_is_granted_as_far_as_it_goes() {
        let cases = [
            (None, USUAL),
            (Some("Second-10"), 10),
            (Some("Infinite, Second-4100000000"), LONGEST),
            (Some("Second-99999999999999999999999"), LONGEST),
            (Some("Extend-x, Second-7"), 7),
            (Some("Second-0"), 1),
            (Some("Second--1"), USUAL),
            (Some("Second-"), USUAL),
        ];
        for (header, wanted) in cases {
            assert_eq!(timeout(header), wanted, "{header:?}");
        }
    }

    #[test]
    fn tokens_are_random_uuids() {
        let (one, other) = (token(), token());
        assert_ne!(one, other);
        assert_eq!((one.len(), &one[23..24]), (45, "4"), "{one}");
    }
}
