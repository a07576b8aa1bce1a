//! What holds for every story: order, folds, erasure, unread, visibility.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/story.rs"]
mod story;
mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use quipu_core::batch::Row;
use quipu_core::merkle::{Frontier, at_level, leaf, root_of};
use quipu_core::receipts::{Receipts, unread};
use quipu_core::state::{About, Member, State};
use quipu_core::timeline::Timeline;
use quipu_schema::content::Content;
use quipu_schema::envelope::{EventType, History};
use quipu_schema::ids::UserId;
use story::{PEOPLE, Step, Story, story};
use support::*;

fn replay<'a>(mut state: State, rows: impl IntoIterator<Item = &'a Row>) -> State {
    for row in rows {
        let tree = state.apply(&row.envelope, &row.envelope_text, row.content.as_ref()).unwrap();
        assert_eq!(tree, row.tree);
    }
    state
}

fn fold<'a>(rows: impl IntoIterator<Item = (&'a Row, Option<&'a Content>)>) -> Timeline {
    let mut timeline = Timeline::default();
    rows.into_iter().for_each(|(row, content)| timeline.apply(&row.envelope, content));
    timeline
}

/// A state as it comes back from disk: projections through their JSON, the tree from the rows it names, receipts by maximum.
fn snapshot(state: &State, rows: &[Row]) -> State {
    let about: Option<About> = serde_json::from_str(&serde_json::to_string(&state.about).unwrap()).unwrap();
    let members: BTreeMap<String, Member> =
        state.members.iter().map(|(user, member)| (user.to_string(), member.clone())).collect();
    let members: BTreeMap<String, Member> = serde_json::from_str(&serde_json::to_string(&members).unwrap()).unwrap();
    let hashes: Vec<[u8; 32]> = Frontier::places(state.seq)
        .into_iter()
        .map(|(seq, level)| at_level(&rows[usize::try_from(seq - 1).unwrap()].tree, level).unwrap())
        .collect();
    let mut receipts = Receipts::default();
    for user in state.members.keys() {
        let receipt = state.receipts.of(*user);
        receipts.advance(*user, receipt.delivered, receipt.read, receipt.read_n);
    }
    let mut snapshot = State::new(state.conv, state.epoch);
    (snapshot.seq, snapshot.n, snapshot.at) = (state.seq, state.n, state.at);
    snapshot.about = about;
    snapshot.bans = state.bans.clone();
    members.into_iter().for_each(|(user, member)| snapshot.seat(UserId::parse(&user).unwrap(), member));
    snapshot.tree = Frontier::restore(state.seq, &hashes).unwrap();
    snapshot.receipts = receipts;
    snapshot
}

