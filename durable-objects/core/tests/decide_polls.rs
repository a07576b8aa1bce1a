//! Polls: sending, voting, closing, and what is refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Effect};
use quipu_core::polls::Choices;
use quipu_core::verify::export;
use quipu_schema::command::{Command, EditMessage, NewContent, SetSettings};
use quipu_schema::content::Content;
use quipu_schema::envelope::{Encryption, EventType, History, Role};
use quipu_schema::limits;
use quipu_schema::people::Block;
use quipu_schema::poll::{NewPoll, PollTerms};
use quipu_schema::problem::Code;
use quipu_schema::words::{WordAction, Words};
use support::*;

fn counts(world: &World, seq: u64) -> (Vec<u64>, u64) {
    let tally = &world.tallies[&seq];
    (tally.counts.clone(), tally.voters)
}

#[test]
fn the_terms_of_a_poll_stand_in_its_envelope_and_its_texts_in_its_content() {
    let mut world = World::group(&["ben"], History::All);
    let asked = NewPoll { anonymous: true, multiple: true, closes_in_s: Some(60), ..poll(3) };
    let seq = world.asks("ana", send_poll(asked)).unwrap();
    let row = world.row(seq).unwrap();
    let closes_at = Some(row.envelope.at + 60_000);
    assert_eq!(row.envelope.params.poll, Some(PollTerms { anonymous: true, closes_at, multiple: true, options: 3 }));
    assert!(!row.envelope_text.contains("What?") && !row.envelope_text.contains("option 1"));
    assert!(matches!(&row.content, Some(Content::Poll(poll)) if poll.question == "What?" && poll.options.len() == 3));
    // A message like others: counted, and read by its author.
    assert_eq!((row.envelope.n, world.state.n), (1, 1));
    let lines = world.export();
    export(lines.iter().map(String::as_str)).unwrap();
}

#[test]
fn a_vote_is_no_event_and_the_last_one_counts() {
    let mut world = World::group(&["ben", "cleo"], History::All);
    let seq = world.asks("ana", send_poll(poll(3))).unwrap();
    let head = world.state.clone();
    assert_eq!(world.asks("ben", vote(seq, &[2])), Ok(seq), "the answer names the poll");
    world.asks("cleo", vote(seq, &[2])).unwrap();
    world.asks("ana", vote(seq, &[1])).unwrap();
    assert_eq!(counts(&world, seq), (vec![1, 2, 0], 3));
    world.asks("ben", vote(seq, &[3])).unwrap();
    assert_eq!(counts(&world, seq), (vec![1, 1, 1], 3));
    world.asks("ben", vote(seq, &[])).unwrap();
    assert_eq!(counts(&world, seq), (vec![1, 1, 0], 2));
    assert_eq!(world.state, head);
}

#[test]
fn voting_twice_foreign_options_and_too_many_are_refused() {
    let mut world = World::group(&["ben"], History::All);
    let one = world.asks("ana", send_poll(poll(3))).unwrap();
    let many = world.asks("ana", send_poll(NewPoll { multiple: true, ..poll(3) })).unwrap();
    world.refuses("ben", vote(one, &[]), Code::VoteNotFound);
    world.asks("ben", vote(one, &[2])).unwrap();
    world.refuses("ben", vote(one, &[2]), Code::AlreadyVoted);
    world.refuses("ben", vote(one, &[1, 2]), Code::InvalidValue);
    world.asks("ben", vote(many, &[3, 1])).unwrap();
    world.refuses("ben", vote(many, &[1, 3]), Code::AlreadyVoted);
    for bad in [vec![4], vec![0], vec![1, 1], vec![11], vec![u64::MAX]] {
        world.refuses("ben", vote(many, &bad), Code::InvalidValue);
    }
    let all: Vec<u64> = (1..=limits::POLL_OPTIONS as u64 + 1).collect();
    world.refuses("ben", vote(many, &all), Code::TooLarge);
}

