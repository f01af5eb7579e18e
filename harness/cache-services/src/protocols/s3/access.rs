//! Authorization: a signature with the key pair, and the one bucket alone. Owns the keys;
//! signatures are checked by `s3s`.

use hyper::Request;
use hyper::header::AUTHORIZATION;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};
use sha2::{Digest, Sha256};

use super::body::Handed;

/// The name of the only bucket.
pub const BUCKET: &str = "lukewarm";
/// The bytes of hash in an access key; it has twice as many characters.
const ACCESS_KEY: usize = 10;

/// A key pair.
#[derive(Clone, Debug)]
pub struct Keys {
    access_key: String,
    secret_key: String,
}

/// Grants access to the one bucket to everybody who signs with the keys.
#[derive(Debug)]
pub struct OneBucket;

impl Keys {
    /// The key pair of a secret key. The access key is derived from it, so that a service with the
    /// same secret has the same, and nobody can guess it.
    pub fn of(secret_key: String) -> Keys {
        let hash = Sha256::digest(format!("lukewarm access key {secret_key}"));
        Keys { access_key: hex::encode_upper(&hash[..ACCESS_KEY]), secret_key }
    }

    /// The access key id.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The secret access key.
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// Whether a request names the access key; its signature is not checked.
    pub fn are_named<B>(&self, request: &Request<B>) -> bool {
        let header = request.headers().get(AUTHORIZATION).and_then(|it| it.to_str().ok());
        let query = request.uri().query();
        header.into_iter().chain(query).any(|text| text.contains(&self.access_key))
    }
}

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match access_key == self.access_key {
            true => Ok(SecretKey::from(self.secret_key.clone())),
            false => Err(s3_error!(
                InvalidAccessKeyId,
                "The AWS access key ID you provided does not exist in our records."
            )),
        }
    }
}

#[async_trait::async_trait]
impl S3Access for OneBucket {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "a signature is required"));
        }
        if let Some(handed) = context.extensions_mut().get::<Handed>() {
            handed.trust();
        }
        match (context.s3_path().get_bucket_name(), context.s3_op().name()) {
            (Some(BUCKET) | None, _) => Ok(()),
            (Some(_), "CreateBucket") => {
                Err(s3_error!(AccessDenied, "there is the bucket `{BUCKET}` and no other"))
            }
            (Some(_), _) => Err(s3_error!(NoSuchBucket, "The specified bucket does not exist")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_known_again_by_its_secret() {
        let keys = Keys::of("secret".to_owned());
        assert_eq!(keys.access_key(), Keys::of("secret".to_owned()).access_key());
        assert_ne!(keys.access_key(), Keys::of("Secret".to_owned()).access_key());
        assert_eq!(keys.access_key().len(), 20);
        let named = |uri: &str, header: &str| {
            keys.are_named(&Request::get(uri).header(AUTHORIZATION, header).body(()).unwrap())
        };
        assert!(named("/", &format!("AWS4-HMAC-SHA256 Credential={}/x", keys.access_key())));
        assert!(named(&format!("/?X-Amz-Credential={}%2Fx", keys.access_key()), ""));
        assert!(!named("/", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x"));
    }
}
