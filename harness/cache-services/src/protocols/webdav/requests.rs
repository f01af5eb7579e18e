//! Parses the XML bodies of `PROPFIND`, `PROPPATCH` and `LOCK`. Pure: data in, data out. Unknown
//! elements are ignored (RFC 4918, 17).

use super::xml::{self, Element, Name};

/// The limit of properties in one request.
const MOST_NAMES: usize = 256;
/// The limit of the dead properties of one resource, in bytes.
pub const LARGEST_PROPERTIES: usize = 256 * 1024;

/// The properties that a `PROPFIND` requests (RFC 4918, 14.20).
#[derive(Clone, Debug, PartialEq)]
pub enum PropertyNames {
    /// All properties (`allprop`), and these (`include`).
    All(Vec<Name>),
    /// The names of all properties (`propname`).
    Names,
    /// These properties (`prop`).
    These(Vec<Name>),
}

/// A change of a `PROPPATCH`.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Sets a property, as a self-contained element.
    Set(Name, String),
    /// Removes a property.
    Remove(Name),
}

/// The lock that a `LOCK` requests (RFC 4918, 14.11).
#[derive(Clone, Debug, PartialEq)]
pub struct LockInfo {
    /// Whether others may share it.
    pub scope: Scope,
    /// The owner element; empty where there is none.
    pub owner: String,
}

/// A lock's scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Exclusive.
    Exclusive,
    /// Shared.
    Shared,
}

/// Parses a `PROPFIND` body; an empty one requests all properties. None where it is malformed.
pub fn wanted(body: &[u8]) -> Option<PropertyNames> {
    if body.is_empty() {
        return Some(PropertyNames::All(Vec::new()));
    }
    let root = xml::parse(body).filter(|root| root.is("propfind"))?;
    let names = |list: Option<&Element>| {
        let names = || list.into_iter().flat_map(Element::elements);
        if names().nth(MOST_NAMES).is_some() {
            return None;
        }
        let mut names: Vec<Name> = names().map(|it| it.name.clone()).collect();
        names.sort();
        names.dedup();
        Some(names)
    };
    match (root.find("allprop"), root.find("propname"), root.find("prop")) {
        (Some(_), None, None) => names(root.find("include")).map(PropertyNames::All),
        (None, Some(_), None) => Some(PropertyNames::Names),
        (None, None, prop @ Some(_)) => names(prop).map(PropertyNames::These),
        _ => None,
    }
}

/// Parses a `PROPPATCH` body to its changes in order. None where it is malformed, or expands to
/// more than a resource may have: each property carries the namespaces bound around it.
pub fn changes(body: &[u8]) -> Option<Vec<Change>> {
    let root = xml::parse(body).filter(|root| root.is("propertyupdate"))?;
    let (mut changes, mut size) = (Vec::new(), 0);
    for step in root.elements().filter(|it| it.is("set") || it.is("remove")) {
        let prop = step.find("prop")?;
        for property in prop.elements() {
            changes.push(match step.is("set") {
                true => {
                    let text = property.fragment(&[&root, step, prop]);
                    size += text.len();
                    Change::Set(property.name.clone(), text)
                }
                false => Change::Remove(property.name.clone()),
            });
            if changes.len() > MOST_NAMES || size > LARGEST_PROPERTIES {
                return None;
            }
        }
    }
    (!changes.is_empty()).then_some(changes)
}

