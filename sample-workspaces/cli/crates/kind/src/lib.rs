//! What kind of content a file has, as its name tells.
//! Owns the kinds; the table is written by the build script. No file is opened.

use strata_core::Entry;

include!(concat!(env!("OUT_DIR"), "/kinds.rs"));

/// The kind of a file whose extension is in no list.
pub const OTHER: &str = "other";

/// The kind of a file: `code`, `image`, …, or `other`.
pub fn kind_of(entry: &Entry) -> &'static str {
    let extension = entry.extension();
    match KINDS.binary_search_by_key(&extension.as_str(), |(known, _)| known) {
        Ok(index) => KINDS[index].1,
        Err(_) => OTHER,
    }
}

/// Every kind, in the order of the alphabet.
pub fn kinds() -> Vec<&'static str> {
    let mut kinds: Vec<&str> = KINDS.iter().map(|(_, kind)| *kind).chain([OTHER]).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;
    use strata_core::Size;

    #[test]
    fn the_kind_follows_from_the_extension() {
        let kind = |name: &str| kind_of(&Entry::new(name.into(), Size::bytes(0), 0));
        assert_eq!(kind("a/main.RS"), "code");
        assert_eq!(kind("LICENSE"), OTHER);
    }
}
