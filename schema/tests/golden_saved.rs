//! Saved messages: frames of the inbox socket, bodies, and the calls between objects.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::content::Content;
use quipu_schema::envelope::{EventType, Params};
use quipu_schema::event::Event;
use quipu_schema::inbox::{InboxClientFrame, InboxServerFrame, InboxWelcome};
use quipu_schema::internal::{AccountOp, ConversationOp, Identity};
use quipu_schema::saved::{
    KeptPage, KeptSaved, SaveFrame, SavedChange, SavedMessage, SavedPage, SavedPlace, SavedSeqs,
};
use support::{envelope, epoch, golden, group, json, round_trips, user};

fn event(kind: EventType, seq: u64, text: &str) -> Event {
    let content = format!(r#"{{"kind":"text","text":"{text}","v":1}}"#);
    let mut envelope = envelope(kind, Params::default());
    envelope.seq = seq;
    let content: Content = serde_json::from_str(&content).unwrap();
    Event { envelope, content: Some(content), salt: Some("AAAAAAAAAAAAAAAAAAAAAA".into()) }
}

#[test]
fn saved_messages_keep_their_bytes() {
    let identity = Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let welcome = InboxWelcome { user: user("ana"), version: 12, now: 1, expires_at: 2, totals: None, saved: 7 };
    let save = |saved| SaveFrame { conversation: group(), seq: 4, saved };
    let change = |saved| SavedChange { version: 8, conversation: group(), seq: 4, saved, count: 2 };
    let message = |seq, message, edit, unavailable| SavedMessage {
        conversation: group(),
        seq,
        saved_at: 1_790_000_000_000,
        message,
        edit,
        unavailable,
    };
    let first = event(EventType::MessageCreated, 4, "as sent");
    let mut edit = event(EventType::MessageEdited, 9, "as edited");
    edit.envelope.reference = Some(4);
    let page = SavedPage {
        version: 8,
        count: 4,
        saved: vec![
            message(4, Some(first.clone()), Some(edit), false),
            message(4, Some(first), None, false),
            message(5, None, None, false),
            message(6, None, None, true),
        ],
        next: Some("3".into()),
    };
    let empty = SavedPage { version: 0, count: 0, saved: vec![], next: None };
    let place = SavedPlace { seq: 4, epoch: epoch() };
    let kept = KeptSaved { version: 7, conv: group(), place, at: 1_790_000_000_000 };
    let op = |saved| AccountOp::Save { identity: identity.clone(), conv: group(), seq: 4, saved };
    let golden = golden(
        "saved",
        &[
            ("client: save", json(&InboxClientFrame::Save(save(true)))),
            ("client: save no longer", json(&InboxClientFrame::Save(save(false)))),
            ("server: saved", json(&InboxServerFrame::Saved(change(true)))),
            ("server: saved no longer", json(&InboxServerFrame::Saved(change(false)))),
            ("server: welcome", json(&InboxServerFrame::Welcome(welcome))),
            ("change", json(&change(true))),
            ("page", json(&page)),
            ("page: empty", json(&empty)),
            ("seqs", json(&SavedSeqs { version: 8, seqs: vec![4, 9] })),
            ("call: save", json(&op(true))),
            ("call: save no longer", json(&op(false))),
            ("call: page", json(&AccountOp::Saved { identity: identity.clone(), before: Some(7), limit: 20 })),
            ("call: of one conversation", json(&AccountOp::SavedIn { identity, conv: group() })),
            ("kept", json(&KeptPage { version: 8, count: 1, saved: vec![kept], more: false })),
            ("ask: may be saved", json(&ConversationOp::Savable { seq: 4 })),
            ("ask: saved", json(&ConversationOp::Saved { places: vec![place] })),
        ],
    );
    let part = |prefix: &str| golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    round_trips::<InboxClientFrame>(&part("client"));
    round_trips::<InboxServerFrame>(&part("server"));
    round_trips::<SavedChange>(&part("change"));
    round_trips::<SavedPage>(&part("page"));
    round_trips::<SavedSeqs>(&part("seqs"));
    round_trips::<AccountOp>(&part("call"));
    round_trips::<KeptPage>(&part("kept"));
    round_trips::<ConversationOp>(&part("ask"));
}

#[test]
fn a_field_nobody_knows_is_refused_from_a_client() {
    let frame = |rest: &str| format!(r#"{{"t":"save","conversation":"{}","seq":4{rest}}}"#, group());
    assert!(serde_json::from_str::<InboxClientFrame>(&frame(r#","saved":true"#)).is_ok());
    for rest in ["", r#","saved":"yes""#, r#","saved":true,"label":"later""#] {
        assert!(serde_json::from_str::<InboxClientFrame>(&frame(rest)).is_err(), "{rest}");
    }
}
