//! Replying in threads: how they are counted, who may, what is refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use quipu_core::batch::{Answer, Batch, Context, Effect};
use quipu_core::threads::{Move, Places, concerned, nowhere};
use quipu_core::verify::export;
use quipu_schema::command::{Command, NewContent, NewText, ReplyTo, SendMessage};
use quipu_schema::envelope::{EventType, History, Role};
use quipu_schema::ids::UserId;
use quipu_schema::problem::Code;
use quipu_schema::thread::ThreadPlace;
use support::*;

fn verify(world: &World) -> Result<(), String> {
    let lines = world.export();
    export(lines.iter().map(String::as_str)).map(drop).map_err(|fault| fault.to_string())
}

/// Seq, `n`, thread and `thread_n` of an event.
fn place(world: &World, seq: u64) -> (u64, Option<u64>, Option<u64>) {
    let envelope = world.envelope(seq);
    (envelope.n, envelope.thread, envelope.thread_n)
}

#[test]
fn replies_count_in_their_thread_and_not_beside_it() {
    let mut world = World::group(&["ben"], History::All);
    let (one, two) = (world.asks("ana", send("1")).unwrap(), world.asks("ben", send("2")).unwrap());
    let before = world.state.receipts.clone();
    let first = world.asks("ben", in_thread(one, "1.1")).unwrap();
    let other = world.asks("ana", in_thread(two, "2.1")).unwrap();
    let second = world.asks("ana", in_thread(one, "1.2")).unwrap();
    assert_eq!(place(&world, first), (2, Some(one), Some(1)));
    assert_eq!(place(&world, other), (2, Some(two), Some(1)));
    assert_eq!(place(&world, second), (2, Some(one), Some(2)));
    assert_eq!((world.state.n, &world.state.receipts), (2, &before), "a reply reads nothing beside its thread");
    assert_eq!(world.effects.last(), Some(&Effect::Replied { root: one, author: user("ana"), by: second }));
    let third = world.asks("ben", send("3")).unwrap();
    assert_eq!(place(&world, third), (3, None, None));
    verify(&world).unwrap();
}

#[test]
fn within_one_batch_replies_are_counted_too() {
    let mut world = World::direct();
    let root = world.asks("ana", send("1")).unwrap();
    let batch = [ask("ben", 1, in_thread(root, "a")), ask("ana", 2, in_thread(root, "b")), ask("ben", 3, send("c"))];
    let answers = world.batch(&batch);
    assert!(answers.iter().all(|answer| matches!(answer, Answer::Ack(_))));
    assert_eq!(place(&world, root + 2), (1, Some(root), Some(2)));
    assert_eq!(place(&world, root + 3), (2, None, None));
    // A message and the first reply to it.
    let next = world.state.seq + 1;
    world.batch(&[ask("ben", 4, send("d")), ask("ana", 5, in_thread(next, "e"))]);
    assert_eq!(place(&world, next + 1), (3, Some(next), Some(1)));
    assert_eq!(world.effects.last(), Some(&Effect::Replied { root: next, author: user("ben"), by: next + 1 }));
    verify(&world).unwrap();
}

#[test]
fn what_is_about_a_reply_stands_in_its_thread() {
    let mut world = World::group(&["ben"], History::All);
    let root = world.asks("ana", send("1")).unwrap();
    let reply = world.asks("ben", in_thread(root, "a")).unwrap();
    for (who, command) in [
        ("ben", edit(reply, "b")),
        ("ana", react(reply, "👍")),
        ("ana", unreact(reply, "👍")),
        ("ana", pin(reply)),
        ("ana", unpin(reply)),
        ("ben", delete(reply)),
    ] {
        let seq = world.asks(who, command).unwrap();
        assert_eq!(place(&world, seq), (1, Some(root), None), "{:?}", world.envelope(seq).kind);
    }
    assert_eq!(world.effects.last(), Some(&Effect::ReplyErased { root }));
    let own = world.asks("ana", edit(root, "1, edited")).unwrap();
    assert_eq!(place(&world, own), (1, None, None));
    let quotes =
        SendMessage { content: text("q"), reply_to: Some(ReplyTo { seq: root, version: 2 }), thread: Some(root) };
    let quoting = world.asks("ben", Command::Send(quotes)).unwrap();
    assert_eq!((place(&world, quoting), world.envelope(quoting).reference), ((1, Some(root), Some(2)), Some(root)));
    verify(&world).unwrap();
}

