//! `#[derive(Choice)]`: an enum without data becomes a choice on the command line.
//! Owns the reading of such an enum, by hand, so that no parser has to be compiled first.

use proc_macro::{Delimiter, TokenStream, TokenTree};

/// Gives an enum `NAMES` (in kebab case), `name()` and `from_name()`.
#[proc_macro_derive(Choice)]
pub fn derive_choice(input: TokenStream) -> TokenStream {
    let code = match read_enum(input) {
        Ok(choice) => implementation(&choice),
        Err(message) => format!("compile_error!({message:?});"),
    };
    code.parse().unwrap_or_default()
}

struct Choice {
    name: String,
    variants: Vec<String>,
}

fn implementation(choice: &Choice) -> String {
    let Choice { name, variants } = choice;
    let names: String = variants.iter().map(|v| format!("{:?}, ", kebab_case(v))).collect();
    let to_name: String =
        variants.iter().map(|v| format!("{name}::{v} => {:?}, ", kebab_case(v))).collect();
    let from_name: String = variants
        .iter()
        .map(|v| format!("{:?} => ::std::option::Option::Some({name}::{v}), ", kebab_case(v)))
        .collect();
    format!(
        "impl {name} {{
            /// Every name, in the order of declaration.
            pub const NAMES: &'static [&'static str] = &[{names}];
            /// The name on the command line.
            pub fn name(&self) -> &'static str {{
                match self {{ {to_name} }}
            }}
            /// The choice of this name.
            pub fn from_name(name: &str) -> ::std::option::Option<{name}> {{
                match name {{ {from_name} _ => ::std::option::Option::None }}
            }}
        }}"
    )
}

/// Finds `enum Name { … }`, whatever attributes and visibility come before it.
fn read_enum(input: TokenStream) -> Result<Choice, &'static str> {
    let mut tokens = input.into_iter();
    tokens.find(|token| is_word(token, "enum")).ok_or("a choice must be an enum")?;
    let name = tokens.next().ok_or("an enum without a name")?.to_string();
    let Some(TokenTree::Group(body)) = tokens.next() else {
        return Err("a choice has no generics");
    };
    let variants = body.stream().into_iter().try_fold(Vec::new(), |mut variants, token| {
        match token {
            TokenTree::Ident(variant) => variants.push(variant.to_string()),
            TokenTree::Group(data) if data.delimiter() != Delimiter::Bracket => {
                return Err("a variant of a choice carries no data");
            }
            _ => {}
        }
        Ok(variants)
    })?;
    Ok(Choice { name, variants })
}

fn kebab_case(variant: &str) -> String {
    let mut name = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident.to_string() == word)
}
