//! Whether bytes are in the canonical form of what they say.

use quipu_schema::content::{CONTENT_V, Content};
use quipu_schema::envelope::{ENVELOPE_V, Envelope, EventType};
use serde_json::Value;

/// The largest integer that every reader holds exactly (RFC 8785, 3.2.2.3).
const LARGEST: u64 = (1 << 53) - 1;

/// An envelope of this version is exactly what serialising it gives; of a later one, or of a later type, at least canonical JSON.
pub(super) fn envelope(text: &str, envelope: &Envelope) -> bool {
    match &envelope.kind {
        EventType::Other(_) => json(text),
        _ if envelope.v > ENVELOPE_V => json(text),
        _ => serde_json::to_string(envelope).is_ok_and(|again| again == text),
    }
}

/// Likewise for content; `None` where the kind is of a later version.
pub(super) fn content(text: &str, content: Option<&Content>) -> bool {
    let version = |content: &Content| match content {
        Content::Text(content) => content.v,
        Content::Ciphertext(content) => content.v,
        Content::Member(content) => content.v,
        Content::Info(content) => content.v,
        Content::Reaction(content) => content.v,
        Content::Preview(content) => content.v,
        Content::Poll(content) => content.v,
    };
    match content {
        Some(content) if version(content) <= CONTENT_V => content.to_canonical() == text,
        _ => json(text),
    }
}

/// RFC 8785 for JSON of any shape, with integers only.
fn json(text: &str) -> bool {
    serde_json::from_str::<Value>(text)
        .is_ok_and(|value| is_ordered(&value) && serde_json::to_string(&value).is_ok_and(|again| again == text))
}

/// Members sorted by UTF-16 code units, integers that survive every reader.
fn is_ordered(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            let names: Vec<Vec<u16>> = members.keys().map(|name| name.encode_utf16().collect()).collect();
            names.is_sorted() && members.values().all(is_ordered)
        }
        Value::Array(items) => items.iter().all(is_ordered),
        Value::Number(number) => {
            number.as_u64().is_some_and(|number| number <= LARGEST)
                || number.as_i64().is_some_and(|number| number < 0 && number.unsigned_abs() <= LARGEST)
        }
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_has_one_form() {
        for good in ["{}", r#"{"a":1,"b":[true,null,"é\n"]}"#, "-1", "9007199254740991"] {
            assert!(json(good), "{good}");
        }
        for bad in [
            "{ }",
            r#"{"b":1,"a":1}"#,
            r#"{"a":1,"a":1}"#,
            "1.0",
            "1e2",
            "0.5",
            "9007199254740992",
            r#""\u00e9""#,
            r#""\/""#,
            "-0",
            "[1, 2]",
        ] {
            assert!(!json(bad), "{bad}");
        }
    }
}
