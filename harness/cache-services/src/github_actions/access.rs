//! Who may read and write which scopes: what a runtime token says of itself.
//! A scope is a branch or a pull request's merge ref, such as `refs/heads/main`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::secret::same;

/// The scope of a token that names none.
pub const DEFAULT_SCOPE: &str = "refs/heads/main";

/// What a token allows in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// To find and to download entries.
    Read,
    /// To make entries.
    Write,
    /// Both.
    ReadWrite,
}

/// What a request may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Scopes that are looked through, in this order.
    pub readable: Vec<String>,
    /// The scope that entries are made in.
    pub writable: Option<String>,
}

/// The claims that clients and we read. `ac` is itself a text of JSON.
#[derive(Serialize, Deserialize)]
struct Claims {
    scp: String,
    #[serde(default)]
    ac: String,
}

#[derive(Serialize, Deserialize)]
struct Claim {
    #[serde(rename = "Scope")]
    scope: String,
    #[serde(rename = "Permission")]
    permission: u8,
}

impl Permission {
    /// The number that stands for it in a token.
    pub fn number(self) -> u8 {
        match self {
            Permission::Read => 1,
            Permission::Write => 2,
            Permission::ReadWrite => 3,
        }
    }
}

/// A token of the form that the actions' runtime gives. It is not signed: what makes it good is
/// that it ends with the service's secret.
pub fn token(scopes: &[(&str, Permission)], secret: &str) -> String {
    let claims: Vec<Claim> = scopes
        .iter()
        .map(|(scope, permission)| Claim {
            scope: (*scope).to_owned(),
            permission: permission.number(),
        })
        .collect();
    // Plain texts and numbers always are JSON.
    let ac = serde_json::to_string(&claims).unwrap_or_default();
    let claims = Claims { scp: "Actions.Results:lukewarm:job".to_owned(), ac };
    let claims = serde_json::to_string(&claims).unwrap_or_default();
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{secret}", part(r#"{"alg":"none","typ":"JWT"}"#), part(&claims))
}

/// The part of the service's own token that has to be known: what is behind its claims, or all of
/// it where it has none.
pub fn secret(own: &str) -> &str {
    if claims(own).is_some() { last_part(own) } else { own }
}

/// What a request may do that came with this token; none where it is not one of the service's:
/// its own, or one with claims that ends with its secret.
pub fn access(presented: &str, own: &str) -> Option<Access> {
    let claimed = claims(presented).is_some() && same(last_part(presented), secret(own));
    (claimed || same(presented, own)).then(|| scopes(presented))
}

fn last_part(token: &str) -> &str {
    token.rsplit('.').next().unwrap_or(token)
}

/// The `ac` claim of a token in three parts.
fn claims(token: &str) -> Option<Vec<Claim>> {
    let [_, claims, _] = token.split('.').collect::<Vec<&str>>()[..] else { return None };
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    serde_json::from_str(&claims.ac).ok()
}

/// The scopes in a token's `ac` claim. Any other text counts as a token of the default branch.
pub fn scopes(token: &str) -> Access {
    let main = || vec![Claim { scope: DEFAULT_SCOPE.to_owned(), permission: 3 }];
    let claims = claims(token).unwrap_or_else(main);
    // A line break would let a scope pass for a scope and a version.
    let allowed = |bit: u8| {
        let claims = claims.iter().filter(move |claim| claim.permission & bit != 0);
        claims.map(|claim| claim.scope.replace('\n', " "))
    };
    Access { readable: allowed(1).collect(), writable: allowed(2).next() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_its_scopes_in_order() {
        let scopes = [
            ("refs/pull/7/merge", Permission::ReadWrite),
            ("refs/heads/feature", Permission::Read),
            ("refs/heads/main", Permission::Read),
        ];
        let access = access(&token(&scopes, "s3cret"), "s3cret").unwrap();
        assert_eq!(access.readable, scopes.map(|(scope, _)| scope));
        assert_eq!(access.writable.as_deref(), Some("refs/pull/7/merge"));
    }

    #[test]
    fn a_real_runners_claim_is_read() {
        let claims =
            r#"{"scp":"Actions.Results:x","ac":"[{\"Scope\":\"refs/heads/a\",\"Permission\":1}]"}"#;
        let token = format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims));
        let read_only = Access { readable: vec!["refs/heads/a".to_owned()], writable: None };
        assert_eq!(access(&token, "s"), Some(read_only));
    }

    #[test]
    fn only_the_secret_opens_and_other_texts_mean_the_default_branch() {
        assert_eq!(access("other", "secret"), None);
        assert_eq!(access("secre", "secret"), None);
        assert_eq!(access("", "secret"), None);
        let own = access("secret", "secret").unwrap();
        assert_eq!(own.writable.as_deref(), Some(DEFAULT_SCOPE));
        assert_eq!(access("no.claims.secret", "secret"), None);
        // A token of somebody's choice may have dots, and all of it has to be known.
        assert!(access("my.secret", "my.secret").is_some());
        for (presented, own) in [("secret", "my.secret"), ("x.", "abc."), ("..", "a.b."), ("", "")]
        {
            assert_eq!(access(presented, own).is_some(), presented == own, "{presented} {own}");
        }
    }
}
