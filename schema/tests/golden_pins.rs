//! Pins: the bytes of their envelopes, commands and of a conversation that has some.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::Command;
use quipu_schema::content::InfoContent;
use quipu_schema::envelope::{Encryption, Envelope, EventType, History, Params, Role};
use quipu_schema::http::{Conversation, You};
use quipu_schema::ids::ConversationKind;
use quipu_schema::socket::Receipt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use support::{envelope, epoch, golden, group, json, user};

fn cases() -> Vec<(&'static str, String)> {
    let about = |kind| Envelope { reference: Some(4), ..envelope(kind, Params::default()) };
    let conversation = Conversation {
        id: group(),
        kind: ConversationKind::Group,
        encryption: Encryption::None,
        history: History::All,
        epoch: epoch(),
        seq: 7,
        n: 3,
        at: 1_790_000_000_000,
        root: "r".into(),
        info: InfoContent { v: 1, ..InfoContent::default() },
        member_count: 2,
        you: You {
            user: user("ana"),
            role: Role::Member,
            receipt: Receipt { user: user("ana"), delivered: 7, read: 6, read_n: 2 },
            unread: 1,
        },
        cells_version: 9,
        pins: vec![6, 4],
    };
    vec![
        ("envelope message.pinned", json(&about(EventType::MessagePinned))),
        ("envelope message.unpinned", json(&about(EventType::MessageUnpinned))),
        ("command pin", r#"{"type":"message.pin","seq":4}"#.into()),
        ("command unpin", r#"{"type":"message.unpin","seq":4}"#.into()),
        ("conversation", json(&conversation)),
    ]
}

fn again<T: Serialize + DeserializeOwned>(text: &str) -> String {
    json(&serde_json::from_str::<T>(text).unwrap())
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
