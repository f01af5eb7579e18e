//! What the outputs of a build are, as far as their paths say.

/// What an output is, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A Rust library or its metadata: what only other compilations read.
    Library,
    /// What is run or loaded, apart from build scripts.
    Program,
    /// Anything else, such as what build scripts wrote.
    Other,
}

impl FileKind {
    /// That of an output with this path.
    pub(super) fn of(path: &str) -> FileKind {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if folder.split('/').any(|it| it == "build") {
            return FileKind::Other;
        }
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("rlib" | "rmeta") => FileKind::Library,
            None | Some("so" | "dylib" | "dll" | "exe" | "wasm") => FileKind::Program,
            Some(_) => FileKind::Other,
        }
    }
}
