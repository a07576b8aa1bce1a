//! Sending, replying, editing and deleting.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Effect};
use quipu_schema::command::{Command, EditMessage, NewCiphertext, NewContent, NewText, SendMessage};
use quipu_schema::commitment::commit;
use quipu_schema::content::Content;
use quipu_schema::envelope::{Encryption, History, Role};
use quipu_schema::ids::ConversationId;
use quipu_schema::limits;
use quipu_schema::problem::Code;
use support::*;

fn says(world: &World, seq: u64) -> Option<String> {
    match &world.row(seq)?.content {
        Some(Content::Text(text)) => Some(text.text.clone()),
        _ => None,
    }
}

#[test]
fn a_message_is_stored_byte_for_byte_and_bound_to_its_envelope() {
    let mut world = World::direct();
    let words = "\u{0}\u{202e}é👩‍👩‍👧‍👦 \"\\ \u{2028}\r\n ";
    let seq = world.asks("ana", send(words)).unwrap();
    let row = world.row(seq).unwrap();
    assert_eq!(says(&world, seq).as_deref(), Some(words));
    let expected = commit(row.salt.unwrap(), row.content_text.as_deref().unwrap());
    assert_eq!(row.envelope.commitment.as_deref(), Some(expected.as_str()));
    assert_eq!(row.envelope_text, serde_json::to_string(&row.envelope).unwrap());
    assert!(!row.envelope_text.contains('👩'));
}

#[test]
fn every_content_has_its_own_salt() {
    let mut world = World::direct();
    world.batch(&[ask("ana", 1, send("same")), ask("ana", 2, send("same"))]);
    let salts: std::collections::HashSet<_> = world.log.iter().filter_map(|row| row.salt).map(|salt| salt.0).collect();
    assert_eq!(salts.len(), world.log.iter().filter(|row| row.content.is_some()).count());
    assert_ne!(world.envelope(4).commitment, world.envelope(5).commitment);
}

#[test]
fn n_counts_messages_and_nothing_else() {
    let mut world = World::group(&["ben"], History::All);
    let first = world.asks("ana", send("1")).unwrap();
    world.asks("ana", edit(first, "1a")).unwrap();
    world.asks("ana", rename("x")).unwrap();
    world.asks("ben", reply(first, 2, "2")).unwrap();
    world.asks("ana", delete(first)).unwrap();
    world.asks("ben", send("3")).unwrap();
    let counts: Vec<u64> = world.log.iter().map(|row| row.envelope.n).collect();
    assert_eq!(counts, [0, 0, 0, 1, 1, 1, 2, 2, 3]);
}

#[test]
fn bounds_of_a_message() {
    let mut world = World::direct();
    let content = |content| Command::Send(SendMessage { content, reply_to: None, thread: None });
    let mentions = |count: usize| {
        NewContent::Text(NewText {
            text: "a".into(),
            mentions: (0..count).map(|index| by(&format!("u{index}"))).collect(),
            ..NewText::default()
        })
    };
    for (command, code) in [
        (send(""), Code::InvalidValue),
        (send(" \t\n\u{a0}"), Code::InvalidValue),
        (send(&"é".repeat(limits::TEXT_BYTES / 2 + 1)), Code::TooLarge),
        (send(&"\u{1}".repeat(limits::TEXT_BYTES)), Code::TooLarge),
        (content(mentions(limits::MENTIONS + 1)), Code::TooLarge),
        (
            content(NewContent::Text(NewText {
                text: "a".into(),
                mention_roles: vec![Role::Admin; limits::MENTION_ROLES + 1],
                ..NewText::default()
            })),
            Code::TooLarge,
        ),
        (edit(4, " "), Code::InvalidValue),
        (edit(0, "a"), Code::InvalidValue),
        (edit(1 << 53, "a"), Code::InvalidValue),
        (delete(0), Code::InvalidValue),
        (reply(0, 1, "a"), Code::InvalidValue),
        (reply(4, 0, "a"), Code::InvalidValue),
    ] {
        world.refuses("ana", command, code);
    }
    world.asks("ana", send(&"é".repeat(limits::TEXT_BYTES / 2))).unwrap();
    world.asks("ana", content(mentions(limits::MENTIONS))).unwrap();
}

