//! The bucket: implements each operation with the store. Owns the operations; it must not know a
//! connection.

use std::sync::{Arc, Mutex};

use hyper::{Method, StatusCode};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket as BucketEntry, Checksum,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateBucketInput,
    CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
    GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectsInput,
    ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
    Part, PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::access::BUCKET;
use super::body::{Handed, ObjectRange};
use super::checks::Checks;
use super::listing::{ListRequest, encoded};
use super::objects::{
    check, etag, metadata_of, no_such_key, not_kept, properties, publish, receive, slow_down,
};
use super::pages::{list, written};
use super::uploads::{MultipartUpload, MultipartUploads};
use crate::conditions::range_applies;
use crate::context::locked;

/// The bucket's own state; objects are in the service's store.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// Multipart uploads. Lock it before the store.
    uploads: Arc<Mutex<MultipartUploads>>,
}

impl Bucket {
    /// Drops unfinished uploads.
    pub fn forget(&self) {
        *locked(&self.uploads) = MultipartUploads::default();
    }
}

/// The context of an operation's request.
fn handed<T>(request: &S3Request<T>) -> S3Result<Handed> {
    let handed = request.extensions.get::<Handed>().cloned();
    handed.ok_or_else(|| s3_error!(InternalError, "the request was not handed its service"))
}

#[async_trait::async_trait]
impl S3 for Bucket {
    async fn list_buckets(
        &self,
        _request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let bucket = BucketEntry { name: Some(BUCKET.to_owned()), ..BucketEntry::default() };
        let buckets = Some(vec![bucket]);
        Ok(S3Response::new(ListBucketsOutput { buckets, ..ListBucketsOutput::default() }))
    }

