//! `MKCOL`, `DELETE`, `COPY` and `MOVE` (RFC 4918, 9.3, 9.6, 9.8 and 9.9). They are atomic: no
//! other request sees one half done, and neither a kill nor a full disk leaves one so.

use std::io;
use std::sync::Arc;

use hyper::StatusCode;

use super::call::{WebdavCall, WebdavState};
use super::path::{is_below, parent, reference};
use super::refusal::Refusal;
use crate::message::{Answer, status};
use crate::store::{Object, Properties, Store};

/// `MKCOL`.
pub fn make_folder(call: &WebdavCall<'_>, body: &[u8]) -> Result<Answer, Refusal> {
    let mut state = call.state();
    if state.exists(&call.path) {
        return Err(Refusal::Status(StatusCode::METHOD_NOT_ALLOWED));
    }
    if !body.is_empty() {
        return Err(Refusal::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let folder = parent(&call.path).unwrap_or_default();
    if !state.store.is_folder(folder) {
        return Err(Refusal::Status(StatusCode::CONFLICT));
    }
    call.check_conditions(&state)?;
    call.check_locks(&state, &call.path)?;
    call.check_locks(&state, folder)?;
    state.store.make_folder(&call.path)?;
    Ok(status(StatusCode::CREATED))
}

/// `DELETE`.
pub fn delete(call: &WebdavCall<'_>) -> Result<Answer, Refusal> {
    let mut state = call.state();
    if call.path.is_empty() {
        return Err(Refusal::Status(StatusCode::FORBIDDEN));
    }
    if !state.exists(&call.path) {
        return Err(Refusal::Status(StatusCode::NOT_FOUND));
    }
    if call.depth()?.is_some() && state.store.is_folder(&call.path) {
        return Err(Refusal::Status(StatusCode::BAD_REQUEST));
    }
    call.check_conditions(&state)?;
    call.check_tree_locks(&state, &call.path)?;
    state.remove(&call.path)?;
    Ok(status(StatusCode::NO_CONTENT))
}

/// `COPY` and `MOVE`.
pub fn transfer(call: &WebdavCall<'_>) -> Result<Answer, Refusal> {
    let moves = call.method.as_str() == "MOVE";
    let (source, target) = (call.path.as_str(), target(call)?);
    let overwrites = match call.header("Overwrite") {
        None | Some("T" | "t") => true,
        Some("F" | "f") => false,
        Some(_) => return Err(Refusal::Status(StatusCode::BAD_REQUEST)),
    };
    let mut state = call.state();
    if !state.exists(source) {
        return Err(Refusal::Status(StatusCode::NOT_FOUND));
    }
    let whole = match call.depth()? {
        None => true,
        Some(0) if !moves => false,
        Some(_) if !state.store.is_folder(source) => true,
        Some(_) => return Err(Refusal::Status(StatusCode::BAD_REQUEST)),
    };
    let into_itself = whole && is_below(&target, source);
    if source == target || into_itself || is_below(source, &target) {
        return Err(Refusal::Status(StatusCode::FORBIDDEN));
    }
    if !state.store.is_folder(parent(&target).unwrap_or_default()) {
        return Err(Refusal::Status(StatusCode::CONFLICT));
    }
    let existed = state.exists(&target);
    if existed && !overwrites {
        return Err(Refusal::Status(StatusCode::PRECONDITION_FAILED));
    }
    call.check_conditions(&state)?;
    if moves {
        call.check_tree_locks(&state, source)?;
    }
    call.check_tree_locks(&state, &target)?;
    let parts = state.parts(source, if whole { usize::MAX } else { 1 });
    let from = moves.then_some(source);
    state.store.transaction(|store| carry(store, from, &target, parts))?;
    from.into_iter().chain([target.as_str()]).for_each(|gone| state.locks.forget(gone));
    Ok(status(if existed { StatusCode::NO_CONTENT } else { StatusCode::CREATED }))
}

/// The name in the `Destination` header.
fn target(call: &WebdavCall<'_>) -> Result<String, Refusal> {
    let destination = call.headers.get("Destination").map(|text| text.to_str());
    match destination {
        Some(Ok(text)) => reference(text, &call.context.host).map_err(Refusal::Status),
        _ => Err(Refusal::Status(StatusCode::BAD_REQUEST)),
    }
}

/// A resource of a copied or moved tree.
struct CarriedResource {
    /// Its name relative to the tree's root: empty, or with a leading slash.
    place: String,
    /// Its content; none for a folder.
    object: Option<Arc<Object>>,
    properties: Properties,
}

impl WebdavState<'_> {
    /// Removes a resource with everything below it, and their locks.
    fn remove(&mut self, path: &str) -> io::Result<()> {
        self.store.remove(path)?;
        self.locks.forget(path);
        Ok(())
    }

    /// A resource and everything below it, in order, at most that many.
    fn parts(&self, path: &str, most: usize) -> Vec<CarriedResource> {
        let below = if most > 1 { self.store.below(path) } else { Vec::new() };
        let own = (path.to_owned(), self.store.entry(path).cloned());
        let part = |(name, entry): (String, Option<crate::store::Entry>)| CarriedResource {
            properties: self.store.properties(&name).cloned().unwrap_or_default(),
            place: name[path.len()..].to_owned(),
            object: entry.map(|entry| entry.object),
        };
        std::iter::once(own).chain(below).map(part).collect()
    }
}

/// Replaces the target by a tree, and removes the source first, if it is named, so that nothing
/// counts twice for the quota.
fn carry(
    store: &mut Store,
    from: Option<&str>,
    to: &str,
    parts: Vec<CarriedResource>,
) -> io::Result<()> {
    if let Some(from) = from {
        store.remove(from)?;
    }
    store.remove(to)?;
    for part in parts {
        let name = format!("{to}{}", part.place);
        match part.object {
            Some(object) => drop(store.insert(&name, object)?),
            None => store.make_folder(&name)?,
        }
        // Beyond the quota it has been evicted already.
        let exists = store.has(&name) || store.is_folder(&name);
        if !part.properties.is_empty() && exists {
            store.set_properties(&name, part.properties)?;
        }
    }
    Ok(())
}
