//! What tells "the same command again" from "another command under the same key": a keyed hash of the command as received.
//!
//! HMAC-SHA-256 under a secret of the conversation, cut to 16 bytes, over the command's canonical JSON. Keyed, so that a stolen
//! database does not let anyone test guesses of erased texts; and the fingerprint is erased with the content.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::command::Command;

/// 16 bytes, stored in the row of the event that the command caused.
pub type Fingerprint = [u8; 16];

/// The fingerprint of a command. `secret` is the conversation's own, drawn at creation.
///
/// White space, order of members and escapes of the JSON that carried the command make no difference.
pub fn fingerprint(secret: &[u8; 32], command: &Command) -> Fingerprint {
    let canonical = serde_json::to_vec(command).unwrap_or_default();
    let mut out = [0; 16];
    // A key of any length is valid for HMAC (RFC 2104), so the error arm cannot be reached.
    if let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) {
        for (to, from) in out.iter_mut().zip(mac.chain_update(&canonical).finalize().into_bytes()) {
            *to = from;
        }
    }
    out
}
