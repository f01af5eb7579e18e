//! `PROPFIND`: the properties of a resource and of those below it (RFC 4918, 9.1). A long response
//! is generated piece by piece, so that its size does not matter.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hyper::StatusCode;

use super::call::WebdavCall;
use super::locks::Locks;
use super::properties::{Resource, describe};
use super::refusal::{Refusal, XML, around};
use super::requests::{PropertyNames, wanted};
use super::xml::empty;
use crate::context::{ServiceState, locked};
use crate::message::{Answer, streamed};
use crate::store::Entry;

/// The size of a piece of a response, in bytes: it ends with the first resource beyond.
const PIECE: usize = 64 * 1024;
/// The limit of requested property names in the description of each resource, in bytes, however
/// many resources there are: as much as a description has without them.
const FEW_NAMES: usize = 1024;
/// The limit of longer ones in a response altogether, in bytes.
const MOST_TOLD: usize = 4 << 20;

/// `PROPFIND`.
pub fn find_properties(call: &WebdavCall<'_>, body: &[u8]) -> Result<Answer, Refusal> {
    let wanted = wanted(body).ok_or(Refusal::Status(StatusCode::BAD_REQUEST))?;
    let depth = call.depth()?;
    let path = call.path.as_str();
    let state = call.state();
    if !state.exists(path) {
        return Err(Refusal::Status(StatusCode::NOT_FOUND));
    }
    call.check_conditions(&state)?;
    let mut resources = vec![(path.to_owned(), state.store.entry(path).cloned())];
    if depth != Some(0) && state.store.is_folder(path) {
        let mut below = state.store.below(path);
        if depth == Some(1) {
            let from = if path.is_empty() { 0 } else { path.len() + 1 };
            below.retain(|(name, _)| !name[from..].contains('/'));
        }
        resources.extend(below);
    }
    drop(state);
    let each = length_of_names(&wanted);
    if resources.len() > 1 && each > FEW_NAMES && each * resources.len() > MOST_TOLD {
        return Err(Refusal::Unmet(StatusCode::FORBIDDEN, "propfind-finite-depth"));
    }
    let (head, tail) = around("multistatus");
    let listing = Listing {
        locks: Arc::clone(&call.webdav.locks),
        service: Arc::clone(&call.context.service),
        now: call.now(),
        wanted,
        resources: resources.into_iter(),
        head: Some(head + "\n"),
        tail: Some(tail),
    };
    Ok(streamed(StatusCode::MULTI_STATUS, XML, listing))
}

/// The size of the requested names in the description of a resource that has none of them, in
/// bytes.
fn length_of_names(wanted: &PropertyNames) -> usize {
    match wanted {
        PropertyNames::All(names) | PropertyNames::These(names) => {
            names.iter().map(|it| empty(it).len()).sum()
        }
        PropertyNames::Names => 0,
    }
}

/// The pieces of a response.
struct Listing {
    locks: Arc<Mutex<Locks>>,
    service: Arc<ServiceState>,
    now: f64,
    wanted: PropertyNames,
    resources: std::vec::IntoIter<(String, Option<Entry>)>,
    head: Option<String>,
    tail: Option<String>,
}

impl Iterator for Listing {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.tail.as_ref()?;
        let mut text = self.head.take().unwrap_or_default();
        let locks = locked(&self.locks);
        let store = self.service.store();
        while text.len() < PIECE {
            let Some((path, entry)) = self.resources.next() else {
                text.push_str(&self.tail.take()?);
                break;
            };
            let resource = Resource {
                path: &path,
                entry: entry.as_ref(),
                dead: store.properties(&path),
                locks: locks.covering(&path).collect(),
                now: self.now,
            };
            describe(&mut text, &resource, &self.wanted);
        }
        Some(text.into())
    }
}
