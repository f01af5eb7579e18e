//! The folders that names stand for. Owns that two names never have one folder, that a name is one
//! plain component of a path, whatever is in it, and how long the path of a socket may be.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use lukewarm_model::Case;

/// The maximum length of a socket's path in bytes (unix(7)), without the terminating zero.
pub const LONGEST_SOCKET: usize = 107;

/// A name as one component of a path, and no other's. What a component cannot have, as the `/` of
/// `100Mbit/s`, is written as in addresses: `%2F`.
pub fn folder_name(name: &str) -> String {
    let mut folder = String::with_capacity(name.len());
    for (place, sign) in name.char_indices() {
        let is_plain = !(sign == '/' || sign == '%' || sign.is_control());
        match is_plain && (place, sign) != (0, '.') {
            true => folder.push(sign),
            false => {
                for byte in sign.to_string().bytes() {
                    let _ = write!(folder, "%{byte:02X}");
                }
            }
        }
    }
    // No name of one sign or more becomes this.
    if folder.is_empty() { "%".to_owned() } else { folder }
}

/// A case as two components of a path: its workspace, and the scenario below it.
pub fn case_folder(case: &Case) -> PathBuf {
    [&case.workspace[..], &case.scenario[..]].map(folder_name).iter().collect()
}

/// Whether a path is short enough for a socket.
pub fn fits_socket(path: &Path) -> bool {
    path.as_os_str().len() <= LONGEST_SOCKET && path.to_str().is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_have_folders_of_their_own() {
        let names = ["", ".", "..", "%", "a/b", "a_b", "a%2Fb", "a%b", "/a", "a\0", "a", "..a"];
        let folders: BTreeSet<String> = names.into_iter().map(folder_name).collect();
        assert_eq!(folders.len(), names.len(), "{folders:?}");
        assert!(folders.iter().all(|it| lukewarm_model::is_component(it)), "{folders:?}");
        assert_eq!(folder_name("sccache-webdav@0.10.0"), "sccache-webdav@0.10.0");
        let case = Case::new("cli", "sccache+bandwidth=100Mbit/s+hit-share=80%");
        let wanted = "cli/sccache+bandwidth=100Mbit%2Fs+hit-share=80%25";
        assert_eq!(case_folder(&case), PathBuf::from(wanted));
    }

    #[test]
    fn a_socket_has_no_longer_a_path_than_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let longest = folder.path().display().to_string();
        let longest = format!("{longest}/{}", "x".repeat(LONGEST_SOCKET - longest.len() - 1));
        let too_long = format!("{longest}x");
        assert!(fits_socket(Path::new(&longest)) && !fits_socket(Path::new(&too_long)));
        std::os::unix::net::UnixListener::bind(&longest).unwrap();
        std::os::unix::net::UnixListener::bind(&too_long).unwrap_err();
    }
}
