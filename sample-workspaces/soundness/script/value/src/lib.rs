//! A value that the build script hands over.

/// The value.
pub const VALUE: &str = env!("FROM_SCRIPT");

/// The line that the program prints.
pub fn line() -> String {
    VALUE.to_owned()
}
