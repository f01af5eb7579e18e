//! WebDAV's `If` headers.
#![no_main]

#[path = "../../tests/invariants/mod.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|header: &str| {
    invariants::if_header(header);
});
