//! Reactions: the bytes of their envelopes, content, commands, resources and internal calls.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::Command;
use quipu_schema::commitment::{Salt, commit};
use quipu_schema::content::{Content, ReactionContent};
use quipu_schema::envelope::{Envelope, EventType, Params};
use quipu_schema::http::{EmojiCount, EventsPage, MessageReactions, PostReaction, Reaction, ReactionsPage};
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity};
use support::{again, envelope, epoch, golden, group, json, user};

const FAMILY: &str = "👩‍👩‍👧‍👦";

fn content() -> Content {
    Content::Reaction(ReactionContent { emoji: FAMILY.into(), v: 1 })
}

fn cases() -> Vec<(&'static str, String)> {
    let added = Envelope {
        commitment: Some(commit(Salt([7; 16]), &content().to_canonical())),
        reference: Some(4),
        ..envelope(EventType::ReactionAdded, Params::default())
    };
    let removed = Envelope {
        reference: Some(4),
        ..envelope(EventType::ReactionRemoved, Params { reaction: Some(6), ..Params::default() })
    };
    let emoji = EmojiCount { emoji: FAMILY.into(), count: 2, me: true, users: vec![user("ben"), user("ana")] };
    let page = EventsPage {
        epoch: epoch(),
        head: 7,
        events: vec![],
        edits: vec![],
        reactions: vec![MessageReactions { seq: 4, reactions: vec![emoji] }],
        threads: vec![],
    };
    let who =
        ReactionsPage { reactions: vec![Reaction { seq: 6, user: user("ben"), emoji: FAMILY.into() }], next: Some(6) };
    let identity = Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let op = ConversationOp::Reactions { seq: 4, after: 6, emoji: Some(FAMILY.into()), limit: 50 };
    vec![
        ("envelope reaction.added", json(&added)),
        ("envelope reaction.removed", json(&removed)),
        ("content reaction", content().to_canonical()),
        ("command react", format!(r#"{{"type":"message.react","seq":4,"emoji":"{FAMILY}"}}"#)),
        ("command unreact", format!(r#"{{"type":"message.unreact","seq":4,"emoji":"{FAMILY}"}}"#)),
        ("body", json(&PostReaction { emoji: FAMILY.into() })),
        ("page of history", json(&page)),
        ("page of who reacted", json(&who)),
        ("call", json(&ConversationCall { conv: group(), identity, op })),
    ]
}

#[test]
fn reactions_keep_their_bytes() {
    for (name, text) in &golden("reactions", &cases()) {
        let text = text.get();
        let written = match name.split_once(' ').map_or(name.as_str(), |(first, _)| first) {
            "envelope" => again::<Envelope>(text),
            "content" => serde_json::from_str::<Content>(text).unwrap().to_canonical(),
            "command" => again::<Command>(text),
            "body" => again::<PostReaction>(text),
            "call" => again::<ConversationCall>(text),
            _ if name == "page of history" => again::<EventsPage>(text),
            _ => again::<ReactionsPage>(text),
        };
        assert_eq!(written, text, "{name}");
        if name.starts_with("envelope") || name.starts_with("content") {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text, "{name}");
        }
    }
}
