//! Deleting a message for oneself: what may be deleted, how often, and what is remembered of whom to tell.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::hidden::{Found, Hiding, hide};
use quipu_schema::envelope::{EventType, History, Role};
use quipu_schema::limits;
use quipu_schema::problem::Code;
use support::*;

/// What the log knows of an event, of somebody who deleted none for themselves.
fn found(world: &World, seq: u64) -> Found<'_> {
    let row = world.log.iter().find(|row| row.envelope.seq == seq);
    Found { kind: row.map(|row| &row.envelope.kind), hidden: false, count: 0 }
}

fn code(world: &World, who: &str, seq: u64) -> Option<Code> {
    hide(&world.state, user(who), seq, found(world, seq)).err().map(|rejection| rejection.code)
}

#[test]
fn whatever_message_one_can_read_may_go_and_nothing_else() {
    let mut world = World::group(&["ben"], History::FromJoin);
    let early = world.asks("ben", send("early")).unwrap();
    world.asks("ana", add("cleo", Role::Member)).unwrap();
    let late = world.asks("ana", send("late")).unwrap();
    let edited = world.asks("ana", edit(late, "later")).unwrap();
    let deleted = world.asks("ben", send("gone")).unwrap();
    world.asks("ben", delete(deleted)).unwrap();
    for (who, seq) in [("ana", early), ("ben", early), ("cleo", late), ("ben", deleted)] {
        assert_eq!(code(&world, who, seq), None, "{who} {seq}");
    }
    for (who, seq) in [("cleo", early), ("ana", 1), ("ana", edited), ("ana", 99), ("ana", u64::MAX)] {
        assert_eq!(code(&world, who, seq), Some(Code::MessageNotFound), "{who} {seq}");
    }
    assert_eq!(code(&world, "dan", late), Some(Code::NotAMember));
    world.asks("cleo", leave()).unwrap();
    assert_eq!(code(&world, "cleo", late), Some(Code::NotAMember));
}

#[test]
fn once_is_enough_and_there_is_a_bound() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.asks("ben", send("hi")).unwrap();
    let kind = EventType::MessageCreated;
    let hide = |hidden, count| hide(&world.state, user("ana"), seq, Found { kind: Some(&kind), hidden, count });
    assert_eq!(hide(false, limits::HIDDEN - 1), Ok(true));
    assert_eq!(hide(true, limits::HIDDEN), Ok(false), "what is done may be asked again");
    assert_eq!(hide(false, limits::HIDDEN).unwrap_err().code, Code::HiddenLimit);
}

#[test]
fn who_was_told_is_forgotten() {
    let first = Hiding::default().with(user("ana"), 4, 0).with(user("ben"), 6, 0);
    assert_eq!(first.untold.into_iter().collect::<Vec<_>>().len(), 2);
    let later = Hiding::default().with(user("ana"), 4, 0).with(user("ben"), 6, 4);
    assert_eq!((later.version, later.untold.into_iter().collect::<Vec<_>>()), (6, vec![(user("ben"), 6)]));
}
