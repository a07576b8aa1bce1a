//! Idempotency keys: a UUID or a ULID and nothing else, because a key is kept in the envelope for ever and must not be able to carry anything personal.

use sha2::{Digest, Sha256};

use super::{IdError, UserId, base32, text_id};

/// The key a client chose for one command. Compared by its 128 bits, shown in the canonical form of what was sent
/// (UUID: lower case with hyphens, RFC 9562; ULID: upper case).
#[derive(Clone, Copy)]
pub struct CommandKey {
    bytes: [u8; 16],
    text: [u8; 36],
    len: u8,
}

impl CommandKey {
    /// A random (version 4) UUID from 16 random bytes, for commands the server gives itself.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self::from_uuid(uuid::Builder::from_random_bytes(random).into_uuid())
    }

    fn from_uuid(uuid: uuid::Uuid) -> Self {
        let mut text = [0; 36];
        uuid.hyphenated().encode_lower(&mut text);
        Self { bytes: uuid.into_bytes(), text, len: 36 }
    }

    /// Parses a hyphenated UUID or a ULID, in either case.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match text.len() {
            36 => uuid::Uuid::try_parse(text).map(Self::from_uuid).map_err(|_| IdError::Character),
            26 => {
                let bits = base32::decode(text.to_ascii_lowercase().as_bytes())?;
                let mut canonical = [0; 36];
                for (to, from) in canonical.iter_mut().zip(text.as_bytes()) {
                    *to = from.to_ascii_uppercase();
                }
                Ok(Self { bytes: bits.to_be_bytes(), text: canonical, len: 26 })
            }
            _ => Err(IdError::Length),
        }
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        super::ascii(self.text.get(..usize::from(self.len)).unwrap_or_default())
    }

    /// The same key, written as a UUID: for what is derived from its text and must not depend on how a client spelt it.
    pub fn as_uuid(self) -> Self {
        Self::from_uuid(uuid::Uuid::from_bytes(self.bytes))
    }

    /// The key under which a call with this key adds one of several members: the same for ever, and another for each.
    pub fn for_member(self, user: UserId) -> Self {
        let digest =
            Sha256::new_with_prefix(b"quipu member").chain_update(self.bytes).chain_update(user.as_str()).finalize();
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(digest) {
            *to = from;
        }
        Self::from_random(bytes)
    }

    /// The 128 bits that identify the key.
    pub const fn bytes(&self) -> [u8; 16] {
        self.bytes
    }
}

impl PartialEq for CommandKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for CommandKey {}

impl std::hash::Hash for CommandKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

text_id!(
    CommandKey,
    "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25})$",
    "an idempotency key (a UUID or a ULID)"
);