#[test]
fn only_members_vote_and_only_in_polls_that_they_can_read_and_that_are_there() {
    let mut world = World::group(&["ben"], History::FromJoin);
    let early = world.asks("ana", send_poll(poll(2))).unwrap();
    let text = world.asks("ana", send("hi")).unwrap();
    world.asks("ana", add("cleo", Role::Member)).unwrap();
    world.refuses("stranger", vote(early, &[1]), Code::NotAMember);
    world.refuses("stranger", close(early), Code::NotAMember);
    for refused in [vote(early, &[1]), close(early), vote(text + 50, &[1])] {
        world.refuses("cleo", refused, Code::MessageNotFound);
    }
    for refused in [vote(text, &[1]), close(text)] {
        world.refuses("ana", refused, Code::NotAPoll);
    }
    world.refuses("ana", vote(0, &[1]), Code::InvalidValue);
    world.asks("ben", vote(early, &[1])).unwrap();
    world.asks("ana", remove("ben")).unwrap();
    world.refuses("ben", vote(early, &[2]), Code::NotAMember);
    assert_eq!(counts(&world, early), (vec![1, 0], 1), "a vote outlives its member's stay");
    world.asks("ana", delete(early)).unwrap();
    for refused in [vote(early, &[1]), close(early)] {
        world.refuses("ana", refused, Code::MessageDeleted);
    }
}

#[test]
fn after_its_time_no_vote_counts_and_nothing_need_happen_for_that() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.asks("ana", send_poll(NewPoll { closes_in_s: Some(10), ..poll(2) })).unwrap();
    let closes_at = world.envelope(seq).params.poll.unwrap().closes_at.unwrap();
    world.now = closes_at - 1;
    world.asks("ben", vote(seq, &[1])).unwrap();
    world.now = closes_at;
    for refused in [vote(seq, &[2]), vote(seq, &[])] {
        world.refuses("ben", refused, Code::PollClosed);
    }
    world.refuses("ana", close(seq), Code::PollClosed);
    // A clock that goes back opens it again only where nothing has happened since: time never goes back along the log.
    world.asks("ana", send("later")).unwrap();
    world.now = closes_at - 5;
    world.refuses("ben", vote(seq, &[2]), Code::PollClosed);
    assert_eq!(counts(&world, seq), (vec![1, 0], 1));
}

#[test]
fn its_author_and_moderators_close_a_poll_once() {
    let mut world = World::group(&["ben", "cleo"], History::All);
    let bens = world.asks("ben", send_poll(poll(2))).unwrap();
    let anas = world.asks("ana", send_poll(poll(2))).unwrap();
    world.refuses("cleo", close(bens), Code::PermissionDenied);
    world.refuses("ben", close(anas), Code::PermissionDenied);
    world.asks("cleo", vote(bens, &[1])).unwrap();
    let closed = world.asks("ben", close(bens)).unwrap();
    let envelope = world.envelope(closed);
    assert_eq!((&envelope.kind, envelope.reference, &envelope.commitment), (&EventType::PollClosed, Some(bens), &None));
    world.refuses("cleo", vote(bens, &[2]), Code::PollClosed);
    world.refuses("cleo", vote(bens, &[]), Code::PollClosed);
    world.refuses("ben", close(bens), Code::PollClosed);
    world.asks("ana", set_role("cleo", Role::Moderator)).unwrap();
    world.asks("cleo", close(anas)).unwrap();
    let lines = world.export();
    export(lines.iter().map(String::as_str)).unwrap();
}

