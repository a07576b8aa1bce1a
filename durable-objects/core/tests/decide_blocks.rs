//! Blocks in a direct conversation, and people who may not be brought in.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Batch, Context, Known};
use quipu_core::decide::command_id;
use quipu_schema::command::Command;
use quipu_schema::envelope::{History, Role};
use quipu_schema::people::Block;
use quipu_schema::problem::{Code, Rejection};
use support::*;

fn blocks(world: &mut World, who: &str, version: u64, on: bool) {
    world.state.blocks.insert(user(who), Block { version, on });
}

#[test]
fn while_one_blocks_the_other_neither_adds_anything_and_both_may_take_away() {
    let mut world = World::direct();
    let seq = world.asks("ana", send("before")).unwrap();
    let bens = world.asks("ben", send("mine")).unwrap();
    world.asks("ben", react(seq, "👍")).unwrap();
    world.asks("ana", pin(seq)).unwrap();
    blocks(&mut world, "ana", 1, true);
    let before = world.state.clone();
    let adds: [fn(u64) -> Command; 6] = [
        |_| send("hello"),
        |seq| reply(seq, 1, "hello"),
        |seq| in_thread(seq, "hello"),
        |_| forward(4),
        |seq| react(seq, "🎉"),
        pin,
    ];
    for command in adds {
        world.refuses("ben", command(seq), Code::RecipientUnavailable);
        world.refuses("ana", command(seq), Code::Blocking);
    }
    world.refuses("ben", edit(bens, "another"), Code::RecipientUnavailable);
    world.refuses("ana", edit(seq, "another"), Code::Blocking);
    assert_eq!(world.state, before, "a refusal leaves nothing");
    world.asks("ben", unreact(seq, "👍")).unwrap();
    // Where there is one it goes.
    world.refuses("ben", remove_preview(bens), Code::PreviewNotFound);
    world.asks("ben", delete(bens)).unwrap();
    world.asks("ana", unpin(seq)).unwrap();
    blocks(&mut world, "ana", 2, false);
    world.asks("ben", send("again")).unwrap();
    // Each holds for itself.
    blocks(&mut world, "ana", 3, true);
    blocks(&mut world, "ben", 1, true);
    world.refuses("ben", send("a"), Code::Blocking);
    blocks(&mut world, "ana", 4, false);
    world.refuses("ana", send("a"), Code::RecipientUnavailable);
}

#[test]
fn a_key_answers_as_before_also_while_one_is_blocked() {
    let mut world = World::direct();
    let input = ask("ben", 900, send("once"));
    let first = world.one(&input).unwrap();
    blocks(&mut world, "ana", 1, true);
    assert_eq!(world.one(&input).unwrap(), first);
    assert_eq!(world.one(&ask("ben", 900, send("another"))).unwrap_err(), Code::KeyReused);
}

#[test]
fn who_may_not_be_brought_in_is_not_and_nothing_is_made() {
    let mut world = World::group(&["ben"], History::All);
    let before = world.state.clone();
    let answer = |world: &mut World, who: &str, command: Command| {
        let input = ask(who, 77, command);
        let id = command_id(input.user, input.command.key);
        let mut known = Known::default();
        known.unreachable.insert(id, Rejection::from(Code::RecipientUnavailable));
        let mut batch = Batch::default();
        let mut context = Context {
            now: 1_790_000_000_000,
            random: &mut || [7; 16],
            fingerprint_secret: &[3; 32],
            resolve: &resolve,
        };
        batch.push(&mut world.state, &mut known, &input, &mut context);
        assert!(batch.rows.is_empty());
        match batch.answers.remove(0) {
            Answer::Rejected(_, rejection) => rejection.code,
            Answer::Ack(_) => panic!("it was done"),
        }
    };
    assert_eq!(answer(&mut world, "ana", add("dan", Role::Member)), Code::RecipientUnavailable);
    // What the conversation itself says comes first.
    assert_eq!(answer(&mut world, "ana", add("ben", Role::Member)), Code::AlreadyMember);
    assert_eq!(answer(&mut world, "eve", add("dan", Role::Member)), Code::NotAMember);
    assert_eq!(world.state, before);
    let mut unborn = World::new(direct_id());
    assert_eq!(answer(&mut unborn, "ana", create(&["ben"])), Code::RecipientUnavailable);
    assert!(unborn.state.about.is_none());
}
