//! Completing an archive's key in the job, as Swatinem's rust-cache does (`config.ts` of version
//! 2.9.2): one hash of compiler and variables, one of manifests, lock file and settings.
//! Owns what is hashed in which order. It must not start a process: what Cargo and the compiler
//! say is given.

mod json;
mod order;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_cache_tools::{Archive, KeyInputs};
use sha1::{Digest, Sha1};
use walkdir::WalkDir;

use crate::error::RunnerError;
use crate::prepare::environment::Environment;

/// What a key is made of.
pub struct KeySources<'a> {
    /// What `rustc -vV` prints.
    pub compiler: &'a str,
    /// The variables of the job.
    pub environment: &'a Environment,
    /// The root of the checkout.
    pub repository: &'a Path,
    /// The workspace's folder in it.
    pub workspace: &'a Path,
    /// The manifests of the workspace's members.
    pub manifests: &'a [PathBuf],
}

/// What went into a key, for the log.
#[derive(Debug, PartialEq, Eq)]
pub struct Considered {
    /// The compiler's version, its host and its commit.
    pub compiler: String,
    /// The names of the variables.
    pub variables: Vec<String>,
    /// The files.
    pub files: Vec<PathBuf>,
}

/// The archive with its whole key, and what went into that.
///
/// # Errors
/// When a file of the checkout cannot be read.
pub fn complete(
    archive: &Archive,
    inputs: KeyInputs,
    sources: &KeySources<'_>,
) -> Result<(Archive, Considered), RunnerError> {
    let compiler = compiler(sources.compiler);
    let variables = variables(inputs, sources.environment);
    let mut environment = Sha1::new();
    environment.update(&compiler);
    for (name, value) in &variables {
        environment.update(format!("{name}={value}"));
    }
    let (files, content) = files(inputs, sources)?;
    let beginning = format!("{}-{}", archive.key, short(environment));
    let key = format!("{beginning}-{}", short(content));
    let variables = variables.into_iter().map(|(name, _)| name).collect();
    let archive =
        Archive { key, key_inputs: None, restore_keys: vec![beginning], ..archive.clone() };
    Ok((archive, Considered { compiler, variables, files }))
}

/// The first eight digits of a hash.
fn short(hash: Sha1) -> String {
    let mut digits = hex::encode(hash.finalize());
    digits.truncate(8);
    digits
}

/// Release, host and commit of a compiler by what it prints of itself.
fn compiler(printed: &str) -> String {
    let of = |wanted: &str| {
        let mut pairs = printed.lines().filter_map(|line| line.split_once(':'));
        let found = pairs.find(|(name, value)| name.trim() == wanted && !value.contains(':'));
        found.map_or("undefined", |(_, value)| value.trim())
    };
    format!("{} {} {}", of("release"), of("host"), of("commit-hash"))
}

/// The variables that count, in the key's order; empty ones do not.
fn variables(inputs: KeyInputs, environment: &Environment) -> Vec<(String, String)> {
    let text = |(name, value): (&std::ffi::OsString, &std::ffi::OsString)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    };
    let counts = |(name, value): &(String, String)| {
        !value.is_empty() && inputs.variables.iter().any(|prefix| name.starts_with(prefix))
    };
    let mut all: Vec<_> = environment.iter().map(text).filter(counts).collect();
    all.sort_by(|(a, _), (b, _)| order::compare(a, b));
    all
}

/// The files that count, in order, and the hash of what counts of them.
fn files(inputs: KeyInputs, sources: &KeySources<'_>) -> Result<(Vec<PathBuf>, Sha1), RunnerError> {
    let mut hash = Sha1::new();
    let (mut whole, mut parsed) = (settings(inputs, sources), Vec::new());
    for path in sorted(sources.manifests.to_vec()) {
        match json::manifest(&read(&path)?) {
            Ok(text) => {
                hash.update(text);
                parsed.push(path);
            }
            Err(_) => whole.push(path),
        }
    }
    let lock = sources.workspace.join("Cargo.lock");
    if lock.exists() {
        match json::locked_packages(&read(&lock)?) {
            Ok(Some(text)) => {
                hash.update(text);
                parsed.push(lock);
            }
            Ok(None) | Err(_) => whole.push(lock),
        }
    }
    let mut whole = sorted(whole);
    for path in &whole {
        hash.update(fs::read(path).map_err(RunnerError::file("read", path))?);
    }
    whole.extend(parsed);
    Ok((sorted(whole), hash))
}

