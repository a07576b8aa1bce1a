//! Pins: the bytes of their envelopes, commands and of a conversation that has some.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::Command;
use quipu_schema::content::InfoContent;
use quipu_schema::envelope::{Envelope, EventType, Params, Role};
use quipu_schema::http::{Conversation, You};
use support::{again, conversation, envelope, golden, json};

fn cases() -> Vec<(&'static str, String)> {
    let about = |kind| Envelope { reference: Some(4), ..envelope(kind, Params::default()) };
    let sample = conversation();
    let conversation = Conversation {
        root: "r".into(),
        info: InfoContent { v: 1, ..InfoContent::default() },
        you: You { role: Role::Member, ..sample.you.clone() },
        pins: vec![6, 4],
        ..sample
    };
    vec![
        ("envelope message.pinned", json(&about(EventType::MessagePinned))),
        ("envelope message.unpinned", json(&about(EventType::MessageUnpinned))),
        ("command pin", r#"{"type":"message.pin","seq":4}"#.into()),
        ("command unpin", r#"{"type":"message.unpin","seq":4}"#.into()),
        ("conversation", json(&conversation)),
    ]
}

#[test]
fn pins_keep_their_bytes() {
    for (name, text) in &golden("pins", &cases()) {
        let text = text.get();
        let written = match name.split_once(' ').map(|(first, _)| first) {
            Some("envelope") => again::<Envelope>(text),
            Some("command") => again::<Command>(text),
            _ => again::<Conversation>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}
