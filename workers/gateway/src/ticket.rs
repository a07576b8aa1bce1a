//! The text of a single-use secret, a socket's ticket or a link that signs a device in: `{user}.{secret}.{mac}`. Clients pass it on as it is.
//!
//! The MAC lets the gateway refuse a forged ticket by itself: an address is all that an upgrade by ticket shows, and without the MAC anybody
//! could wake any account's object by naming it. Whether a genuine ticket is still good, the account knows, which keeps the secret's hash.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::digest::Key;
use hmac::{Hmac, Mac};
use quipu_schema::ids::{IdKey, UserId};
use quipu_shell::platform::Random;
use sha2::{Digest, Sha256};

use crate::config::Ready;

/// Characters of 32 bytes in base64url.
const CHARS: usize = 43;

/// What a secret is good for. One of another purpose is forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A socket.
    Socket,
    /// Signing a device in.
    Device,
}

/// A ticket that this deployment has written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Genuine {
    /// Whose account knows it.
    pub user: UserId,
    /// What the account keeps of it.
    pub secret_hash: String,
}

/// Writes one with a fresh secret: its text, and the hash for the account to keep.
pub(crate) fn fresh(config: &Ready, purpose: Purpose, user: UserId) -> (String, String) {
    let mut random = Random::default();
    let mut secret = [0; 32];
    for (to, from) in secret.iter_mut().zip(random.next16().into_iter().chain(random.next16())) {
        *to = from;
    }
    issue(&config.id_key, &config.app, purpose, user, &secret)
}

fn issue(key: &IdKey, app: &str, purpose: Purpose, user: UserId, random: &[u8; 32]) -> (String, String) {
    let secret = Base64UrlUnpadded::encode_string(random);
    let mac = mac(key, app, purpose, user, &secret).finalize().into_bytes();
    let text = format!("{user}.{secret}.{}", Base64UrlUnpadded::encode_string(&mac));
    (text, hash(&secret))
}

/// Reads a ticket; `None` where this deployment has not written it.
pub(crate) fn read(key: &IdKey, app: &str, purpose: Purpose, ticket: &str) -> Option<Genuine> {
    let (user, rest) = ticket.split_once('.')?;
    let (secret, tag) = rest.split_once('.')?;
    let user = UserId::parse(user).ok()?;
    if secret.len() != CHARS || tag.len() != CHARS {
        return None;
    }
    let tag = Base64UrlUnpadded::decode_vec(tag).ok()?;
    // Constant in time.
    mac(key, app, purpose, user, secret).verify_slice(&tag).ok()?;
    Some(Genuine { user, secret_hash: hash(secret) })
}

fn mac(key: &IdKey, app: &str, purpose: Purpose, user: UserId, secret: &str) -> Hmac<Sha256> {
    // HMAC fills a shorter key up with zeros (RFC 2104, 2).
    let mut block = Key::<Hmac<Sha256>>::default();
    let subkey = match purpose {
        Purpose::Socket => key.subkey("ticket"),
        Purpose::Device => key.subkey("device-link"),
    };
    for (to, from) in block.iter_mut().zip(subkey) {
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
        let (text, hash) = issue(&key(&[1; 32]), "main", Purpose::Socket, user("ana"), &[7; 32]);
        assert_eq!(
            read(&key(&[1; 32]), "main", Purpose::Socket, &text),
            Some(Genuine { user: user("ana"), secret_hash: hash.clone() })
        );
        assert_ne!(issue(&key(&[1; 32]), "main", Purpose::Socket, user("ana"), &[8; 32]).1, hash);
    }

    #[test]
    fn of_another_key_app_or_user_it_is_forged() {
        let (text, _) = issue(&key(&[1; 32]), "main", Purpose::Socket, user("ana"), &[7; 32]);
        assert_eq!(read(&key(&[2; 32]), "main", Purpose::Socket, &text), None);
        assert_eq!(read(&key(&[1; 32]), "shop", Purpose::Socket, &text), None);
        assert_eq!(read(&key(&[1; 32]), "main", Purpose::Device, &text), None, "a ticket signs nobody in");
        let of_ben = text.replace(user("ana").as_str(), user("ben").as_str());
        assert_ne!(of_ben, text);
        assert_eq!(read(&key(&[1; 32]), "main", Purpose::Socket, &of_ben), None);
    }

    #[test]
    fn any_character_changed_or_lost_makes_it_forged() {
        let key = key(&[1; 32]);
        let (text, _) = issue(&key, "main", Purpose::Socket, user("ana"), &[7; 32]);
        for at in 0..text.len() {
            let (before, after) = (&text[..at], &text[at + 1..]);
            assert_eq!(read(&key, "main", Purpose::Socket, &format!("{before}{after}")), None, "lost {at}");
            for other in ["A", "B", ".", "z", "_"].into_iter().filter(|other| *other != &text[at..=at]) {
                assert_eq!(
                    read(&key, "main", Purpose::Socket, &format!("{before}{other}{after}")),
                    None,
                    "{other} at {at}"
                );
            }
        }
        for more in ["", ".", "..", &format!("{text}A"), &format!("{text}."), &format!("{text}.A"), &format!(" {text}")]
        {
            assert_eq!(read(&key, "main", Purpose::Socket, more), None, "{more}");
        }
    }
}
