//! Mentions of everyone and of roles, and their counts: the bytes that are stored, hashed, served and passed on.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::Command;
use quipu_schema::content::{Content, TextContent};
use quipu_schema::envelope::Role;
use quipu_schema::ids::ConversationKind;
use quipu_schema::inbox::{InboxEntry, InboxFlags};
use quipu_schema::internal::{AccountOp, News};
use support::{epoch, golden, group, json, user};

fn contents() -> Vec<(&'static str, Content)> {
    let plain = TextContent { text: "hi".into(), v: 1, ..TextContent::default() };
    vec![
        ("everyone", Content::Text(TextContent { mention_everyone: true, ..plain.clone() })),
        (
            "everybody at once",
            Content::Text(TextContent {
                mention_everyone: true,
                mention_roles: vec![Role::Admin, Role::Owner],
                mentions: vec![user("ben")],
                ..plain
            }),
        ),
    ]
}

#[test]
fn mentions_keep_their_form() {
    let send = r#"{"type":"message.send","content":{"kind":"text","text":"hi","mention_everyone":true,"mention_roles":["admin"]}}"#;
    let news = News {
        space: None,
        conv: group(),
        kind: ConversationKind::Group,
        epoch: epoch(),
        seq: 7,
        n: 3,
        at: 1_790_000_000_000,
        member: true,
        role: Role::Member,
        name: None,
        avatar: None,
        peer: None,
        last: None,
        read_seq: 4,
        read_n: 1,
        mentions: 2,
        mentioned: 7,
        threads: 0,
        large: false,
        thread_mentions: 0,
        hidden_unread: 0,
        everyone_mentions: 0,
        mentioned_by_name: 0,
        everything: false,
    };
    let entry = InboxEntry {
        space: None,
        id: group(),
        kind: ConversationKind::Group,
        epoch: epoch(),
        version: 12,
        member: true,
        role: Role::Member,
        name: None,
        avatar: None,
        peer: None,
        head_seq: 7,
        head_n: 3,
        at: 1_790_000_000_000,
        last: None,
        read_seq: 4,
        read_n: 1,
        unread: 2,
        mentions: 2,
        threads: 0,
        large: false,
        thread_mentions: 0,
        hidden_unread: 0,
        flags: InboxFlags::default(),
    };
    let mut cases: Vec<(&str, String)> =
        contents().into_iter().map(|(name, content)| (name, content.to_canonical())).collect();
    cases.push(("command", send.into()));
    cases.push(("poke", json(&AccountOp::Poke { user: user("ana"), news: Box::new(news) })));
    cases.push(("entry", json(&entry)));
    for (name, text) in &golden("mentions", &cases) {
        let text = text.get();
        let again = match name.as_str() {
            "command" => json(&serde_json::from_str::<Command>(text).unwrap()),
            "poke" => json(&serde_json::from_str::<AccountOp>(text).unwrap()),
            "entry" => json(&serde_json::from_str::<InboxEntry>(text).unwrap()),
            _ => {
                let content: Content = serde_json::from_str(text).unwrap();
                let value: serde_json::Value = serde_json::from_str(text).unwrap();
                assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text, "{name}");
                content.to_canonical()
            }
        };
        assert_eq!(again, text, "{name}");
    }
}
