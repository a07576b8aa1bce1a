//! What is unread beside the cursor: mentions in threads, and what was deleted for oneself. The bytes of entry and news.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::inbox::InboxEntry;
use quipu_schema::internal::News;
use support::{again, golden};

fn cases() -> Vec<(&'static str, String)> {
    vec![
        ("entry", r#"{"id":"gg00000000000000000000000002","kind":"group","epoch":"028t5cy4tqkff","version":12,"member":true,"role":"member","head_seq":9,"head_n":5,"at":1790000000000,"read_seq":4,"read_n":1,"unread":3,"mentions":3,"threads":1,"thread_mentions":2,"hidden_unread":1}"#.into()),
        ("news", r#"{"conv":"gg00000000000000000000000002","kind":"group","epoch":"028t5cy4tqkff","seq":9,"n":5,"at":1790000000000,"member":true,"role":"member","name":null,"avatar":null,"peer":null,"last":null,"read_seq":4,"read_n":1,"mentions":3,"mentioned":9,"threads":1,"thread_mentions":2,"hidden_unread":1}"#.into()),
    ]
}

#[test]
fn what_is_unread_beside_the_cursor_keeps_its_bytes() {
    for (name, text) in &golden("unread", &cases()) {
        let text = text.get();
        let written = if name == "entry" { again::<InboxEntry>(text) } else { again::<News>(text) };
        assert_eq!(written, text, "{name}");
    }
}
