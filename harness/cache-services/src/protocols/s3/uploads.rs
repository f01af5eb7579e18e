//! Unfinished multipart uploads. A state machine; it must not know a request.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::RngExt;
use s3s::{S3Result, s3_error};

use super::objects::etag;
use crate::store::{Object, Properties};

/// The limit of uploads: beyond it the oldest is dropped.
const MOST: usize = 10_000;
/// The largest part number (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const NUMBERS: std::ops::RangeInclusive<i32> = 1..=10_000;
/// The smallest part but the last, in bytes (the same).
const SMALLEST_PART: u64 = 5 << 20;

/// All uploads, by their ids, which grow with time.
#[derive(Debug, Default)]
pub struct MultipartUploads {
    by_id: BTreeMap<String, MultipartUpload>,
    next: u64,
}

/// One upload.
#[derive(Debug)]
pub struct MultipartUpload {
    /// The object key.
    pub key: String,
    /// The object's metadata and content type.
    pub properties: Properties,
    /// The received parts, by number.
    pub parts: BTreeMap<i32, Arc<Object>>,
}

impl MultipartUploads {
    /// Begins an upload, and returns its id.
    pub fn begin(&mut self, key: &str, properties: Properties) -> String {
        if self.by_id.len() >= MOST {
            self.by_id.pop_first();
        }
        self.next += 1;
        let id = format!("{:016x}{:032x}", self.next, rand::rng().random::<u128>());
        let upload = MultipartUpload { key: key.to_owned(), properties, parts: BTreeMap::new() };
        self.by_id.insert(id.clone(), upload);
        id
    }

    /// The upload of that id and key.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&mut self, id: &str, key: &str) -> S3Result<&mut MultipartUpload> {
        let upload = self.by_id.get_mut(id).filter(|upload| upload.key == key);
        upload.ok_or_else(|| s3_error!(NoSuchUpload, "The specified upload does not exist."))
    }

    /// Ends an upload.
    pub fn end(&mut self, id: &str) {
        self.by_id.remove(id);
    }
}

impl MultipartUpload {
    /// Checks a part number.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn check_number(number: i32) -> S3Result<()> {
        match NUMBERS.contains(&number) {
            true => Ok(()),
            false => Err(s3_error!(InvalidArgument, "{number} is no number of a part, 1 to 10000")),
        }
    }

    /// The parts that a client lists, by number and tag, joined to one object.
    ///
    /// # Errors
    /// When one does not exist or is too small, or they are not in ascending order.
    pub fn join(&self, listed: &[(i32, Option<String>)]) -> S3Result<Arc<Object>> {
        if listed.is_empty() {
            return Err(s3_error!(MalformedXML, "no part is listed"));
        }
        if listed.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(s3_error!(InvalidPartOrder, "parts are listed in the order of numbers"));
        }
        let mut parts = Vec::with_capacity(listed.len());
        for (index, (number, tag)) in listed.iter().enumerate() {
            let part = self.parts.get(number);
            let part = part.filter(|part| tag.as_ref().is_none_or(|tag| *tag == etag(part)));
            let Some(part) = part else {
                return Err(s3_error!(InvalidPart, "part {number} is not there with this ETag"));
            };
            if part.length() < SMALLEST_PART && index + 1 < listed.len() {
                return Err(s3_error!(EntityTooSmall, "part {number} has less than 5 MiB"));
            }
            parts.push(Arc::clone(part));
        }
        Ok(Arc::new(Object::join(&parts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_its_own_keys_until_it_ends() {
        let mut uploads = MultipartUploads::default();
        let id = uploads.begin("k", Properties::new());
        assert!(uploads.get(&id, "k").is_ok());
        assert!(uploads.get(&id, "other").is_err() && uploads.get("x", "k").is_err());
        uploads.end(&id);
        assert!(uploads.get(&id, "k").is_err());
    }

    #[test]
    fn of_too_many_the_oldest_goes() {
        let mut uploads = MultipartUploads::default();
        let ids: Vec<String> = (0..=MOST).map(|_| uploads.begin("k", Properties::new())).collect();
        assert!(uploads.get(&ids[0], "k").is_err() && uploads.get(&ids[1], "k").is_ok());
    }

    #[test]
    fn parts_are_listed_in_order_and_were_uploaded() {
        let mut uploads = MultipartUploads::default();
        let id = uploads.begin("k", Properties::new());
        let upload = uploads.get(&id, "k").unwrap();
        let empty = Arc::new(Object::join(&[]));
        upload.parts = [(1, Arc::clone(&empty)), (2, Arc::clone(&empty))].into();
        let refused = |listed: &[(i32, Option<String>)]| {
            upload.join(listed).err().map(|error| error.code().as_str().to_owned())
        };
        assert_eq!(refused(&[(2, None)]), None);
        assert_eq!(refused(&[(2, Some(etag(&empty)))]), None);
        for (listed, code) in [
            (vec![], "MalformedXML"),
            (vec![(2, None), (1, None)], "InvalidPartOrder"),
            (vec![(3, None)], "InvalidPart"),
            (vec![(1, Some("x".to_owned()))], "InvalidPart"),
            (vec![(1, None), (2, None)], "EntityTooSmall"),
        ] {
            assert_eq!(refused(&listed).as_deref(), Some(code));
        }
        assert!(
            MultipartUpload::check_number(0).is_err()
                && MultipartUpload::check_number(10_000).is_ok()
        );
    }
}
