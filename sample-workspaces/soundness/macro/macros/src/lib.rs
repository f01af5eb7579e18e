//! Macros that read, while they expand, what the compiler is told nothing of.

use std::fs;
use std::path::PathBuf;

use proc_macro::TokenStream;

/// The value of the variable `SOUNDNESS_ID`.
#[proc_macro]
pub fn variable(_: TokenStream) -> TokenStream {
    literal(&std::env::var("SOUNDNESS_ID").unwrap_or_default())
}

/// The content of the file `data.txt` of the crate that is compiled.
#[proc_macro]
pub fn file(_: TokenStream) -> TokenStream {
    literal(&fs::read_to_string(folder().join("data.txt")).unwrap_or_default())
}

/// The content of all files in the folder `inputs` of the crate that is compiled.
#[proc_macro]
pub fn inputs(_: TokenStream) -> TokenStream {
    let entries = fs::read_dir(folder().join("inputs")).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap_or_default());
    literal(&texts.collect::<String>())
}

fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

fn literal(text: &str) -> TokenStream {
    format!("{:?}", text.trim()).parse().unwrap_or_default()
}
