//! What binds erasable content to its immutable envelope: SHA-256(salt ‖ content bytes), base64url without padding.
//!
//! The salt is 16 random bytes: without it nobody can guess the content of a short message from its commitment, so erasing content
//! and salt erases for good, while envelopes, order, hashes and proofs stay valid.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

/// 16 random bytes, stored beside the content and erased with it. On the wire: base64url without padding (22 characters).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

impl Salt {
    /// The 22 characters.
    pub fn to_text(self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    /// Parses the 22 characters.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let decoded = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
        (decoded.len() == 16).then_some(Self(bytes))
    }
}

/// The commitment of an envelope to its content's exact bytes.
pub fn commit(salt: Salt, content: &str) -> String {
    let digest = Sha256::new().chain_update(salt.0).chain_update(content.as_bytes()).finalize();
    Base64UrlUnpadded::encode_string(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salt_survives_the_wire() {
        let salt = Salt([255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
        assert_eq!(Salt::parse(&salt.to_text()), Some(salt));
        assert_eq!(Salt::parse("AAAA"), None);
        assert_eq!(Salt::parse("***"), None);
    }

    #[test]
    fn another_salt_or_content_is_another_commitment() {
        let base = commit(Salt([0; 16]), "{}");
        assert_ne!(base, commit(Salt([1; 16]), "{}"));
        assert_ne!(base, commit(Salt([0; 16]), "{ }"));
        assert_eq!(base.len(), 43);
    }
}
