//! A value that a macro makes.

/// The value.
pub const VALUE: &str = macros::variable!();

/// The line that the program prints.
pub fn line() -> String {
    VALUE.to_owned()
}
