//! Runtime tokens: their scopes; and the same text as a query.
#![no_main]

#[path = "../../tests/invariants/mod.rs"]
mod invariants;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

libfuzzer_sys::fuzz_target!(|text: &str| {
    invariants::query(text);
    invariants::token(text);
    // Bytes alone hardly ever become base64 of JSON.
    invariants::token(&format!("h.{}.s", URL_SAFE_NO_PAD.encode(text)));
    let claims = serde_json::json!({ "scp": "", "ac": text }).to_string();
    invariants::token(&format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims)));
});
