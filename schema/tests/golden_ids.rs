//! Ids, keys, commitments and fingerprints: values that can never be computed differently.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::Command;
use quipu_schema::commitment::{Salt, commit};
use quipu_schema::content::{Content, TextContent};
use quipu_schema::envelope::Encryption;
use quipu_schema::fingerprint::fingerprint;
use quipu_schema::ids::{CommandKey, ConversationId, ConversationKind, Epoch, IdKey, UserId, UserRef};
use support::{epoch, golden, group, id_key, json, key, user};

#[test]
fn derived_ids_are_the_same_for_ever() {
    let direct = |app: &str, context: &str| ConversationId::direct(&id_key(), app, user("ana"), user("ben"), context);
    let ulid = CommandKey::parse("01h25avb4perxbkkngp84skz4q").unwrap();
    let golden = golden(
        "ids",
        &[
            ("user ana", json(&user("ana"))),
            ("user ben", json(&user("ben"))),
            ("user ana of another issuer", json(&UserId::derive(&id_key(), "demo", "https://other.example", "ana"))),
            ("user ana of another app", json(&UserId::derive(&id_key(), "shop", "https://issuer.example", "ana"))),
            ("user with an empty subject", json(&UserId::derive(&id_key(), "demo", "https://issuer.example", ""))),
            ("direct", json(&direct("demo", ""))),
            ("direct in a context", json(&direct("demo", "order 17"))),
            ("direct of another app", json(&direct("shop", ""))),
            ("group", json(&group())),
            ("group under a ULID", json(&ConversationId::group(&id_key(), "demo", user("ana"), ulid))),
            ("epoch", json(&epoch())),
            ("the largest epoch", json(&Epoch::from_bits(u64::MAX))),
            ("key, a UUID", json(&key())),
            ("key, a ULID", json(&ulid)),
            ("key from 16 random bytes", json(&CommandKey::from_random([0xff; 16]))),
        ],
    );
    let texts: std::collections::HashSet<&str> = golden.values().map(|text| text.get()).collect();
    assert_eq!(texts.len(), golden.len(), "two derivations collide");
}

#[test]
fn ids_of_encrypted_directs_and_of_groups_under_ulids_are_the_same_for_ever() {
    let mls = |context: &str| {
        ConversationId::direct_under(&id_key(), "demo", (user("ana"), user("ben")), context, Encryption::Mls)
    };
    let ulid = CommandKey::parse("01H25AVB4PERXBKKNGP84SKZ4R").unwrap();
    golden(
        "ids-2",
        &[
            ("direct, mls", json(&mls(""))),
            ("direct in a context, mls", json(&mls("order 17"))),
            (
                "group under a ULID as a UUID",
                json(&ConversationId::group(&id_key(), "demo", user("ana"), ulid.as_uuid())),
            ),
            ("key, a ULID as a UUID", json(&ulid.as_uuid())),
        ],
    );
}

#[test]
fn the_encryption_of_a_direct_conversation_belongs_to_its_id() {
    let under = |a, b, encryption| ConversationId::direct_under(&id_key(), "demo", (user(a), user(b)), "", encryption);
    let plain = ConversationId::direct(&id_key(), "demo", user("ana"), user("ben"), "");
    assert_eq!(under("ana", "ben", Encryption::None), plain);
    assert_ne!(under("ana", "ben", Encryption::Mls), plain);
    assert_eq!(under("ana", "ben", Encryption::Mls), under("ben", "ana", Encryption::Mls));
    assert_ne!(
        ConversationId::direct(&id_key(), "demo", user("ana"), user("ben"), "mls"),
        under("ana", "ben", Encryption::Mls)
    );
}

#[test]
fn one_key_names_one_group_however_it_was_written() {
    let ulid = CommandKey::parse("01H25AVB4PERXBKKNGP84SKZ4Q").unwrap();
    let uuid = ulid.as_uuid();
    assert_eq!((uuid, uuid.as_str().len()), (ulid, 36));
    assert_eq!(uuid.as_uuid().as_str(), uuid.as_str());
    let named = |key: CommandKey| ConversationId::group(&id_key(), "demo", user("ana"), key.as_uuid());
    assert_eq!(named(ulid), named(uuid));
    assert_eq!(named(key()), group(), "a UUID names what it always named");
}

#[test]
fn both_ends_derive_the_same_direct_conversation() {
    let there = ConversationId::direct(&id_key(), "demo", user("ana"), user("ben"), "");
    let back = ConversationId::direct(&id_key(), "demo", user("ben"), user("ana"), "");
    assert_eq!(there, back);
    assert_eq!(there.kind(), ConversationKind::Direct);
    assert_eq!(group().kind(), ConversationKind::Group);
}

#[test]
fn parts_cannot_be_shifted_into_each_other() {
    let derive = |app, issuer, subject| UserId::derive(&id_key(), app, issuer, subject);
    assert_ne!(derive("ab", "c", "d"), derive("a", "bc", "d"));
    assert_ne!(derive("a", "bc", "d"), derive("a", "b", "cd"));
}

