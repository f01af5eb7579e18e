//! A toolchain of scripts: it says what lukewarm asks, and builds a library of one unit in a
//! moment. Owns what the scripts say.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const RUSTC: &str = r#"#!/bin/sh
case "$1" in
    --print) echo "SYSROOT" ;;
    *) printf 'rustc 1.99.0 (fake)\nhost: x86_64-unknown-linux-gnu\n' ;;
esac
"#;

/// Builds a library of one unit: its sources are what it makes. It is fresh where a target folder
/// has it.
const CARGO: &str = r#"#!/bin/sh
target='{"kind":["lib"],"crate_types":["lib"],"name":"fake","src_path":"'$PWD'/src/lib.rs",
"edition":"2021","doc":true,"doctest":true,"test":true}'
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
        made=$PWD/target/debug/libfake.rlib
        fresh=false
        if cmp -s src/lib.rs "$made"; then fresh=true; fi
        mkdir -p target/debug
        sleep 0.02
        cat src/lib.rs > "$made"
        echo '{"reason":"compiler-artifact","package_id":"path+file://'$PWD'#fake@0.1.0",
        "manifest_path":"'$PWD'/Cargo.toml","target":'"$target"',"profile":{"opt_level":"0",
        "debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":false},"features":[],
        "filenames":["'$made'"],"executable":null,"fresh":'$fresh'}' | tr -d '\n'
        echo ;;
esac
"#;

/// Writes the toolchain below a folder, and gives the `PATH` that finds it.
pub fn toolchain(root: &Path) -> String {
    let bin = root.join("sysroot/bin");
    fs::create_dir_all(&bin).unwrap();
    let sysroot = root.join("sysroot").display().to_string();
    for (name, text) in [("rustc", RUSTC.replace("SYSROOT", &sysroot)), ("cargo", CARGO.into())] {
        fs::write(bin.join(name), text).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:/usr/bin:/bin", bin.display())
}