#[test]
fn a_key_votes_once_for_ever_and_for_nothing_else() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.asks("ana", send_poll(poll(3))).unwrap();
    let first = ask("ben", 1, vote(seq, &[1]));
    assert_eq!(world.one(&first).unwrap().seq, seq);
    world.one(&ask("ben", 2, vote(seq, &[2]))).unwrap();
    // The retry of a vote that was changed since undoes nothing.
    let ack = world.one(&first).unwrap();
    assert_eq!((ack.seq, ack.erased), (seq, false));
    assert_eq!(counts(&world, seq), (vec![0, 1, 0], 1));
    for other in [vote(seq, &[3]), send("hi"), close(seq), react(seq, "👍")] {
        assert_eq!(world.one(&ask("ben", 1, other)), Err(Code::KeyReused));
    }
    let message = ask("ben", 3, send("hi"));
    world.one(&message).unwrap();
    assert_eq!(world.one(&ask("ben", 3, vote(seq, &[3]))), Err(Code::KeyReused));
    // Also after everything about the poll is gone.
    world.asks("ana", delete(seq)).unwrap();
    assert!(world.votes.is_empty() && world.tallies.is_empty());
    let ack = world.one(&first).unwrap();
    assert_eq!((ack.seq, ack.erased), (seq, true));
    assert!(world.vote_keys.values().all(|(_, fingerprint)| fingerprint.is_none()));
}

#[test]
fn within_one_batch_votes_see_each_other_the_end_and_the_deletion() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.state.seq + 1;
    let answers = world.batch(&[
        ask("ana", 1, send_poll(poll(2))),
        ask("ben", 2, vote(seq, &[1])),
        ask("ben", 3, vote(seq, &[1])),
        ask("ben", 4, vote(seq, &[2])),
        ask("ben", 2, vote(seq, &[1])),
        ask("ben", 2, vote(seq, &[2])),
        ask("ana", 5, close(seq)),
        ask("ana", 6, vote(seq, &[1])),
        ask("ana", 7, delete(seq)),
        ask("ana", 8, vote(seq, &[1])),
        ask("ben", 4, vote(seq, &[2])),
    ]);
    let answers: Vec<_> = answers
        .into_iter()
        .map(|answer| match answer {
            Answer::Ack(ack) => Ok((ack.seq, ack.erased)),
            Answer::Rejected(_, rejection) => Err(rejection.code),
        })
        .collect();
    assert_eq!(
        answers,
        [
            Ok((seq, false)),
            Ok((seq, false)),
            Err(Code::AlreadyVoted),
            Ok((seq, false)),
            Ok((seq, false)),
            Err(Code::KeyReused),
            Ok((seq + 1, false)),
            Err(Code::PollClosed),
            Ok((seq + 2, false)),
            Err(Code::MessageDeleted),
            Ok((seq, true)),
        ]
    );
    assert!(world.votes.is_empty() && world.tallies.is_empty());
    let row = world.row(seq).unwrap();
    assert!(row.content.is_none() && row.envelope.params.poll.is_some());
}

#[test]
fn a_poll_is_neither_edited_nor_made_by_an_edit_nor_forwarded_encrypted() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.asks("ana", send_poll(poll(2))).unwrap();
    let text = world.asks("ana", send("hi")).unwrap();
    world.refuses("ana", edit(seq, "other"), Code::PermissionDenied);
    let into = EditMessage { seq: text, content: NewContent::Poll(poll(2)), expect_version: None };
    world.refuses("ana", Command::Edit(into), Code::InvalidValue);
    let mut world = World::new(direct_id());
    let Command::Create(create) = create(&["ben"]) else { panic!("a creation") };
    world
        .asks("ana", Command::Create(quipu_schema::command::Create { encryption: Encryption::Mls, ..create }))
        .unwrap();
    world.refuses("ana", send_poll(poll(2)), Code::WrongEncryption);
}

