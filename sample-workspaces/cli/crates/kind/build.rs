//! Turns `kinds.txt` into a sorted table of extensions, so that look-ups need no file.
//! Owns the table's form; which extension is of which kind stands in the text file.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=kinds.txt");
    let text = fs::read_to_string("kinds.txt")?;
    let mut pairs = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (kind, extensions) = line.split_once(':').ok_or("a line without a colon")?;
        pairs.extend(extensions.split_whitespace().map(|extension| (extension, kind)));
    }
    pairs.sort_unstable();
    let code = format!("static KINDS: [(&str, &str); {}] = {pairs:#?};\n", pairs.len());
    fs::write(Path::new(&env::var("OUT_DIR")?).join("kinds.rs"), code)?;
    Ok(())
}
