//! Lists the definition files beside this crate, so that the program has them in itself. Owns which
//! of them belong to it; the two folders are links to those at the top of the checkout.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What is brought, below this crate.
const FOLDERS: [&str; 2] = ["scenarios", "sample-workspaces"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in FOLDERS {
        add(Path::new(folder), &mut files)?;
    }
    files.sort();
    if !files.iter().any(|path| path.ends_with("Cargo.toml")) {
        // Cargo leaves folders with a manifest out of a package.
        return Err("no sample lies below `sample-workspaces`: build lukewarm in a checkout".into());
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut list = "[\n".to_owned();
    for path in &files {
        writeln!(list, "({:?}, include_bytes!({:?})),", path, here.join(path))?;
    }
    list += "]\n";
    #[expect(clippy::disallowed_methods, reason = "Cargo tells build scripts by the environment")]
    let out = std::env::var_os("OUT_DIR").ok_or("Cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("files.rs"), list)?;
    Ok(())
}

/// Adds what is in a folder, but for what builds leave there, hidden files, which are an editor's,
/// and the pages for people.
fn add(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_str().ok_or("a name that is no text")?;
        let is_left_out = name == "target" || name == "README.md" || name.starts_with('.');
        match fs::metadata(&path)?.is_dir() {
            _ if is_left_out => {}
            true => add(&path, files)?,
            false => {
                println!("cargo::rerun-if-changed={}", path.display());
                files.push(path);
            }
        }
    }
    Ok(())
}
