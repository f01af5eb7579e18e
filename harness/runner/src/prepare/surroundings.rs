//! The folders around the scratch folder, which Cargo and rustup would look into.
//! Owns which files there are refused. It must not read them.

use std::path::Path;

use crate::error::RunnerError;

/// Refuses a scratch folder below a folder with a configuration that Cargo or rustup would read.
///
/// # Errors
/// Names the file.
pub fn refuse_configured(scratch: &Path) -> Result<(), RunnerError> {
    let suspicious = [
        ".cargo/config.toml",
        ".cargo/config",
        "Cargo.toml",
        "rust-toolchain.toml",
        "rust-toolchain",
    ];
    let found = scratch
        .ancestors()
        .flat_map(|folder| suspicious.iter().map(move |name| folder.join(name)))
        .find(|file| file.is_file());
    match found {
        None => Ok(()),
        Some(file) => Err(RunnerError::Input(format!(
            "scratch folder {} lies below {}, which every build there would read; choose another \
             with `--scratch DIR`",
            scratch.display(),
            file.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_below_somebodys_configuration_is_refused() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(".cargo")).unwrap();
        std::fs::write(root.path().join(".cargo/config.toml"), "").unwrap();
        let error = refuse_configured(&root.path().join("a/b")).unwrap_err();
        assert!(error.to_string().contains(".cargo/config.toml, which every build"), "{error}");
    }
}