#[test]
fn mentions_are_resolved_and_counted_once() {
    let mut world = World::direct();
    let content = NewContent::Text(NewText {
        text: "@ben".into(),
        mentions: vec![by("ben"), by("ana"), by("ben")],
        ..NewText::default()
    });
    let seq = world.asks("ana", Command::Send(SendMessage { content, reply_to: None, thread: None })).unwrap();
    let Some(Content::Text(text)) = &world.row(seq).unwrap().content else { panic!("text") };
    assert_eq!(text.mentions, [user("ben"), user("ana")]);
    assert!(!world.row(seq).unwrap().content_text.as_deref().unwrap().contains("sub:"));
}

fn to_all(words: &str) -> NewContent {
    NewContent::Text(NewText { text: words.into(), mention_everyone: true, ..NewText::default() })
}

fn to_roles(words: &str, roles: &[Role]) -> NewContent {
    NewContent::Text(NewText { text: words.into(), mention_roles: roles.to_vec(), ..NewText::default() })
}

#[test]
fn everyone_and_roles_are_mentioned_by_whom_the_table_lets() {
    let sends = |content| Command::Send(SendMessage { content, reply_to: None, thread: None });
    let edits = |seq, content| Command::Edit(EditMessage { seq, content, expect_version: None });
    let mut world = World::group(&["ben", "cleo"], History::All);
    world.asks("ana", set_role("cleo", Role::Guest)).unwrap();
    world.asks("ben", sends(to_all("all"))).unwrap();
    let seq = world.asks("ben", sends(to_roles("some", &[Role::Guest, Role::Owner, Role::Guest]))).unwrap();
    let Some(Content::Text(text)) = &world.row(seq).unwrap().content else { panic!("text") };
    assert_eq!(text.mention_roles, [Role::Guest, Role::Owner]);
    let own = world.asks("cleo", send("mine")).unwrap();
    for content in [to_all("all"), to_roles("some", &[Role::Owner])] {
        world.refuses("cleo", sends(content.clone()), Code::PermissionDenied);
        world.refuses("cleo", edits(own, content), Code::PermissionDenied);
    }
    // A guest may mention by name, and a crowd is mentioned by admins alone.
    let by_name = NewContent::Text(NewText { text: "a".into(), mentions: vec![by("ana")], ..NewText::default() });
    world.asks("cleo", sends(by_name)).unwrap();
    for index in 3..limits::SMALL_CONVERSATION {
        world.asks("ana", add(&format!("u{index}"), Role::Member)).unwrap();
    }
    world.asks("ben", sends(to_all("as many as may be"))).unwrap();
    world.asks("ana", add("one more", Role::Member)).unwrap();
    world.refuses("ben", sends(to_all("too many")), Code::PermissionDenied);
    world.refuses("ben", sends(to_roles("too many", &[Role::Admin])), Code::PermissionDenied);
    world.asks("ana", sends(to_all("owners may"))).unwrap();
    world.asks("ana", set_role("ben", Role::Admin)).unwrap();
    world.asks("ben", sends(to_roles("admins may", &[Role::Member]))).unwrap();
}

