//! The value that a variation changes.

/// The value.
pub const VALUE: &str = "one";

/// The line that the program prints.
pub fn line() -> String {
    format!("{VALUE}, {}, {}", base::word(), base::settings())
}
