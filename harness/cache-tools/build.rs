//! Lists the files of `src/tools`, each of which is a cache tool: a new one is its file and no line
//! elsewhere.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("src/tools");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    let (mut modules, mut list) = (String::new(), String::new());
    for file in &files {
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        modules += &format!("#[path = {:?}]\npub(crate) mod {name};\n", file.display().to_string());
        list += &format!("&{name}::TOOL, ");
    }
    let text = format!("{modules}\nstatic FILES: &[&dyn CacheTool] = &[{list}];\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("tools.rs"), text)
}

#[expect(clippy::disallowed_methods, reason = "Cargo tells build scripts by the environment")]
fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}
