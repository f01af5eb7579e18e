//! Bodies of Twirp calls, as JSON and as protobuf.
#![no_main]

#[path = "../../tests/invariants/mod.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    invariants::twirp(body);
});