    async fn head_bucket(
        &self,
        _request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn create_bucket(
        &self,
        _request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        Err(s3_error!(BucketAlreadyOwnedByYou, "the bucket is there, and yours"))
    }

    async fn get_bucket_location(
        &self,
        _request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        Ok(S3Response::new(GetBucketLocationOutput::default()))
    }

    /// An empty response: versioning was never enabled.
    async fn get_bucket_versioning(
        &self,
        _request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        Ok(S3Response::new(GetBucketVersioningOutput::default()))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let Handed { service, now, .. } = handed(&request)?;
        service.admit_download(now).map_err(slow_down)?;
        let (entry, (metadata, content_type)) = {
            let mut store = service.store();
            let entry = store.find(&request.input.key).ok_or_else(no_such_key)?;
            (entry, metadata_of(store.properties(&request.input.key)))
        };
        check(&Method::GET, &request.headers, Some(&entry))?;
        let (object, length) = (Arc::clone(&entry.object), entry.object.length());
        let tag = || format!("\"{}\"", etag(&object));
        let range = request.input.range;
        let range = range.filter(|_| range_applies(&request.headers, tag, entry.modified));
        let part = range.map(|range| range.check(length)).transpose()?;
        let (start, end) = part.as_ref().map_or((0, length), |part| (part.start, part.end));
        let mut response = S3Response::new(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(end - start).ok(),
            content_range: part.map(|part| format!("bytes {start}-{}/{length}", part.end - 1)),
            content_type: Some(content_type),
            e_tag: Some(ETag::Strong(etag(&object))),
            last_modified: Some(entry.modified.into()),
            metadata,
            ..GetObjectOutput::default()
        });
        response.status =
            response.output.content_range.as_ref().map(|_| StatusCode::PARTIAL_CONTENT);
        response.extensions.insert(ObjectRange { object, start, end });
        Ok(response)
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let service = handed(&request)?.service;
        let (entry, (metadata, content_type)) = {
            let mut store = service.store();
            let entry = store.find(&request.input.key).ok_or_else(no_such_key)?;
            (entry, metadata_of(store.properties(&request.input.key)))
        };
        check(&Method::HEAD, &request.headers, Some(&entry))?;
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(entry.object.length()).ok(),
            content_type: Some(content_type),
            e_tag: Some(ETag::Strong(etag(&entry.object))),
            last_modified: Some(entry.modified.into()),
            metadata,
            ..HeadObjectOutput::default()
        }))
    }

    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let Handed { service, now, .. } = handed(&request)?;
        let (headers, trailing, input) = (request.headers, request.trailing_headers, request.input);
        check(&Method::PUT, &headers, service.store().entry(&input.key))?;
        service.admit_upload(now).map_err(slow_down)?;
        let wanted = Checksum {
            checksum_crc32: input.checksum_crc32,
            checksum_crc32c: input.checksum_crc32c,
            checksum_crc64nvme: input.checksum_crc64nvme,
            checksum_sha1: input.checksum_sha1,
            checksum_sha256: input.checksum_sha256,
            ..Checksum::default()
        };
        let algorithm = input.checksum_algorithm.as_ref().map(|it| it.as_str());
        let checks = Checks::of(input.content_md5, wanted, algorithm, trailing);
        let (object, sums) = receive(&service, input.body, input.content_length, checks).await?;
        let output = PutObjectOutput {
            e_tag: Some(ETag::Strong(etag(&object))),
            checksum_crc32: sums.checksum_crc32,
            checksum_crc32c: sums.checksum_crc32c,
            checksum_crc64nvme: sums.checksum_crc64nvme,
            checksum_sha1: sums.checksum_sha1,
            checksum_sha256: sums.checksum_sha256,
            ..PutObjectOutput::default()
        };
        let properties = properties(input.metadata, input.content_type);
        publish(&service, &headers, &input.key, (object, properties))?;
        Ok(S3Response::new(output))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let service = handed(&request)?.service;
        // Deleting what does not exist succeeds.
        service.store().remove(&request.input.key).map_err(not_kept)?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let service = handed(&request)?.service;
        let delete = request.input.delete;
        let mut deleted = Vec::new();
        for object in delete.objects {
            service.store().remove(&object.key).map_err(not_kept)?;
            deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() });
        }
        let deleted = Some(deleted).filter(|_| delete.quiet != Some(true));
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..DeleteObjectsOutput::default() }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let (handed, input) = (handed(&request)?, request.input);
        let token = input.continuation_token.as_ref();
        let token =
            token.map(|token| hex::decode(token).ok().and_then(|it| String::from_utf8(it).ok()));
        let token = match token {
            Some(None) => return Err(s3_error!(InvalidArgument, "no such continuation token")),
            token => token.flatten(),
        };
        let page = list(
            &handed,
            &ListRequest {
                prefix: input.prefix.as_deref().unwrap_or_default(),
                delimiter: input.delimiter.as_deref(),
                after: token.as_deref().or(input.start_after.as_deref()).unwrap_or_default(),
                most: input.max_keys,
            },
        );
        let next = page.next.as_ref().map(hex::encode);
        let (objects, prefixes) = written(page, input.encoding_type.as_ref());
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: input.prefix,
            max_keys: Some(input.max_keys.unwrap_or(1000)),
            key_count: i32::try_from(objects.len() + prefixes.len()).ok(),
            continuation_token: input.continuation_token,
            is_truncated: Some(next.is_some()),
            next_continuation_token: next,
            contents: Some(objects),
            common_prefixes: Some(prefixes),
            delimiter: input.delimiter,
            encoding_type: input.encoding_type,
            start_after: input.start_after,
            ..ListObjectsV2Output::default()
        }))
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let (handed, input) = (handed(&request)?, request.input);
        let page = list(
            &handed,
            &ListRequest {
                prefix: input.prefix.as_deref().unwrap_or_default(),
                delimiter: input.delimiter.as_deref(),
                after: input.marker.as_deref().unwrap_or_default(),
                most: input.max_keys,
            },
        );
        let encoding = input.encoding_type.as_ref();
        let next = page.next.clone().map(|next| encoding.map_or(next.clone(), |_| encoded(&next)));
        let (objects, prefixes) = written(page, encoding);
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: input.prefix,
            marker: input.marker,
            max_keys: Some(input.max_keys.unwrap_or(1000)),
            is_truncated: Some(next.is_some()),
            next_marker: next,
            contents: Some(objects),
            common_prefixes: Some(prefixes),
            delimiter: input.delimiter,
            encoding_type: input.encoding_type,
            ..ListObjectsOutput::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let Handed { service, now, .. } = handed(&request)?;
        service.admit_upload(now).map_err(slow_down)?;
        let input = request.input;
        let properties = properties(input.metadata, input.content_type);
        let id = locked(&self.uploads).begin(&input.key, properties);
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let service = handed(&request)?.service;
        let (trailing, input) = (request.trailing_headers, request.input);
        MultipartUpload::check_number(input.part_number)?;
        locked(&self.uploads).get(&input.upload_id, &input.key)?;
        let wanted = Checksum {
            checksum_crc32: input.checksum_crc32,
            checksum_crc32c: input.checksum_crc32c,
            checksum_crc64nvme: input.checksum_crc64nvme,
            checksum_sha1: input.checksum_sha1,
            checksum_sha256: input.checksum_sha256,
            ..Checksum::default()
        };
        let algorithm = input.checksum_algorithm.as_ref().map(|it| it.as_str());
        let checks = Checks::of(input.content_md5, wanted, algorithm, trailing);
        let (object, sums) = receive(&service, input.body, input.content_length, checks).await?;
        let tag = etag(&object);
        let mut uploads = locked(&self.uploads);
        let upload = uploads.get(&input.upload_id, &input.key)?;
        upload.parts.insert(input.part_number, object);
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(ETag::Strong(tag)),
            checksum_crc32: sums.checksum_crc32,
            checksum_crc32c: sums.checksum_crc32c,
            checksum_crc64nvme: sums.checksum_crc64nvme,
            checksum_sha1: sums.checksum_sha1,
            checksum_sha256: sums.checksum_sha256,
            ..UploadPartOutput::default()
        }))
    }

    async fn list_parts(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let mut uploads = locked(&self.uploads);
        let upload = uploads.get(&input.upload_id, &input.key)?;
        let parts = upload.parts.iter().map(|(number, part)| Part {
            part_number: Some(*number),
            e_tag: Some(ETag::Strong(etag(part))),
            size: i64::try_from(part.length()).ok(),
            ..Part::default()
        });
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            is_truncated: Some(false),
            parts: Some(parts.collect()),
            ..ListPartsOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let service = handed(&request)?.service;
        let (headers, input) = (request.headers, request.input);
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let listed: Vec<(i32, Option<String>)> = parts
            .into_iter()
            .map(|part| (part.part_number.unwrap_or(0), part.e_tag.map(|it| it.value().to_owned())))
            .collect();
        let mut uploads = locked(&self.uploads);
        let upload = uploads.get(&input.upload_id, &input.key)?;
        let object = upload.join(&listed)?;
        if object.length() > service.largest_object() {
            return Err(s3_error!(EntityTooLarge, "the object is larger than the service takes"));
        }
        let tag = etag(&object);
        publish(&service, &headers, &input.key, (object, upload.properties.clone()))?;
        uploads.end(&input.upload_id);
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(tag)),
            ..CompleteMultipartUploadOutput::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        let mut uploads = locked(&self.uploads);
        uploads.get(&input.upload_id, &input.key)?;
        uploads.end(&input.upload_id);
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}
