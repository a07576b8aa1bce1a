//! Pinning messages, and taking pins away.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Effect};
use quipu_core::verify::export;
use quipu_schema::envelope::{EventType, History, Role};
use quipu_schema::limits;
use quipu_schema::problem::Code;
use support::*;

fn pins(world: &World) -> Vec<u64> {
    world.state.about.as_ref().unwrap().pins.clone()
}

fn verify(world: &World) -> Result<quipu_core::verify::Report, String> {
    let lines = world.export();
    export(lines.iter().map(String::as_str)).map_err(|fault| fault.to_string())
}

#[test]
fn members_pin_and_anybody_of_them_takes_it_away() {
    let mut world = World::group(&["ben"], History::All);
    let (first, second) = (world.asks("ana", send("1")).unwrap(), world.asks("ben", send("2")).unwrap());
    let before = world.state.clone();
    let seq = world.asks("ben", pin(second)).unwrap();
    let envelope = world.envelope(seq);
    assert_eq!(
        (&envelope.kind, envelope.reference, &envelope.commitment),
        (&EventType::MessagePinned, Some(second), &None)
    );
    assert_eq!((world.state.n, &world.state.receipts), (before.n, &before.receipts));
    world.asks("ben", pin(first)).unwrap();
    assert_eq!(pins(&world), [second, first]);
    world.refuses("ana", pin(first), Code::AlreadyPinned);
    world.asks("ana", unpin(second)).unwrap();
    assert_eq!((pins(&world), world.effects.last()), (vec![first], Some(&Effect::PinsChanged)));
    world.refuses("ana", unpin(second), Code::NotPinned);
    world.asks("ana", pin(second)).unwrap();
    assert_eq!(pins(&world), [first, second]);
    verify(&world).unwrap();
}

#[test]
fn deleting_a_message_takes_its_pin_away_and_no_other() {
    let mut world = World::direct();
    let (first, second) = (world.asks("ana", send("1")).unwrap(), world.asks("ben", send("2")).unwrap());
    world.asks("ben", pin(first)).unwrap();
    world.asks("ana", pin(second)).unwrap();
    let effects = world.effects.len();
    world.asks("ana", delete(first)).unwrap();
    assert_eq!(pins(&world), [second]);
    assert_eq!(world.effects[effects..].iter().filter(|effect| **effect == Effect::PinsChanged).count(), 1);
    world.refuses("ana", pin(first), Code::MessageDeleted);
    world.refuses("ana", unpin(first), Code::MessageDeleted);
    verify(&world).unwrap();
    let other = world.asks("ana", send("3")).unwrap();
    let effects = world.effects.len();
    world.asks("ana", delete(other)).unwrap();
    assert!(!world.effects[effects..].contains(&Effect::PinsChanged), "what the conversation is need not be written");
}

#[test]
fn only_what_is_there_can_be_pinned_and_not_by_guests() {
    let mut world = World::group(&["ben"], History::FromJoin);
    let early = world.asks("ana", send("early")).unwrap();
    world.asks("ana", add("cleo", Role::Member)).unwrap();
    world.asks("ana", add("dan", Role::Guest)).unwrap();
    let late = world.asks("ana", send("late")).unwrap();
    for seq in [2, 99] {
        world.refuses("ana", pin(seq), Code::MessageNotFound);
        world.refuses("ana", unpin(seq), Code::MessageNotFound);
    }
    world.refuses("ana", pin(0), Code::InvalidValue);
    world.refuses("ana", unpin(1 << 53), Code::InvalidValue);
    world.refuses("cleo", pin(early), Code::MessageNotFound);
    world.refuses("dan", pin(late), Code::PermissionDenied);
    world.refuses("stranger", pin(late), Code::NotAMember);
    world.asks("cleo", pin(late)).unwrap();
    world.refuses("dan", unpin(late), Code::PermissionDenied);
}

#[test]
fn there_are_as_many_as_there_can_be_within_a_batch_too() {
    let mut world = World::direct();
    let first = world.state.seq + 1;
    let most = u64::try_from(limits::PINS).unwrap();
    for number in 0..=most {
        world.asks("ana", send(&number.to_string())).unwrap();
    }
    let inputs: Vec<_> = (0..=most).map(|number| ask("ana", u128::from(number), pin(first + number))).collect();
    let answers = world.batch(&inputs);
    let refused: Vec<_> = answers
        .iter()
        .filter_map(|answer| match answer {
            Answer::Rejected(_, rejection) => Some(rejection.code),
            Answer::Ack(_) => None,
        })
        .collect();
    assert_eq!((refused, pins(&world).len()), (vec![Code::MessagePinLimit], limits::PINS));
    world.asks("ana", unpin(first)).unwrap();
    world.asks("ana", pin(first + most)).unwrap();
}

#[test]
fn forged_pins_are_noticed() {
    let told = || {
        let mut world = World::group(&["ben"], History::All);
        let message = world.asks("ana", send("hi")).unwrap();
        world.asks("ana", pin(message)).unwrap();
        world.asks("ben", unpin(message)).unwrap();
        world
    };
    let forged = |seq: u64, change: &dyn Fn(&mut quipu_core::batch::Row)| {
        let mut world = told();
        world.forge(seq, change);
        verify(&world).unwrap_err()
    };
    verify(&told()).unwrap();
    assert!(forged(5, &|row| row.envelope.kind = EventType::MessageUnpinned).contains("is not pinned"));
    assert!(forged(6, &|row| row.envelope.kind = EventType::MessagePinned).contains("is pinned already"));
    assert!(forged(5, &|row| row.envelope.reference = Some(2)).contains("there is none"));
    assert!(forged(6, &|row| row.envelope.reference = None).contains("which message"));
    let lines: Vec<String> = told()
        .export()
        .iter()
        .map(|line| line.replace("\"cells_version\":0", "\"cells_version\":0,\"pins\":[4]"))
        .collect();
    assert!(export(lines.iter().map(String::as_str)).unwrap_err().to_string().contains("other pins"));
}
