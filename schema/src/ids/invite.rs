//! Invite links: which conversation, and a secret that lets in whoever holds it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{CommandKey, ConversationId, IdError, IdKey, UserId, base32};

/// The token of an invite link: a conversation id and 26 digits of base 32. Conversations keep its hash only.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InviteToken([u8; 54]);

impl InviteToken {
    /// The link that this member makes with this idempotency key: a retry gives the same one. Whoever has the deployment's key can write it
    /// again, so that a link can be copied later; whoever has a copy of the conversation's storage cannot.
    pub fn derive(key: &IdKey, app: &str, conv: ConversationId, maker: UserId, idempotency: CommandKey) -> Self {
        let bits = key.bits("invite", &[app, conv.as_str(), maker.as_str(), idempotency.as_uuid().as_str()]);
        let mut digits = [b'0'; 26];
        base32::encode(bits, &mut digits);
        let mut text = [b'0'; 54];
        for (to, from) in text.iter_mut().zip(conv.as_str().as_bytes().iter().chain(&digits)) {
            *to = *from;
        }
        Self(text)
    }

    /// Parses the 54 characters.
    ///
    /// # Errors
    /// [`IdError`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let bytes: [u8; 54] = text.as_bytes().try_into().map_err(|_| IdError::Length)?;
        let (conv, digits) = bytes.split_at(28);
        ConversationId::parse(super::ascii(conv))?;
        base32::decode(digits)?;
        Ok(Self(bytes))
    }

    /// The 54 characters.
    pub fn as_str(&self) -> &str {
        super::ascii(&self.0)
    }

    /// Which conversation it leads to; `None` never comes of a parsed token.
    pub fn conversation(&self) -> Option<ConversationId> {
        self.as_str().get(..28).and_then(|conv| ConversationId::parse(conv).ok())
    }

    /// What the conversation keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for InviteToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::redacted(f, "InviteToken")
    }
}

impl From<InviteToken> for String {
    fn from(token: InviteToken) -> Self {
        token.as_str().to_owned()
    }
}

impl TryFrom<String> for InviteToken {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

#[cfg(feature = "generate")]
impl schemars::JsonSchema for InviteToken {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "InviteToken".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let pattern = "^[dg][geuf][0-7][0-9a-hjkmnp-tv-z]{25}[0-7][0-9a-hjkmnp-tv-z]{25}$";
        let about = "the token of an invite link (54 characters, starting with the conversation's id)";
        schemars::json_schema!({ "type": "string", "pattern": pattern, "description": about })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn token(key: &str) -> InviteToken {
        let secret = IdKey::new(&[1; 32]).unwrap();
        let (maker, conv) = (UserId::NOBODY, ConversationId::parse("gg00000000000000000000000002").unwrap());
        InviteToken::derive(&secret, "main", conv, maker, CommandKey::parse(key).unwrap())
    }

    #[test]
    fn a_token_reads_back_and_names_its_conversation() {
        let token = token("01890a5d-ac96-774b-bcce-b302099a8057");
        assert_eq!(InviteToken::parse(token.as_str()), Ok(token));
        assert_eq!(token.conversation().unwrap().as_str(), "gg00000000000000000000000002");
        let text = serde_json::to_string(&token).unwrap();
        assert_eq!(serde_json::from_str::<InviteToken>(&text).unwrap(), token);
    }

    #[test]
    fn a_key_makes_one_token_however_it_is_spelt_and_another_key_another() {
        let uuid = token("01890a5d-ac96-774b-bcce-b302099a8057");
        let ulid = CommandKey::from_random(*b"abcdefghijklmnop");
        assert_eq!(uuid, token("01890A5D-AC96-774B-BCCE-B302099A8057"));
        assert_ne!(uuid, token(ulid.as_str()));
    }

    #[test]
    fn what_is_no_token_is_refused_and_a_secret_is_not_printed() {
        let token = token("01890a5d-ac96-774b-bcce-b302099a8057");
        let text = token.as_str();
        for bad in [
            &text[1..],
            &format!("{text}0"),
            &text.to_uppercase(),
            &format!("x{}", &text[1..]),
            &format!("{}u", &text[..53]),
            "",
        ] {
            assert!(InviteToken::parse(bad).is_err(), "{bad}");
        }
        assert!(!format!("{token:?}").contains(&text[28..]));
    }
}
