//! Polls: the bytes of their envelopes, content, commands, frames, bodies, pages and calls.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::{Command, NewContent, SendMessage};
use quipu_schema::commitment::{Salt, commit};
use quipu_schema::content::{Content, PollContent};
use quipu_schema::envelope::{Envelope, EventType, Params};
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity};
use quipu_schema::poll::{
    ClosePoll, MemberVote, NewPoll, Poll, PollResults, PollTerms, PollsPage, PollsSignal, PostVote, Vote, VotesPage,
};
use quipu_schema::socket::ServerFrame;
use support::{again, envelope, golden, group, json, user};

const TERMS: PollTerms = PollTerms { anonymous: true, closes_at: Some(1_790_000_060_000), multiple: true, options: 3 };

fn texts() -> [String; 3] {
    ["Pizza", "Sushi \"to go\"", "فلافل 🥙"].map(str::to_owned)
}

fn results(own: Option<Vec<u64>>) -> PollResults {
    PollResults { seq: 4, version: 9, counts: vec![3, 0, 1], voters: 4, closed: own.is_none(), own }
}

fn cases() -> Vec<(&'static str, String)> {
    let content = Content::Poll(PollContent { options: texts().to_vec(), question: "Lunch\non Friday?".into(), v: 1 });
    let created = |terms| Envelope {
        commitment: Some(commit(Salt([7; 16]), &content.to_canonical())),
        ..envelope(EventType::MessageCreated, Params { poll: Some(terms), ..Params::default() })
    };
    let plain = PollTerms { anonymous: false, closes_at: None, multiple: false, options: 2 };
    let closed = Envelope { reference: Some(4), ..envelope(EventType::PollClosed, Params::default()) };
    let full = NewPoll {
        question: "Lunch?".into(),
        options: texts().to_vec(),
        anonymous: true,
        multiple: true,
        closes_in_s: Some(60),
    };
    let bare = NewPoll { question: "Lunch?".into(), options: vec!["yes".into(), "no".into()], ..NewPoll::default() };
    let send = |poll| Command::Send(SendMessage { content: NewContent::Poll(poll), reply_to: None, thread: None });
    let identity = Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let call = |op| json(&ConversationCall { conv: group(), identity: identity.clone(), op });
    let frame = |own| json(&ServerFrame::Polls(PollsSignal { polls: vec![results(own)] }));
    let page = PollsPage { polls: vec![Poll { terms: TERMS, results: results(Some(vec![1, 3])) }] };
    let votes =
        VotesPage { votes: vec![MemberVote { user: user("ben"), choices: vec![1, 3] }], next: Some(user("ben")) };
    vec![
        ("envelope message.created", json(&created(TERMS))),
        ("envelope message.created: plain terms", json(&created(plain))),
        ("envelope poll.closed", json(&closed)),
        ("content", content.to_canonical()),
        ("command send", json(&send(full))),
        ("command send: plain terms", json(&send(bare))),
        ("command vote", json(&Command::Vote(Vote { seq: 4, choices: vec![3, 1] }))),
        ("command vote: taken back", json(&Command::Vote(Vote { seq: 4, choices: vec![] }))),
        ("command close", json(&Command::ClosePoll(ClosePoll { seq: 4 }))),
        ("frame to everybody", frame(None)),
        ("frame to who voted", frame(Some(vec![1, 3]))),
        ("frame to who voted: taken back", frame(Some(vec![]))),
        ("body", json(&PostVote { choices: vec![3, 1] })),
        ("page of polls", json(&page)),
        ("votes", json(&votes)),
        ("call polls", call(ConversationOp::Polls { seqs: vec![4, 7] })),
        ("call votes", call(ConversationOp::Votes { seq: 4, option: Some(2), after: Some(user("ben")), limit: 50 })),
    ]
}

#[test]
fn polls_keep_their_bytes() {
    for (name, text) in &golden("polls", &cases()) {
        let text = text.get();
        let written = match name.split([' ', ':']).next() {
            Some("envelope") => again::<Envelope>(text),
            Some("content") => serde_json::from_str::<Content>(text).unwrap().to_canonical(),
            Some("command") => again::<Command>(text),
            Some("frame") => again::<ServerFrame>(text),
            Some("body") => again::<PostVote>(text),
            Some("page") => again::<PollsPage>(text),
            Some("votes") => again::<VotesPage>(text),
            _ => again::<ConversationCall>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}

#[test]
fn an_older_call_for_votes_names_neither_option_nor_place() {
    let op: ConversationOp = serde_json::from_str(r#"{"op":"votes","seq":4,"limit":50}"#).unwrap();
    assert_eq!(op, ConversationOp::Votes { seq: 4, option: None, after: None, limit: 50 });
}
