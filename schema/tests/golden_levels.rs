//! Notification levels: what a user lays down, what is served of it, and what is passed between objects.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::envelope::Role;
use quipu_schema::ids::ConversationKind;
use quipu_schema::inbox::{
    InboxClientFrame, InboxEntry, InboxFlags, InboxSet, InboxTotals, NotificationLevel, PatchInbox,
};
use quipu_schema::internal::{ConversationOp, News};
use support::{again, epoch, golden, group, json};

#[test]
fn notification_levels_keep_their_form() {
    let (id, kind, epoch, role) = (group(), ConversationKind::Group, epoch(), Role::Member);
    let flags = InboxFlags { notify: NotificationLevel::Mentions, suppress_everyone: true, ..InboxFlags::default() };
    let entry = InboxEntry {
        id,
        kind,
        epoch,
        version: 3,
        member: true,
        role,
        space: None,
        name: None,
        avatar: None,
        peer: None,
        head_seq: 9,
        head_n: 6,
        at: 1_790_000_000_000,
        last: None,
        read_seq: 7,
        read_n: 4,
        unread: 2,
        mentions: 1,
        threads: 0,
        large: false,
        thread_mentions: 0,
        hidden_unread: 0,
        flags,
    };
    let news = News {
        conv: id,
        kind,
        epoch,
        seq: 9,
        n: 6,
        at: 1_790_000_000_000,
        member: true,
        role,
        space: None,
        name: None,
        avatar: None,
        peer: None,
        last: None,
        read_seq: 7,
        read_n: 4,
        mentions: 2,
        mentioned: 9,
        threads: 0,
        large: true,
        thread_mentions: 0,
        hidden_unread: 0,
        everyone_mentions: 1,
        mentioned_by_name: 8,
        everything: true,
    };
    let level = |notify| PatchInbox { notify: Some(notify), ..PatchInbox::default() };
    let set = InboxSet { id, flags: level(NotificationLevel::Nothing) };
    let suppress = PatchInbox { suppress_everyone: Some(false), ..level(NotificationLevel::Default) };
    let cases = [
        ("entry", json(&entry)),
        ("patch", json(&suppress)),
        ("patch: all", json(&level(NotificationLevel::All))),
        ("frame", json(&InboxClientFrame::Set(set))),
        ("news", json(&news)),
        ("call", json(&ConversationOp::Everything { version: 12, on: true })),
        ("totals", json(&InboxTotals { conversations: 1, mentions: 1, unread: 1, ..InboxTotals::default() })),
    ];
    for (name, text) in &golden("levels", &cases) {
        let text = text.get();
        let written = match name.as_str() {
            "entry" => again::<InboxEntry>(text),
            "frame" => again::<InboxClientFrame>(text),
            "news" => again::<News>(text),
            "call" => again::<ConversationOp>(text),
            "totals" => again::<InboxTotals>(text),
            _ => again::<PatchInbox>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}
