//! Unread replies that a reader deleted for themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::thread::Thread;
use support::{golden, json, round_trips, user};

#[test]
fn a_thread_without_what_was_deleted_for_oneself_keeps_its_form() {
    let thread = Thread {
        root: 4,
        n: 3,
        count: 3,
        last: 7,
        last_at: 1_790_000_000_000,
        participants: vec![user("ben")],
        following: true,
        read_n: 1,
        hidden_unread: 2,
    };
    round_trips::<Thread>(&golden("threads-hidden", &[("thread", json(&thread))]));
}
