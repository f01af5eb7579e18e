//! Tokens: a name, and a signature that only this shelf can make.
//! Owns their form and their check; what a holder may do is decided by `shelf-api`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shelf_core::Error;

/// Signs and checks tokens with one secret.
#[derive(Clone)]
pub struct Seal {
    mac: Hmac<Sha256>,
}

impl Seal {
    /// A seal with this secret, of any length.
    pub fn new(secret: &str) -> Result<Seal, Error> {
        let mac = Hmac::new_from_slice(secret.as_bytes())
            .map_err(|_| Error::Setting("secret cannot be used as a key".to_owned()))?;
        Ok(Seal { mac })
    }

    /// A token for a holder.
    pub fn issue(&self, holder: &str) -> String {
        let signature = self.mac.clone().chain_update(holder).finalize().into_bytes();
        format!("{holder}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The holder of a token. The signature is compared in constant time.
    pub fn holder<'a>(&self, token: &'a str) -> Result<&'a str, Error> {
        let (holder, signature) = token.rsplit_once('.').ok_or(Error::NoToken)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Error::NoToken)?;
        let mac = self.mac.clone().chain_update(holder);
        mac.verify_slice(&signature).map_err(|_| Error::NoToken)?;
        Ok(holder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_holder_and_cannot_be_changed() -> Result<(), Error> {
        let seal = Seal::new("a secret for tests")?;
        let token = seal.issue("ada");
        assert_eq!(seal.holder(&token)?, "ada");
        assert!(seal.holder(&token.replace("ada", "tom")).is_err());
        assert!(Seal::new("another secret")?.holder(&token).is_err());
        Ok(())
    }
}
