//! The word list: bodies, what is stored, calls, and its reason in reports.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::internal::ConversationOp;
use quipu_schema::report::Reason;
use quipu_schema::words::{PutWords, WordAction, Words};
use support::{golden, json, round_trips, user};

#[test]
fn word_lists_keep_their_bytes() {
    let words = vec!["rude".to_owned(), "bad word".to_owned()];
    let put = PutWords { words: words.clone(), action: WordAction::Report };
    let golden = golden(
        "words",
        &[
            ("put: some", json(&put)),
            ("put: none", r#"{"words":[],"action":"refuse"}"#.into()),
            (
                "list: some",
                json(&Words { words, action: WordAction::Refuse, by: Some(user("ana")), at: Some(1_790_000_000_000) }),
            ),
            ("list: none", json(&Words::default())),
            ("reason", json(&Reason::Words)),
            ("op: get", json(&ConversationOp::Words)),
            ("op: put", json(&ConversationOp::PutWords { put })),
        ],
    );
    let part = |prefix: &str| golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    round_trips::<PutWords>(&part("put"));
    round_trips::<Words>(&part("list"));
    round_trips::<Reason>(&part("reason"));
    round_trips::<ConversationOp>(&part("op"));
    assert_eq!(serde_json::from_str::<PutWords>(r#"{"words":["a"]}"#).unwrap().action, WordAction::Refuse);
}
