//! Authorization by scopes: the claims of a runtime token, and its signature. A scope is a branch
//! or the merge ref of a pull request, such as `refs/heads/main`. Owns the format of tokens and
//! their signature (RFC 7515, `HS256`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::protocol::Permission;
use crate::secret::same;

/// The scope of a token that names none.
pub const DEFAULT_SCOPE: &str = "refs/heads/main";
/// The shortest token that also signs others, in bytes: a shorter one could be guessed from one
/// signed token.
pub const SHORTEST_SECRET: usize = 16;
/// The lifetime of a token, in seconds: a workflow run ends after 35 days at the latest
/// (<https://docs.github.com/actions/reference/limits>).
const LIFETIME: f64 = 35.0 * 86_400.0;
/// How far `nbf` lies in the past, in seconds: clients refuse a token from the future, and their
/// clock may be late.
const LEEWAY: f64 = 60.0;
/// The header of a token: the only one that is written and accepted.
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// The access rights of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefAccess {
    /// The readable scopes, in look-up order.
    pub readable: Vec<String>,
    /// The scope in which entries are created; none where it may not write.
    pub writable: Option<String>,
}

/// The signing key of a service's tokens.
#[derive(Clone, Debug)]
pub struct Signer(Hmac<Sha256>);

/// The claims that clients and this service read. `ac` is JSON in a string.
#[derive(Serialize, Deserialize)]
struct Claims {
    #[serde(default)]
    iss: String,
    #[serde(default)]
    scp: String,
    #[serde(default)]
    ac: String,
    /// In seconds since 1970.
    #[serde(default)]
    nbf: f64,
    #[serde(default)]
    exp: f64,
}

#[derive(Serialize, Deserialize)]
struct Claim {
    #[serde(rename = "Scope")]
    scope: String,
    #[serde(rename = "Permission")]
    permission: u8,
}

/// The number of a permission in a token.
fn number(permission: Permission) -> u8 {
    match permission {
        Permission::Read => 1,
        Permission::Write => 2,
        Permission::ReadWrite => 3,
    }
}

impl Signer {
    /// A signer with that secret; none where it is too short.
    pub fn new(secret: &str) -> Option<Signer> {
        let long = secret.len() >= SHORTEST_SECRET;
        long.then(|| Hmac::new_from_slice(secret.as_bytes()).ok()).flatten().map(Signer)
    }

