//! A toolchain of scripts and a workspace for it: it says what lukewarm asks, and builds a library
//! of one unit. Owns what the scripts say; what a build does besides is each test's.
#![allow(dead_code, reason = "no test needs all of them")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const RUSTC: &str = r#"#!/bin/sh
case "$1" in
    --print) echo "SYSROOT" ;;
    *) printf 'rustc 1.99.0 (fake)\nhost: x86_64-unknown-linux-gnu\n' ;;
esac
"#;

/// Builds a library of one unit: its sources are what it makes. It is fresh where a target folder
/// has it. What stands in `BEFORE` happens first.
const CARGO: &str = r#"#!/bin/sh
target='{"kind":["lib"],"crate_types":["lib"],"name":"fake","src_path":"'$PWD'/src/lib.rs",
"edition":"2021","doc":true,"doctest":true,"test":true}'
artifact() {
    echo '{"reason":"compiler-artifact","package_id":"path+file://'$PWD'#fake@0.1.0",
    "manifest_path":"'$PWD'/Cargo.toml","target":'"$target"',"profile":{"opt_level":"0",
    "debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":false},"features":[],
    "filenames":["'$1'"],"executable":null,"fresh":'$2'}' | tr -d '\n'
    echo
}
case "$1" in
    -V) echo 'cargo 1.99.0 (fake)' ;;
    fetch) ;;
    metadata)
        echo '{"packages":[{"name":"fake","version":"0.1.0","id":"path+file://'$PWD'#fake@0.1.0",
        "license":null,"license_file":null,"description":null,"source":null,"dependencies":[],
        "targets":['"$target"'],"features":{},"manifest_path":"'$PWD'/Cargo.toml","metadata":null,
        "publish":null,"authors":[],"categories":[],"keywords":[],"readme":null,"repository":null,
        "homepage":null,"documentation":null,"edition":"2021","links":null,"default_run":null,
        "rust_version":null}],"workspace_members":["path+file://'$PWD'#fake@0.1.0"],
        "workspace_default_members":["path+file://'$PWD'#fake@0.1.0"],
        "resolve":{"nodes":[{"id":"path+file://'$PWD'#fake@0.1.0","dependencies":[],"deps":[],
        "features":[]}],"root":null},"target_directory":"'$PWD'/target","version":1,
        "workspace_root":"'$PWD'","metadata":null}' | tr -d '\n' ;;
    build)
        BEFORE
        made=$PWD/target/debug/libfake.rlib
        fresh=false
        if cmp -s src/lib.rs "$made"; then fresh=true; fi
        mkdir -p target/debug
        cat src/lib.rs > "$made"
        artifact "$made" $fresh ;;
    check)
        # Edits are tried so, before anything is built.
        made=${CARGO_TARGET_DIR:-$PWD/target}/debug/libfake.rmeta
        mkdir -p "${made%/*}"
        cat src/lib.rs > "$made"
        artifact "$made" false ;;
esac
"#;

/// A build takes a moment, in which it can be stopped.
pub const MOMENT: &str = "sleep 0.02";

/// A build fails, and says what acts on a terminal and in a CI system's log.
pub const FAILS: &str = "printf 'error: \\033]0;owned\\007no\\n::error::owned\\n' >&2; exit 101";

/// Writes the toolchain below a folder, and gives the `PATH` that finds it. A build does this
/// before it makes anything.
pub fn toolchain(root: &Path, before: &str) -> String {
    fs::create_dir_all(bin(root)).unwrap();
    let sysroot = root.join("sysroot").display().to_string();
    program(&bin(root).join("rustc"), &RUSTC.replace("SYSROOT", &sysroot));
    cargo(root, before);
    format!("{}:/usr/bin:/bin", bin(root).display())
}

/// Writes the toolchain's `cargo` anew, with something else to be done before a build.
pub fn cargo(root: &Path, before: &str) {
    program(&bin(root).join("cargo"), &CARGO.replace("BEFORE", before));
}

/// Makes the workspace of one crate that the toolchain knows.
pub fn workspace(folder: &Path) {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), "").unwrap();
    fs::write(folder.join("Cargo.lock"), "version = 4\n").unwrap();
    fs::write(folder.join("src/lib.rs"), "// nothing\n").unwrap();
}

fn bin(root: &Path) -> PathBuf {
    root.join("sysroot/bin")
}

/// Writes a program.
pub fn program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A place with a workspace of one crate that a toolchain of scripts builds.
pub struct Place {
    /// Removed with all that lies in it.
    pub folder: tempfile::TempDir,
    /// The `PATH` with the toolchain.
    pub path: String,
}

impl Place {
    /// A new one, below a folder that holds no configuration of Cargo's; `before` happens first in
    /// each build.
    pub fn new(before: &str) -> Place {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        workspace(&folder.path().join("fake"));
        let path = toolchain(folder.path(), before);
        Place { folder, path }
    }

    /// A path in it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
