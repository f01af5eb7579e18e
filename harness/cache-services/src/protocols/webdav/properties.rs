//! Properties: live ones, computed by the service, and dead ones, set by clients (`PROPPATCH`; RFC
//! 4918, 9.2 and 15). Owns the description of one resource; which resources are described is
//! `listing`'s.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::SystemTime;

use hyper::StatusCode;

use super::call::WebdavCall;
use super::locks::{Depth, Lock};
use super::path::{Kind, href};
use super::refusal::Refusal;
use super::refusal::multistatus;
use super::requests::{Change, LARGEST_PROPERTIES, PropertyNames, Scope, changes};
use super::xml::{Name, empty};
use crate::conditions::http_date;
use crate::message::Answer;
use crate::store::{Entry, Properties};

/// The protected properties of the namespace `DAV:` (RFC 4918, 15).
const PROTECTED: [&str; 8] = [
    "creationdate",
    "getcontentlength",
    "getcontenttype",
    "getetag",
    "getlastmodified",
    "lockdiscovery",
    "resourcetype",
    "supportedlock",
];
/// The live properties, in the order of a response.
const KNOWN: [(&str, Tell); 6] = [
    ("resourcetype", |it| Some(if it.entry.is_none() { "<D:collection/>" } else { "" }.to_owned())),
    ("getcontentlength", |it| Some(it.entry?.object.length().to_string())),
    ("getetag", |it| Some(super::xml::escape(&it.entry?.object.etag()).into_owned())),
    ("getlastmodified", |it| Some(modified(it.entry))),
    ("supportedlock", |_| Some(SUPPORTED_LOCK.to_owned())),
    ("lockdiscovery", |it| Some(active_locks(&it.locks, it.now))),
];
/// A live property's content; none where the resource does not have it.
type Tell = fn(&Resource<'_>) -> Option<String>;
const SUPPORTED_LOCK: &str = "<D:lockentry><D:lockscope><D:exclusive/></D:lockscope>\
     <D:locktype><D:write/></D:locktype></D:lockentry><D:lockentry><D:lockscope><D:shared/>\
     </D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>";

/// A resource to be described.
pub struct Resource<'a> {
    /// Its name.
    pub path: &'a str,
    /// Its entry; none for a folder.
    pub entry: Option<&'a Entry>,
    /// Its dead properties.
    pub dead: Option<&'a Properties>,
    /// The locks that cover it.
    pub locks: Vec<&'a Lock>,
    /// The current time, in seconds.
    pub now: f64,
}

/// The date of all folders: they have none here, but opendal requires one.
fn modified(entry: Option<&Entry>) -> String {
    let modified = entry.map_or(SystemTime::UNIX_EPOCH, |entry| entry.modified);
    http_date(modified).to_str().unwrap_or_default().to_owned()
}

/// The content of `lockdiscovery` (RFC 4918, 15.8).
pub fn active_locks(locks: &[&Lock], now: f64) -> String {
    let mut text = String::new();
    for lock in locks {
        let scope = match lock.scope {
            Scope::Exclusive => "exclusive",
            Scope::Shared => "shared",
        };
        let depth = match lock.depth {
            Depth::Zero => "0",
            Depth::Infinity => "infinity",
        };
        let seconds = (lock.ends - now).ceil().max(0.0);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:{scope}/>\
             </D:lockscope><D:depth>{depth}</D:depth>{}<D:timeout>Second-{seconds}</D:timeout>\
             <D:locktoken><D:href>{}</D:href></D:locktoken><D:lockroot><D:href>{}</D:href>\
             </D:lockroot></D:activelock>",
            lock.owner,
            lock.token,
            // Whether the root is a folder is not known here; an href without a slash is valid for
            // both.
            href(&lock.root, Kind::Entry)
        );
    }
    text
}

