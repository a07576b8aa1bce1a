//! Identifiers: constrained, fixed in length, cheap to copy, and carrying nothing that must ever be erased.
//!
//! | id | form | example |
//! |---|---|---|
//! | [`ConversationId`] | kind letter, jurisdiction letter, 128 bits | `gg5f…` (28 characters) |
//! | [`UserId`] | `u`, jurisdiction letter, 128 bits | `ug0k…` (28 characters) |
//! | [`Epoch`] | 64 bits | 13 characters |
//! | [`InviteToken`] | a conversation id and a secret of 128 bits | 54 characters |
//! | [`CommandKey`] | a UUID or ULID chosen by the client | 36 or 26 characters |
//!
//! Bits are written in Crockford's base 32, lower case, most significant first, so that text order is bit order.

mod base32;
mod conversation;
mod invite;
mod key;
mod user;

pub use conversation::{ConversationId, ConversationKind};
pub use invite::InviteToken;
pub use key::CommandKey;
pub use user::{IdKey, UserId, UserRef};

use std::fmt;

/// Why a text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The length is not the one fixed for this kind of id.
    #[error("wrong length")]
    Length,
    /// A prefix letter or a character outside the alphabet.
    #[error("unexpected character")]
    Character,
    /// More bits than the id has.
    #[error("out of range")]
    Range,
}

/// Where a conversation's or a user's data must stay. Residency is enforced later; its place in the id is fixed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Jurisdiction {
    /// No restriction.
    #[default]
    Global,
    /// European Union.
    Eu,
    /// United States.
    Us,
    /// FedRAMP.
    Fedramp,
}

impl Jurisdiction {
    /// The letter inside an id.
    pub const fn letter(self) -> u8 {
        match self {
            Self::Global => b'g',
            Self::Eu => b'e',
            Self::Us => b'u',
            Self::Fedramp => b'f',
        }
    }

    /// The inverse of [`Self::letter`].
    pub const fn from_letter(letter: u8) -> Option<Self> {
        match letter {
            b'g' => Some(Self::Global),
            b'e' => Some(Self::Eu),
            b'u' => Some(Self::Us),
            b'f' => Some(Self::Fedramp),
            _ => None,
        }
    }
}

/// The life of a log. Drawn at random when the log is born and again when it is restored from a backup, so that a cursor
/// of one life is never taken for a cursor of another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch([u8; 13]);

impl Epoch {
    /// An epoch of 64 random bits.
    pub fn from_bits(bits: u64) -> Self {
        let mut text = [b'0'; 13];
        base32::encode(u128::from(bits), &mut text);
        Self(text)
    }

    /// Parses the 13 characters.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let bytes: [u8; 13] = text.as_bytes().try_into().map_err(|_| IdError::Length)?;
        let bits = base32::decode(&bytes)?;
        u64::try_from(bits).map_err(|_| IdError::Range)?;
        Ok(Self(bytes))
    }

    /// The 13 characters.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

/// Ids hold ASCII only, by construction.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The traits that every id shares: text form, serde as that text, JSON Schema with its pattern.
macro_rules! text_id {
    ($name:ident, $pattern:literal, $about:literal) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::ids::IdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(|error| {
                    serde::de::Error::custom(format_args!("{} expected: {error}", $about))
                })
            }
        }
        #[cfg(feature = "generate")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "description": $about })
            }
        }
    };
}
pub(crate) use text_id;

text_id!(Epoch, "^[0-9a-f][0-9a-hjkmnp-tv-z]{12}$", "an epoch (13 characters of base 32)");

/// Writes a fixed id of two letters and 128 bits.
fn compose(first: u8, second: u8, bits: u128) -> [u8; 28] {
    let mut digits = [b'0'; 26];
    base32::encode(bits, &mut digits);
    let mut text = [b'0'; 28];
    for (to, from) in text.iter_mut().zip([first, second].iter().chain(digits.iter())) {
        *to = *from;
    }
    text
}

/// Checks the 26 digits of a fixed id and returns its bytes with the two letters.
fn dissect(text: &str) -> Result<([u8; 28], u8, u8), IdError> {
    let bytes: [u8; 28] = text.as_bytes().try_into().map_err(|_| IdError::Length)?;
    let [first, second, digits @ ..] = &bytes;
    base32::decode(digits)?;
    Ok((bytes, *first, *second))
}

/// Never prints the secret inside.
pub(crate) fn redacted(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    write!(f, "{name}(redacted)")
}
