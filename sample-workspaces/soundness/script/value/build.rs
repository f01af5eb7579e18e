//! Hands a value over to the library.

fn main() {
    let value = std::env::var("SOUNDNESS_ID").unwrap_or_default();
    println!("cargo::rustc-env=FROM_SCRIPT={}", value.trim());
    println!("cargo::rerun-if-env-changed=SOUNDNESS_ID");
}
