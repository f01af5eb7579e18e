//! Anchors: the ids that links within the page, and to a part of it, lead to.
//! Owns their form. An id is made of names, so that a link still holds when the page is made anew.

use std::collections::BTreeSet;

/// The ids that a page has.
#[derive(Default)]
pub(super) struct Anchors {
    taken: BTreeSet<String>,
}

impl Anchors {
    /// An id of a kind of thing and its names, different from all before: `row-cli-none-cold`.
    pub(super) fn id(&mut self, kind: &str, names: &[&str]) -> String {
        let mut stem = kind.to_owned();
        for name in names {
            stem.push('-');
            stem.push_str(&plain(name));
        }
        let mut id = stem.clone();
        let mut number = 2;
        while !self.taken.insert(id.clone()) {
            id = format!("{stem}.{number}");
            number += 1;
        }
        id
    }
}

/// A name in the letters that an address carries as they are.
fn plain(name: &str) -> String {
    let sign = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    name.chars().map(sign).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_and_differ() {
        let mut anchors = Anchors::default();
        let names = ["none", "None", "a/b", "a b", "<i>\"&"];
        let ids = names.map(|name| anchors.id("row", &["cli", name]));
        let wanted = ["row-cli-none", "row-cli-none.2", "row-cli-a-b", "row-cli-a-b.2"];
        assert_eq!(ids[..4], wanted);
        assert_eq!(ids[4], "row-cli--i---");
    }
}
