//! Reports: bodies, pages, the signal, what is stored, and calls.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::content::{Content, TextContent};
use quipu_schema::http::Conversation;
use quipu_schema::internal::ConversationOp;
use quipu_schema::report::{
    Outcome, PostReport, Reason, ReportStatus, Reported, ReportsPage, ReportsSignal, ResolveReport, StoredReport,
    StoredResolution,
};
use quipu_schema::socket::ServerFrame;
use support::{conversation, golden, json, key, round_trips, user};

fn stored(note: Option<&str>, resolution: Option<StoredResolution>) -> StoredReport {
    StoredReport {
        seq: 7,
        version: 2,
        author: user("ben"),
        by: user("ana"),
        at: 1_790_000_000_000,
        key: key(),
        reason: Reason::Harassment,
        note: note.map(str::to_owned),
        resolution,
    }
}

#[test]
fn reports_keep_their_bytes() {
    let done = |action, note: Option<&str>| {
        let note = note.map(str::to_owned);
        Some(StoredResolution { action, by: user("mo"), at: 1_790_000_060_000, key: key(), note })
    };
    let said = TextContent { mentions: vec![], text: "rude".into(), v: 1, ..TextContent::default() };
    let open = stored(Some("look"), None);
    let removed = stored(None, done(Outcome::Removed, None));
    let dismissed = stored(None, done(Outcome::Dismissed, Some("a joke")));
    let page = ReportsPage {
        reports: vec![
            open.clone().shown(1, Some(Content::Text(said))),
            removed.clone().shown(2, None),
            dismissed.clone().shown(3, None),
        ],
        next: Some(3),
    };
    let reasons = [
        ("spam", Reason::Spam),
        ("harassment", Reason::Harassment),
        ("hate", Reason::Hate),
        ("violence", Reason::Violence),
        ("sexual", Reason::Sexual),
        ("illegal", Reason::Illegal),
        ("other", Reason::Other),
    ];
    for (text, reason) in reasons {
        assert_eq!(json(&reason), format!("\"{text}\""));
    }
    let report = PostReport { reason: Reason::Spam, note: Some("look".into()) };
    let act = ResolveReport { action: Outcome::Removed, note: None };
    let golden = golden(
        "reports",
        &[
            ("post: a reason", r#"{"reason":"illegal"}"#.into()),
            ("post: a note", json(&report)),
            ("answer", json(&Reported { id: 1 })),
            ("act: removed", json(&act)),
            ("act: dismissed", r#"{"action":"dismissed","note":"a joke"}"#.into()),
            ("stored: open", json(&open)),
            ("stored: removed", json(&removed)),
            ("stored: dismissed", json(&dismissed)),
            ("page", json(&page)),
            ("frame", json(&ServerFrame::Reports(ReportsSignal { open: 3 }))),
            ("resource", json(&Conversation { reports: 3, ..conversation() })),
            ("op: report", json(&ConversationOp::Report { seq: 7, key: key(), report })),
            (
                "op: reports",
                json(&ConversationOp::Reports { status: ReportStatus::Resolved, cursor: Some(3), limit: 50 }),
            ),
            ("op: resolve", json(&ConversationOp::Resolve { id: 1, key: key(), act })),
        ],
    );
    let part = |prefix: &str| golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    round_trips::<PostReport>(&part("post"));
    round_trips::<Reported>(&part("answer"));
    round_trips::<ResolveReport>(&part("act"));
    round_trips::<StoredReport>(&part("stored"));
    round_trips::<ReportsPage>(&part("page"));
    round_trips::<ServerFrame>(&part("frame"));
    round_trips::<Conversation>(&part("resource"));
    round_trips::<ConversationOp>(&part("op"));
}
