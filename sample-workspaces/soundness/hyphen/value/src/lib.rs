//! A value by way of a dependency.

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        /// The value.
        pub const VALUE: &str = "unix";
    } else {
        /// The value.
        pub const VALUE: &str = "other";
    }
}

/// The line that the program prints.
pub fn line() -> String {
    VALUE.to_owned()
}
