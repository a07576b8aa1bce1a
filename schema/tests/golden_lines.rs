//! What a last line of the inbox is, where it is no text. The bytes of entry and news.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::inbox::LastLine;
use support::{golden, round_trips};

fn cases() -> Vec<(&'static str, String)> {
    vec![
        ("poll", r#"{"seq":7,"type":"message.created","actor":"ug14bayj1se3rw0t3g7bzrk2pca0","actor_name":"Ben","preview":"Lunch?","content":"poll"}"#.into()),
        ("of a later version", r#"{"seq":7,"type":"message.created","actor":"ug14bayj1se3rw0t3g7bzrk2pca0","content":"hologram"}"#.into()),
    ]
}

#[test]
fn what_a_last_line_is_keeps_its_bytes() {
    round_trips::<LastLine>(&golden("lines", &cases()));
}