#[test]
fn content_fits_the_conversations_encryption() {
    let cipher =
        |data: &str, scheme: &str| NewContent::Ciphertext(NewCiphertext { data: data.into(), scheme: scheme.into() });
    let sends = |content| Command::Send(SendMessage { content, reply_to: None, thread: None });
    let mut plain = World::direct();
    plain.refuses("ana", sends(cipher("AAAA", "mls")), Code::WrongEncryption);
    let mut secret = World::new(ConversationId::group(&id_key(), "test", user("ana"), key(9)));
    let Command::Create(mut made) = create(&["ben"]) else { panic!("a create") };
    made.encryption = Encryption::Mls;
    secret.asks("ana", Command::Create(made)).unwrap();
    secret.refuses("ana", send("hi"), Code::WrongEncryption);
    for (data, scheme) in [("", "mls"), ("a b", "mls"), ("AAAA", ""), ("AAAA", "M L S"), ("AAAA", &"x".repeat(33))] {
        secret.refuses("ana", sends(cipher(data, scheme)), Code::InvalidValue);
    }
    secret.refuses("ana", sends(cipher(&"A".repeat(limits::CIPHERTEXT_CHARS + 1), "mls")), Code::TooLarge);
    let seq = secret.asks("ana", sends(cipher("q83vEjRW", "mls"))).unwrap();
    secret.refuses("ana", edit(seq, "plain"), Code::WrongEncryption);
    assert_eq!(
        secret.row(seq).unwrap().content_text.as_deref(),
        Some(r#"{"data":"q83vEjRW","kind":"ciphertext","scheme":"mls","v":1}"#)
    );
}

#[test]
fn a_reply_names_a_message_and_a_version_that_exist() {
    let mut world = World::group(&["ben"], History::All);
    let first = world.asks("ana", send("a")).unwrap();
    world.refuses("ben", reply(first, 2, "b"), Code::InvalidValue);
    world.refuses("ben", reply(first + 1, 1, "b"), Code::MessageNotFound);
    // Seq 2 is an event and not a message.
    world.refuses("ben", reply(2, 1, "b"), Code::MessageNotFound);
    world.asks("ana", edit(first, "a2")).unwrap();
    let seq = world.asks("ben", reply(first, 2, "b")).unwrap();
    assert_eq!((world.envelope(seq).reference, world.envelope(seq).params.quoted_version), (Some(first), Some(2)));
    // An edit is not a message of its own.
    world.refuses("ben", reply(first + 1, 1, "b"), Code::MessageNotFound);
    world.asks("ana", delete(first)).unwrap();
    world.refuses("ben", reply(first, 1, "c"), Code::MessageDeleted);
}

#[test]
fn only_the_author_edits_and_versions_count_up() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.asks("ben", send("v1")).unwrap();
    world.refuses("ana", edit(seq, "no"), Code::PermissionDenied);
    world.refuses("ben", edit(2, "no"), Code::MessageNotFound);
    world.refuses("ben", edit(99, "no"), Code::MessageNotFound);
    for version in 2..5 {
        let by = world.asks("ben", edit_version(seq, &format!("v{version}"), version - 1)).unwrap();
        assert_eq!(world.envelope(by).params.version, Some(version));
        assert_eq!(world.effects.last(), Some(&Effect::Edited { target: seq, version, by }));
    }
    world.refuses("ben", edit_version(seq, "late", 3), Code::VersionConflict);
    world.refuses("ben", edit_version(seq, "early", 5), Code::VersionConflict);
    // All versions are kept.
    assert_eq!((says(&world, seq).as_deref(), says(&world, seq + 2).as_deref()), (Some("v1"), Some("v3")));
}

#[test]
fn of_two_edits_of_one_version_in_one_batch_the_first_wins() {
    let mut world = World::direct();
    let seq = world.asks("ana", send("v1")).unwrap();
    let answers = world.batch(&[ask("ana", 1, edit_version(seq, "x", 1)), ask("ana", 2, edit_version(seq, "y", 1))]);
    assert!(matches!(&answers[0], Answer::Ack(_)));
    assert!(matches!(&answers[1], Answer::Rejected(_, rejection) if rejection.code == Code::VersionConflict));
}

#[test]
fn deleting_erases_every_version_and_keeps_the_place() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.asks("ben", send("secret 1")).unwrap();
    let edited = world.asks("ben", edit(seq, "secret 2")).unwrap();
    let other = world.asks("ben", send("stays")).unwrap();
    let envelopes: Vec<String> = world.log.iter().map(|row| row.envelope_text.clone()).collect();
    let gone = world.asks("ana", delete(seq)).unwrap();
    assert_eq!(world.effects.last(), Some(&Effect::Erase { target: seq, by: gone }));
    assert_eq!((world.envelope(gone).reference, world.envelope(gone).commitment.as_ref()), (Some(seq), None));
    for erased in [seq, edited] {
        let row = world.row(erased).unwrap();
        assert_eq!((&row.content, &row.content_text, row.salt, row.fingerprint), (&None, &None, None, None));
    }
    assert_eq!(says(&world, other).as_deref(), Some("stays"));
    assert!(world.log.iter().zip(&envelopes).all(|(row, before)| row.envelope_text == *before));
    world.refuses("ben", delete(seq), Code::MessageDeleted);
    world.refuses("ana", delete(seq), Code::MessageDeleted);
    world.refuses("ben", edit(seq, "again"), Code::MessageDeleted);
    world.refuses("ben", delete(edited), Code::MessageNotFound);
    world.refuses("ben", delete(gone), Code::MessageNotFound);
    world.refuses("ben", delete(1), Code::MessageNotFound);
}

#[test]
fn a_message_sent_edited_and_deleted_in_one_batch_leaves_no_word_of_it() {
    let mut world = World::direct();
    // The batch itself must not hand it to the store.
    world.erases = false;
    let answers = world.batch(&[
        ask("ana", 1, send("word")),
        ask("ana", 2, edit(4, "word")),
        ask("ana", 3, delete(4)),
        ask("ana", 4, edit(4, "word")),
    ]);
    assert!(answers[..3].iter().all(|answer| matches!(answer, Answer::Ack(_))));
    assert!(matches!(&answers[3], Answer::Rejected(_, rejection) if rejection.code == Code::MessageDeleted));
    assert_eq!(world.log.len(), 6);
    assert!(world.log.iter().all(|row| !format!("{row:?}").contains("word")));
    assert!(
        world.log[3..5].iter().all(|row| (row.salt, row.fingerprint) == (None, None) && row.content_text.is_none())
    );
    assert!(world.envelope(4).commitment.is_some());
}