fn without_retries(story: Story) -> Story {
    let steps =
        story.steps.into_iter().filter(|step| !matches!(step, Step::Again { .. } | Step::Reuse { .. })).collect();
    Story { steps, ..story }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_order_is_dense_time_does_not_go_back_and_n_counts_messages(story in story()) {
        let world = story.told();
        let (mut n, mut at) = (0, 0);
        let mut commands = BTreeSet::new();
        let mut threads: HashMap<u64, u64> = HashMap::new();
        for (index, row) in world.log.iter().enumerate() {
            let reply = row.envelope.kind == EventType::MessageCreated && row.envelope.thread.is_some();
            n += u64::from(row.envelope.kind == EventType::MessageCreated && !reply);
            let replies = threads.entry(row.envelope.thread.unwrap_or(0)).or_insert(0);
            *replies += u64::from(reply);
            prop_assert_eq!(row.envelope.thread_n, reply.then_some(*replies));
            prop_assert_eq!((row.envelope.seq, row.envelope.n), (index as u64 + 1, n));
            prop_assert!(row.envelope.at >= at);
            at = row.envelope.at;
            prop_assert_eq!(&row.envelope_text, &serde_json::to_string(&row.envelope).unwrap());
            if let Some(command) = row.command {
                prop_assert!(commands.insert(command), "a key caused two commands");
            }
        }
        prop_assert_eq!((world.state.seq, world.state.n, world.state.at), (world.log.len() as u64, n, at));
        let leaves = world.log.iter().map(|row| leaf(row.envelope_text.as_bytes()).0);
        prop_assert_eq!(root_of(leaves), world.state.tree.root());
    }

    #[test]
    fn state_is_a_fold_of_the_log_and_of_snapshot_and_tail(story in story(), cut in 0..100usize) {
        let world = story.told();
        let new = || State::new(world.state.conv, world.state.epoch);
        prop_assert_eq!(&replay(new(), &world.log), &world.state);
        let (head, tail) = world.log.split_at(cut.min(world.log.len()));
        let restored = snapshot(&replay(new(), head), head);
        prop_assert_eq!(&replay(restored, tail), &world.state);
    }

    #[test]
    fn where_a_commit_is_cut_makes_no_difference(story in story()) {
        // Another body under the key of an edit, in the very batch that deletes the edited message, is refused there and
        // acknowledged as erased later: the only answer that tells, and not among those compared.
        let steps = story.steps.iter().filter(|step| !matches!(step, Step::Reuse { .. })).cloned().collect();
        let story = Story { steps, ..story };
        let (mut cut, mut alone) = (story.begin(), story.begin());
        for batch in story.batches() {
            let together = cut.batch(&batch);
            let apart: Vec<_> = batch.iter().flat_map(|input| alone.batch(std::slice::from_ref(input))).collect();
            prop_assert_eq!(together, apart);
        }
        prop_assert_eq!(&cut.state, &alone.state);
        prop_assert_eq!(&cut.log, &alone.log);
    }

    #[test]
    fn a_repeated_story_changes_nothing(story in story()) {
        let mut world = story.told();
        let (state, log) = (world.state.clone(), world.log.clone());
        let (votes, tallies) = (world.votes.clone(), world.tallies.clone());
        let mut accepted: BTreeSet<_> = log.iter().filter_map(|row| row.command).collect();
        accepted.extend(world.vote_keys.keys().copied());
        for batch in story.batches() {
            let stored: Vec<_> = batch
                .into_iter()
                .filter(|input| accepted.contains(&quipu_core::decide::command_id(input.user, input.command.key)))
                .collect();
            world.batch(&stored);
        }
        prop_assert_eq!(world.state, state);
        prop_assert_eq!(world.log, log);
        prop_assert_eq!((world.votes, world.tallies), (votes, tallies));
    }

    #[test]
    fn the_fold_of_an_erased_log_is_the_fold_with_its_erasures(story in story()) {
        let world = story.told();
        let erased = fold(world.log.iter().map(|row| (row, row.content.as_ref())));
        let whole = fold(world.log.iter().map(|row| (row, world.whole.get(&row.envelope.seq))));
        prop_assert_eq!(erased, whole);
        let state = world.log.iter().fold(State::new(world.state.conv, world.state.epoch), |mut state, row| {
            state.apply(&row.envelope, &row.envelope_text, world.whole.get(&row.envelope.seq)).unwrap();
            state
        });
        prop_assert_eq!(state, world.state);
    }

    #[test]
    fn decisions_over_an_erased_log_are_those_over_the_whole(story in story()) {
        // New commands only: a repeated key is answered differently once its fingerprint is erased, and meant to be.
        let story = without_retries(story);
        let (mut erased, mut whole) = (story.begin(), story.begin());
        whole.erases = false;
        for batch in story.batches() {
            prop_assert_eq!(erased.batch(&batch), whole.batch(&batch));
        }
        let texts = |world: &World| world.log.iter().map(|row| row.envelope_text.clone()).collect::<Vec<_>>();
        prop_assert_eq!(texts(&erased), texts(&whole));
        prop_assert_eq!(erased.state, whole.state);
    }

    #[test]
    fn deleted_messages_leave_no_content_and_others_lose_none(story in story()) {
        let world = story.told();
        let of = |kind: EventType| world.log.iter().filter(move |row| row.envelope.kind == kind);
        let deleted: BTreeSet<u64> = of(EventType::MessageDeleted).filter_map(|row| row.envelope.reference).collect();
        let removed: BTreeSet<u64> = of(EventType::ReactionRemoved).filter_map(|row| row.envelope.params.reaction).collect();
        let bare: BTreeSet<u64> = of(EventType::MessagePreviewRemoved).filter_map(|row| row.envelope.reference).collect();
        for row in &world.log {
            let preview = row.envelope.kind == EventType::MessagePreviewed;
            let part = preview || matches!(row.envelope.kind, EventType::MessageEdited | EventType::ReactionAdded);
            let target = if part { row.envelope.reference.unwrap() } else { row.envelope.seq };
            let erased = deleted.contains(&target) || removed.contains(&row.envelope.seq) || preview && bare.contains(&target);
            let expected = row.envelope.commitment.is_some() && !erased;
            prop_assert_eq!(row.content.is_some(), expected, "{}", row.envelope_text);
            prop_assert_eq!(row.salt.is_some(), expected);
            prop_assert_eq!(row.content_text.is_some(), expected);
        }
    }

    #[test]
    fn reactions_are_a_fold_of_the_log_within_their_bounds(story in story()) {
        let world = story.told();
        let timeline = fold(world.log.iter().map(|row| (row, row.content.as_ref())));
        let mut folded: Vec<Reaction> = timeline.messages.iter().flat_map(|(target, message)| {
            message.reactions.iter().map(|(seq, (user, emoji))| {
                Reaction { target: *target, user: *user, emoji: emoji.clone().unwrap(), seq: *seq }
            })
        }).collect();
        folded.sort_by_key(|reaction| reaction.seq);
        prop_assert_eq!(&folded, &world.reactions);
        let distinct: BTreeSet<_> = folded.iter().map(|reaction| (reaction.target, reaction.user, &reaction.emoji)).collect();
        prop_assert_eq!(distinct.len(), folded.len(), "somebody reacted twice with one emoji");
    }

    #[test]
    fn polls_stand_by_the_last_vote_of_each_and_go_with_their_message(story in story()) {
        let world = story.told();
        let timeline = fold(world.log.iter().map(|row| (row, row.content.as_ref())));
        for ((poll, _), choices) in &world.votes {
            prop_assert!(!timeline.messages[poll].deleted);
            let terms = world.envelope(*poll).params.poll.unwrap();
            prop_assert!(choices.highest() <= terms.options && (terms.multiple || choices.count() == 1));
        }
        for (poll, tally) in &world.tallies {
            let of_it = || world.votes.iter().filter(|((voted, _), _)| voted == poll).map(|(_, choices)| choices);
            prop_assert_eq!(tally.voters, of_it().count() as u64);
            for (number, count) in (1..).zip(&tally.counts) {
                prop_assert_eq!(*count, of_it().filter(|choices| choices.has(number)).count() as u64);
            }
            prop_assert_eq!(tally.closed, timeline.messages[poll].closed);
        }
        // No event says who voted.
        let polls = world.log.iter().filter(|row| row.envelope.kind == EventType::PollClosed);
        prop_assert!(polls.clone().all(|row| row.content.is_none() && timeline.messages.contains_key(&row.envelope.reference.unwrap())));
    }

    #[test]
    fn pins_are_those_pinned_and_not_unpinned_or_deleted_since(story in story()) {
        let world = story.told();
        let mut pins: Vec<u64> = vec![];
        for row in &world.log {
            let target = row.envelope.reference.unwrap_or_default();
            match row.envelope.kind {
                EventType::MessagePinned => {
                    prop_assert!(!pins.contains(&target), "pinned twice");
                    pins.push(target);
                }
                EventType::MessageUnpinned | EventType::MessageDeleted => pins.retain(|pinned| *pinned != target),
                _ => {}
            }
        }
        prop_assert_eq!(world.state.about.map(|about| about.pins).unwrap_or_default(), pins);
    }

    #[test]
    fn replies_stand_in_the_threads_of_top_level_messages_and_what_is_about_them_says_so(story in story()) {
        let world = story.told();
        let mut deleted: BTreeSet<u64> = BTreeSet::new();
        for row in &world.log {
            let envelope = &row.envelope;
            let message = envelope.kind == EventType::MessageCreated;
            match (message, envelope.thread, envelope.reference) {
                (true, Some(root), _) => {
                    let root_envelope = world.envelope(root);
                    prop_assert_eq!((&root_envelope.kind, root_envelope.thread), (&EventType::MessageCreated, None));
                    prop_assert!(root < envelope.seq && !deleted.contains(&root));
                }
                (false, thread, Some(target)) => prop_assert_eq!(thread, world.envelope(target).thread),
                (_, thread, _) => prop_assert_eq!(thread, None),
            }
            if envelope.kind == EventType::MessageDeleted {
                deleted.extend(envelope.reference);
            }
        }
    }

    #[test]
    fn unread_is_subtraction(story in story(), reads in prop::collection::vec((0..PEOPLE.len(), 0..60u64), 0..30)) {
        let mut world = story.begin();
        let mut reads = reads.into_iter();
        for batch in story.batches() {
            world.batch(&batch);
            if let Some((who, seq)) = reads.next() {
                let seq = seq.min(world.state.seq);
                let n = world.row(seq).map_or(0, |row| row.envelope.n);
                world.state.receipts.advance(user(PEOPLE[who]), seq, seq, n);
            }
            for (user, _) in world.state.active() {
                let receipt = world.state.receipts.of(*user);
                let newer = world.log.iter().filter(|row| row.envelope.kind == EventType::MessageCreated && row.envelope.thread.is_none() && row.envelope.seq > receipt.read).count();
                prop_assert_eq!(unread(world.state.n, receipt.read_n), newer as u64);
                prop_assert!(receipt.delivered >= receipt.read && receipt.read <= world.state.seq);
            }
        }
    }

    #[test]
    fn who_sees_what_follows_from_when_they_were_there(story in story()) {
        let world = story.told();
        // For each person, the seqs at which they were members, both ends of a stay included.
        let mut present: HashMap<UserId, BTreeSet<u64>> = HashMap::new();
        let mut now: BTreeSet<UserId> = BTreeSet::new();
        for row in &world.log {
            let (seq, about) = (row.envelope.seq, row.envelope.params.user);
            if row.envelope.kind == EventType::MemberJoined {
                now.extend(about);
                // Who founds a conversation was there from its first event.
                if row.envelope.key == world.log[0].envelope.key {
                    present.entry(about.unwrap()).or_default().extend(1..seq);
                }
            }
            for user in &now {
                present.entry(*user).or_default().insert(seq);
            }
            if matches!(
                row.envelope.kind,
                EventType::MemberLeft | EventType::MemberRemoved | EventType::MemberBanned
            ) {
                now.remove(&about.unwrap());
            }
        }
        prop_assert_eq!(&now, &world.state.active().map(|(user, _)| *user).collect::<BTreeSet<_>>());
        for (user, member) in &world.state.members {
            for seq in 1..=world.state.seq {
                let there = present[user].contains(&seq);
                let expected = match story.history {
                    History::FromJoin => there,
                    // Everything, for as long as they stay.
                    History::All => member.active || seq <= *present[user].last().unwrap(),
                };
                prop_assert_eq!(member.visible.shows(seq), expected, "{} {}", user, seq);
            }
        }
    }

    #[test]
    fn nobody_who_is_banned_is_a_member(story in story()) {
        let world = story.told();
        prop_assert!(world.state.bans.keys().all(|user| world.state.member(user).is_none()));
    }

    #[test]
    fn a_group_with_members_always_has_an_owner(story in story()) {
        let world = story.told();
        // Who has left a space leaves its channels, owner or not, and guests inherit nothing.
        let departures = world.log.iter().any(|row| row.envelope.params.space_seq.is_some() && row.envelope.kind == EventType::MemberRemoved);
        if !story.direct && !departures && world.state.active_count() > 0 {
            prop_assert!(world.state.active().any(|(_, member)| member.role == quipu_schema::envelope::Role::Owner));
        }
    }
}