/// A resource's `response` element in a `multistatus`.
pub fn describe(text: &mut String, resource: &Resource<'_>, wanted: &PropertyNames) {
    let kind = if resource.entry.is_none() { Kind::Folder } else { Kind::Entry };
    let _ = write!(text, "<D:response><D:href>{}</D:href>", href(resource.path, kind));
    let (mut found, mut missing) = (String::new(), String::new());
    let known = KNOWN.iter().filter_map(|(name, content)| Some((name, content(resource)?)));
    let dead = resource.dead.into_iter().flatten();
    match wanted {
        PropertyNames::All(_) => {
            known.for_each(|(name, content)| found.push_str(&element(name, &content)));
            dead.for_each(|(_, property)| found.push_str(property));
        }
        PropertyNames::Names => {
            known.for_each(|(name, _)| found.push_str(&element(name, "")));
            dead.for_each(|(name, _)| found.push_str(&empty(name)));
        }
        PropertyNames::These(_) => {}
    }
    // `allprop` has listed every property that there is.
    let (names, all_listed) = match wanted {
        PropertyNames::All(names) => (names.as_slice(), true),
        PropertyNames::These(names) => (names.as_slice(), false),
        PropertyNames::Names => (&[][..], true),
    };
    for name in names {
        match property(resource, name) {
            Some(property) if !all_listed => found.push_str(&property),
            Some(_) => {}
            None => missing.push_str(&empty(name)),
        }
    }
    if !found.is_empty() || missing.is_empty() {
        text.push_str(&propstat(&found, "200 OK", ""));
    }
    if !missing.is_empty() {
        text.push_str(&propstat(&missing, "404 Not Found", ""));
    }
    text.push_str("</D:response>\n");
}

/// A property's element; none where the resource does not have it.
fn property(resource: &Resource<'_>, name: &Name) -> Option<String> {
    if &*name.0 == "DAV:"
        && let Some((name, content)) = KNOWN.iter().find(|(known, _)| *known == name.1)
    {
        return Some(element(name, &content(resource)?));
    }
    resource.dead?.get(name).cloned()
}

fn element(name: &str, content: &str) -> String {
    match content {
        "" => format!("<D:{name}/>"),
        _ => format!("<D:{name}>{content}</D:{name}>"),
    }
}

fn propstat(properties: &str, status: &str, more: &str) -> String {
    format!(
        "<D:propstat><D:prop>{properties}</D:prop><D:status>HTTP/1.1 {status}</D:status>{more}\
         </D:propstat>"
    )
}

/// `PROPPATCH`: all changes, or none.
pub fn change_properties(call: &WebdavCall<'_>, body: &[u8]) -> Result<Answer, Refusal> {
    let changes = changes(body).ok_or(Refusal::Status(StatusCode::BAD_REQUEST))?;
    let mut state = call.state();
    if !state.exists(&call.path) {
        return Err(Refusal::Status(StatusCode::NOT_FOUND));
    }
    call.check_conditions(&state)?;
    call.check_locks(&state, &call.path)?;
    let place = state.href(&call.path);
    let mut dead = state.store.properties(&call.path).cloned().unwrap_or_default();
    let result = apply(&mut dead, changes);
    if result.is_ok() {
        state.store.set_properties(&call.path, dead)?;
    }
    let outcome = result.unwrap_or_else(|outcome| outcome);
    Ok(multistatus(&format!("<D:response><D:href>{place}</D:href>{outcome}</D:response>")))
}

