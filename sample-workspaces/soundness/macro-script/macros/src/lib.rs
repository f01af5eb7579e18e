//! A macro that reads what the compiler's own process was given.

use proc_macro::TokenStream;

/// The value of the variable `FROM_SCRIPT`, which a build script sets for the compiler.
#[proc_macro]
pub fn variable(_: TokenStream) -> TokenStream {
    let value = std::env::var("FROM_SCRIPT").unwrap_or_default();
    format!("{value:?}").parse().unwrap_or_default()
}