#[test]
fn a_key_is_its_bits_however_it_was_written() {
    let upper = CommandKey::parse("01890A5D-AC96-774B-BCCE-B302099A8057").unwrap();
    let ulid = CommandKey::parse("01H25AVB4PERXBKKNGP84SKZ4Q").unwrap();
    assert_eq!(upper.as_str(), "01890a5d-ac96-774b-bcce-b302099a8057");
    assert_eq!(CommandKey::parse("01h25avb4perxbkkngp84skz4q").unwrap().as_str(), ulid.as_str());
    assert_eq!(upper.bytes(), key().bytes());
    let same_bits = CommandKey::parse("0189 0a5d".replace(' ', "").as_str());
    assert!(same_bits.is_err());
    // The UUID with the bits of the ULID is the same key.
    let hex: String = ulid.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let uuid = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    assert_eq!(CommandKey::parse(&uuid).unwrap(), ulid);
}

#[test]
fn a_short_secret_is_refused_and_never_printed() {
    assert!(IdKey::new(&[7; 31]).is_none());
    let key = IdKey::new(b"a secret of at least thirty-two bytes").unwrap();
    assert_eq!(format!("{key:?}"), "IdKey(redacted)");
}

#[test]
fn a_user_is_named_by_our_id_or_by_theirs() {
    let by_subject: UserRef = serde_json::from_str("\"sub:ana\"").unwrap();
    assert_eq!(by_subject.resolve(&id_key(), "demo", "https://issuer.example"), user("ana"));
    assert_eq!(json(&by_subject), "\"sub:ana\"");
    let by_id: UserRef = serde_json::from_str(&json(&user("ana"))).unwrap();
    assert_eq!((by_id.resolve(&id_key(), "x", "y"), by_id.subject()), (user("ana"), None));
}

#[test]
fn commitments_and_fingerprints_are_the_same_for_ever() {
    let hi = Content::Text(TextContent { mentions: vec![], text: "hi".into(), v: 1, ..TextContent::default() })
        .to_canonical();
    let salt = Salt([7; 16]);
    let commands = [
        ("fingerprint, send", r#"{"type":"message.send","content":{"kind":"text","text":"hi"}}"#),
        (
            "fingerprint, send with a reply",
            r#"{"type":"message.send","content":{"kind":"text","text":"hi"},"reply_to":{"seq":4}}"#,
        ),
        (
            "fingerprint, edit",
            r#"{"type":"message.edit","seq":4,"content":{"kind":"text","text":"hi"},"expect_version":1}"#,
        ),
        ("fingerprint, delete", r#"{"type":"message.delete","seq":4}"#),
        ("fingerprint, create", r#"{"type":"conversation.create","members":["sub:ben"]}"#),
        ("fingerprint, update", r#"{"type":"conversation.update","name":"x"}"#),
        ("fingerprint, add", r#"{"type":"member.add","user":"sub:ben"}"#),
        ("fingerprint, remove", r#"{"type":"member.remove","user":"sub:ben"}"#),
        ("fingerprint, leave", r#"{"type":"member.leave"}"#),
        ("fingerprint, role", r#"{"type":"member.set_role","user":"sub:ben","role":"admin"}"#),
    ];
    let hex = |text: &str| -> String {
        let command: Command = serde_json::from_str(text).unwrap();
        let hex: String = fingerprint(&[9; 32], &command).iter().map(|byte| format!("{byte:02x}")).collect();
        json(&hex)
    };
    let mut cases: Vec<(&str, String)> = commands.iter().map(|(name, text)| (*name, hex(text))).collect();
    cases.push(("salt", json(&salt.to_text())));
    cases.push(("commitment of a text", json(&commit(salt, &hi))));
    cases.push(("commitment of nothing", json(&commit(salt, ""))));
    golden("hashes", &cases);
}

#[test]
fn the_fingerprint_does_not_depend_on_how_the_json_was_written() {
    let plain: Command =
        serde_json::from_str(r#"{"type":"message.send","content":{"kind":"text","text":"é/"}}"#).unwrap();
    let fancy: Command = serde_json::from_str(
        "{ \"content\" : {\"text\":\"\\u00e9\\/\",\n\"kind\":\"text\", \"mentions\":[]},\"type\":\"message.send\"}",
    )
    .unwrap();
    assert_eq!(fingerprint(&[1; 32], &plain), fingerprint(&[1; 32], &fancy));
    assert_ne!(fingerprint(&[1; 32], &plain), fingerprint(&[2; 32], &plain));
    let other: Command =
        serde_json::from_str(r#"{"type":"message.send","content":{"kind":"text","text":"e/"}}"#).unwrap();
    assert_ne!(fingerprint(&[1; 32], &plain), fingerprint(&[1; 32], &other));
}
