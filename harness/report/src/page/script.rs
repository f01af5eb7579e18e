//! The page's one script, and the policy under which nothing else may run or be fetched.
//! Owns the policy. The script is small, written by hand, and the page is whole without it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// What the page's script does, as it stands in the page.
pub(super) const SCRIPT: &str = include_str!("../../templates/report.js");

/// The Content-Security-Policy of a page: inline styles, this one script by its hash, and nothing
/// else, from nowhere (<https://www.w3.org/TR/CSP3/>).
pub(super) fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::SCRIPT;

    #[test]
    fn the_script_ends_only_where_it_ends_and_fetches_nothing() {
        for wrong in ["</", "<!--", "fetch(", "XMLHttp", "import", "innerHTML", "eval(", "http"] {
            assert!(!SCRIPT.contains(wrong), "{wrong}");
        }
    }
}
