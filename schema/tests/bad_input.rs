//! What a client must not send: each text is refused, and a neighbour that differs only in the fault is taken.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::{Command, KeyedCommand};
use quipu_schema::envelope::Envelope;
use quipu_schema::http::{CreateConversation, PatchMember, PatchMessage, PostMessage, PostTyping, PutCursor};
use quipu_schema::ids::{CommandKey, ConversationId, Epoch, IdError, UserId, UserRef};
use quipu_schema::inbox::{InboxClientFrame, PatchInbox};
use quipu_schema::socket::ClientFrame;
use serde::de::DeserializeOwned;
use support::{envelope, epoch, group, json, key, user};

fn takes<T: DeserializeOwned>(text: &str) {
    if let Err(error) = serde_json::from_str::<T>(text) {
        panic!("{text} should be taken: {error}");
    }
}

fn refuses<T: DeserializeOwned>(text: &str) {
    assert!(serde_json::from_str::<T>(text).is_err(), "{text} should be refused");
}

#[test]
fn a_field_nobody_knows_is_refused_at_every_depth() {
    let keyed = |inner: &str, outer: &str| format!(r#"{{"key":"{}","command":{inner}{outer}}}"#, key());
    for (good, bad) in [
        (r#"{"t":"hello"}"#, r#"{"t":"hello","afer":1}"#),
        (r#"{"t":"ack","seq":1}"#, r#"{"t":"ack","seq":1,"x":null}"#),
        (r#"{"t":"read","seq":1}"#, r#"{"t":"read","seq":1,"x":0}"#),
        (r#"{"t":"typing","on":true}"#, r#"{"t":"typing","on":true,"user":"me"}"#),
        (r#"{"t":"refresh","token":"a"}"#, r#"{"t":"refresh","token":"a","x":1}"#),
        (r#"{"t":"commands","commands":[]}"#, r#"{"t":"commands","commands":[],"x":1}"#),
    ] {
        takes::<ClientFrame>(good);
        refuses::<ClientFrame>(bad);
    }
    for (good, bad) in [
        (r#"{"type":"member.leave"}"#, r#"{"type":"member.leave","x":1}"#),
        (r#"{"type":"message.delete","seq":1}"#, r#"{"type":"message.delete","seq":1,"x":1}"#),
        (r#"{"type":"message.pin","seq":1}"#, r#"{"type":"message.pin","seq":1,"x":1}"#),
        (r#"{"type":"message.unpin","seq":1}"#, r#"{"type":"message.unpin","seq":1,"x":1}"#),
        (
            r#"{"type":"message.react","seq":1,"emoji":"a"}"#,
            r#"{"type":"message.react","seq":1,"emoji":"a","user":"sub:b"}"#,
        ),
        (
            r#"{"type":"message.unreact","seq":1,"emoji":"a"}"#,
            r#"{"type":"message.unreact","seq":1,"emoji":"a","user":"sub:b"}"#,
        ),
        (
            r#"{"type":"message.send","content":{"kind":"text","text":"a"}}"#,
            r#"{"type":"message.send","content":{"kind":"text","text":"a","html":"b"}}"#,
        ),
        (
            r#"{"type":"message.send","content":{"kind":"text","text":"a"},"reply_to":{"seq":1}}"#,
            r#"{"type":"message.send","content":{"kind":"text","text":"a"},"reply_to":{"seq":1,"text":"b"}}"#,
        ),
        (
            r#"{"type":"conversation.create","members":[]}"#,
            r#"{"type":"conversation.create","members":[],"kind":"group"}"#,
        ),
        (r#"{"type":"conversation.update"}"#, r#"{"type":"conversation.update","colour":"red"}"#),
        (r#"{"type":"member.add","user":"sub:a"}"#, r#"{"type":"member.add","user":"sub:a","x":1}"#),
        (r#"{"type":"member.remove","user":"sub:a"}"#, r#"{"type":"member.remove","user":"sub:a","x":1}"#),
        (
            r#"{"type":"member.set_role","user":"sub:a","role":"guest"}"#,
            r#"{"type":"member.set_role","user":"sub:a","role":"guest","x":1}"#,
        ),
        (
            r#"{"type":"message.edit","seq":1,"content":{"kind":"text","text":"a"}}"#,
            r#"{"type":"message.edit","seq":1,"content":{"kind":"text","text":"a"},"x":1}"#,
        ),
    ] {
        takes::<Command>(good);
        refuses::<Command>(bad);
        takes::<KeyedCommand>(&keyed(good, ""));
        refuses::<KeyedCommand>(&keyed(bad, ""));
        refuses::<KeyedCommand>(&keyed(good, r#","x":1"#));
    }
    refuses::<InboxClientFrame>(r#"{"t":"hello","cursor":1}"#);
    let set = r#"{"t":"set","id":"gg00000000000000000000000002","flags":{"pinned":true}}"#;
    takes::<InboxClientFrame>(set);
    for bad in [r#","x":1}"#, r#","flags":{}}"#] {
        refuses::<InboxClientFrame>(&set.replacen("}}", &format!("}}{bad}"), 1));
    }
    refuses::<InboxClientFrame>(&set.replace("true", "1"));
    refuses::<InboxClientFrame>(&set.replace("pinned", "pined"));
    refuses::<PatchInbox>(r#"{"muted_until":-1}"#);
    refuses::<PatchInbox>(r#"{"muted_until":1.5}"#);
    refuses::<PostTyping>(r#"{"on":true,"x":1}"#);
    refuses::<PutCursor>(r#"{"seq":1,"x":1}"#);
    refuses::<PatchMember>(r#"{"role":"guest","x":1}"#);
    refuses::<PostMessage>(r#"{"content":{"kind":"text","text":"a"},"x":1}"#);
    refuses::<PatchMessage>(r#"{"content":{"kind":"text","text":"a"},"x":1}"#);
    refuses::<CreateConversation>(r#"{"kind":"group","members":[],"x":1}"#);
    takes::<CreateConversation>(r#"{"kind":"group","members":[]}"#);
}

#[test]
fn a_field_given_twice_is_refused() {
    refuses::<ClientFrame>(r#"{"t":"ack","seq":1,"seq":2}"#);
    refuses::<ClientFrame>(r#"{"t":"ack","t":"read","seq":1}"#);
    refuses::<Command>(r#"{"type":"message.delete","seq":1,"seq":1}"#);
}

#[test]
fn wrong_types_and_unknown_words_are_refused() {
    for bad in [
        r#"{"t":"ack"}"#,
        r#"{"t":"ack","seq":"1"}"#,
        r#"{"t":"ack","seq":-1}"#,
        r#"{"t":"ack","seq":1.0}"#,
        r#"{"t":"ack","seq":1e2}"#,
        r#"{"t":"ack","seq":18446744073709551616}"#,
        r#"{"t":"ack","seq":null}"#,
        r#"{"t":"typing","on":1}"#,
        r#"{"t":"typing","on":"true"}"#,
        r#"{"t":"commands","commands":{}}"#,
        r#"{"t":"shout"}"#,
        r#"{"t":"Hello"}"#,
        r#"{"seq":1}"#,
        r#""ack""#,
        "null",
        "1",
        "",
        "{",
        r#"{"t":"ack","seq":1} {"t":"ack","seq":2}"#,
    ] {
        refuses::<ClientFrame>(bad);
    }
    for bad in [
        r#"{"type":"message.shout"}"#,
        r#"{"type":"message.send","content":{"kind":"html","text":"a"}}"#,
        r#"{"type":"message.send","content":{"text":"a"}}"#,
        r#"{"type":"message.send","content":"a"}"#,
        r#"{"type":"message.send","content":{"kind":"text","text":1}}"#,
        "{\"type\":\"message.send\",\"content\":{\"kind\":\"text\",\"text\":\"\\ud800\"}}",
        "{\"type\":\"message.send\",\"content\":{\"kind\":\"text\",\"text\":\"a\nb\"}}",
        r#"{"type":"member.set_role","user":"sub:a","role":"god"}"#,
        r#"{"type":"member.set_role","user":"sub:a","role":"Owner"}"#,
        r#"{"type":"member.add","user":"ana"}"#,
        r#"{"type":"conversation.create","members":[],"history":"none"}"#,
    ] {
        refuses::<Command>(bad);
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let deep = format!(r#"{{"t":"hello","epoch":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    refuses::<ClientFrame>(&deep);
}

/// Texts that are no id of this kind, made from a good one.
fn spoilt(good: &str) -> Vec<String> {
    let with = |at: usize, letter: char| -> String {
        good.chars().enumerate().map(|(index, old)| if index == at { letter } else { old }).collect()
    };
    vec![
        String::new(),
        good[..good.len() - 1].into(),
        format!("{good}0"),
        format!(" {good}"),
        with(good.len() - 1, 'l'),
        with(good.len() - 1, 'i'),
        with(good.len() - 1, 'o'),
        with(good.len() - 1, 'u'),
        with(good.len() - 1, 'A'),
        with(good.len() - 1, '-'),
        format!("{}é", &good[..good.len() - 2]),
        good.to_ascii_uppercase(),
    ]
}

#[test]
fn ids_have_one_length_one_alphabet_and_known_letters() {
    assert_eq!(UserId::parse(user("ana").as_str()), Ok(user("ana")));
    assert_eq!(ConversationId::parse(group().as_str()), Ok(group()));
    assert_eq!(Epoch::parse(epoch().as_str()), Ok(epoch()));
    for bad in spoilt(user("ana").as_str()) {
        assert!(UserId::parse(&bad).is_err(), "{bad}");
    }
    for bad in spoilt(group().as_str()) {
        assert!(ConversationId::parse(&bad).is_err(), "{bad}");
    }
    for bad in spoilt(Epoch::from_bits(u64::MAX).as_str()) {
        assert!(Epoch::parse(&bad).is_err(), "{bad}");
    }
    assert_eq!(UserId::parse(group().as_str()), Err(IdError::Character));
    assert_eq!(ConversationId::parse(user("ana").as_str()), Err(IdError::Character));
    assert_eq!(UserId::parse(&user("ana").as_str().replacen("ug", "ux", 1)), Err(IdError::Character));
    for letter in ["ug", "ue", "uu", "uf"] {
        assert!(UserId::parse(&user("ana").as_str().replacen("ug", letter, 1)).is_ok());
    }
    assert_eq!(UserId::parse("ug8zzzzzzzzzzzzzzzzzzzzzzzzz"), Err(IdError::Range));
    assert!(UserId::parse("ug7zzzzzzzzzzzzzzzzzzzzzzzzz").is_ok());
    assert_eq!(Epoch::parse("g000000000000"), Err(IdError::Range));
    assert!(Epoch::parse("f000000000000").is_ok());
}

#[test]
fn keys_are_uuids_or_ulids_and_nothing_else() {
    for bad in [
        "",
        "1",
        "01890a5dac96774bbcceb302099a8057",
        "{01890a5d-ac96-774b-bcce-b302099a8057}",
        "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
        "01890a5d-ac96-774b-bcce-b302099a805g",
        "01890a5d_ac96_774b_bcce_b302099a8057",
        "81H25AVB4PERXBKKNGP84SKZ4Q",
        "01H25AVB4PERXBKKNGP84SKZ4U",
        "01H25AVB4PERXBKKNGP84SKZ4",
        "ana@example.org-ana@example.org-ana@",
    ] {
        assert!(CommandKey::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn references_to_users_are_bounded() {
    assert!(UserRef::parse("sub:").is_err());
    assert!(UserRef::parse("sub:a\nb").is_err());
    assert!(UserRef::parse(&format!("sub:{}", "x".repeat(256))).is_err());
    assert!(UserRef::parse(&format!("sub:{}", "x".repeat(255))).is_ok());
    assert!(UserRef::parse("subject:a").is_err());
}

#[test]
fn an_envelope_that_lacks_a_field_is_refused() {
    let whole = json(&envelope(quipu_schema::envelope::EventType::MessageCreated, Default::default()));
    takes::<Envelope>(&whole);
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&whole).unwrap();
    assert!(fields.len() > 8);
    for name in fields.keys() {
        let mut less = fields.clone();
        less.remove(name);
        refuses::<Envelope>(&json(&less));
    }
}