#[test]
fn a_reply_has_no_thread_and_a_deleted_message_takes_no_reply() {
    let mut world = World::group(&["ben"], History::FromJoin);
    let root = world.asks("ana", send("1")).unwrap();
    let reply = world.asks("ben", in_thread(root, "a")).unwrap();
    world.refuses("ana", in_thread(reply, "b"), Code::ThreadNested);
    world.refuses("ana", in_thread(1, "b"), Code::MessageNotFound);
    world.refuses("ana", in_thread(99, "b"), Code::MessageNotFound);
    world.refuses("ana", in_thread(0, "b"), Code::InvalidValue);
    world.refuses("ana", in_thread(1 << 53, "b"), Code::InvalidValue);
    world.refuses("dan", in_thread(root, "b"), Code::NotAMember);
    world.asks("ana", add("dan", Role::Member)).unwrap();
    world.refuses("dan", in_thread(root, "b"), Code::MessageNotFound);
    world.asks("ana", delete(root)).unwrap();
    world.refuses("ben", in_thread(root, "b"), Code::MessageDeleted);
    // What stands in it stands, and can be edited.
    world.asks("ben", edit(reply, "c")).unwrap();
    verify(&world).unwrap();
}

#[test]
fn a_repeated_reply_is_the_same_event() {
    let mut world = World::direct();
    let root = world.asks("ana", send("1")).unwrap();
    let input = ask("ben", 7, in_thread(root, "a"));
    let first = world.one(&input).unwrap();
    world.asks("ana", delete(root)).unwrap();
    assert_eq!(world.one(&input).unwrap(), first);
    assert_eq!(world.one(&ask("ben", 7, send("a"))), Err(Code::KeyReused));
}

#[test]
fn a_forged_thread_is_found_out() {
    let mut world = World::direct();
    let (one, two) = (world.asks("ana", send("1")).unwrap(), world.asks("ana", send("2")).unwrap());
    let reply = world.asks("ben", in_thread(one, "a")).unwrap();
    let edited = world.asks("ben", edit(reply, "b")).unwrap();
    verify(&world).unwrap();
    let forged = |seq: u64, change: &dyn Fn(&mut quipu_core::batch::Row)| {
        let mut world = World::direct();
        world.asks("ana", send("1")).unwrap();
        world.asks("ana", send("2")).unwrap();
        world.asks("ben", in_thread(one, "a")).unwrap();
        world.asks("ben", edit(reply, "b")).unwrap();
        world.forge(seq, change);
        verify(&world).unwrap_err()
    };
    for (seq, message, change) in [
        (reply, "is reply 3 in the thread", (|row| row.envelope.thread_n = Some(3)) as fn(&mut quipu_core::batch::Row)),
        (reply, "reply 0 in the thread", |row| row.envelope.thread_n = None),
        (edited, "does not say in which thread", |row| row.envelope.thread = None),
        (edited, "and message", |row| row.envelope.thread = Some(1)),
        (reply, "there is none", |row| row.envelope.thread = Some(77)),
    ] {
        let found = forged(seq, &change);
        assert!(found.contains(message), "{found}");
    }
    assert_eq!(two, one + 1);
}

/// What a batch makes of places.
fn moved(world: &World, batch: &Batch, stored: &[ThreadPlace], asked: &[((UserId, u64), Move)]) -> Vec<ThreadPlace> {
    let mut places = Places::new(stored.iter().copied());
    asked.iter().for_each(|(key, asked)| places.ask(*key, *asked));
    places.take(&world.state, batch);
    places.changed()
}

