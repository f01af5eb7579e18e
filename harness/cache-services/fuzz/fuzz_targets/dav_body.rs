//! Bodies of `PROPFIND`, `PROPPATCH` and `LOCK`.
#![no_main]

#[path = "../../tests/invariants/mod.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    invariants::dav_body(body);
});
