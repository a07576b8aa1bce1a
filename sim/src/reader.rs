//! An independent reader: items parsed from their bytes, commitments and the Merkle tree computed as the documents say, without the server's code.

use base64ct::{Base64UrlUnpadded, Encoding};
use quipu_schema::envelope::Envelope;
use quipu_schema::event::SeqRange;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// One place of the order, as a reader holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum Slot {
    /// An event: its envelope, the bytes of it, and its content where there is one.
    Event { envelope: Box<Envelope>, text: String, content: Option<String> },
    /// Something the reader may not see.
    Withheld,
}

#[derive(Deserialize)]
struct RawItem<'a> {
    #[serde(borrow)]
    envelope: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    salt: Option<String>,
    withheld: Option<SeqRange>,
}

/// Reads items as an independent client would: bytes first, and the commitment checked.
///
/// # Errors
/// When they are not what the protocol says.
pub fn parse(items: &str) -> Result<Vec<(u64, u64, Slot)>, String> {
    let text = format!("[{items}]");
    let raw: Vec<RawItem<'_>> = serde_json::from_str(&text).map_err(|error| format!("items do not parse: {error}"))?;
    raw.into_iter().map(slot).collect()
}

fn slot(raw: RawItem<'_>) -> Result<(u64, u64, Slot), String> {
    if let Some(SeqRange { from, to }) = raw.withheld {
        return if from <= to { Ok((from, to, Slot::Withheld)) } else { Err(format!("withheld from {from} to {to}")) };
    }
    let text = raw.envelope.ok_or("an item is neither an event nor withheld")?.get().to_owned();
    let envelope: Envelope = serde_json::from_str(&text).map_err(|error| format!("an envelope: {error}"))?;
    let content = raw.content.map(|content| content.get().to_owned());
    if let Some(content) = &content {
        let salt = raw.salt.ok_or("content came without its salt")?;
        let salt = Base64UrlUnpadded::decode_vec(&salt).map_err(|_| "a salt is not base64url")?;
        let digest = Sha256::new().chain_update(salt).chain_update(content.as_bytes()).finalize();
        if Some(Base64UrlUnpadded::encode_string(&digest)) != envelope.commitment {
            return Err(format!("event {} does not commit to its content", envelope.seq));
        }
    }
    Ok((envelope.seq, envelope.seq, Slot::Event { envelope: Box::new(envelope), text, content }))
}

/// RFC 6962, 2.1, written down as it stands there.
pub fn tree_hash(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(half);
            let node = Sha256::new().chain_update([1]).chain_update(tree_hash(left)).chain_update(tree_hash(right));
            node.finalize().into()
        }
    }
}

/// The leaf of an envelope's bytes.
pub fn leaf_hash(text: &str) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(text.as_bytes()).finalize().into()
}
