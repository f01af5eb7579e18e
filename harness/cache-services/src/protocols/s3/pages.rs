//! Pages of a listing, from the store to a response. The order and the limits of pages are
//! `listing`'s.

use s3s::dto::{CommonPrefix, ETag, EncodingType, Object};

use super::body::Handed;
use super::listing::{ListRequest, Page, encoded, page};
use super::objects::etag;
use crate::store::Entry;

/// A page of the bucket's objects.
pub fn list(handed: &Handed, wanted: &ListRequest<'_>) -> Page<Entry> {
    let all = handed.service.store().below("");
    page(all.into_iter().filter_map(|(name, entry)| Some((name, entry?))), wanted)
}

/// A page in a response: objects and common prefixes.
pub fn written(
    page: Page<Entry>,
    encoding: Option<&EncodingType>,
) -> (Vec<Object>, Vec<CommonPrefix>) {
    let name = |name: String| match encoding {
        Some(_) => encoded(&name),
        None => name,
    };
    let objects = page.entries.into_iter().map(|(key, entry)| Object {
        key: Some(name(key)),
        size: i64::try_from(entry.object.length()).ok(),
        e_tag: Some(ETag::Strong(etag(&entry.object))),
        last_modified: Some(entry.modified.into()),
        ..Object::default()
    });
    let prefixes = page.prefixes.into_iter();
    let prefixes = prefixes.map(|prefix| CommonPrefix { prefix: Some(name(prefix)) });
    (objects.collect(), prefixes.collect())
}
