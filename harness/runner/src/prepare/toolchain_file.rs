//! The toolchain that a workspace pins with `rust-toolchain.toml` or `rust-toolchain`, and the
//! oldest Rust that its manifests ask for. Owns what is said where it is not installed, before
//! anything is measured.

use std::fs;
use std::path::{Path, PathBuf};

use semver::Version;
use toml::{Table, Value};

use crate::error::RunnerError;
use crate::prepare::manifests;
use crate::prepare::settings::Settings;
use crate::prepare::toolchain::{self, ResolvedToolchain};

/// Components that no build uses.
const UNUSED: [&str; 6] =
    ["rustfmt", "rust-docs", "rust-analyzer", "rust-analysis", "rls", "rust-docs-json-preview"];

/// What a file pins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinnedToolchain {
    /// The file.
    pub file: PathBuf,
    /// The channel, such as `1.80.0` or `nightly-2026-01-01`; none where the file names none.
    pub channel: Option<String>,
    /// Components, by rustup's names.
    pub components: Vec<String>,
    /// Targets beside the host.
    pub targets: Vec<String>,
}

impl PinnedToolchain {
    /// The nearest file at or above a folder, as rustup finds it, as far up as `top`.
    pub fn find(folder: &Path, top: &Path) -> Option<PinnedToolchain> {
        let folders = folder.ancestors().take_while(|it| it.starts_with(top));
        // Where there are both, rustup takes the old name.
        let names = |it: &Path| ["rust-toolchain", "rust-toolchain.toml"].map(|name| it.join(name));
        let file = folders.flat_map(names).find(|it| it.is_file())?;
        let text = fs::read_to_string(&file).ok()?;
        let is_plain = file.extension().is_none() && text.trim().lines().count() == 1;
        if is_plain && !text.contains(['[', '=']) {
            let channel = Some(text.trim().to_owned());
            return Some(PinnedToolchain { file, channel, ..PinnedToolchain::default() });
        }
        let table: Table = text.parse().ok()?;
        let toolchain = table.get("toolchain")?;
        let list = |key: &str| {
            let all = toolchain.get(key).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let channel = toolchain.get("channel").and_then(Value::as_str).map(str::to_owned);
        let (components, targets) = (list("components"), list("targets"));
        Some(PinnedToolchain { file, channel, components, targets })
    }

    /// The error for a pinned toolchain that is not installed: what to do, in one sentence. `top`
    /// is the root of the checkout.
    pub fn missing(&self, top: &Path) -> RunnerError {
        let file = self.file.strip_prefix(top).unwrap_or(&self.file).display();
        let channel = self.channel.as_deref().unwrap_or("stable");
        let list = |option: &str, all: &[String]| match all {
            [] => String::new(),
            all => format!(" --{option} {}", all.join(&format!(" --{option} "))),
        };
        RunnerError::Environment(format!(
            "`{file}` asks for the toolchain `{channel}`, which is not installed: \
             `rustup toolchain install {channel} --profile minimal{}{}`; to build with another \
             one, set RUSTUP_TOOLCHAIN to its name",
            list("component", &self.components),
            list("target", &self.targets)
        ))
    }

    /// Refuses a toolchain that lacks targets, or components that a build may use.
    ///
    /// # Errors
    /// Names the first that is missing, and how it is installed.
    pub fn check(&self, found: &ResolvedToolchain, top: &Path) -> Result<(), RunnerError> {
        let rustlib = found.bin.with_file_name("lib").join("rustlib");
        // Only toolchains of rustup's have this list.
        let Ok(installed) = fs::read_to_string(rustlib.join("components")) else { return Ok(()) };
        let file = self.file.strip_prefix(top).unwrap_or(&self.file).display();
        let refused = |what: &str, name: &str| {
            RunnerError::Environment(format!(
                "`{file}` asks for the {what} `{name}`, which is not installed: `rustup {what} add \
                 {name}{}`",
                self.channel.iter().map(|it| format!(" --toolchain {it}")).collect::<String>()
            ))
        };
        let has = |name: &str| {
            let plain = name.trim_end_matches("-preview");
            let of_host = format!("-{}", found.identity.host);
            // `clippy-preview-x86_64-unknown-linux-gnu`, or `rust-src`.
            let is_rest = |rest: &str| {
                let rest = rest.strip_prefix("-preview").unwrap_or(rest);
                rest.is_empty() || rest == of_host
            };
            installed.lines().any(|it| it.strip_prefix(plain).is_some_and(is_rest))
        };
        let used = self.components.iter().filter(|it| !UNUSED.contains(&it.as_str()));
        if let Some(name) = used.into_iter().find(|it| !has(it)) {
            return Err(refused("component", name));
        }
        let missing = self.targets.iter().find(|it| !rustlib.join(it).join("lib").is_dir());
        missing.map_or(Ok(()), |it| Err(refused("target", it)))
    }
}

/// Finds the toolchain that builds a workspace of a checkout whose root is `top`.
///
/// # Errors
/// When there is no Rust, or it lacks what the workspace asks for; says how it is installed.
pub fn find(
    workspace: &Path,
    top: &Path,
    settings: &Settings,
) -> Result<ResolvedToolchain, RunnerError> {
    let processes = &settings.processes;
    // The user's own choice counts before the file; that of a proxy such as `cargo run` does not.
    let pinned = PinnedToolchain::find(workspace, top);
    let pinned = pinned.filter(|_| !settings.user.chooses_toolchain());
    let user = match &pinned {
        Some(_) => &settings.user.without("RUSTUP_TOOLCHAIN"),
        None => &settings.user,
    };
    let found = match (toolchain::find(workspace, user, processes), &pinned) {
        (Err(error), Some(pinned)) if !error.is_cancelled() && user.find("rustup").is_some() => {
            return Err(pinned.missing(top));
        }
        (found, _) => found?,
    };
    if let Some(pinned) = &pinned {
        pinned.check(&found, top)?;
    }
    check_version(workspace, top, &found)?;
    Ok(found)
}

/// Refuses a toolchain that is older than every member of a workspace asks for.
///
/// # Errors
/// Names a manifest, its version and what to do.
pub fn check_version(
    workspace: &Path,
    top: &Path,
    found: &ResolvedToolchain,
) -> Result<(), RunnerError> {
    let Some(version) = version_of(&found.identity.rustc) else { return Ok(()) };
    let root = manifests::read(workspace).unwrap_or_default();
    let folders = std::iter::once(workspace.to_owned()).chain(manifests::members(workspace, &root));
    let mut oldest: Option<(Version, PathBuf)> = None;
    for folder in folders {
        let Some(manifest) = manifests::read(&folder) else { continue };
        if !manifest.contains_key("package") {
            continue;
        }
        let asked = manifests::rust_version(&manifest, &root).and_then(|it| padded(&it));
        // A member that asks for nothing can be built.
        let Some(asked) = asked else { return Ok(()) };
        if oldest.as_ref().is_none_or(|(it, _)| asked < *it) {
            oldest = Some((asked, folder.join("Cargo.toml")));
        }
    }
    match oldest {
        Some((asked, manifest)) if asked > version => {
            let manifest = manifest.strip_prefix(top).unwrap_or(&manifest).display().to_string();
            Err(RunnerError::Environment(format!(
                "`{manifest}` asks for Rust {asked} (`rust-version`), and {} is what builds it: \
                 `rustup update`, or pin a newer toolchain in `rust-toolchain.toml`",
                found.identity.rustc
            )))
        }
        _ => Ok(()),
    }
}

/// The version in a line such as `rustc 1.95.0 (59807616e 2026-04-14)`, without `-nightly`.
fn version_of(line: &str) -> Option<Version> {
    let word = line.split_whitespace().nth(1)?;
    padded(word.split('-').next()?)
}

/// A version that may have two numbers only.
fn padded(text: &str) -> Option<Version> {
    let zeros = 2usize.saturating_sub(text.matches('.').count());
    Version::parse(&format!("{text}{}", ".0".repeat(zeros))).ok()
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Toolchain;

    use super::*;

    fn toolchain(root: &Path) -> ResolvedToolchain {
        let rustc = "rustc 1.95.0 (59807616e 2026-04-14)".to_owned();
        let host = "x86_64-unknown-linux-gnu".to_owned();
        let identity = Toolchain { rustc, cargo: String::new(), host };
        ResolvedToolchain { bin: root.join("toolchain/bin"), identity }
    }

    #[test]
    fn every_form_of_the_file_is_read_and_the_nearest_counts() {
        let root = tempfile::tempdir().unwrap();
        let top = root.path();
        let inner = top.join("a/b");
        fs::create_dir_all(&inner).unwrap();
        assert_eq!(PinnedToolchain::find(&inner, top), None);
        fs::write(top.join("rust-toolchain"), "nightly-2026-01-01\n").unwrap();
        let plain = PinnedToolchain::find(&inner, top).unwrap();
        assert_eq!(plain.channel.as_deref(), Some("nightly-2026-01-01"));
        let said = plain.missing(top).to_string();
        assert!(said.contains("`rustup toolchain install nightly-2026-01-01 --profile minimal`;"));
        let text = "[toolchain]\nchannel = '1.80.0'\ncomponents = ['clippy', 'rustfmt']\n\
                    targets = ['wasm32-wasip1']\n";
        fs::write(top.join("a/rust-toolchain.toml"), text).unwrap();
        let pinned = PinnedToolchain::find(&inner, top).unwrap();
        let wanted = "`a/rust-toolchain.toml` asks for the toolchain `1.80.0`, which is not \
                      installed: `rustup toolchain install 1.80.0 --profile minimal --component \
                      clippy --component rustfmt --target wasm32-wasip1`; to build with another \
                      one, set RUSTUP_TOOLCHAIN to its name";
        assert_eq!(pinned.missing(top).to_string(), wanted);
        fs::write(top.join("a/b/rust-toolchain"), text).unwrap();
        assert_eq!(PinnedToolchain::find(&inner, top).unwrap().components.len(), 2);
    }

    #[test]
    fn what_a_toolchain_lacks_is_named_with_the_command() {
        let root = tempfile::tempdir().unwrap();
        let (top, found) = (root.path(), toolchain(root.path()));
        let rustlib = top.join("toolchain/lib/rustlib");
        fs::create_dir_all(rustlib.join("x86_64-unknown-linux-gnu/lib")).unwrap();
        let list = "clippy-preview-x86_64-unknown-linux-gnu\nrust-std-x86_64-unknown-linux-gnu\n\
                    rust-src\n";
        fs::write(rustlib.join("components"), list).unwrap();
        let check = |components: &[&str], targets: &[&str]| {
            let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
            let pinned = PinnedToolchain {
                file: top.join("rust-toolchain.toml"),
                channel: Some("1.95.0".to_owned()),
                components: owned(components),
                targets: owned(targets),
            };
            pinned.check(&found, top)
        };
        check(&["clippy", "rust-src", "rustfmt"], &["x86_64-unknown-linux-gnu"]).unwrap();
        let said = check(&["miri"], &[]).unwrap_err().to_string();
        assert!(said.ends_with("`rustup component add miri --toolchain 1.95.0`"), "{said}");
        let said = check(&["rust"], &[]).unwrap_err().to_string();
        assert!(said.contains("the component `rust`"), "{said}");
        let said = check(&[], &["wasm32-wasip1"]).unwrap_err().to_string();
        assert!(said.ends_with("`rustup target add wasm32-wasip1 --toolchain 1.95.0`"), "{said}");
    }

    #[test]
    fn a_version_of_rust_that_nobody_has_is_refused_where_every_member_asks_for_it() {
        let root = tempfile::tempdir().unwrap();
        let top = root.path();
        let package = |name: &str, version: &str| {
            fs::create_dir_all(top.join(name)).unwrap();
            let text = format!("[package]\nname = '{name}'\n{version}\n");
            fs::write(top.join(name).join("Cargo.toml"), text).unwrap();
        };
        fs::write(top.join("Cargo.toml"), "[workspace]\nmembers = ['a', 'b']\n").unwrap();
        package("a", "rust-version = '1.96'");
        package("b", "rust-version = '1.95'");
        check_version(top, top, &toolchain(top)).unwrap();
        package("b", "rust-version = '1.97.1'");
        let said = check_version(top, top, &toolchain(top)).unwrap_err().to_string();
        assert!(said.starts_with("`a/Cargo.toml` asks for Rust 1.96.0 (`rust-version`)"), "{said}");
        package("b", "");
        check_version(top, top, &toolchain(top)).unwrap();
    }
}
