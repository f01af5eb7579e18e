//! The variables of jobs as a record may have them: plain values, and keyed digests of secrets.
//! Owns the key, a file of this machine's user: without it a digest says nothing of a value.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use lukewarm_model::{JobVariables, VariableValue, Visibility};
use rand::Rng;
use sha2::{Digest, Sha256};

use crate::error::RunnerError;

/// The file of the key in lukewarm's own cache folder.
const KEY: &str = "variables-key";
const KEY_BYTES: usize = 32;
/// Hexadecimal digits that name a key.
const KEY_NAME: usize = 8;

/// The variables as they are recorded. The key is made where a secret is the first.
///
/// # Errors
/// When the key cannot be read or made.
pub fn recorded(
    variables: &JobVariables,
    cache: &Path,
) -> Result<BTreeMap<String, VariableValue>, RunnerError> {
    let mut key = None;
    let mut recorded = BTreeMap::new();
    for (name, variable) in variables.iter() {
        let value = match variable.visibility {
            Visibility::Recorded => VariableValue::Plain(variable.value.clone()),
            Visibility::Secret => {
                let key = match &key {
                    Some(key) => key,
                    None => key.insert(read_key(&cache.join(KEY))?),
                };
                VariableValue::Digest(digest(key, name, &variable.value)?)
            }
        };
        recorded.insert(name.to_owned(), value);
    }
    Ok(recorded)
}

/// The key's name, and the HMAC-SHA256 of a variable with it.
fn digest(key: &[u8], name: &str, value: &str) -> Result<String, RunnerError> {
    let key_name = hex::encode(Sha256::digest([b"lukewarm variables key: ", key].concat()));
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|error| RunnerError::Environment(format!("the key of variables: {error}")))?;
    mac.update(name.as_bytes());
    mac.update(b"=");
    mac.update(value.as_bytes());
    Ok(format!("{}:{}", &key_name[..KEY_NAME], hex::encode(mac.finalize().into_bytes())))
}

/// The key of a file, which is made where it is missing, for this user alone.
fn read_key(path: &Path) -> Result<Vec<u8>, RunnerError> {
    let mut made = [0; KEY_BYTES];
    rand::rng().fill_bytes(&mut made);
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(&made).map_err(RunnerError::file("write", path))?;
            Ok(made.to_vec())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let key = fs::read(path).map_err(RunnerError::file("read", path))?;
            match key.len() {
                KEY_BYTES => Ok(key),
                // One that was cut off while it was written says nothing: it is made again.
                _ => {
                    fs::remove_file(path).map_err(RunnerError::file("remove", path))?;
                    read_key(path)
                }
            }
        }
        Err(error) => Err(RunnerError::file("make", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::JobVariable;

    use super::*;

    fn variables(secret: &str) -> JobVariables {
        let of = |value: &str, visibility| JobVariable { value: value.to_owned(), visibility };
        JobVariables(BTreeMap::from([
            ("A".to_owned(), of("plain", Visibility::Recorded)),
            ("B".to_owned(), of(secret, Visibility::Secret)),
        ]))
    }

    #[test]
    fn a_secret_is_recorded_as_a_digest_that_one_machine_alone_can_make() {
        let [one, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let of = |secret: &str, cache: &tempfile::TempDir| {
            recorded(&variables(secret), cache.path()).unwrap()
        };
        let first = of("hunter2", &one);
        assert_eq!(first["A"], VariableValue::Plain("plain".to_owned()));
        assert!(!format!("{first:?}").contains("hunter2"));
        assert_eq!(of("hunter2", &one), first);
        assert!(of("hunter3", &one)["B"].differs(&first["B"]));
        let elsewhere = of("hunter3", &other);
        assert!(elsewhere["B"] != first["B"] && !elsewhere["B"].differs(&first["B"]));
        let key = fs::metadata(one.path().join(KEY)).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&key.permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_was_cut_off_is_made_again() {
        let cache = tempfile::tempdir().unwrap();
        fs::write(cache.path().join(KEY), "short").unwrap();
        recorded(&variables("hunter2"), cache.path()).unwrap();
        assert_eq!(fs::read(cache.path().join(KEY)).unwrap().len(), KEY_BYTES);
    }
}