/// The files that count whole: at the root of the checkout, and anywhere in the workspace. All
/// that a folder of such a name holds counts too.
fn settings(inputs: KeyInputs, sources: &KeySources<'_>) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    let at_root = inputs.files.iter().map(|name| sources.repository.join(name));
    for start in at_root {
        found.extend(WalkDir::new(start).into_iter().flatten().map(|it| it.into_path()));
    }
    let counts = |path: &Path| {
        let below = path.strip_prefix(sources.workspace).unwrap_or(path);
        below.ancestors().any(|it| inputs.files.iter().any(|name| it.ends_with(name)))
    };
    let all = WalkDir::new(sources.workspace).into_iter().flatten().map(|it| it.into_path());
    found.extend(all.filter(|path| counts(path)));
    found.into_iter().filter(|path| path.is_file()).collect()
}

/// Each path once, in the key's order.
fn sorted(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort_by(|a, b| order::compare(&a.to_string_lossy(), &b.to_string_lossy()));
    paths.dedup();
    paths
}

fn read(path: &Path) -> Result<String, RunnerError> {
    let content = fs::read(path).map_err(RunnerError::file("read", path))?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Endpoint, ServiceKind};

    use super::*;
    use crate::job::archive::test_archive;

    const INPUTS: KeyInputs = KeyInputs {
        variables: &["CARGO", "CC", "CFLAGS", "CXX", "CMAKE", "RUST"],
        files: &[".cargo/config.toml", "rust-toolchain", "rust-toolchain.toml"],
    };

    const COMPILER: &str = "rustc 1.99.0 (0123456789 2026-01-01)\nbinary: rustc\n\
                            commit-hash: 0123456789012345678901234567890123456789\n\
                            commit-date: 2026-01-01\nhost: x86_64-unknown-linux-gnu\n\
                            release: 1.99.0\nLLVM version: 21.1.0\n";

    const FILES: [(&str, &str); 10] = [
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b-c\", \"b_d\"]\nresolver = \"2\"\n"),
        (
            "Cargo.lock",
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\ndependencies = [\n \
             \"b-c\",\n \"itoa\",\n]\n\n[[package]]\nname = \"itoa\"\nversion = \"1.0.17\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
             checksum = \"92ecc6618181def0457392ccd0ee51198e065e016d1d527a7ac1b6dc7c1f09d2\"\n",
        ),
        (
            "a/Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n\
             itoa = \"1\"\nb-c = { path = \"../b-c\", version = \"0.3\" }\n",
        ),
        ("a/src/lib.rs", ""),
        ("b-c/Cargo.toml", "[package]\nname = \"b-c\"\nversion = \"0.3.0\"\n"),
        ("b-c/src/lib.rs", ""),
        ("b_d/Cargo.toml", "[package]\nname = \"b_d\"\nversion = \"0.4.0\"\n"),
        ("b_d/src/lib.rs", ""),
        (".cargo/config.toml", "[build]\nrustflags = [\"-Cdebuginfo=1\"]\n"),
        ("b-c/rust-toolchain/inner/note", "a folder of such a name\n"),
    ];

    const VARIABLES: [(&str, &str); 9] = [
        ("CARGO_HOME", "/no/such/cargo-home"),
        ("CARGO_INCREMENTAL", "0"),
        ("CC", ""),
        ("CFLAGS_x86_64", "-O2"),
        ("HOME", "/no/such/home"),
        ("OPENSSL_DIR", "/opt/ssl"),
        ("RUSTFLAGS", "-Copt-level=1"),
        ("RUST_BACKTRACE", "1"),
        ("XCC", "1"),
    ];

    /// A workspace of these files, and the completed archive with what its key is of.
    fn completed(change: impl Fn(&Path)) -> (Archive, Vec<String>, Vec<String>) {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        for (name, text) in FILES {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        change(&root);
        let variables = VARIABLES.map(|(name, value)| (name.into(), value.into())).into();
        let manifests = ["b_d", "a", "b-c"].map(|it| root.join(it).join("Cargo.toml"));
        let sources = KeySources {
            compiler: COMPILER,
            environment: &variables,
            repository: &root,
            workspace: &root,
            manifests: &manifests,
        };
        let endpoint = Endpoint::with_token(ServiceKind::GITHUB_ACTIONS, "http://x", "token");
        let beginning = "v0-rust-build-Linux-x64".to_owned();
        let archive = Archive { endpoint, key: beginning, ..test_archive("") };
        let (archive, from) = complete(&archive, INPUTS, &sources).unwrap();
        let file = |it: &PathBuf| it.strip_prefix(&root).unwrap().display().to_string();
        assert_eq!(
            from.compiler,
            "1.99.0 x86_64-unknown-linux-gnu 0123456789012345678901234567890123456789"
        );
        (archive, from.variables, from.files.iter().map(file).collect())
    }

    fn key(change: impl Fn(&Path)) -> String {
        completed(change).0.key
    }

    /// What the dist of rust-cache 2.9.2 printed for these files and variables, under Node.js 20,
    /// with a `rustc` that prints this.
    #[test]
    fn the_key_is_the_one_of_the_action() {
        let (archive, variables, files) = completed(|_| {});
        assert_eq!(archive.restore_keys, ["v0-rust-build-Linux-x64-9330b096"]);
        assert_eq!(archive.key, "v0-rust-build-Linux-x64-9330b096-5ffc2551");
        let wanted =
            ["CARGO_HOME", "CARGO_INCREMENTAL", "CFLAGS_x86_64", "RUST_BACKTRACE", "RUSTFLAGS"];
        assert_eq!(variables, wanted);
        let wanted = [
            ".cargo/config.toml",
            "a/Cargo.toml",
            "b_d/Cargo.toml",
            "b-c/Cargo.toml",
            "b-c/rust-toolchain/inner/note",
            "Cargo.lock",
        ];
        assert_eq!(files, wanted);
    }

    /// Edits the text of a file.
    fn with(name: &'static str, from: &'static str, to: &'static str) -> impl Fn(&Path) {
        move |root| {
            let path = root.join(name);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{text}");
            fs::write(path, text.replace(from, to)).unwrap();
        }
    }

    #[test]
    fn what_no_dependency_is_built_of_leaves_the_key_alone() {
        let own = key(|_| {});
        assert_eq!(key(with("a/Cargo.toml", "0.1.0", "0.2.0")), own, "a member's version");
        assert_eq!(key(with("a/Cargo.toml", "../b-c\", version = \"0.3\"", "../b\"")), own);
        assert_eq!(key(with("Cargo.lock", "\"0.1.0\"", "\"0.2.0\"")), own, "likewise");
        assert_eq!(key(with("a/src/lib.rs", "", "//")), own, "a source");
        // The root of a virtual workspace is no member's manifest.
        assert_eq!(key(with("Cargo.toml", "resolver = \"2\"", "resolver = \"1\"")), own);
        assert_ne!(key(with("a/Cargo.toml", "itoa = \"1\"", "itoa = \"1.0\"")), own);
        assert_ne!(key(with("Cargo.lock", "1.0.17", "1.0.18")), own);
        assert_ne!(key(with(".cargo/config.toml", "=1", "=2")), own);
        // A lock file of another version counts whole.
        let older = |root: &Path| with("Cargo.lock", "version = 4", "version = 2")(root);
        let edited = |root: &Path| {
            older(root);
            with("Cargo.lock", "\"0.1.0\"", "\"0.2.0\"")(root);
        };
        assert_ne!(key(older), key(edited));
    }
}
