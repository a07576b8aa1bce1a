//! What holds for every story of a space, as `properties.rs` does for groups: whatever its channels tell, in whichever order, its state is the fold
//! of its log, also from any moment on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use quipu_core::batch::Row;
use quipu_core::state::State;
use quipu_core::verify::export;
use quipu_schema::command::Command;
use quipu_schema::envelope::{EventType, Role};
use quipu_schema::http::spaces::SpaceChannel;
use quipu_schema::ids::ConversationId;
use quipu_schema::internal::ChannelNews;
use support::*;

const PEOPLE: [&str; 3] = ["ben", "cleo", "dan"];

#[derive(Debug, Clone)]
enum Step {
    /// A channel tells what it is as of an event of its own: open, private, or in the space no longer.
    Told {
        channel: u128,
        seq: u64,
        open: Option<bool>,
    },
    Add {
        whom: usize,
    },
    Remove {
        whom: usize,
    },
    Ban {
        whom: usize,
    },
    Role {
        whom: usize,
        admin: bool,
    },
    Rename,
}

fn step() -> impl Strategy<Value = Step> {
    let whom = || 0..PEOPLE.len();
    prop_oneof![
        8 => (1..5u128, 1..12u64, prop::option::weighted(0.6, any::<bool>()))
            .prop_map(|(channel, seq, open)| Step::Told { channel, seq, open }),
        2 => whom().prop_map(|whom| Step::Add { whom }),
        1 => whom().prop_map(|whom| Step::Remove { whom }),
        1 => whom().prop_map(|whom| Step::Ban { whom }),
        1 => (whom(), any::<bool>()).prop_map(|(whom, admin)| Step::Role { whom, admin }),
        1 => Just(Step::Rename),
    ]
}

fn channel(number: u128) -> ConversationId {
    ConversationId::group(&id_key(), "test", user("ana"), key(1_000 + number))
}

fn news(number: u128, seq: u64, open: Option<bool>) -> ChannelNews {
    let id = channel(number);
    let card = open.map(|open| SpaceChannel {
        id,
        open,
        name: open.then(|| format!("channel {number}")),
        topic: None,
        avatar: None,
        member_count: open.then_some(seq),
    });
    let (entered, since) = if card.is_some() { (seq, 1) } else { (0, 0) };
    ChannelNews { channel: id, at: 7, seq, by: user("ana"), card, entered, since }
}

fn replay<'a>(mut state: State, rows: impl IntoIterator<Item = &'a Row>) -> State {
    for row in rows {
        assert_eq!(state.apply(&row.envelope, &row.envelope_text, row.content.as_ref()).unwrap(), row.tree);
    }
    state
}

/// Ana asks for it; what is refused is no part of the story.
fn tries(world: &mut World, command: Command) {
    let _refused = world.asks("ana", command).is_err();
}

/// Tells the story; which channels are in the space by the latest that each told.
fn told(steps: &[Step]) -> (World, BTreeMap<ConversationId, bool>) {
    let mut world = World::new(space(1));
    world.asks("ana", create(&PEOPLE)).unwrap();
    let mut latest: BTreeMap<ConversationId, (u64, bool)> = BTreeMap::new();
    for step in steps {
        match *step {
            Step::Told { channel: number, seq, open } => {
                world.hears(&news(number, seq, open));
                let known = latest.entry(channel(number)).or_insert((0, false));
                if seq > known.0 {
                    *known = (seq, open.is_some());
                }
            }
            // Refused where it is so already: nothing happens then.
            Step::Add { whom } => tries(&mut world, add(PEOPLE[whom], Role::Member)),
            Step::Remove { whom } => tries(&mut world, remove(PEOPLE[whom])),
            Step::Ban { whom } => tries(&mut world, ban(PEOPLE[whom])),
            Step::Role { whom, admin } => {
                tries(&mut world, set_role(PEOPLE[whom], if admin { Role::Admin } else { Role::Member }));
            }
            Step::Rename => {
                let name = format!("name {}", world.state.seq);
                tries(&mut world, rename(&name));
            }
        }
    }
    (world, latest.into_iter().map(|(id, (_, there))| (id, there)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_space_is_the_fold_of_its_log_from_any_moment_on_and_holds_what_channels_told_last(steps in prop::collection::vec(step(), 0..60), cut in 0..60usize) {
        let (world, latest) = told(&steps);
        let new = || State::new(world.state.conv, world.state.epoch);
        prop_assert_eq!(&replay(new(), &world.log), &world.state);
        let (head, tail) = world.log.split_at(cut.min(world.log.len()));
        prop_assert_eq!(&replay(replay(new(), head), tail), &world.state);
        for (id, there) in latest {
            prop_assert_eq!(world.state.channels.contains_key(&id), there, "{}", id);
        }
        let lines = world.export();
        prop_assert!(export(lines.iter().map(String::as_str)).is_ok());
    }
}

#[test]
fn stories_of_spaces_are_worth_telling() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut added, mut removed) = (0, 0);
    for _ in 0..100 {
        let steps = prop::collection::vec(step(), 0..60).new_tree(&mut runner).unwrap().current();
        let (world, _) = told(&steps);
        let count = |kind: &EventType| world.log.iter().filter(|row| row.envelope.kind == *kind).count();
        added += count(&EventType::SpaceChannelAdded);
        removed += count(&EventType::SpaceChannelRemoved);
    }
    assert!(added > 200 && removed > 50, "{added} added, {removed} removed");
}
