//! `Content-Range` headers of chunks (service v1).
#![no_main]

#[path = "../../tests/invariants/mod.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|header: &str| {
    invariants::content_range(header);
});
