//! Large conversations: what tells an account of one, and what it asks and answers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::envelope::Role;
use quipu_schema::ids::{ConversationKind, Epoch};
use quipu_schema::inbox::{InboxEntry, InboxFlags};
use quipu_schema::internal::{ConversationOp, Heard, News};
use support::{again, golden, group, json};

#[test]
fn news_of_a_large_conversation_keeps_its_form() {
    let (conv, kind, epoch, role) = (group(), ConversationKind::Group, Epoch::from_bits(11), Role::Member);
    let news = News {
        space: None,
        conv,
        kind,
        epoch,
        seq: 900,
        n: 600,
        at: 1_790_000_000_000,
        member: true,
        role,
        name: None,
        avatar: None,
        peer: None,
        last: None,
        read_seq: 7,
        read_n: 4,
        mentions: 0,
        mentioned: 0,
        threads: 0,
        large: true,
        thread_mentions: 0,
        hidden_unread: 0,
        everyone_mentions: 0,
        mentioned_by_name: 0,
        everything: false,
    };
    let entry = InboxEntry {
        space: None,
        id: conv,
        kind,
        epoch,
        version: 3,
        member: true,
        role,
        name: None,
        avatar: None,
        peer: None,
        head_seq: 900,
        head_n: 600,
        at: 1_790_000_000_000,
        last: None,
        read_seq: 7,
        read_n: 4,
        unread: 596,
        mentions: 0,
        threads: 0,
        large: true,
        thread_mentions: 0,
        hidden_unread: 0,
        flags: InboxFlags::default(),
    };
    let cases = [
        ("news", json(&news)),
        ("entry", json(&entry)),
        ("ask", json(&ConversationOp::News { open: true })),
        ("heard", json(&Heard { open: false })),
    ];
    for (name, text) in &golden("large", &cases) {
        let text = text.get();
        let written = match name.as_str() {
            "news" => again::<News>(text),
            "entry" => again::<InboxEntry>(text),
            "ask" => again::<ConversationOp>(text),
            _ => again::<Heard>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}