#[test]
fn from_join_hides_earlier_messages_from_replies_edits_and_deletions() {
    let mut world = World::group(&["ben"], History::FromJoin);
    let early = world.asks("ana", send("early")).unwrap();
    world.asks("ana", add("cleo", Role::Member)).unwrap();
    world.asks("ana", set_role("cleo", Role::Admin)).unwrap();
    // An admin may delete others' messages, and cannot know of this one.
    for command in [reply(early, 1, "a"), edit(early, "a"), delete(early)] {
        world.refuses("cleo", command, Code::MessageNotFound);
    }
    world.asks("ben", reply(early, 1, "b")).unwrap();
    let late = world.asks("ana", send("late")).unwrap();
    world.asks("cleo", reply(late, 1, "c")).unwrap();
    world.asks("cleo", delete(late)).unwrap();
}

#[test]
fn from_join_shows_each_stay_after_a_return() {
    let mut world = World::group(&["ben"], History::FromJoin);
    let during = world.asks("ben", send("during")).unwrap();
    world.asks("ana", remove("ben")).unwrap();
    let between = world.asks("ana", send("between")).unwrap();
    world.asks("ana", add("ben", Role::Member)).unwrap();
    world.asks("ben", edit(during, "during, edited")).unwrap();
    world.refuses("ben", reply(between, 1, "x"), Code::MessageNotFound);
    let ben = &world.state.members[&user("ben")];
    assert!(ben.visible.shows(during) && !ben.visible.shows(between) && ben.visible.shows(ben.joined));
}

#[test]
fn with_history_all_a_newcomer_sees_and_quotes_everything() {
    let mut world = World::group(&["ben"], History::All);
    let early = world.asks("ben", send("early")).unwrap();
    world.asks("ana", add("cleo", Role::Guest)).unwrap();
    world.asks("cleo", reply(early, 1, "hello")).unwrap();
}

#[test]
fn time_never_goes_back() {
    let mut world = World::direct();
    world.now = 2_000_000_000_000;
    world.asks("ana", send("late")).unwrap();
    world.now = 1_000_000_000_000;
    let seq = world.asks("ana", send("clock set back")).unwrap();
    assert_eq!(world.envelope(seq).at, 2_000_000_000_000);
    world.now = 2_000_000_000_001;
    let seq = world.asks("ana", send("on")).unwrap();
    assert_eq!(world.envelope(seq).at, 2_000_000_000_001);
}

#[test]
fn one_bad_command_harms_no_other() {
    let mut world = World::group(&["ben"], History::All);
    let answers = world.batch(&[
        ask("ana", 1, send("a")),
        ask("ana", 2, send(" ")),
        ask("stranger", 3, send("let me in")),
        ask("ben", 4, delete(4)),
        ask("ben", 5, send("b")),
    ]);
    let seqs: Vec<Option<u64>> = answers
        .iter()
        .map(|answer| match answer {
            Answer::Ack(ack) => Some(ack.seq),
            Answer::Rejected(..) => None,
        })
        .collect();
    assert_eq!(seqs, [Some(4), None, None, None, Some(5)]);
    assert_eq!(world.log.len(), 5);
}

#[test]
fn sending_moves_the_senders_own_cursors_and_nobody_elses() {
    let mut world = World::direct();
    let (ana, ben) = (user("ana"), user("ben"));
    let before = world.state.receipts.of(ben);
    world.asks("ana", send("1")).unwrap();
    let seq = world.asks("ana", send("2")).unwrap();
    let receipt = world.state.receipts.of(ana);
    assert_eq!((receipt.delivered, receipt.read, receipt.read_n), (seq, seq, 2));
    assert_eq!(world.state.receipts.of(ben), before);
    // An edit or a deletion is not reading.
    let mine = world.asks("ben", send("3")).unwrap();
    world.asks("ana", edit(seq, "2!")).unwrap();
    world.asks("ana", delete(seq)).unwrap();
    assert_eq!(world.state.receipts.of(ana), receipt);
    assert_eq!(world.state.receipts.of(ben).read, mine);
}
