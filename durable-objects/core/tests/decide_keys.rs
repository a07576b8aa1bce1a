//! Once, for ever: the same sender, key and body is answered with the same event; another body is a conflict.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Input};
use quipu_core::decide::command_id;
use quipu_schema::command::Command;
use quipu_schema::envelope::{History, Role};
use quipu_schema::ids::CommandKey;
use quipu_schema::problem::Code;
use quipu_schema::socket::Ack;
use support::*;

fn acks(answers: Vec<Answer>) -> Vec<Result<(u64, bool), Code>> {
    answers
        .into_iter()
        .map(|answer| match answer {
            Answer::Ack(Ack { seq, erased, .. }) => Ok((seq, erased)),
            Answer::Rejected(_, rejection) => Err(rejection.code),
        })
        .collect()
}

/// Runs the inputs in one commit or each in its own: the answers must not tell which.
fn both_ways(world: impl Fn() -> World, inputs: &[Input]) -> Vec<Result<(u64, bool), Code>> {
    let together = acks(world().batch(inputs));
    let mut one_by_one = world();
    let apart: Vec<_> = inputs.iter().flat_map(|input| acks(one_by_one.batch(std::slice::from_ref(input)))).collect();
    assert_eq!(together, apart);
    together
}

#[test]
fn a_repeated_command_is_the_same_event() {
    let hi = ask("ana", 1, send("hi"));
    assert_eq!(both_ways(World::direct, &[hi.clone(), hi.clone(), hi]), [Ok((4, false)); 3]);
}

#[test]
fn another_body_under_a_key_is_a_conflict() {
    let answers = both_ways(
        World::direct,
        &[ask("ana", 1, send("hi")), ask("ana", 1, send("ho")), ask("ana", 1, delete(4)), ask("ana", 1, send("hi"))],
    );
    assert_eq!(answers, [Ok((4, false)), Err(Code::KeyReused), Err(Code::KeyReused), Ok((4, false))]);
}

#[test]
fn keys_of_two_senders_do_not_meet() {
    let answers = both_ways(World::direct, &[ask("ana", 1, send("hi")), ask("ben", 1, send("ho"))]);
    assert_eq!(answers, [Ok((4, false)), Ok((5, false))]);
    assert_ne!(command_id(user("ana"), key(1)), command_id(user("ben"), key(1)));
    assert_ne!(command_id(user("ana"), key(1)), command_id(user("ana"), key(2)));
}

#[test]
fn the_identity_of_a_command_is_the_senders_tail_and_the_keys_bits() {
    let id = command_id(user("ana"), key(1));
    assert_eq!(&id[..16], &user("ana").as_str().as_bytes()[12..]);
    assert_eq!(&id[16..], &key(1).bytes());
}

#[test]
fn a_key_is_the_same_however_it_is_written() {
    let mut world = World::direct();
    let mut input = ask("ana", 1, send("hi"));
    let first = world.one(&input).unwrap();
    input.command.key = CommandKey::parse(&key(1).as_str().to_ascii_uppercase()).unwrap();
    assert_eq!(world.one(&input).unwrap().seq, first.seq);
    assert_eq!(world.log.len(), 4);
}

#[test]
fn a_refused_command_does_not_use_its_key_up() {
    let answers =
        both_ways(World::direct, &[ask("ana", 1, send(" ")), ask("ana", 1, send("hi")), ask("ana", 1, send(" "))]);
    assert_eq!(answers, [Err(Code::InvalidValue), Ok((4, false)), Err(Code::KeyReused)]);
}

#[test]
fn after_erasure_the_key_still_names_its_event_and_the_body_is_not_compared() {
    let answers = both_ways(
        World::direct,
        &[
            ask("ana", 1, send("hi")),
            ask("ana", 2, edit(4, "ho")),
            ask("ana", 3, delete(4)),
            ask("ana", 1, send("hi")),
            ask("ana", 1, send("other")),
            ask("ana", 2, edit(4, "ho")),
            ask("ana", 2, edit(4, "other")),
            ask("ana", 2, send("other")),
            ask("ana", 3, delete(4)),
            ask("ana", 3, send("other")),
        ],
    );
    let expected = [
        Ok((4, false)),
        Ok((5, false)),
        Ok((6, false)),
        Ok((4, true)),
        Ok((4, true)),
        Ok((5, true)),
        Ok((5, true)),
        Ok((5, true)),
        Ok((6, false)),
        Err(Code::KeyReused),
    ];
    assert_eq!(answers, expected);
}

#[test]
fn an_edit_repeated_in_the_batch_that_deletes_its_message_is_erased_too() {
    let edited = || {
        let mut world = World::direct();
        world.one(&ask("ana", 1, send("hi"))).unwrap();
        world.one(&ask("ana", 2, edit(4, "ho"))).unwrap();
        world
    };
    let answers =
        both_ways(edited, &[ask("ana", 3, delete(4)), ask("ana", 2, edit(4, "ho")), ask("ana", 1, send("hi"))]);
    assert_eq!(answers, [Ok((6, false)), Ok((5, true)), Ok((4, true))]);
}

#[test]
fn every_command_can_be_repeated() {
    let world = || {
        let mut world = World::group(&["ben", "cleo"], History::All);
        world.asks("ana", send("one")).unwrap();
        world
    };
    let commands: Vec<(&str, Command)> = vec![
        ("ana", rename("x")),
        ("ana", add("dan", Role::Guest)),
        ("ana", remove("dan")),
        ("ana", set_role("ben", Role::Owner)),
        ("ana", send("two")),
        ("ana", reply(5, 1, "three")),
        ("ana", edit(5, "one!")),
        ("ana", delete(5)),
        ("ben", leave()),
    ];
    let mut inputs = vec![];
    for (number, (who, command)) in commands.into_iter().enumerate() {
        let input = ask(who, number as u128, command);
        inputs.extend([input.clone(), input]);
    }
    let answers = both_ways(world, &inputs);
    for (pair, input) in answers.chunks(2).zip(inputs.iter().step_by(2)) {
        let (Ok((first, _)), Ok((again, _))) = (pair[0], pair[1]) else { panic!("{pair:?}: {input:?}") };
        assert_eq!(first, again);
    }
}

#[test]
fn who_left_or_was_removed_still_gets_the_same_answer() {
    let mut world = World::group(&["ben", "cleo"], History::All);
    let (hi, bye) = (ask("ben", 1, send("hi")), ask("ben", 2, leave()));
    let (first, last) = (world.one(&hi).unwrap(), world.one(&bye).unwrap());
    assert_eq!((world.one(&hi).unwrap(), world.one(&bye).unwrap()), (first, last));
    assert_eq!(world.one(&ask("ben", 1, send("another"))), Err(Code::KeyReused));
    assert_eq!(world.one(&ask("ben", 3, send("new"))), Err(Code::NotAMember));
    let ho = ask("cleo", 1, send("ho"));
    let seq = world.one(&ho).unwrap();
    world.asks("ana", remove("cleo")).unwrap();
    assert_eq!(world.one(&ho).unwrap(), seq);
}
