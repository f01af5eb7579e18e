//! Turns `stopwords.txt` into a sorted table, so that the program needs no file at run time.
//! Owns the table's form; the words themselves are kept in the text file.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=stopwords.txt");
    let text = fs::read_to_string("stopwords.txt")?;
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words.dedup();
    let code = format!("static STOPWORDS: [&str; {}] = {words:#?};\n", words.len());
    let folder = env::var("OUT_DIR")?;
    fs::write(Path::new(&folder).join("stopwords.rs"), code)?;
    Ok(())
}