    /// A token for these scopes in the format of the Actions runtime, valid from `now` on.
    pub fn token(&self, scopes: &[(&str, Permission)], now: f64) -> String {
        let claims: Vec<Claim> = scopes
            .iter()
            .map(|(scope, permission)| Claim {
                scope: (*scope).to_owned(),
                permission: number(*permission),
            })
            .collect();
        let claims = serde_json::json!({
            "iss": "lukewarm",
            "scp": "Actions.Results:lukewarm:job",
            // Strings and numbers can always be serialized.
            "ac": serde_json::to_string(&claims).unwrap_or_default(),
            // Integers, as clients in other languages expect.
            "nbf": (now - LEEWAY).max(0.0) as u64,
            "exp": (now + LIFETIME) as u64,
        });
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", part(HEADER), part(&claims.to_string()));
        let signature = self.0.clone().chain_update(&signed).finalize().into_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whether a token has a valid signature, compared in constant time.
    fn signed(&self, token: &str) -> bool {
        let Some((signed, signature)) = token.rsplit_once('.') else { return false };
        let header = signed.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        header.as_deref() == Some(HEADER.as_bytes())
            && self.0.clone().chain_update(signed).verify_slice(&signature).is_ok()
    }
}

/// Whether a text looks like a token with claims: the owner may not choose one, since it would be
/// taken for a signed one, or for one without claims.
pub fn has_claims(token: &str) -> bool {
    claims(token).is_some()
}

/// The access rights of a presented token at a time in seconds since 1970; none where it is neither
/// the token that the owner chose nor one that the service signed.
pub fn access(presented: &str, own: &str, signer: &Signer, now: f64) -> Option<RefAccess> {
    match claims(presented) {
        None => (!own.is_empty() && same(presented, own)).then(|| scopes(presented)),
        Some(claims) if signer.signed(presented) => {
            (claims.nbf <= now && now < claims.exp).then(|| scopes_of(&claims))
        }
        Some(_) => None,
    }
}

/// The claims of a token in three parts, not verified.
fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// The scopes of a token, not verified. A text without claims counts as a token of the default
/// branch.
pub fn scopes(token: &str) -> RefAccess {
    let main = || RefAccess {
        readable: vec![DEFAULT_SCOPE.to_owned()],
        writable: Some(DEFAULT_SCOPE.to_owned()),
    };
    claims(token).map_or_else(main, |claims| scopes_of(&claims))
}

/// The scopes in the `ac` claim; a malformed one has none.
fn scopes_of(claims: &Claims) -> RefAccess {
    let claims: Vec<Claim> = serde_json::from_str(&claims.ac).unwrap_or_default();
    // A line break could make a scope look like a scope and a version.
    let allowed = |bit: u8| {
        let claims = claims.iter().filter(move |claim| claim.permission & bit != 0);
        claims.map(|claim| claim.scope.replace('\n', " "))
    };
    RefAccess { readable: allowed(1).collect(), writable: allowed(2).next() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef";
    const NOW: f64 = 1.8e9;

    fn signer() -> Signer {
        Signer::new(SECRET).unwrap()
    }

    fn granted(token: &str) -> Option<RefAccess> {
        access(token, SECRET, &signer(), NOW)
    }

    #[test]
    fn a_token_says_its_scopes_in_order() {
        let scopes = [
            ("refs/pull/7/merge", Permission::ReadWrite),
            ("refs/heads/feature", Permission::Read),
            ("refs/heads/main", Permission::Read),
        ];
        let access = granted(&signer().token(&scopes, NOW)).unwrap();
        assert_eq!(access.readable, scopes.map(|(scope, _)| scope));
        assert_eq!(access.writable.as_deref(), Some("refs/pull/7/merge"));
        assert_eq!(granted(&signer().token(&[], NOW)).unwrap().writable, None);
    }

    #[test]
    fn it_has_the_claims_that_clients_look_for() {
        let token = signer().token(&[("refs/heads/main", Permission::Read)], NOW);
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["ac"], r#"[{"Scope":"refs/heads/main","Permission":1}]"#);
        assert!(claims["iss"].is_string() && claims["scp"].is_string());
        assert!(claims["nbf"].as_u64().unwrap() < NOW as u64);
        assert!(claims["exp"].as_u64().unwrap() > NOW as u64 + 86_400);
    }

    #[test]
    fn it_is_good_for_its_time() {
        let token = signer().token(&[(DEFAULT_SCOPE, Permission::Read)], NOW);
        let at = |now| access(&token, SECRET, &signer(), now).is_some();
        assert!(at(NOW) && at(NOW - LEEWAY) && at(NOW + LIFETIME - 2.0));
        assert!(!at(NOW - LEEWAY - 2.0) && !at(NOW + LIFETIME));
    }

    #[test]
    fn what_was_altered_or_never_signed_opens_nothing() {
        let token = signer().token(&[("refs/heads/feature", Permission::Read)], NOW);
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            panic!("{token}");
        };
        assert!(granted(&token).is_some());
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        let wider = text.replace("refs/heads/feature", "refs/heads/main");
        let wider = URL_SAFE_NO_PAD.encode(wider.replace(r#"Permission\":1"#, r#"Permission\":3"#));
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let other = Signer::new("another secret of somebody").unwrap();
        let forged = [
            format!("{header}.{wider}.{signature}"),
            format!("{header}.{claims}."),
            format!("{none}.{claims}."),
            format!("{none}.{claims}.{signature}"),
            format!("{header}.{claims}.{SECRET}"),
            format!("{header}.{claims}.{signature}x"),
            format!("{header}.{claims}"),
            other.token(&[("refs/heads/main", Permission::ReadWrite)], NOW),
        ];
        for token in forged {
            assert_eq!(granted(&token), None, "{token}");
        }
    }

    #[test]
    fn a_word_is_the_default_branchs_and_a_short_one_signs_nothing() {
        let own = granted(SECRET).unwrap();
        assert_eq!(own.writable.as_deref(), Some(DEFAULT_SCOPE));
        for (presented, own) in
            [("other", SECRET), ("", SECRET), ("", ""), ("secret", "my.secret"), ("x.", "abc.")]
        {
            assert_eq!(access(presented, own, &signer(), NOW), None, "{presented} {own}");
        }
        // A chosen token may have dots, and must match as a whole.
        assert!(access("my.se.cret", "my.se.cret", &signer(), NOW).is_some());
        assert!(Signer::new("fifteen letters").is_none());
    }

    /// With an unsigned token as the service's own, its empty third part was the secret.
    #[test]
    fn an_unsigned_token_as_ones_own_is_no_key_to_others() {
        let part = |ac: &str| URL_SAFE_NO_PAD.encode(serde_json::json!({ "ac": ac }).to_string());
        let own = format!("h.{}.", part(r#"[{"Scope":"refs/heads/feature","Permission":1}]"#));
        let more = format!("h.{}.", part(r#"[{"Scope":"refs/heads/main","Permission":3}]"#));
        assert!(has_claims(&own) && has_claims(&signer().token(&[], NOW)));
        assert_eq!(access(&more, &own, &signer(), NOW), None);
        assert_eq!(access(&own, &own, &signer(), NOW), None);
        assert!(!has_claims("a.b.c") && !has_claims(SECRET) && !has_claims("h..s"));
    }
}
