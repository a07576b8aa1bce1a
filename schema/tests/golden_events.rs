//! Envelopes, contents and items: the bytes that are stored, hashed and served.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::commitment::{Salt, commit};
use quipu_schema::content::{CiphertextContent, Content, InfoContent, MemberContent, TextContent};
use quipu_schema::envelope::{Encryption, Envelope, EventType, History, Params, Role};
use quipu_schema::event::{Event, Item, write_item, write_withheld};
use quipu_schema::ids::ConversationKind;
use support::{envelope, golden, json, round_trips, user};

const SALT: Salt = Salt([0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255]);

fn committed(envelope: Envelope, content: &Content) -> Envelope {
    Envelope { commitment: Some(commit(SALT, &content.to_canonical())), ..envelope }
}

fn text() -> Content {
    Content::Text(TextContent {
        mentions: vec![user("ben")],
        text: "Grüße 👩‍👩‍👧, see you at \"5\"\n\u{1}".into(),
        v: 1,
        ..TextContent::default()
    })
}

fn info() -> Content {
    Content::Info(InfoContent {
        avatar: Some("https://example.org/a.png".into()),
        name: Some("Night shift".into()),
        topic: Some("Handover".into()),
        v: 1,
    })
}

fn envelopes() -> Vec<(&'static str, String)> {
    let member = Content::Member(MemberContent { subject: Some("ben".into()), v: 1 });
    let who = |role| Params { user: Some(user("ben")), role, ..Params::default() };
    let created = Params {
        encryption: Some(Encryption::None),
        history: Some(History::FromJoin),
        kind: Some(ConversationKind::Group),
        ..Params::default()
    };
    let quoting = Params { quoted_version: Some(2), ..Params::default() };
    let edit = Params { version: Some(2), ..Params::default() };
    let all = [
        ("conversation.created", committed(envelope(EventType::ConversationCreated, created), &info())),
        ("conversation.updated", committed(envelope(EventType::ConversationUpdated, Params::default()), &info())),
        ("member.joined", committed(envelope(EventType::MemberJoined, who(Some(Role::Guest))), &member)),
        ("member.left", envelope(EventType::MemberLeft, who(None))),
        ("member.removed", envelope(EventType::MemberRemoved, who(None))),
        ("member.role_changed", envelope(EventType::MemberRoleChanged, who(Some(Role::Admin)))),
        ("message.created", committed(envelope(EventType::MessageCreated, Params::default()), &text())),
        (
            "message.created, a reply",
            Envelope { reference: Some(4), ..committed(envelope(EventType::MessageCreated, quoting), &text()) },
        ),
        (
            "message.edited",
            Envelope { reference: Some(4), ..committed(envelope(EventType::MessageEdited, edit), &text()) },
        ),
        ("message.deleted", Envelope { reference: Some(4), ..envelope(EventType::MessageDeleted, Params::default()) }),
        (
            "every member of the envelope",
            Envelope {
                expires_at: Some(1_790_000_060_000),
                reference: Some(4),
                thread: Some(2),
                thread_n: Some(1),
                ..committed(envelope(EventType::MessageCreated, Params::default()), &text())
            },
        ),
        ("a type of a later version", envelope(EventType::Other("poll.opened".into()), Params::default())),
    ];
    all.into_iter().map(|(name, envelope)| (name, json(&envelope))).collect()
}

fn contents() -> Vec<(&'static str, String)> {
    [
        ("text", Content::Text(TextContent { mentions: vec![], text: "hi".into(), v: 1, ..TextContent::default() })),
        ("text with mentions and escapes", text()),
        (
            "ciphertext",
            Content::Ciphertext(CiphertextContent { data: "q83vEjRWeJA".into(), scheme: "mls".into(), v: 1 }),
        ),
        ("member", Content::Member(MemberContent { subject: Some("ben@example.org".into()), v: 1 })),
        ("member without a subject", Content::Member(MemberContent { subject: None, v: 1 })),
        ("info", info()),
        (
            "info that clears the topic",
            Content::Info(InfoContent { topic: Some(String::new()), v: 1, ..InfoContent::default() }),
        ),
        ("info without anything", Content::Info(InfoContent { v: 1, ..InfoContent::default() })),
    ]
    .into_iter()
    .map(|(name, content)| (name, content.to_canonical()))
    .collect()
}

#[test]
fn envelopes_keep_their_bytes() {
    let golden = golden("envelopes", &envelopes());
    round_trips::<Envelope>(&golden);
    for text in golden.values() {
        let value: serde_json::Value = serde_json::from_str(text.get()).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text.get());
    }
}

#[test]
fn contents_keep_their_bytes() {
    let golden = golden("contents", &contents());
    for (name, text) in &golden {
        let content: Content = serde_json::from_str(text.get()).unwrap();
        assert_eq!(content.to_canonical(), text.get(), "{name}");
        let value: serde_json::Value = serde_json::from_str(text.get()).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text.get(), "{name}");
    }
}

#[test]
fn items_keep_their_bytes_and_read_as_what_they_are() {
    let content = text().to_canonical();
    let message = json(&committed(envelope(EventType::MessageCreated, Params::default()), &text()));
    let left = json(&envelope(EventType::MemberLeft, Params { user: Some(user("ben")), ..Params::default() }));
    let (mut whole, mut erased, mut bare, mut withheld) = Default::default();
    write_item(&mut whole, &message, Some(&content), Some(&SALT.to_text()));
    write_item(&mut erased, &message, None, None);
    write_item(&mut bare, &left, None, None);
    write_withheld(&mut withheld, 3, 12);
    let golden =
        golden("items", &[("whole", whole), ("erased", erased), ("without content", bare), ("withheld", withheld)]);
    let read = |name: &str| -> Item { serde_json::from_str(golden[name].get()).unwrap() };
    assert!(
        matches!(read("whole"), Item::Event(event) if matches!(&*event, Event { content: Some(_), salt: Some(_), .. }))
    );
    assert!(
        matches!(read("erased"), Item::Event(event) if event.content.is_none() && event.envelope.commitment.is_some())
    );
    assert!(matches!(read("without content"), Item::Event(event) if event.envelope.commitment.is_none()));
    assert!(
        matches!(read("withheld"), Item::Withheld { withheld, hidden: false } if (withheld.from, withheld.to) == (3, 12))
    );
}
