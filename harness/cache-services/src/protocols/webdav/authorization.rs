//! Authorization: the token as a bearer token, or as the password of any user. It must not look at
//! anything but the header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use crate::secret;

/// Whether a request has the token (RFC 6750, 2.1; RFC 7617).
pub fn is_authorized(headers: &HeaderMap, token: &str) -> bool {
    let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let Some((scheme, value)) = header.and_then(|header| header.split_once(' ')) else {
        return false;
    };
    if scheme.eq_ignore_ascii_case("bearer") {
        return secret::same(value.trim(), token);
    }
    let pair = || String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok();
    scheme.eq_ignore_ascii_case("basic")
        && pair()
            .as_deref()
            .and_then(|pair| pair.split_once(':'))
            .is_some_and(|(_, password)| secret::same(password, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_comes_as_a_bearers_or_as_a_password() {
        let authorized = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            is_authorized(&headers, "to:ken")
        };
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        assert!(authorized("Bearer to:ken") && authorized("bearer  to:ken"));
        assert!(authorized(&basic("anyone:to:ken")) && authorized(&basic(":to:ken")));
        let wrong = ["Bearer", "Bearer ", "Bearer to:kens", "Basic %", "Digest to:ken", "to:ken"];
        for value in wrong {
            assert!(!authorized(value), "{value}");
        }
        assert!(!authorized(&basic("to:ken")) && !authorized(&basic("ken")));
        assert!(!is_authorized(&HeaderMap::new(), ""));
    }
}
