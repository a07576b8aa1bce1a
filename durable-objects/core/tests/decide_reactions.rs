//! Reacting to messages, and taking reactions back.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Effect};
use quipu_core::verify::export;
use quipu_schema::command::Command;
use quipu_schema::envelope::{Encryption, EventType, History, Role};
use quipu_schema::ids::ConversationId;
use quipu_schema::limits;
use quipu_schema::problem::Code;
use support::*;

/// The n-th of many emoji.
fn emoji(number: u32) -> String {
    char::from_u32(0x1f400 + number).unwrap().to_string()
}

fn verify(world: &World) -> Result<quipu_core::verify::Report, String> {
    let lines = world.export();
    export(lines.iter().map(String::as_str)).map_err(|fault| fault.to_string())
}

#[test]
fn a_reaction_is_an_event_about_the_message_whose_emoji_is_content() {
    let mut world = World::group(&["ben"], History::All);
    let message = world.asks("ana", send("hi")).unwrap();
    let before = world.state.clone();
    let seq = world.asks("ben", react(message, "👍🏽")).unwrap();
    let row = world.row(seq).unwrap();
    assert_eq!((&row.envelope.kind, row.envelope.reference), (&EventType::ReactionAdded, Some(message)));
    assert_eq!(row.content_text.as_deref(), Some(r#"{"emoji":"👍🏽","kind":"reaction","v":1}"#));
    assert!(row.envelope.commitment.is_some() && !row.envelope_text.contains('👍'));
    // Neither a message nor a reading.
    assert_eq!((world.state.n, &world.state.receipts), (before.n, &before.receipts));
}

#[test]
fn once_with_each_emoji_and_taken_back_once() {
    let mut world = World::group(&["ben"], History::All);
    let message = world.asks("ana", send("hi")).unwrap();
    world.refuses("ana", unreact(message, "👍"), Code::ReactionNotFound);
    let seq = world.asks("ana", react(message, "👍")).unwrap();
    world.refuses("ana", react(message, "👍"), Code::AlreadyReacted);
    world.asks("ana", react(message, "🎉")).unwrap();
    world.refuses("ben", unreact(message, "👍"), Code::ReactionNotFound);
    world.asks("ben", react(message, "👍")).unwrap();
    let removed = world.asks("ana", unreact(message, "👍")).unwrap();
    let envelope = world.envelope(removed);
    assert_eq!((envelope.reference, envelope.params.reaction, &envelope.commitment), (Some(message), Some(seq), &None));
    let row = world.row(seq).unwrap();
    assert_eq!((&row.content, &row.content_text, row.salt, row.fingerprint), (&None, &None, None, None));
    world.refuses("ana", unreact(message, "👍"), Code::ReactionNotFound);
    world.asks("ana", react(message, "👍")).unwrap();
    let report = verify(&world).unwrap();
    assert_eq!((report.erased, report.missing), (1, 0));
}

#[test]
fn what_is_no_single_visible_character_is_refused() {
    let mut world = World::direct();
    let message = world.asks("ana", send("hi")).unwrap();
    for bad in ["", " ", "\u{0}", "ab", "👍👍", "\u{202e}", "\u{200d}"] {
        world.refuses("ana", react(message, bad), Code::InvalidValue);
        world.refuses("ana", unreact(message, bad), Code::InvalidValue);
    }
    let long = format!("e{}", "\u{301}".repeat(limits::EMOJI_BYTES / 2));
    world.refuses("ana", react(message, &long), Code::TooLarge);
    world.refuses("ana", react(0, "👍"), Code::InvalidValue);
    world.refuses("ana", react(1 << 53, "👍"), Code::InvalidValue);
}

#[test]
fn only_to_a_message_that_is_there() {
    let mut world = World::group(&["ben"], History::All);
    let message = world.asks("ben", send("hi")).unwrap();
    world.asks("ben", react(message, "👍")).unwrap();
    for seq in [2, message + 1, 99] {
        world.refuses("ana", react(seq, "👍"), Code::MessageNotFound);
        world.refuses("ana", unreact(seq, "👍"), Code::MessageNotFound);
    }
    world.refuses("stranger", react(message, "👍"), Code::NotAMember);
    world.asks("ben", delete(message)).unwrap();
    world.refuses("ana", react(message, "👍"), Code::MessageDeleted);
    world.refuses("ben", unreact(message, "👍"), Code::MessageDeleted);
}

#[test]
fn deleting_a_message_erases_the_emoji_of_all_its_reactions() {
    let mut world = World::group(&["ben"], History::All);
    let message = world.asks("ben", send("hi")).unwrap();
    let other = world.asks("ben", send("ho")).unwrap();
    let gone = [world.asks("ana", react(message, "👍")).unwrap(), world.asks("ben", react(message, "🎉")).unwrap()];
    let stays = world.asks("ana", react(other, "👍")).unwrap();
    world.asks("ben", delete(message)).unwrap();
    for seq in gone {
        let row = world.row(seq).unwrap();
        assert_eq!((&row.content, row.salt, row.fingerprint), (&None, None, None));
    }
    assert!(world.row(stays).unwrap().content.is_some());
    assert_eq!(world.reactions.len(), 1);
    let report = verify(&world).unwrap();
    assert_eq!((report.erased, report.missing), (3, 0));
}

#[test]
fn a_member_and_a_message_have_as_many_as_they_can() {
    let mut world = World::group(&["ben", "cleo"], History::All);
    let message = world.asks("ana", send("hi")).unwrap();
    let most = u32::try_from(limits::REACTIONS_PER_MEMBER).unwrap();
    for (who, first) in [("ana", 0), ("ben", most)] {
        for number in first..first + most {
            world.asks(who, react(message, &emoji(number))).unwrap();
        }
        world.refuses(who, react(message, "👍"), Code::ReactionLimit);
    }
    assert_eq!(2 * limits::REACTIONS_PER_MEMBER, limits::REACTION_EMOJI);
    // Twenty different ones: Cleo may join in, and bring no other.
    world.refuses("cleo", react(message, "👍"), Code::ReactionLimit);
    world.asks("cleo", react(message, &emoji(3))).unwrap();
    // The last member of an emoji takes it with them, which makes room.
    world.asks("ana", unreact(message, &emoji(3))).unwrap();
    world.refuses("cleo", react(message, "👍"), Code::ReactionLimit);
    world.asks("ana", unreact(message, &emoji(4))).unwrap();
    world.asks("cleo", react(message, "👍")).unwrap();
}

#[test]
fn bounds_hold_within_a_batch_too() {
    let mut world = World::direct();
    let message = world.asks("ana", send("hi")).unwrap();
    let most = u128::try_from(limits::REACTIONS_PER_MEMBER).unwrap();
    let mut inputs: Vec<_> =
        (0..=most).map(|number| ask("ana", number, react(message, &emoji(u32::try_from(number).unwrap())))).collect();
    inputs.push(ask("ana", 50, unreact(message, &emoji(0))));
    inputs.push(ask("ana", 51, react(message, "👍")));
    inputs.push(ask("ana", 52, react(message, "👍")));
    let codes: Vec<Option<Code>> = world
        .batch(&inputs)
        .into_iter()
        .map(|answer| match answer {
            Answer::Ack(_) => None,
            Answer::Rejected(_, rejection) => Some(rejection.code),
        })
        .collect();
    let mut expected = vec![None; limits::REACTIONS_PER_MEMBER];
    expected.extend([Some(Code::ReactionLimit), None, None, Some(Code::AlreadyReacted)]);
    assert_eq!(codes, expected);
}

#[test]
fn what_is_added_and_taken_back_in_one_batch_leaves_no_emoji() {
    let mut world = World::direct();
    // The batch itself must not hand it to the store.
    world.erases = false;
    let message = world.asks("ana", send("hi")).unwrap();
    world.batch(&[ask("ana", 1, react(message, "🦄")), ask("ana", 2, unreact(message, "🦄"))]);
    world.batch(&[
        ask("ben", 3, react(message, "🦄")),
        ask("ben", 4, react(message, "🐙")),
        ask("ana", 5, delete(message)),
    ]);
    assert_eq!(world.log.len(), 9);
    assert!(world.log.iter().all(|row| !format!("{row:?}").contains(['🦄', '🐙'])));
    assert!(world.reactions.is_empty());
}

#[test]
fn the_same_key_is_the_same_reaction_for_ever() {
    let mut world = World::direct();
    let message = world.asks("ana", send("hi")).unwrap();
    let (first, back) = (ask("ana", 1, react(message, "👍")), ask("ana", 2, unreact(message, "👍")));
    let ack = world.one(&first).unwrap();
    assert_eq!(world.one(&first), Ok(ack));
    assert_eq!(world.one(&ask("ana", 1, react(message, "🎉"))), Err(Code::KeyReused));
    let removed = world.one(&back).unwrap();
    // Erased: the answer stays, though bodies can no longer be compared. It does not react anew.
    let again = world.one(&first).unwrap();
    assert_eq!((again.seq, again.erased), (ack.seq, true));
    assert_eq!(world.one(&back), Ok(removed));
    assert!(world.reactions.is_empty());
    // Also where it is taken back in the batch that asks again.
    let next = ask("ana", 3, react(message, "👍"));
    world.one(&next).unwrap();
    let answers = world.batch(&[ask("ana", 4, unreact(message, "👍")), next.clone()]);
    assert!(matches!(&answers[1], Answer::Ack(ack) if ack.erased));
    let last = ask("ana", 5, react(message, "👍"));
    world.one(&last).unwrap();
    let answers = world.batch(&[ask("ana", 6, delete(message)), last]);
    assert!(matches!(&answers[1], Answer::Ack(ack) if ack.erased));
}

#[test]
fn guests_react_and_nobody_reacts_to_what_they_may_not_see() {
    let mut world = World::group(&["ben"], History::FromJoin);
    let early = world.asks("ana", send("early")).unwrap();
    world.asks("ben", react(early, "👍")).unwrap();
    world.asks("ana", add("cleo", Role::Guest)).unwrap();
    world.refuses("cleo", react(early, "👍"), Code::MessageNotFound);
    world.refuses("cleo", unreact(early, "👍"), Code::MessageNotFound);
    let late = world.asks("ana", send("late")).unwrap();
    let seq = world.asks("cleo", react(late, "👍")).unwrap();
    let effect = Effect::Reacted { target: late, user: user("cleo"), emoji: "👍".into(), by: seq };
    assert_eq!(world.effects.last(), Some(&effect));
    world.asks("cleo", unreact(late, "👍")).unwrap();
    assert_eq!(world.effects.last(), Some(&Effect::Unreacted { target: late, user: user("cleo"), reaction: seq }));
}

#[test]
fn an_encrypted_conversation_has_no_reactions_in_the_clear() {
    let mut world = World::new(ConversationId::group(&id_key(), "test", user("ana"), key(9)));
    let Command::Create(mut made) = create(&["ben"]) else { panic!("a create") };
    made.encryption = Encryption::Mls;
    world.asks("ana", Command::Create(made)).unwrap();
    let content = quipu_schema::command::NewContent::Ciphertext(quipu_schema::command::NewCiphertext {
        data: "AAAA".into(),
        scheme: "mls".into(),
    });
    let message = world
        .asks("ana", Command::Send(quipu_schema::command::SendMessage { content, reply_to: None, thread: None }))
        .unwrap();
    world.refuses("ben", react(message, "👍"), Code::WrongEncryption);
}

#[test]
fn forged_reactions_are_noticed() {
    let told = || {
        let mut world = World::group(&["ben"], History::All);
        let message = world.asks("ana", send("hi")).unwrap();
        world.asks("ana", react(message, "👍")).unwrap();
        world.asks("ana", unreact(message, "👍")).unwrap();
        world.asks("ben", react(message, "🎉")).unwrap();
        world
    };
    let forged = |seq: u64, change: &dyn Fn(&mut quipu_core::batch::Row)| {
        let mut world = told();
        world.forge(seq, change);
        verify(&world)
    };
    assert!(verify(&told()).is_ok());
    let fault = |seq, change: &dyn Fn(&mut quipu_core::batch::Row)| forged(seq, change).unwrap_err();
    assert!(fault(6, &|row| row.envelope.params.reaction = None).contains("which reaction"));
    assert!(fault(6, &|row| row.envelope.params.reaction = Some(4)).contains("there is none"));
    assert!(fault(6, &|row| row.envelope.actor = user("ben")).contains("another member"));
    assert!(fault(6, &|row| row.envelope.reference = Some(2)).contains("there is none"));
    assert!(fault(7, &|row| row.envelope.reference = None).contains("which message"));
    assert_eq!(forged(7, &|row| (row.content_text, row.salt) = (None, None)).unwrap().missing, 1);
    let mut kept = World::group(&["ben"], History::All);
    kept.erases = false;
    kept.asks("ana", send("hi")).unwrap();
    kept.asks("ana", react(4, "👍")).unwrap();
    kept.asks("ana", unreact(4, "👍")).unwrap();
    assert!(verify(&kept).unwrap_err().contains("still there"));
}
