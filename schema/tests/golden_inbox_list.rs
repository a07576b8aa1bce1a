//! Parts of the inbox's list, and its totals: what is served, and passed between objects.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::http::InboxPage;
use quipu_schema::inbox::{InboxChanges, InboxFilter, InboxServerFrame, InboxTotals, InboxWelcome};
use quipu_schema::internal::{AccountOp, Identity};
use support::{again, golden, group, json, user};

#[test]
fn parts_of_the_list_and_totals_keep_their_form() {
    let some = InboxTotals {
        conversations: 2,
        unread: 5,
        mentions: 1,
        archived: 3,
        hidden: 4,
        until: Some(1_790_003_600_000),
    };
    let none = InboxTotals::default();
    let welcome = InboxWelcome {
        user: user("ana"),
        version: 12,
        now: 1_790_000_000_000,
        expires_at: 1_790_003_600,
        totals: Some(some),
        saved: 0,
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
    let cursor = Some((1_790_000_000_000, group()));
    let mut cases = vec![
        ("frame: welcome", json(&InboxServerFrame::Welcome(welcome))),
        (
            "frame: changes",
            json(&InboxServerFrame::Changes(InboxChanges {
                version: 13,
                more: false,
                entries: vec![],
                totals: Some(none),
            })),
        ),
        ("page", json(&InboxPage { version: 12, entries: vec![], unread: 9, totals: Some(some), next: None })),
        ("call", json(&AccountOp::Inbox { identity, cursor, limit: 50, filter: Some(InboxFilter::Mentions) })),
    ];
    cases.extend(InboxFilter::ALL.map(|filter| (filter.as_str(), json(&filter))));
    for (name, text) in &golden("inbox-list", &cases) {
        let text = text.get();
        let written = match name.as_str() {
            "page" => again::<InboxPage>(text),
            "call" => again::<AccountOp>(text),
            name if name.starts_with("frame") => again::<InboxServerFrame>(text),
            _ => again::<InboxFilter>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}