/// Applies changes in order. Returns the outcome of each property, also as the error.
fn apply(dead: &mut Properties, changes: Vec<Change>) -> Result<String, String> {
    let mut names: BTreeMap<Name, bool> = BTreeMap::new();
    for change in changes {
        let name = match change {
            Change::Set(name, text) => {
                dead.insert(name.clone(), text);
                name
            }
            Change::Remove(name) => {
                dead.remove(&name);
                name
            }
        };
        let protected = &*name.0 == "DAV:" && PROTECTED.contains(&name.1.as_str());
        names.insert(name, protected);
    }
    let list = |which: bool| -> String {
        let chosen = names.iter().filter(|(_, protected)| **protected == which);
        chosen.map(|(name, _)| empty(name)).collect()
    };
    let (protected, others) = (list(true), list(false));
    if !protected.is_empty() {
        let why = "<D:error><D:cannot-modify-protected-property/></D:error>";
        let mut outcome = propstat(&protected, "403 Forbidden", why);
        if !others.is_empty() {
            outcome.push_str(&propstat(&others, "424 Failed Dependency", ""));
        }
        return Err(outcome);
    }
    let size: usize =
        dead.iter().map(|((space, name), text)| space.len() + name.len() + text.len()).sum();
    match size > LARGEST_PROPERTIES {
        true => Err(propstat(&others, "507 Insufficient Storage", "")),
        false => Ok(propstat(&others, "200 OK", "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(namespace: &str, name: &str) -> Name {
        (namespace.into(), name.to_owned())
    }

    fn set(namespace: &str, local: &str, text: &str) -> Change {
        Change::Set(name(namespace, local), text.to_owned())
    }

    #[test]
    fn instructions_are_followed_in_order() {
        let mut dead = Properties::new();
        let outcome = apply(
            &mut dead,
            vec![
                set("u", "a", "<a/>"),
                Change::Remove(name("u", "a")),
                Change::Remove(name("u", "b")),
                set("u", "b", "<b/>"),
                set("DAV:", "displayname", "<x/>"),
            ],
        );
        assert!(outcome.unwrap().contains("200 OK"));
        let kept: Vec<_> = dead.keys().cloned().collect();
        assert_eq!(kept, [name("DAV:", "displayname"), name("u", "b")]);
    }

    #[test]
    fn what_is_protected_fails_with_all_beside() {
        let mut dead = Properties::new();
        let outcome = apply(&mut dead, vec![set("u", "a", "<a/>"), set("DAV:", "getetag", "<e/>")]);
        assert_eq!(
            outcome.unwrap_err(),
            "<D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status>\
             <D:error><D:cannot-modify-protected-property/></D:error></D:propstat>\
             <D:propstat><D:prop><x:a xmlns:x=\"u\"/></D:prop>\
             <D:status>HTTP/1.1 424 Failed Dependency</D:status></D:propstat>"
        );
    }

    #[test]
    fn what_clients_say_is_bounded() {
        let mut dead = Properties::new();
        let outcome = apply(&mut dead, vec![set("u", "a", &"x".repeat(LARGEST_PROPERTIES))]);
        assert!(outcome.unwrap_err().contains("507"));
    }

    #[test]
    fn a_folder_is_described_by_all_names_or_some() {
        let dead = Properties::from([(name("u", "a"), "<a xmlns=\"u\">1</a>".to_owned())]);
        let locks = Vec::new();
        let folder = Resource { path: "f", entry: None, dead: Some(&dead), locks, now: 0.0 };
        let described = |wanted: PropertyNames| {
            let mut text = String::new();
            describe(&mut text, &folder, &wanted);
            text
        };
        assert_eq!(
            described(PropertyNames::These(vec![
                name("DAV:", "getetag"),
                name("u", "a"),
                name("", "b")
            ])),
            "<D:response><D:href>/f/</D:href><D:propstat><D:prop><a xmlns=\"u\">1</a></D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat><D:propstat><D:prop><D:getetag/><b/>\
             </D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>\n"
        );
        assert_eq!(
            described(PropertyNames::Names),
            "<D:response><D:href>/f/</D:href><D:propstat><D:prop><D:resourcetype/>\
             <D:getlastmodified/><D:supportedlock/><D:lockdiscovery/><x:a xmlns:x=\"u\"/></D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>\n"
        );
        let all = described(PropertyNames::All(vec![name("u", "a"), name("u", "c")]));
        assert!(all.contains("<D:resourcetype><D:collection/></D:resourcetype>"), "{all}");
        assert!(all.contains("<D:getlastmodified>Thu, 01 Jan 1970 00:00:00 GMT</"), "{all}");
        assert_eq!(all.matches("<a xmlns=\"u\">1</a>").count(), 1, "{all}");
        assert!(all.contains("<x:c xmlns:x=\"u\"/></D:prop><D:status>HTTP/1.1 404"), "{all}");
    }
}
