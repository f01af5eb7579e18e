//! The folders that names stand for. Owns that two names never have one folder, and that a name is
//! one plain component of a path, whatever is in it.

use std::fmt::Write;
use std::path::PathBuf;

use lukewarm_model::Case;

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
}
