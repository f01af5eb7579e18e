//! `#[derive(Row)]`: a struct with named fields becomes a row of a table, one column a field.
//! Owns the reading of such a struct, by hand: a full parser would be larger than tally itself.

use proc_macro::{Delimiter, TokenStream, TokenTree};

/// Implements `tally_core::Row` for a struct with named fields that can all be displayed.
#[proc_macro_derive(Row)]
pub fn derive_row(input: TokenStream) -> TokenStream {
    let code = match read_struct(input) {
        Ok(found) => implementation(&found),
        Err(message) => format!("compile_error!({message:?});"),
    };
    code.parse().unwrap_or_default()
}

struct Struct {
    name: String,
    fields: Vec<String>,
}

fn implementation(found: &Struct) -> String {
    let Struct { name, fields } = found;
    let headers: String = fields.iter().map(|field| format!("{field:?}, ")).collect();
    let cells: String = fields
        .iter()
        .map(|field| format!("::std::string::ToString::to_string(&self.{field}), "))
        .collect();
    format!(
        "impl ::tally_core::Row for {name} {{
            const HEADERS: &'static [&'static str] = &[{headers}];
            fn cells(&self) -> ::std::vec::Vec<::std::string::String> {{
                ::std::vec![{cells}]
            }}
        }}"
    )
}

/// Finds `struct Name { … }`, whatever attributes and visibility come before it.
fn read_struct(input: TokenStream) -> Result<Struct, &'static str> {
    let mut tokens = input.into_iter();
    tokens.find(|token| is_word(token, "struct")).ok_or("a row must be a struct")?;
    let name = tokens.next().ok_or("a struct without a name")?.to_string();
    match tokens.next() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            Ok(Struct { name, fields: read_fields(body.stream()) })
        }
        _ => Err("a row must be a struct with named fields and no generics"),
    }
}

/// The name of a field is the word before its first colon at the top level; a comma ends it.
fn read_fields(body: TokenStream) -> Vec<String> {
    let mut fields = Vec::new();
    let mut last_word = None;
    let mut in_type = false;
    let mut angle_depth = 0;
    for token in body {
        match &token {
            TokenTree::Ident(word) if !in_type => last_word = Some(word.to_string()),
            TokenTree::Punct(mark) => match mark.as_char() {
                ':' if !in_type => {
                    fields.extend(last_word.take());
                    in_type = true;
                }
                '<' => angle_depth += 1,
                '>' => angle_depth -= 1,
                ',' if angle_depth == 0 => in_type = false,
                _ => {}
            },
            _ => {}
        }
    }
    fields
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}