#[test]
fn who_began_replies_or_is_mentioned_follows() {
    let mut world = World::group(&["ben", "cleo"], History::All);
    let root = world.asks("ana", send("1")).unwrap();
    let [ana, ben, cleo] = ["ana", "ben", "cleo"].map(user);
    let at = |user, following, read, read_n| ThreadPlace { user, root, following, read, read_n };
    let mut decide = |who: &str, number, mentions: &[&str]| {
        let mentions = mentions.iter().map(|who| by(who)).collect();
        let content = NewContent::Text(NewText { text: "r".into(), mentions, ..NewText::default() });
        let input = ask(who, number, Command::Send(SendMessage { content, reply_to: None, thread: Some(root) }));
        let mut known = world.known(std::slice::from_ref(&input));
        let mut batch = Batch::default();
        let mut random = || [1; 16];
        let mut context =
            Context { now: world.now, random: &mut random, fingerprint_secret: &[3; 32], resolve: &resolve };
        let mut state = world.state.clone();
        batch.push(&mut state, &mut known, &input, &mut context);
        world.one(&input).unwrap();
        batch
    };
    let first = decide("ben", 1, &["cleo", "dan"]);
    let second = decide("cleo", 2, &["ben"]);
    assert_eq!(concerned(&first).len(), 4);
    let stored = moved(&world, &first, &[], &[]);
    let expected = [at(ana, true, 0, 0), at(ben, true, root + 1, 1), at(cleo, true, root, 0)];
    assert_eq!(sorted(stored.clone()), sorted(expected.to_vec()), "nobody who is not a member");
    // Ben follows already: being mentioned moves nothing. Ana began it, and that is news only once.
    assert_eq!(moved(&world, &second, &stored, &[]), [at(cleo, true, root + 2, 2)]);
    // Who follows no more is called back by a mention, from there on.
    let gone = at(ben, false, root + 1, 1);
    let back = moved(&world, &second, &[gone, at(ana, false, 0, 0)], &[]);
    assert_eq!(sorted(back), sorted(vec![at(ben, true, root + 1, 1), at(cleo, true, root + 2, 2)]));
    // By their own word.
    let begin = Move { following: Some(true), from: (9, 4), read: (0, 0) };
    let none = Batch::default();
    assert_eq!(moved(&world, &none, &[], &[((ben, root), begin)]), [at(ben, true, 9, 4)]);
    assert_eq!(moved(&world, &none, &[at(ben, true, 5, 1)], &[((ben, root), begin)]), [], "they follow it already");
    let read = |seq, n| Move { read: (seq, n), ..Move::default() };
    assert_eq!(moved(&world, &none, &[at(ben, true, 5, 1)], &[((ben, root), read(7, 2))]), [at(ben, true, 7, 2)]);
    assert_eq!(moved(&world, &none, &[at(ben, true, 7, 2)], &[((ben, root), read(6, 1))]), []);
    assert_eq!(moved(&world, &none, &[], &[((ben, root), read(7, 2))]), [], "only who follows has a cursor");
    let mut both = read(7, 2);
    both.then(Move { following: Some(false), ..Move::default() });
    assert_eq!(both, Move { following: Some(false), from: (0, 0), read: (7, 2) });
    assert_eq!(nowhere((ben, root)), at(ben, false, 0, 0));
}

fn sorted(mut places: Vec<ThreadPlace>) -> BTreeMap<UserId, ThreadPlace> {
    places.drain(..).map(|place| (place.user, place)).collect()
}

#[test]
fn slow_mode_counts_replies_and_a_frozen_conversation_takes_none() {
    let mut world = World::group(&["ben"], History::All);
    let root = world.asks("ana", send("1")).unwrap();
    world
        .asks("ana", settings(quipu_schema::command::SetSettings { slow_mode_s: Some(60), ..Default::default() }))
        .unwrap();
    world.asks("ben", in_thread(root, "a")).unwrap();
    world.refuses("ben", in_thread(root, "b"), Code::SlowMode);
    world
        .asks("ana", settings(quipu_schema::command::SetSettings { frozen: Some(true), ..Default::default() }))
        .unwrap();
    world.refuses("ben", in_thread(root, "b"), Code::Frozen);
    assert_eq!(world.types(root).last(), Some(&EventType::ConversationSettingsChanged));
}
