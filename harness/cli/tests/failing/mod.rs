//! A toolchain of scripts that knows a workspace of one crate and cannot build it: what a run says
//! of failing builds, in milliseconds.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const RUSTC: &str = r#"#!/bin/sh
case "$1" in
    --print) echo "SYSROOT" ;;
    *) printf 'rustc 1.99.0 (fake)\nhost: x86_64-unknown-linux-gnu\n' ;;
esac
"#;

/// Knows the workspace, and cannot build it.
const CARGO: &str = r#"#!/bin/sh
case "$1" in
    -V) echo 'cargo 1.99.0 (fake)' ;;
    fetch) ;;
    metadata)
        echo '{"packages":[{"name":"fake","version":"0.1.0","id":"path+file://'$PWD'#fake@0.1.0",
        "license":null,"license_file":null,"description":null,"source":null,"dependencies":[],
        "targets":[{"kind":["lib"],"crate_types":["lib"],"name":"fake",
        "src_path":"'$PWD'/src/lib.rs","edition":"2021","doc":true,"doctest":true,"test":true}],
        "features":{},"manifest_path":"'$PWD'/Cargo.toml","metadata":null,
        "publish":null,"authors":[],"categories":[],"keywords":[],"readme":null,"repository":null,
        "homepage":null,"documentation":null,"edition":"2021","links":null,"default_run":null,
        "rust_version":null}],"workspace_members":["path+file://'$PWD'#fake@0.1.0"],
        "workspace_default_members":["path+file://'$PWD'#fake@0.1.0"],
        "resolve":{"nodes":[{"id":"path+file://'$PWD'#fake@0.1.0","dependencies":[],"deps":[],
        "features":[]}],"root":null},"target_directory":"'$PWD'/target","version":1,
        "workspace_root":"'$PWD'","metadata":null}' | tr -d '\n' ;;
    build) printf 'error: \033]0;owned\007no\n::error::owned\n' >&2; exit 101 ;;
esac
"#;

/// A toolchain of scripts that builds nothing, and a workspace for it; gives the `PATH`.
pub fn toolchain(place: &Path, workspace: &Path) -> String {
    fs::create_dir_all(workspace.join("src")).unwrap();
    fs::write(workspace.join("Cargo.toml"), "").unwrap();
    fs::write(workspace.join("Cargo.lock"), "version = 4\n").unwrap();
    fs::write(workspace.join("src/lib.rs"), "// nothing\n").unwrap();
    let bin = place.join("sysroot/bin");
    fs::create_dir_all(&bin).unwrap();
    let sysroot = place.join("sysroot").display().to_string();
    for (name, text) in [("rustc", RUSTC.replace("SYSROOT", &sysroot)), ("cargo", CARGO.into())] {
        fs::write(bin.join(name), text).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:/usr/bin:/bin", bin.display())
}
