//! Paging of listings: the names of one page, and where the next begins. Pure: sorted names are
//! passed in.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The largest page size.
const MOST: usize = 1000;
/// The characters that are not escaped in a URL-encoded name.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// A listing request.
#[derive(Clone, Copy, Debug)]
pub struct ListRequest<'w> {
    /// The prefix of names.
    pub prefix: &'w str,
    /// Names that contain it behind the prefix are grouped to one common prefix.
    pub delimiter: Option<&'w str>,
    /// Only names after this are listed.
    pub after: &'w str,
    /// The page size, of names and common prefixes; none is the largest.
    pub most: Option<i32>,
}

/// A page of a listing.
#[derive(Debug)]
pub struct Page<T> {
    /// Names with their values.
    pub entries: Vec<(String, T)>,
    /// Common prefixes.
    pub prefixes: BTreeSet<String>,
    /// The name after which the next page begins; none on the last page.
    pub next: Option<String>,
}

/// The requested page of sorted names.
pub fn page<T>(names: impl IntoIterator<Item = (String, T)>, wanted: &ListRequest<'_>) -> Page<T> {
    let most = wanted.most.map_or(MOST, |most| usize::try_from(most).unwrap_or(0).min(MOST));
    let mut page = Page { entries: Vec::new(), prefixes: BTreeSet::new(), next: None };
    let mut last = String::new();
    for (name, entry) in names {
        let Some(rest) = name.strip_prefix(wanted.prefix) else { continue };
        let delimiter = wanted.delimiter.filter(|it| !it.is_empty());
        let group = delimiter.and_then(|delimiter| {
            let end = wanted.prefix.len() + rest.find(delimiter)? + delimiter.len();
            Some(name[..end].to_owned())
        });
        let is_listed = group.as_ref().is_some_and(|group| page.prefixes.contains(group));
        if name.as_str() <= wanted.after || group.as_deref() == Some(wanted.after) || is_listed {
            continue;
        }
        if page.entries.len() + page.prefixes.len() >= most {
            page.next = (most > 0).then_some(last);
            break;
        }
        last = group.as_ref().unwrap_or(&name).clone();
        match group {
            Some(group) => drop(page.prefixes.insert(group)),
            None => page.entries.push((name, entry)),
        }
    }
    page
}

/// A URL-encoded name: not every name is valid in XML.
pub fn encoded(name: &str) -> String {
    utf8_percent_encode(name, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(page: Page<()>) -> (Vec<String>, Vec<String>, Option<String>) {
        let entries = page.entries.into_iter().map(|(name, ())| name).collect();
        (entries, page.prefixes.into_iter().collect(), page.next)
    }

    fn list(all: &[&str], wanted: &ListRequest<'_>) -> (Vec<String>, Vec<String>, Option<String>) {
        names(page(all.iter().map(|name| ((*name).to_owned(), ())), wanted))
    }

    const ALL: ListRequest<'_> = ListRequest { prefix: "", delimiter: None, after: "", most: None };

    #[test]
    fn names_behind_a_delimiter_are_grouped_to_a_common_prefix() {
        let all = ["a", "a/b", "a/c/d", "b/x", "c"];
        let folders = ListRequest { delimiter: Some("/"), ..ALL };
        let (entries, prefixes, next) = list(&all, &folders);
        assert_eq!(
            (entries.join(" "), prefixes.join(" "), next),
            ("a c".into(), "a/ b/".into(), None)
        );
        let below = ListRequest { prefix: "a/", ..folders };
        let (entries, prefixes, _) = list(&all, &below);
        assert_eq!((entries.join(" "), prefixes.join(" ")), ("a/b".into(), "a/c/".into()));
        let none = ListRequest { prefix: "x", ..ALL };
        assert_eq!(list(&all, &none), (vec![], vec![], None));
        assert_eq!(list(&all, &ListRequest { most: Some(0), ..ALL }), (vec![], vec![], None));
    }

    #[test]
    fn a_name_is_written_as_in_a_url() {
        assert_eq!(encoded("a b/ä\u{1}+~"), "a%20b/%C3%A4%01%2B~");
    }

    proptest! {
        #[test]
        fn pages_together_are_the_whole(
            all in prop::collection::btree_set("[ab/]{1,5}", 0..30),
            prefix in "[ab/]{0,2}",
            delimiter in prop::option::of("[/b]"),
            most in 1..6i32,
        ) {
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            let wanted = ListRequest { prefix: &prefix, delimiter: delimiter.as_deref(), ..ALL };
            let (mut entries, mut prefixes) = (Vec::new(), Vec::new());
            let mut after = String::new();
            loop {
                let part = ListRequest { after: &after, most: Some(most), ..wanted };
                let (some, groups, next) = list(&all, &part);
                prop_assert!(some.len() + groups.len() <= most as usize);
                entries.extend(some);
                prefixes.extend(groups);
                let Some(next) = next else { break };
                prop_assert!(next > after);
                after = next;
            }
            let (whole, groups, next) = list(&all, &wanted);
            prop_assert_eq!((entries, prefixes, None), (whole, groups, next));
        }
    }
}
