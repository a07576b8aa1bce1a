//! Conversation ids: kind and residency readable from the id, the rest 128 bits.

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::envelope::Encryption;

use super::{CommandKey, IdError, IdKey, Jurisdiction, UserId, compose, dissect, text_id};

/// What kind of conversation an id names. Fixed at creation, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// Two people; opened from both ends at once it is still one conversation.
    Direct,
    /// A named set of members who are added and removed.
    Group,
    /// A set of members, and of channels that they may join: groups that name it as their space.
    Space,
}

impl ConversationKind {
    const fn letter(self) -> u8 {
        match self {
            Self::Direct => b'd',
            Self::Group => b'g',
            Self::Space => b's',
        }
    }

    const fn from_letter(letter: u8) -> Option<Self> {
        match letter {
            b'd' => Some(Self::Direct),
            b'g' => Some(Self::Group),
            b's' => Some(Self::Space),
            _ => None,
        }
    }
}

/// The id of a conversation: `d`, `g` or `s`, a jurisdiction letter, 26 digits of base 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationId([u8; 28]);

impl ConversationId {
    /// The one plain conversation of two people within a context (`""` unless an app keeps several apart, such as one per order).
    ///
    /// The bits are a keyed hash of app, context and the two ids sorted: both ends compute the same id without a look-up, and
    /// nobody without the key can tell from an id who talks to whom.
    pub fn direct(key: &IdKey, app: &str, a: UserId, b: UserId, context: &str) -> Self {
        Self::direct_under(key, app, (a, b), context, Encryption::None)
    }

    /// The one conversation of two people within a context and under an encryption. Both belong to the id, because both are fixed at
    /// creation: whoever opens an encrypted one first does not decide for the other's plain one.
    pub fn direct_under(
        key: &IdKey,
        app: &str,
        (a, b): (UserId, UserId),
        context: &str,
        encryption: Encryption,
    ) -> Self {
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        let purpose = match encryption {
            Encryption::None => "direct",
            Encryption::Mls => "direct mls",
        };
        let bits = key.bits(purpose, &[app, context, low.as_str(), high.as_str()]);
        Self(compose(ConversationKind::Direct.letter(), Jurisdiction::Global.letter(), bits))
    }

    /// The group that this user creates with this idempotency key: a retry names the same object, so it cannot create two. Give the key
    /// [as a UUID](CommandKey::as_uuid), or one key in two spellings names two groups.
    pub fn group(key: &IdKey, app: &str, creator: UserId, idempotency: CommandKey) -> Self {
        let bits = key.bits("group", &[app, creator.as_str(), idempotency.as_str()]);
        Self(compose(ConversationKind::Group.letter(), Jurisdiction::Global.letter(), bits))
    }

    /// The space that this user creates with this idempotency key, as with [groups](Self::group).
    pub fn space(key: &IdKey, app: &str, creator: UserId, idempotency: CommandKey) -> Self {
        let bits = key.bits("space", &[app, creator.as_str(), idempotency.as_str()]);
        Self(compose(ConversationKind::Space.letter(), Jurisdiction::Global.letter(), bits))
    }

    /// Parses the 28 characters.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (bytes, kind, jurisdiction) = dissect(text)?;
        ConversationKind::from_letter(kind).ok_or(IdError::Character)?;
        Jurisdiction::from_letter(jurisdiction).ok_or(IdError::Character)?;
        Ok(Self(bytes))
    }

    /// The 28 characters.
    pub fn as_str(&self) -> &str {
        super::ascii(&self.0)
    }

    /// The kind, read from the first letter.
    pub fn kind(&self) -> ConversationKind {
        let [kind, ..] = self.0;
        ConversationKind::from_letter(kind).unwrap_or(ConversationKind::Group)
    }
}

text_id!(
    ConversationId,
    "^[dgs][geuf][0-7][0-9a-hjkmnp-tv-z]{25}$",
    "a conversation id (28 characters, starting with d, g or s)"
);

impl IdKey {
    /// A key of its own for another use than ids, named by a label: what is signed with it tells nothing about ids.
    pub fn subkey(&self, label: &str) -> [u8; 32] {
        self.digest("key", &[label])
    }

    /// 128 bits of HMAC-SHA-256 over length-prefixed parts, separated by purpose.
    pub(super) fn bits(&self, purpose: &str, parts: &[&str]) -> u128 {
        let mut bits = 0u128;
        for byte in self.digest(purpose, parts).iter().take(16) {
            bits = (bits << 8) | u128::from(*byte);
        }
        bits
    }

    fn digest(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        // A key of any length is valid for HMAC (RFC 2104), so the error arm cannot be reached.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret()) else {
            return [0; 32];
        };
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}