#[test]
fn what_is_no_poll_is_refused() {
    let mut world = World::direct();
    let long = |bytes: usize| "x".repeat(bytes);
    let of = |options: &[&str]| NewPoll { options: options.iter().map(|text| (*text).into()).collect(), ..poll(2) };
    for (bad, code) in [
        (NewPoll { question: " \n".into(), ..poll(2) }, Code::InvalidValue),
        (NewPoll { question: long(limits::POLL_QUESTION_BYTES + 1), ..poll(2) }, Code::TooLarge),
        (NewPoll { question: "a\u{0}".into(), ..poll(2) }, Code::InvalidValue),
        (poll(0), Code::InvalidValue),
        (poll(1), Code::InvalidValue),
        (poll(limits::POLL_OPTIONS + 1), Code::InvalidValue),
        (of(&["a", " "]), Code::InvalidValue),
        (of(&["a", ""]), Code::InvalidValue),
        (of(&["a", " a "]), Code::InvalidValue),
        (of(&["a", "b\nc"]), Code::InvalidValue),
        (of(&["a", &long(limits::POLL_OPTION_BYTES + 1)]), Code::TooLarge),
        (NewPoll { closes_in_s: Some(0), ..poll(2) }, Code::InvalidValue),
        (NewPoll { closes_in_s: Some(limits::POLL_S + 1), ..poll(2) }, Code::InvalidValue),
    ] {
        world.refuses("ana", send_poll(bad), code);
    }
    let largest = NewPoll {
        question: long(limits::POLL_QUESTION_BYTES),
        options: (0..limits::POLL_OPTIONS)
            .map(|place| format!("{place}{}", long(limits::POLL_OPTION_BYTES - 1)))
            .collect(),
        closes_in_s: Some(limits::POLL_S),
        ..poll(2)
    };
    world.asks("ana", send_poll(largest)).unwrap();
}

#[test]
fn who_may_not_add_takes_their_vote_back_and_no_more() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.asks("ana", send_poll(poll(2))).unwrap();
    world.asks("ben", vote(seq, &[1])).unwrap();
    world.asks("ana", mute("ben", None)).unwrap();
    world.refuses("ben", vote(seq, &[2]), Code::Muted);
    world.asks("ben", vote(seq, &[])).unwrap();
    world.asks("ana", unmute("ben")).unwrap();
    world.asks("ana", settings(SetSettings { frozen: Some(true), ..SetSettings::default() })).unwrap();
    world.refuses("ben", vote(seq, &[2]), Code::Frozen);
    world.asks("ana", vote(seq, &[2])).unwrap();

    let mut world = World::direct();
    let seq = world.asks("ana", send_poll(poll(2))).unwrap();
    world.asks("ben", vote(seq, &[1])).unwrap();
    world.state.blocks.insert(user("ana"), Block { on: true, version: 1 });
    world.refuses("ben", vote(seq, &[2]), Code::RecipientUnavailable);
    world.refuses("ana", vote(seq, &[2]), Code::Blocking);
    world.refuses("ana", send_poll(poll(2)), Code::Blocking);
    world.asks("ben", vote(seq, &[])).unwrap();
    world.asks("ana", close(seq)).unwrap();
}

#[test]
fn the_word_list_holds_for_question_and_options() {
    let mut world = World::group(&["ben"], History::All);
    let list =
        |action| quipu_core::words::WordList::new(&Words { words: vec!["turnip".into()], action, ..Words::default() });
    let asked = [
        NewPoll { question: "A turnip?".into(), ..poll(2) },
        NewPoll { options: vec!["fine".into(), "Turnip".into()], ..poll(2) },
    ];
    for poll in asked {
        world.state.words = list(WordAction::Refuse);
        world.refuses("ben", send_poll(poll.clone()), Code::WordBlocked);
        world.state.words = list(WordAction::Report);
        let seq = world.asks("ben", send_poll(poll)).unwrap();
        assert!(matches!(world.effects.last(), Some(Effect::Flagged { target, version: 1, .. }) if *target == seq));
    }
}

#[test]
fn choices_are_told_by_number() {
    assert_eq!(Choices::of(&[3, 1]).unwrap().numbers(), [1, 3]);
}
