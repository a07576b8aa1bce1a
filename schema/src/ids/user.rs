//! User ids: pseudonyms, so that an e-mail address used as `sub` never enters a log.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{IdError, Jurisdiction, compose, dissect, redacted, text_id};
use crate::limits;

/// The deployment's secret from which ids are derived. It is never rotated: another key means other users.
#[derive(Clone)]
pub struct IdKey(Vec<u8>);

impl IdKey {
    /// At least 32 bytes; `None` when shorter.
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= 32).then(|| Self(secret.to_vec()))
    }

    pub(super) fn secret(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for IdKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "IdKey")
    }
}

/// The id of a user: `u`, a jurisdiction letter, 26 digits of base 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId([u8; 28]);

impl UserId {
    /// Names nobody: no derivation gives all zeros, but with probability 2⁻¹²⁸.
    pub const NOBODY: Self = Self(*b"ug00000000000000000000000000");

    /// HMAC of (app, issuer, subject): the team's own user ids map to ours without a look-up.
    pub fn derive(key: &IdKey, app: &str, issuer: &str, subject: &str) -> Self {
        let bits = key.bits("user", &[app, issuer, subject]);
        Self(compose(b'u', Jurisdiction::Global.letter(), bits))
    }

    /// Parses the 28 characters.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (bytes, first, jurisdiction) = dissect(text)?;
        if first != b'u' {
            return Err(IdError::Character);
        }
        Jurisdiction::from_letter(jurisdiction).ok_or(IdError::Character)?;
        Ok(Self(bytes))
    }

    /// The 28 characters.
    pub fn as_str(&self) -> &str {
        super::ascii(&self.0)
    }
}

text_id!(UserId, "^u[geuf][0-7][0-9a-hjkmnp-tv-z]{25}$", "a user id (28 characters, starting with u)");

/// A user as a caller names one: by our id, or by the team's own, written `sub:` and the token's subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserRef {
    /// Our id.
    Id(UserId),
    /// The team's id: the `sub` its tokens carry for that user.
    Subject(String),
}

impl UserRef {
    /// Parses `ug…` or `sub:…`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        match text.strip_prefix("sub:") {
            Some(subject) if subject.is_empty() || subject.len() > limits::SUBJECT_BYTES => Err(IdError::Length),
            Some(subject) if subject.chars().any(char::is_control) => Err(IdError::Character),
            Some(subject) => Ok(Self::Subject(subject.to_owned())),
            None => UserId::parse(text).map(Self::Id),
        }
    }

    /// The id, derived where the reference is a subject.
    pub fn resolve(&self, key: &IdKey, app: &str, issuer: &str) -> UserId {
        match self {
            Self::Id(id) => *id,
            Self::Subject(subject) => UserId::derive(key, app, issuer, subject),
        }
    }

    /// The subject, where the reference names one.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Id(_) => None,
            Self::Subject(subject) => Some(subject),
        }
    }
}

impl Serialize for UserRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => serializer.serialize_str(id.as_str()),
            Self::Subject(subject) => serializer.collect_str(&format_args!("sub:{subject}")),
        }
    }
}

impl<'de> Deserialize<'de> for UserRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| {
            serde::de::Error::custom(format_args!("a user id, or `sub:` and your own user id, expected: {error}"))
        })
    }
}

#[cfg(feature = "generate")]
impl schemars::JsonSchema for UserRef {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UserRef".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(u[geuf][0-7][0-9a-hjkmnp-tv-z]{25}|sub:.{1,255})$",
            "description": "A user id, or `sub:` and the subject your tokens carry for that user."
        })
    }
}
