//! `Range` headers, after the length of the body that they are about.
#![no_main]

#[path = "../../tests/invariants/mod.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|text: &str| {
    // The corpus stays readable: `10 bytes=0-4`.
    let Some((length, header)) = text.split_once(' ') else { return };
    if let Ok(length) = length.parse() {
        invariants::range(header, length);
    }
});
