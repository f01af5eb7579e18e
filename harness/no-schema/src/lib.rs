//! The derive macro of JSON Schemas for programs that need none: it makes nothing.
//! Owns the name and the attribute of `schemars`' macro, so that a type is written alike with both.

use proc_macro::TokenStream;

/// Takes the attributes of `schemars::JsonSchema`, and makes nothing of them.
#[proc_macro_derive(JsonSchema, attributes(schemars))]
pub fn json_schema(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
