//! The text of a single-use ticket: `{user}.{secret}.{mac}`. Clients pass it on as it is.
//!
//! The MAC lets the gateway refuse a forged ticket by itself: an address is all that an upgrade by ticket shows, and without the MAC anybody
//! could wake any account's object by naming it. Whether a genuine ticket is still good, the account knows, which keeps the secret's hash.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::digest::Key;
use hmac::{Hmac, Mac};
use quipu_schema::ids::{IdKey, UserId};
use sha2::{Digest, Sha256};

/// Characters of 32 bytes in base64url.
const CHARS: usize = 43;

/// A ticket that this deployment has written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Genuine {
    /// Whose account knows it.
    pub user: UserId,
    /// What the account keeps of it.
    pub secret_hash: String,
}

/// Writes a ticket: its text, and the hash for the account to keep.
pub(crate) fn issue(key: &IdKey, app: &str, user: UserId, random: &[u8; 32]) -> (String, String) {
    let secret = Base64UrlUnpadded::encode_string(random);
    let mac = mac(key, app, user, &secret).finalize().into_bytes();
    let text = format!("{user}.{secret}.{}", Base64UrlUnpadded::encode_string(&mac));
    (text, hash(&secret))
}

/// Reads a ticket; `None` where this deployment has not written it.
pub(crate) fn read(key: &IdKey, app: &str, ticket: &str) -> Option<Genuine> {
    let (user, rest) = ticket.split_once('.')?;
    let (secret, tag) = rest.split_once('.')?;
    let user = UserId::parse(user).ok()?;
    if secret.len() != CHARS || tag.len() != CHARS {
        return None;
    }
    let tag = Base64UrlUnpadded::decode_vec(tag).ok()?;
    // Constant in time.
    mac(key, app, user, secret).verify_slice(&tag).ok()?;
    Some(Genuine { user, secret_hash: hash(secret) })
}

fn mac(key: &IdKey, app: &str, user: UserId, secret: &str) -> Hmac<Sha256> {
    // HMAC fills a shorter key up with zeros (RFC 2104, 2).
    let mut block = Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key.subkey("ticket")) {
        *to = from;
    }
    // User and secret are fixed in length, so the parts cannot be shifted into each other.
    Hmac::<Sha256>::new(&block).chain_update(user.as_str()).chain_update(secret).chain_update(app)
}

fn hash(secret: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn key(secret: &[u8; 32]) -> IdKey {
        IdKey::new(secret).unwrap()
    }

    fn user(subject: &str) -> UserId {
        UserId::derive(&key(&[1; 32]), "main", "issuer", subject)
    }

    #[test]
    fn a_ticket_reads_back_with_what_the_account_keeps() {
        let (text, hash) = issue(&key(&[1; 32]), "main", user("ana"), &[7; 32]);
        assert_eq!(read(&key(&[1; 32]), "main", &text), Some(Genuine { user: user("ana"), secret_hash: hash.clone() }));
        assert_ne!(issue(&key(&[1; 32]), "main", user("ana"), &[8; 32]).1, hash);
    }

    #[test]
    fn of_another_key_app_or_user_it_is_forged() {
        let (text, _) = issue(&key(&[1; 32]), "main", user("ana"), &[7; 32]);
        assert_eq!(read(&key(&[2; 32]), "main", &text), None);
        assert_eq!(read(&key(&[1; 32]), "shop", &text), None);
        let of_ben = text.replace(user("ana").as_str(), user("ben").as_str());
        assert_ne!(of_ben, text);
        assert_eq!(read(&key(&[1; 32]), "main", &of_ben), None);
    }

    #[test]
    fn any_character_changed_or_lost_makes_it_forged() {
        let key = key(&[1; 32]);
        let (text, _) = issue(&key, "main", user("ana"), &[7; 32]);
        for at in 0..text.len() {
            let (before, after) = (&text[..at], &text[at + 1..]);
            assert_eq!(read(&key, "main", &format!("{before}{after}")), None, "lost {at}");
            for other in ["A", "B", ".", "z", "_"].into_iter().filter(|other| *other != &text[at..=at]) {
                assert_eq!(read(&key, "main", &format!("{before}{other}{after}")), None, "{other} at {at}");
            }
        }
        for more in ["", ".", "..", &format!("{text}A"), &format!("{text}."), &format!("{text}.A"), &format!(" {text}")]
        {
            assert_eq!(read(&key, "main", more), None, "{more}");
        }
    }
}
