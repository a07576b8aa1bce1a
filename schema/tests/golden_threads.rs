//! Threads: the bytes of their envelopes, commands, frames, cells, resources, entries and internal calls.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::Command;
use quipu_schema::envelope::{Envelope, EventType, Params};
use quipu_schema::event::Event;
use quipu_schema::http::{EventsPage, PostMessage};
use quipu_schema::inbox::InboxEntry;
use quipu_schema::internal::{ConversationOp, News};
use quipu_schema::socket::{Cell, Cells, ClientFrame, ServerFrame};
use quipu_schema::thread::{FollowedThread, PutThread, Thread, ThreadPage, ThreadPlace, ThreadsPage};
use support::{again, envelope, epoch, golden, json, user};

fn thread() -> Thread {
    let participants = vec![user("ben"), user("ana")];
    Thread {
        root: 4,
        n: 3,
        count: 2,
        last: 7,
        last_at: 1_790_000_000_000,
        participants,
        following: true,
        read_n: 2,
        hidden_unread: 0,
    }
}

fn cases() -> Vec<(&'static str, String)> {
    let reply =
        Envelope { thread: Some(4), thread_n: Some(3), ..envelope(EventType::MessageCreated, Params::default()) };
    let about = |kind, params| Envelope { reference: Some(6), thread: Some(4), ..envelope(kind, params) };
    let edited = about(EventType::MessageEdited, Params { version: Some(2), ..Params::default() });
    let event = Event { envelope: reply.clone(), content: None, salt: None };
    let place = ThreadPlace { user: user("ana"), root: 4, following: true, read: 6, read_n: 2 };
    let cells = ServerFrame::Cells(Cells { version: 9, cells: vec![Cell::Thread(place)] });
    let unanswered = Thread { participants: vec![], following: false, read_n: 0, ..thread() };
    let page = ThreadPage {
        epoch: epoch(),
        head: 9,
        thread: thread(),
        root: event.clone(),
        events: vec![event.clone()],
        changes: vec![event.clone()],
        more: true,
    };
    let followed = FollowedThread { thread: thread(), root: event.clone(), edit: Some(event.clone()) };
    let plain = FollowedThread { edit: None, ..followed.clone() };
    let events = EventsPage {
        epoch: epoch(),
        head: 9,
        events: vec![],
        edits: vec![],
        reactions: vec![],
        threads: vec![thread(), unanswered],
    };
    vec![
        ("envelope reply", json(&reply)),
        ("envelope edited", json(&edited)),
        ("envelope deleted", json(&about(EventType::MessageDeleted, Params::default()))),
        ("command", r#"{"type":"message.send","content":{"kind":"text","text":"hi"},"thread":4}"#.into()),
        ("command quoting", r#"{"type":"message.send","content":{"kind":"text","text":"hi"},"reply_to":{"seq":6,"version":1},"thread":4}"#.into()),
        ("body", r#"{"content":{"kind":"text","text":"hi"},"thread":4}"#.into()),
        ("client read", r#"{"t":"read","seq":7,"thread":4}"#.into()),
        ("client follow", r#"{"t":"follow","thread":4,"on":true}"#.into()),
        ("server cells", json(&cells)),
        ("put", json(&PutThread { following: false })),
        ("place", json(&place)),
        ("page", json(&page)),
        ("events", json(&events)),
        ("threads", json(&ThreadsPage { epoch: epoch(), head: 9, threads: vec![followed, plain], next: Some(7) })),
        ("entry", r#"{"id":"gg00000000000000000000000002","kind":"group","epoch":"028t5cy4tqkff","version":12,"member":true,"role":"member","head_seq":7,"head_n":3,"at":1790000000000,"read_seq":4,"read_n":1,"unread":2,"threads":2}"#.into()),
        ("news", r#"{"conv":"gg00000000000000000000000002","kind":"group","epoch":"028t5cy4tqkff","seq":7,"n":3,"at":1790000000000,"member":true,"role":"member","name":null,"avatar":null,"peer":null,"last":null,"read_seq":4,"read_n":1,"threads":2}"#.into()),
        ("call thread", json(&ConversationOp::Thread { root: 4, after: None, before: Some(9), limit: 50 })),
        ("call threads", json(&ConversationOp::Threads { before: None, unread: true, limit: 50 })),
        ("call follow", json(&ConversationOp::Follow { root: 4, on: true })),
        ("call read", json(&ConversationOp::ReadThread { root: 4, seq: 7 })),
    ]
}

#[test]
fn threads_keep_their_bytes() {
    for (name, text) in &golden("threads", &cases()) {
        let text = text.get();
        let written = match name.split(' ').next().unwrap() {
            "envelope" => again::<Envelope>(text),
            "command" => again::<Command>(text),
            "body" => again::<PostMessage>(text),
            "client" => again::<ClientFrame>(text),
            "server" => again::<ServerFrame>(text),
            "put" => again::<PutThread>(text),
            "place" => again::<ThreadPlace>(text),
            "page" => again::<ThreadPage>(text),
            "events" => again::<EventsPage>(text),
            "threads" => again::<ThreadsPage>(text),
            "entry" => again::<InboxEntry>(text),
            "news" => again::<News>(text),
            _ => again::<ConversationOp>(text),
        };
        assert_eq!(written, text, "{name}");
        if name.starts_with("envelope") {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text, "{name}");
        }
    }
}
