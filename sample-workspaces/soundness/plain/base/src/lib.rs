//! What features, flags and profile make of a library.

/// A word that a feature changes.
pub fn word() -> &'static str {
    if cfg!(feature = "loud") { "LOUD" } else { "quiet" }
}

/// What the profile and the flags say.
pub fn settings() -> String {
    format!("assertions {}, variant {}", cfg!(debug_assertions), cfg!(variant))
}
