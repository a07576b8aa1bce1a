//! Forwarding: the bytes of its envelope, command and calls.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::{Command, Forward, NewContent, NewText};
use quipu_schema::commitment::{Salt, commit};
use quipu_schema::content::{CONTENT_V, Content, TextContent};
use quipu_schema::envelope::{Envelope, EventType, Params};
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity};
use support::{again, envelope, golden, group, json, user};

fn cases() -> Vec<(&'static str, String)> {
    let content = Content::Text(TextContent { text: "hi".into(), v: CONTENT_V, ..TextContent::default() });
    let created = Envelope {
        commitment: Some(commit(Salt([7; 16]), &content.to_canonical())),
        ..envelope(EventType::MessageCreated, Params { forwarded: true, ..Params::default() })
    };
    let identity = Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let forward = Forward { from: group(), seq: 4 };
    let answer = NewContent::Text(NewText { text: "hi".into(), ..NewText::default() });
    vec![
        ("envelope", json(&created)),
        ("command", json(&Command::Forward(forward))),
        ("body", json(&forward)),
        ("call", json(&ConversationCall { conv: group(), identity, op: ConversationOp::Copy { seq: 4 } })),
        ("answer", json(&answer)),
    ]
}

#[test]
fn forwards_keep_their_bytes() {
    for (name, text) in &golden("forwards", &cases()) {
        let text = text.get();
        let written = match name.as_str() {
            "envelope" => again::<Envelope>(text),
            "command" => again::<Command>(text),
            "body" => again::<Forward>(text),
            "call" => again::<ConversationCall>(text),
            _ => again::<NewContent>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}