/// Parses a `LOCK` body. None where it is malformed, or requests no write lock.
pub fn lock_info(body: &[u8]) -> Option<LockInfo> {
    let root = xml::parse(body).filter(|root| root.is("lockinfo"))?;
    root.find("locktype")?.find("write")?;
    let scope = root.find("lockscope")?;
    let scope = match (scope.find("exclusive"), scope.find("shared")) {
        (Some(_), None) => Scope::Exclusive,
        (None, Some(_)) => Scope::Shared,
        _ => return None,
    };
    let owner = root.find("owner").map(|owner| owner.fragment(&[&root])).unwrap_or_default();
    Some(LockInfo { scope, owner })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(namespace: &str, name: &str) -> Name {
        (namespace.into(), name.to_owned())
    }

    #[test]
    fn a_propfind_asks_for_all_for_names_or_for_some() {
        assert_eq!(wanted(b""), Some(PropertyNames::All(Vec::new())));
        let read = |inside: &str| {
            wanted(format!("<p:propfind xmlns:p='DAV:' xmlns='u'>{inside}</p:propfind>").as_bytes())
        };
        assert_eq!(read("<p:allprop/>"), Some(PropertyNames::All(Vec::new())));
        let included = read("<other/> <p:allprop/><p:include><p:getetag/></p:include>");
        assert_eq!(included, Some(PropertyNames::All(vec![name("DAV:", "getetag")])));
        assert_eq!(read("<p:propname/>"), Some(PropertyNames::Names));
        let some = read("<p:prop><x/><p:getetag/><x/><y xmlns=''/></p:prop>");
        let names = vec![name("", "y"), name("DAV:", "getetag"), name("u", "x")];
        assert_eq!(some, Some(PropertyNames::These(names)));
        for wrong in ["", "<allprop/>", "<p:prop/><p:allprop/>", "<p:prop><z:x/></p:prop>"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        for wrong in ["<foo></foo>", "<propfind><allprop/></propfind>", "x"] {
            assert_eq!(wanted(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn a_proppatch_is_its_instructions_in_order() {
        let body = "<propertyupdate xmlns='DAV:'><remove><prop><a xmlns='u'/></prop></remove>\
                    <set><prop xml:lang='en'><b xmlns='u'>1<c/></b><displayname>x</displayname>\
                    </prop></set></propertyupdate>";
        let wanted = [
            Change::Remove(name("u", "a")),
            Change::Set(name("u", "b"), "<b xmlns=\"u\" xml:lang=\"en\">1<c/></b>".to_owned()),
            Change::Set(
                name("DAV:", "displayname"),
                "<displayname xmlns=\"DAV:\" xml:lang=\"en\">x</displayname>".to_owned(),
            ),
        ];
        assert_eq!(changes(body.as_bytes()).unwrap(), wanted);
        let empty = ["", "<set/>", "<set><prop/></set>", "<prop><a/></prop>"];
        for inside in empty {
            let body = format!("<propertyupdate xmlns='DAV:'>{inside}</propertyupdate>");
            assert_eq!(changes(body.as_bytes()), None, "{inside}");
        }
    }

    #[test]
    fn a_lock_is_exclusive_or_shared_and_says_whose_it_is() {
        let read = |scope: &str, kind: &str| {
            let text = format!(
                "<D:lockinfo xmlns:D='DAV:'><D:lockscope>{scope}</D:lockscope>\
                 <D:locktype>{kind}</D:locktype><D:owner>me</D:owner></D:lockinfo>"
            );
            lock_info(text.as_bytes())
        };
        let owner = "<D:owner xmlns:D=\"DAV:\">me</D:owner>".to_owned();
        let shared = Some(LockInfo { scope: Scope::Shared, owner });
        assert_eq!(read("<D:shared/>", "<D:write/>"), shared);
        assert_eq!(read("<D:exclusive/>", "<D:write/>").unwrap().scope, Scope::Exclusive);
        assert_eq!(read("<D:exclusive/>", "<D:read/>"), None);
        assert_eq!(read("<D:exclusive/><D:shared/>", "<D:write/>"), None);
        assert_eq!(read("", "<D:write/>"), None);
    }

    fn some_names() -> impl Strategy<Value = std::collections::BTreeSet<Name>> {
        let name = ("(|DAV:|urn:[a-z&<\"']{0,5})", "[a-zä_][a-z0-9.-]{0,8}");
        let name = name.prop_map(|(namespace, name)| (namespace.into(), name));
        prop::collection::btree_set(name, 1..6)
    }

    /// Tags of the elements that bodies have, and other text.
    const TANGLED: &str = "<[/]?(D:)?(propfind|prop|propertyupdate|set|remove|lockinfo|lockscope\
                           |shared|owner|allprop|include)( xmlns(:D)?='DAV:')?[/]?>|\\PC{0,5}";

    proptest! {
        #[test]
        fn names_that_are_asked_for_come_back_from_how_they_are_written(
            names in some_names()
        ) {
            let names: Vec<Name> = names.into_iter().collect();
            let list: String = names.iter().map(xml::empty).collect();
            let body = format!("<D:propfind xmlns:D=\"DAV:\"><D:prop>{list}</D:prop></D:propfind>");
            prop_assert_eq!(wanted(body.as_bytes()), Some(PropertyNames::These(names.clone())));
            let body = format!(
                "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>{list}</D:prop></D:set>\
                 </D:propertyupdate>"
            );
            let set = changes(body.as_bytes()).unwrap();
            prop_assert_eq!(set.len(), names.len());
            for (change, name) in set.iter().zip(&names) {
                let Change::Set(changed, text) = change else { panic!("{change:?}") };
                prop_assert_eq!(changed, name);
                // What is kept can be asked for, and set, again.
                let again = format!(
                    "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>{text}</D:prop></D:set>\
                     </D:propertyupdate>"
                );
                prop_assert_eq!(changes(again.as_bytes()).unwrap(), vec![change.clone()]);
            }
        }

        #[test]
        fn bodies_of_nonsense_are_read_or_refused(
            parts in prop::collection::vec(TANGLED, 0..12)
        ) {
            let body = parts.concat();
            let _ = (wanted(body.as_bytes()), changes(body.as_bytes()), lock_info(body.as_bytes()));
        }
    }
}
