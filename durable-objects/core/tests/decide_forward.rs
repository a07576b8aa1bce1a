//! Forwarding: what is copied and what is not, who may, and that a key answers for ever.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Batch, Context, Copies, Known};
use quipu_core::decide::plan;
use quipu_schema::command::{Command, Forward, SetSettings};
use quipu_schema::content::Content;
use quipu_schema::envelope::{Encryption, EventType, History, Role};
use quipu_schema::ids::ConversationId;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::settings::Audience;
use support::*;

#[test]
fn a_copy_is_a_message_of_who_forwards_it_and_says_that_it_is_one() {
    let mut world = World::group(&["ben"], History::All);
    let n = world.state.n;
    let seq = world.asks("ben", forward(4)).unwrap();
    let envelope = world.envelope(seq).clone();
    assert_eq!((&envelope.kind, envelope.actor, envelope.n), (&EventType::MessageCreated, user("ben"), n + 1));
    assert!(envelope.params.forwarded && envelope.reference.is_none());
    let Some(Content::Text(text)) = &world.row(seq).unwrap().content else { panic!("a text") };
    assert_eq!(text.text, "text 4 of elsewhere");
    assert!(text.mentions.is_empty() && !text.mention_everyone && text.mention_roles.is_empty());
    let plain = world.asks("ben", send("my own words")).unwrap();
    assert!(!world.envelope(plain).params.forwarded);
    let reply = world.asks("ana", reply(seq, 1, "where is this from?")).unwrap();
    assert_eq!(world.envelope(reply).reference, Some(seq));
}

#[test]
fn nobody_edits_other_peoples_words_in_their_own_name() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.asks("ben", forward(4)).unwrap();
    world.refuses("ben", edit(seq, "never said"), Code::PermissionDenied);
    // In one batch, too.
    let answers = world.batch(&[ask("ben", 500, forward(6)), ask("ben", 501, edit(seq + 1, "never said"))]);
    assert!(matches!(&answers[0], Answer::Ack(ack) if ack.seq == seq + 1));
    assert!(matches!(&answers[1], Answer::Rejected(_, rejection) if rejection.code == Code::PermissionDenied));
    world.asks("ben", delete(seq)).unwrap();
    assert!(world.row(seq).unwrap().content.is_none());
}

#[test]
fn who_may_not_write_may_not_forward_and_a_refusal_leaves_nothing() {
    let mut world = World::group(&["ben"], History::All);
    world.asks("ana", add("cleo", Role::Guest)).unwrap();
    let before = world.state.clone();
    world.refuses("ben", forward(3), Code::SourceNotFound);
    world.refuses("ben", forward(0), Code::InvalidValue);
    world.refuses("dan", forward(4), Code::NotAMember);
    assert_eq!(world.state, before);
    world.asks("ana", settings(SetSettings { post: Some(Audience::Members), ..SetSettings::default() })).unwrap();
    world.refuses("cleo", forward(4), Code::PermissionDenied);
    let slow = SetSettings { slow_mode_s: Some(60), post: Some(Audience::Everyone), ..SetSettings::default() };
    world.asks("ana", settings(slow)).unwrap();
    world.asks("cleo", forward(4)).unwrap();
    world.refuses("cleo", forward(4), Code::SlowMode);
    world.asks("ana", settings(SetSettings { frozen: Some(true), ..SetSettings::default() })).unwrap();
    world.refuses("ben", forward(4), Code::Frozen);
}

#[test]
fn nothing_is_forwarded_into_an_encrypted_conversation() {
    let Command::Create(mut made) = create_with(&["ben"], History::All) else { panic!("a creation") };
    made.encryption = Encryption::Mls;
    let mut world = World::new(ConversationId::group(&id_key(), "test", user("ana"), key(0)));
    world.asks("ana", Command::Create(made)).unwrap();
    world.refuses("ben", forward(4), Code::WrongEncryption);
}

#[test]
fn a_key_answers_for_ever_whatever_has_become_of_the_source() {
    let mut world = World::group(&["ben"], History::All);
    let first = ask("ben", 700, forward(4));
    let ack = world.one(&first).unwrap();
    let decide = |world: &mut World, input: &quipu_core::batch::Input, copies: Copies| {
        let mut known = Known { copies, ..world.known(std::slice::from_ref(input)) };
        let mut batch = Batch::default();
        let resolve = |_: &quipu_schema::ids::UserRef| user("ben");
        let mut random = || [0; 16];
        let mut context =
            Context { now: world.now, random: &mut random, fingerprint_secret: &[3; 32], resolve: &resolve };
        batch.push(&mut world.state, &mut known, input, &mut context);
        (batch.rows.len(), batch.answers.remove(0))
    };
    let Command::Forward(Forward { from, seq }) = first.command.command else { panic!("a forward") };
    let gone: Copies = [((user("ben"), from, seq), Err(Rejection::from(Code::SourceNotFound)))].into();
    for copies in [gone, Copies::new()] {
        assert_eq!(decide(&mut world, &first, copies), (0, Answer::Ack(ack)));
    }
    let other = ask("ben", 700, forward(6));
    let (rows, answer) = decide(&mut world, &other, World::copies(std::slice::from_ref(&other)));
    assert!(matches!(answer, Answer::Rejected(_, rejection) if rejection.code == Code::KeyReused));
    assert_eq!((rows, plan(user("ben"), &first.command).target), (0, None));
}

#[test]
fn what_one_may_read_is_not_given_to_another() {
    let mut world = World::group(&["ben"], History::All);
    let (ana, ben) = (ask("ana", 800, forward(4)), ask("ben", 801, forward(4)));
    let mut known = Known { copies: World::copies(std::slice::from_ref(&ana)), ..Known::default() };
    let mut batch = Batch::default();
    let resolve = |_: &quipu_schema::ids::UserRef| user("ben");
    let mut random = || [0; 16];
    let mut context = Context { now: world.now, random: &mut random, fingerprint_secret: &[3; 32], resolve: &resolve };
    for input in [&ben, &ana] {
        batch.push(&mut world.state, &mut known, input, &mut context);
    }
    assert!(matches!(&batch.answers[0], Answer::Rejected(_, rejection) if rejection.code == Code::Internal));
    assert!(matches!(&batch.answers[1], Answer::Ack(_)));
}
