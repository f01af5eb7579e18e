//! Verifies the checksums that a client sends with a body. Owns the comparison; the algorithms are
//! `s3s`'s.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::Checksum;
use s3s::{S3Error, S3Result, TrailingHeaders, s3_error};

/// The checksums of one body.
pub struct Checks {
    md5: Option<(Md5, String)>,
    hasher: ChecksumHasher,
    wanted: Checksum,
    trailing: Option<TrailingHeaders>,
}

impl Checks {
    /// The expected checksums: MD5 in base64, others, and the algorithm and value of one in the
    /// trailers.
    pub fn of(
        md5: Option<String>,
        wanted: Checksum,
        algorithm: Option<&str>,
        trailing: Option<TrailingHeaders>,
    ) -> Checks {
        let mut hasher = ChecksumHasher::default();
        let is = |name: &str, checksum: &Option<String>| {
            checksum.is_some() || algorithm.is_some_and(|it| it.eq_ignore_ascii_case(name))
        };
        hasher.crc32 = is("CRC32", &wanted.checksum_crc32).then(Default::default);
        hasher.crc32c = is("CRC32C", &wanted.checksum_crc32c).then(Default::default);
        hasher.crc64nvme = is("CRC64NVME", &wanted.checksum_crc64nvme).then(Default::default);
        hasher.sha1 = is("SHA1", &wanted.checksum_sha1).then(Default::default);
        hasher.sha256 = is("SHA256", &wanted.checksum_sha256).then(Default::default);
        Checks { md5: md5.map(|md5| (Md5::new(), md5)), hasher, wanted, trailing }
    }

    /// Adds bytes of the body.
    pub fn update(&mut self, data: &[u8]) {
        if let Some((md5, _)) = &mut self.md5 {
            md5.update(data);
        }
        self.hasher.update(data);
    }

    /// Verifies the checksums of the complete body, and returns them.
    ///
    /// # Errors
    /// When one differs from the expected value.
    pub fn finish(mut self) -> S3Result<Checksum> {
        if let Some((md5, wanted)) = self.md5 {
            compare("Content-MD5", &Some(wanted), &Some(STANDARD.encode(md5.finalize())))?;
        }
        let trailing = self.trailing.and_then(|trailing| trailing.take()).unwrap_or_default();
        let trailer = |wanted: Option<String>, name: &str| {
            wanted.or_else(|| Some(trailing.get(name)?.to_str().ok()?.to_owned()))
        };
        let (ours, wanted) = (self.hasher.finalize(), &mut self.wanted);
        for (name, wanted, ours) in [
            ("x-amz-checksum-crc32", &mut wanted.checksum_crc32, &ours.checksum_crc32),
            ("x-amz-checksum-crc32c", &mut wanted.checksum_crc32c, &ours.checksum_crc32c),
            ("x-amz-checksum-crc64nvme", &mut wanted.checksum_crc64nvme, &ours.checksum_crc64nvme),
            ("x-amz-checksum-sha1", &mut wanted.checksum_sha1, &ours.checksum_sha1),
            ("x-amz-checksum-sha256", &mut wanted.checksum_sha256, &ours.checksum_sha256),
        ] {
            compare(name, &trailer(wanted.take(), name), ours)?;
        }
        Ok(ours)
    }
}

/// Whether a checksum equals the expected one, where both are known.
fn compare(name: &str, wanted: &Option<String>, ours: &Option<String>) -> S3Result<()> {
    match (wanted, ours) {
        (Some(wanted), Some(ours)) if wanted != ours => {
            Err(s3_error!(BadDigest, "{name} is {ours} of what came, not {wanted}"))
        }
        _ => Ok(()),
    }
}

/// The S3 error for a body that could not be read. The types of `s3s` for it are private, so its
/// message is matched.
pub fn unreadable(error: &dyn std::error::Error) -> S3Error {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        let message = "The provided x-amz-content-sha256 does not match what was computed.";
        let mut error = s3_error!(InvalidRequest, "{message}");
        error.set_code(s3s::S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into()));
        error.set_status_code(hyper::StatusCode::BAD_REQUEST);
        return error;
    }
    if text.contains("SignatureMismatch") {
        return s3_error!(SignatureDoesNotMatch, "a chunk's signature does not match");
    }
    s3_error!(IncompleteBody, "{text}")
}
