//! An event as readers get it, over every protocol.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::envelope::Envelope;

/// One place in the order: an event, or the numbers of events this reader may not see. Items are contiguous, so that density can be checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Item {
    /// An event.
    Event(Box<Event>),
    /// Events that exist and that this reader may not see.
    Withheld {
        /// The range, both ends included.
        withheld: SeqRange,
        /// True where the reader deleted the messages for themselves: there is nothing to show, not even a gap.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hidden: bool,
    },
}

/// A range of sequence numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SeqRange {
    /// First.
    pub from: u64,
    /// Last.
    pub to: u64,
}

/// An event: its envelope as stored, and its content unless it has none or lost it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Event {
    /// The immutable half. To verify, hash these bytes as received: SHA-256(0x00 ‖ bytes) is the Merkle leaf.
    pub envelope: Envelope,
    /// The erasable half. `null` where the envelope has a commitment: it was erased or has expired.
    pub content: Option<Content>,
    /// The salt of the commitment, base64url; `null` without content.
    pub salt: Option<String>,
}

/// Writes one event item from its stored texts, without parsing them.
pub fn write_item(out: &mut String, envelope: &str, content: Option<&str>, salt: Option<&str>) {
    out.push_str("{\"envelope\":");
    out.push_str(envelope);
    out.push_str(",\"content\":");
    match (content, salt) {
        (Some(content), Some(salt)) => {
            out.push_str(content);
            out.push_str(",\"salt\":\"");
            out.push_str(salt);
            out.push_str("\"}");
        }
        _ => out.push_str("null,\"salt\":null}"),
    }
}

/// Writes one withheld item.
pub fn write_withheld(out: &mut String, from: u64, to: u64) {
    out.push_str("{\"withheld\":{\"from\":");
    out.push_str(&from.to_string());
    out.push_str(",\"to\":");
    out.push_str(&to.to_string());
    out.push_str("}}");
}

/// Writes one withheld item of what the reader deleted for themselves.
pub fn write_hidden(out: &mut String, from: u64, to: u64) {
    write_withheld(out, from, to);
    out.pop();
    out.push_str(",\"hidden\":true}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_items_read_back() {
        let mut out = String::from("[");
        write_item(
            &mut out,
            r#"{"actor":"ug00000000000000000000000001","at":1,"conv":"gg00000000000000000000000002","epoch":"0000000000000","key":"00000000-0000-4000-8000-000000000000","n":1,"seq":1,"type":"message.created","v":1}"#,
            Some(r#"{"kind":"text","text":"hi","v":1}"#),
            Some("AAAAAAAAAAAAAAAAAAAAAA"),
        );
        out.push(',');
        write_withheld(&mut out, 2, 7);
        out.push(',');
        write_hidden(&mut out, 8, 8);
        out.push(']');
        let items: Vec<Item> = serde_json::from_str(&out).unwrap();
        assert!(matches!(&items[0], Item::Event(event) if event.envelope.seq == 1 && event.content.is_some()));
        assert_eq!(items[1], Item::Withheld { withheld: SeqRange { from: 2, to: 7 }, hidden: false });
        assert_eq!(items[2], Item::Withheld { withheld: SeqRange { from: 8, to: 8 }, hidden: true });
    }
}