#[test]
fn stories_are_worth_telling() {
    // A generator whose steps were nearly all refused would prove nothing.
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen: HashMap<EventType, usize> = HashMap::new();
    let (mut replies, mut votes) = (0, 0);
    for _ in 0..800 {
        let world = story().new_tree(&mut runner).unwrap().current().told();
        votes += world.vote_keys.len();
        replies += world.log.iter().filter(|row| row.envelope.thread_n.is_some()).count();
        for kind in world.types(1) {
            *seen.entry(kind).or_default() += 1;
        }
    }
    assert!(replies > 200, "{replies} replies");
    assert!(votes > 200, "{votes} votes");
    for kind in [
        EventType::ConversationCreated,
        EventType::ConversationUpdated,
        EventType::ConversationSettingsChanged,
        EventType::ConversationSpaceEntered,
        EventType::ConversationSpaceLeft,
        EventType::MemberJoined,
        EventType::MemberLeft,
        EventType::MemberRemoved,
        EventType::MemberRoleChanged,
        EventType::MemberBanned,
        EventType::MemberUnbanned,
        EventType::MemberMuted,
        EventType::MemberUnmuted,
        EventType::MessageCreated,
        EventType::MessageEdited,
        EventType::MessageDeleted,
        EventType::ReactionAdded,
        EventType::ReactionRemoved,
        EventType::MessagePinned,
        EventType::MessageUnpinned,
        EventType::MessagePreviewed,
        EventType::MessagePreviewRemoved,
        EventType::PollClosed,
    ] {
        assert!(seen.get(&kind).copied().unwrap_or(0) > 40, "{kind:?}: {seen:?}");
    }
}
