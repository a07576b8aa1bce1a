//! Commands, frames, resources and internal calls: what is spoken between programs of different versions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::{Command, KeyedCommand};
use quipu_schema::content::{Content, TextContent};
use quipu_schema::envelope::{EventType, Params, Role};
use quipu_schema::event::{Event, Item, SeqRange};
use quipu_schema::http::{
    Conversation, EventsPage, InboxPage, Mark, Me, Member, MembersPage, Proof, SearchHit, SearchPage, Ticket,
};
use quipu_schema::ids::{ConversationId, ConversationKind};
use quipu_schema::inbox::{
    InboxChanges, InboxClientFrame, InboxEntry, InboxFlags, InboxServerFrame, InboxSet, InboxWelcome, LastLine,
    PatchInbox, Peer,
};
use quipu_schema::internal::{AccountOp, ConversationCall, ConversationOp, Identity, News};
use quipu_schema::problem::{Code, Problem, Rejection};
use quipu_schema::socket::{
    Ack, Acks, Cell, Cells, ClientFrame, Events, Limits, Profile, Refreshed, Rejected, ServerFrame, Typing, Welcome,
};
use support::{again, conversation, envelope, epoch, golden, group, id_key, json, key, receipt, round_trips, user};

/// Commands as a client writes them and as the fingerprint covers them.
fn commands() -> Vec<(&'static str, String)> {
    let ben = user("ben");
    [
        ("create", r#"{"type":"conversation.create","members":["sub:ben","BEN"],"name":"Night shift","topic":"t","avatar":"https://example.org/a.png","history":"from_join","encryption":"mls"}"#),
        ("create with defaults", r#"{"type":"conversation.create","members":[],"history":"all","encryption":"none"}"#),
        ("update", r#"{"type":"conversation.update","name":"n","topic":"","avatar":""}"#),
        ("add", r#"{"type":"member.add","user":"sub:ben","role":"guest"}"#),
        ("remove", r#"{"type":"member.remove","user":"BEN"}"#),
        ("leave", r#"{"type":"member.leave"}"#),
        ("set role", r#"{"type":"member.set_role","user":"BEN","role":"owner"}"#),
        ("send", r#"{"type":"message.send","content":{"kind":"text","text":"hi"}}"#),
        ("send with everything", r#"{"type":"message.send","content":{"kind":"text","text":"hi","mentions":["sub:ben"]},"reply_to":{"seq":4,"version":2}}"#),
        ("send ciphertext", r#"{"type":"message.send","content":{"kind":"ciphertext","data":"AAAA","scheme":"mls"}}"#),
        ("edit", r#"{"type":"message.edit","seq":4,"content":{"kind":"text","text":"ho"},"expect_version":1}"#),
        ("edit of any version", r#"{"type":"message.edit","seq":4,"content":{"kind":"text","text":"ho"}}"#),
        ("delete", r#"{"type":"message.delete","seq":4}"#),
    ]
    .into_iter()
    .map(|(name, text)| (name, text.replace("BEN", ben.as_str())))
    .collect()
}

#[test]
fn commands_keep_their_form() {
    round_trips::<Command>(&golden("commands", &commands()));
}

#[test]
fn what_a_client_leaves_out_has_its_documented_default() {
    for (short, long) in [
        (
            r#"{"type":"conversation.create","members":[]}"#,
            r#"{"type":"conversation.create","members":[],"history":"all","encryption":"none"}"#,
        ),
        (r#"{"type":"member.add","user":"sub:x"}"#, r#"{"type":"member.add","user":"sub:x","role":"member"}"#),
        (
            r#"{"type":"message.send","content":{"kind":"text","text":"a"},"reply_to":{"seq":1}}"#,
            r#"{"type":"message.send","content":{"kind":"text","text":"a"},"reply_to":{"seq":1,"version":1}}"#,
        ),
    ] {
        let read: Command = serde_json::from_str(short).unwrap();
        assert_eq!(json(&read), long);
    }
}

#[test]
fn client_frames_keep_their_form() {
    let send = KeyedCommand {
        key: key(),
        command: serde_json::from_str(r#"{"type":"message.send","content":{"kind":"text","text":"hi"}}"#).unwrap(),
    };
    let golden = golden(
        "client-frames",
        &[
            ("hello", r#"{"t":"hello"}"#.into()),
            ("hello with a cursor", format!(r#"{{"t":"hello","epoch":"{}","after":7,"cells_after":3}}"#, epoch())),
            ("commands", format!(r#"{{"t":"commands","commands":[{},{}]}}"#, json(&send), json(&send))),
            ("ack", r#"{"t":"ack","seq":7}"#.into()),
            ("read", r#"{"t":"read","seq":7}"#.into()),
            ("typing", r#"{"t":"typing","on":true}"#.into()),
            ("refresh", r#"{"t":"refresh","token":"a.b.c"}"#.into()),
        ],
    );
    round_trips::<ClientFrame>(&golden);
}

fn profile() -> Profile {
    let (name, picture) = (Some("Ana".into()), Some("https://example.org/ana.png".into()));
    Profile { name, picture, ..Profile::unknown(user("ana")) }
}

fn member() -> Member {
    Member {
        user: user("ana"),
        role: Role::Owner,
        joined: 2,
        subject: Some("ana".into()),
        profile: profile(),
        receipt: receipt(),
        muted_until: None,
    }
}

fn items() -> Vec<Item> {
    let content = Content::Text(TextContent { mentions: vec![], text: "hi".into(), v: 1, ..TextContent::default() });
    let event = Event {
        envelope: envelope(EventType::MessageCreated, Params::default()),
        content: Some(content),
        salt: Some("BwcHBwcHBwcHBwcHBwcHBw".into()),
    };
    vec![Item::Withheld { withheld: SeqRange { from: 1, to: 6 }, hidden: false }, Item::Event(Box::new(event))]
}

fn rejection() -> Rejection {
    Rejection::retry_after(Code::RateLimited, "Too many messages.", 250)
}

#[test]
fn server_frames_keep_their_form() {
    let limits = Limits {
        text_bytes: 8192,
        frame_bytes: 262_144,
        commands_per_frame: 100,
        ack_every_events: 64,
        ack_every_bytes: 262_144,
        ping_every_ms: 20_000,
        typing_every_ms: 3_000,
        typing_clear_ms: 6_000,
    };
    let welcome = Welcome {
        conversation: conversation(),
        members: Some(vec![member()]),
        after: 0,
        epoch_changed: true,
        limits,
        now: 1_790_000_000_001,
        expires_at: 1_790_003_600,
    };
    let plain = Welcome { members: None, epoch_changed: false, ..welcome.clone() };
    let acks = Acks {
        acks: vec![Ack { key: key(), seq: 7, erased: false }, Ack { key: key(), seq: 4, erased: true }],
        rejections: vec![Rejected::new(key(), rejection()), Rejected::new(key(), Code::NotAMember.into())],
    };
    let frames = [
        ("welcome", ServerFrame::Welcome(Box::new(welcome))),
        ("welcome, large conversation", ServerFrame::Welcome(Box::new(plain))),
        ("events", ServerFrame::Events(Events { events: items() })),
        (
            "cells",
            ServerFrame::Cells(Cells { version: 9, cells: vec![Cell::Receipt(receipt()), Cell::Profile(profile())] }),
        ),
        ("acks", ServerFrame::Acks(acks)),
        (
            "acks, one",
            ServerFrame::Acks(Acks { acks: vec![Ack { key: key(), seq: 1, erased: false }], rejections: vec![] }),
        ),
        ("typing", ServerFrame::Typing(Typing { user: user("ben"), on: true })),
        ("refreshed", ServerFrame::Refreshed(Refreshed { expires_at: 1_790_003_600 })),
        ("error", ServerFrame::Error(Code::UnknownFrame.into())),
        ("error with a time", ServerFrame::Error(rejection())),
    ];
    let cases: Vec<_> = frames.iter().map(|(name, frame)| (*name, json(frame))).collect();
    round_trips::<ServerFrame>(&golden("server-frames", &cases));
}

fn entry() -> InboxEntry {
    InboxEntry {
        space: None,
        id: ConversationId::direct(&id_key(), "demo", user("ana"), user("ben"), ""),
        kind: ConversationKind::Direct,
        epoch: epoch(),
        version: 12,
        member: true,
        role: Role::Member,
        name: None,
        avatar: None,
        peer: Some(peer()),
        head_seq: 7,
        head_n: 3,
        at: 1_790_000_000_000,
        last: Some(last()),
        read_seq: 6,
        read_n: 2,
        unread: 1,
        mentions: 0,
        threads: 0,
        large: false,
        thread_mentions: 0,
        hidden_unread: 0,
        flags: InboxFlags::default(),
    }
}

fn peer() -> Peer {
    Peer {
        user: user("ben"),
        subject: Some("ben".into()),
        name: Some("Ben".into()),
        picture: Some("https://example.org/b.png".into()),
        status: None,
        version: 0,
    }
}

fn last() -> LastLine {
    LastLine {
        seq: 7,
        kind: EventType::MessageCreated,
        actor: user("ben"),
        actor_name: Some("Ben".into()),
        preview: Some("hi".into()),
        content: None,
    }
}

#[test]
fn inbox_frames_keep_their_form() {
    let welcome = InboxWelcome {
        user: user("ana"),
        version: 12,
        now: 1_790_000_000_000,
        expires_at: 1_790_003_600,
        totals: None,
        saved: 0,
    };
    let gone = InboxEntry {
        member: false,
        peer: None,
        last: None,
        name: Some("n".into()),
        avatar: Some("https://a.example/b".into()),
        ..entry()
    };
    let server = [
        ("server: welcome", InboxServerFrame::Welcome(welcome)),
        (
            "server: changes",
            InboxServerFrame::Changes(InboxChanges {
                version: 12,
                more: true,
                entries: vec![entry(), gone],
                totals: None,
            }),
        ),
        ("server: refreshed", InboxServerFrame::Refreshed(Refreshed { expires_at: 1 })),
        ("server: error", InboxServerFrame::Error(Code::MalformedJson.into())),
    ];
    let mut cases: Vec<(&str, String)> = server.iter().map(|(name, frame)| (*name, json(frame))).collect();
    cases.push(("client: hello", r#"{"t":"hello"}"#.into()));
    cases.push(("client: hello with a version", r#"{"t":"hello","after":12}"#.into()));
    cases.push(("client: refresh", r#"{"t":"refresh","token":"a.b.c"}"#.into()));
    let (client, server) = golden("inbox-frames", &cases).into_iter().partition(|(name, _)| name.starts_with("client"));
    round_trips::<InboxClientFrame>(&client);
    round_trips::<InboxServerFrame>(&server);
}

#[test]
fn flags_of_the_inbox_keep_their_form() {
    let flags = InboxFlags {
        pinned: true,
        muted_until: Some(1_790_003_600_000),
        archived: true,
        hidden: true,
        marked_unread: true,
        ..InboxFlags::default()
    };
    let patch = PatchInbox {
        pinned: Some(true),
        muted_until: Some(0),
        archived: Some(false),
        hidden: Some(true),
        marked_unread: Some(true),
        read_seq: Some(7),
        ..PatchInbox::default()
    };
    let one = PatchInbox { pinned: Some(false), ..PatchInbox::default() };
    let conv = entry().id;
    let cases = [
        ("entry", json(&InboxEntry { flags, ..entry() })),
        (
            "entry, one flag",
            json(&InboxEntry { flags: InboxFlags { hidden: true, ..InboxFlags::default() }, ..entry() }),
        ),
        ("frame", json(&InboxClientFrame::Set(InboxSet { id: conv, flags: one }))),
        ("patch", json(&patch)),
        ("call", json(&AccountOp::Set { identity: identity(), conv, flags: patch })),
    ];
    let golden = golden("inbox-flags", &cases);
    for (name, text) in &golden {
        let text = text.get();
        let written = match name.as_str() {
            "frame" => again::<InboxClientFrame>(text),
            "patch" => again::<PatchInbox>(text),
            "call" => again::<AccountOp>(text),
            _ => again::<InboxEntry>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}

#[test]
fn resources_keep_their_form() {
    let made = [
        ("conversation", json(&conversation())),
        ("members", json(&MembersPage { members: vec![member()], next: Some(user("ana")) })),
        (
            "events",
            json(&EventsPage {
                epoch: epoch(),
                head: 7,
                events: items(),
                edits: vec![],
                reactions: vec![],
                threads: vec![],
            }),
        ),
        ("proof", json(&Proof { seq: 1, size: 2, root: "r".into(), leaf: "l".into(), path: vec!["p".into()] })),
        (
            "inbox",
            json(&InboxPage { version: 12, entries: vec![entry()], unread: 1, totals: None, next: Some("c".into()) }),
        ),
        (
            "me",
            json(&Me {
                user: user("ana"),
                subject: "ana".into(),
                name: Some("Ana".into()),
                picture: None,
                expires_at: 1,
            }),
        ),
        ("ticket", json(&Ticket { ticket: "x".into(), expires_at_ms: 1 })),
        ("problem", json(&Problem::from(rejection()))),
        ("problem without a time", json(&Problem::from(Rejection::from(Code::NotAMember)))),
    ];
    let golden = golden("resources", &made);
    for (name, text) in &golden {
        let text = text.get();
        let written = match name.as_str() {
            "conversation" => again::<Conversation>(text),
            "members" => again::<MembersPage>(text),
            "events" => again::<EventsPage>(text),
            "proof" => again::<Proof>(text),
            "inbox" => again::<InboxPage>(text),
            "me" => again::<Me>(text),
            "ticket" => again::<Ticket>(text),
            _ => again::<Problem>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}

fn identity() -> Identity {
    Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: Some("Ana".into()),
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    }
}

#[test]
fn calls_between_objects_of_two_versions_are_understood() {
    let command: Command = serde_json::from_str(r#"{"type":"member.leave"}"#).unwrap();
    let ops = [
        ("op socket", ConversationOp::Socket),
        ("op command", ConversationOp::Command { command: KeyedCommand { key: key(), command } }),
        ("op get", ConversationOp::Get),
        ("op members", ConversationOp::Members { after: Some(user("ben")), limit: 50 }),
        ("op events", ConversationOp::Events { after: Some(1), before: None, epoch: Some(epoch()), limit: 50 }),
        ("op versions", ConversationOp::Versions { seq: 4 }),
        ("op proof", ConversationOp::Proof { seq: 4 }),
        ("op read", ConversationOp::Read { seq: 4 }),
        ("op delivered", ConversationOp::Delivered { seq: 4 }),
        ("op typing", ConversationOp::Typing { on: true }),
        ("op export", ConversationOp::Export),
    ];
    let mut cases: Vec<(&str, String)> = ops
        .into_iter()
        .map(|(name, op)| (name, json(&ConversationCall { conv: group(), identity: identity(), op })))
        .collect();
    let news = News {
        space: None,
        conv: group(),
        kind: ConversationKind::Group,
        epoch: epoch(),
        seq: 7,
        n: 3,
        at: 1_790_000_000_000,
        member: true,
        role: Role::Admin,
        name: Some("Night shift".into()),
        avatar: Some("https://example.org/a.png".into()),
        peer: Some(peer()),
        last: Some(last()),
        read_seq: 6,
        read_n: 2,
        mentions: 0,
        mentioned: 0,
        threads: 0,
        large: false,
        thread_mentions: 0,
        hidden_unread: 0,
        everyone_mentions: 0,
        mentioned_by_name: 0,
        everything: false,
    };
    let accounts = [
        ("account socket", AccountOp::Socket { identity: identity() }),
        (
            "account inbox",
            AccountOp::Inbox { identity: identity(), cursor: Some((5, group())), limit: 50, filter: None },
        ),
        ("account changes", AccountOp::Changes { identity: identity(), after: 3, limit: 50 }),
        ("account ticket", AccountOp::Ticket { identity: identity(), secret_hash: "00".into() }),
        ("account redeem", AccountOp::Redeem { secret_hash: "00".into() }),
        ("account poke", AccountOp::Poke { user: user("ana"), news: Box::new(news) }),
    ];
    cases.extend(accounts.iter().map(|(name, op)| (*name, json(op))));
    let (accounts, conversations) =
        golden("internal", &cases).into_iter().partition(|(name, _)| name.starts_with("account"));
    round_trips::<AccountOp>(&accounts);
    round_trips::<ConversationCall>(&conversations);
    // Older code reads what newer code added to, and newer code reads what older code did not send.
    let poke = accounts["account poke"].get();
    let newer = poke.replacen("\"conv\":", "\"added_later\":{\"x\":1},\"conv\":", 1);
    assert!(serde_json::from_str::<AccountOp>(&newer).is_ok());
    let older = poke.replacen(",\"name\":\"Night shift\"", "", 1);
    assert_ne!(older, poke);
    assert!(serde_json::from_str::<AccountOp>(&older).is_ok());
}

#[test]
fn searches_keep_their_form() {
    let Some(Item::Event(message)) = items().pop() else { panic!("the last sample is an event") };
    let hit = SearchHit { message: *message.clone(), edit: Some(*message), marks: vec![Mark { from: 0, to: 2 }] };
    let bare = SearchHit { edit: None, marks: vec![], ..hit.clone() };
    let page = SearchPage { hits: vec![hit, bare], people: vec![member()], next: Some("7.0123".into()) };
    let empty = SearchPage { hits: vec![], people: vec![], next: None };
    let call = |cursor: Option<&str>| ConversationCall {
        conv: group(),
        identity: identity(),
        op: ConversationOp::Search {
            q: "tea from:me".into(),
            cursor: cursor.map(str::to_owned),
            limit: 20,
            utc_offset: -60,
        },
    };
    let golden = golden(
        "search",
        &[
            ("page", json(&page)),
            ("page, empty", json(&empty)),
            ("call", json(&call(None))),
            ("call with a cursor", json(&call(Some("7.0123")))),
        ],
    );
    let (calls, pages) = golden.into_iter().partition(|(name, _)| name.starts_with("call"));
    round_trips::<ConversationCall>(&calls);
    round_trips::<SearchPage>(&pages);
    assert!(serde_json::from_str::<ConversationCall>(&calls["call"].get().replace(",\"utc_offset\":-60", "")).is_ok());
}
