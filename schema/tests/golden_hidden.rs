//! Deleting for oneself: the bytes of its frames, its call, and of what is left in the reader's history.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_schema::event::{Item, SeqRange, write_hidden};
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity};
use quipu_schema::socket::{ClientFrame, Hidden, HideFrame, ServerFrame};
use support::{again, golden, group, json, user};

fn cases() -> Vec<(&'static str, String)> {
    let identity = Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let call = ConversationCall { conv: group(), identity, op: ConversationOp::Hide { seq: 4 } };
    vec![
        ("client hide", json(&ClientFrame::Hide(HideFrame { seq: 4 }))),
        ("server hidden", json(&ServerFrame::Hidden(Hidden { version: 12, messages: vec![4, 9] }))),
        ("item", json(&Item::Withheld { withheld: SeqRange { from: 4, to: 5 }, hidden: true })),
        ("call", json(&call)),
    ]
}

#[test]
fn what_is_deleted_for_oneself_keeps_its_bytes() {
    for (name, text) in &golden("hidden", &cases()) {
        let text = text.get();
        let written = match name.as_str() {
            "client hide" => again::<ClientFrame>(text),
            "server hidden" => again::<ServerFrame>(text),
            "item" => again::<Item>(text),
            _ => again::<ConversationCall>(text),
        };
        assert_eq!(written, text, "{name}");
    }
    let mut item = String::new();
    write_hidden(&mut item, 4, 5);
    assert_eq!(item, cases()[2].1);
}
