//! Link previews: their events, content and command.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::{Command, RemovePreview};
use quipu_schema::content::{Content, PreviewContent};
use quipu_schema::envelope::{Envelope, EventType, Params};
use support::{again, envelope, golden, json};

#[test]
fn previews_keep_their_bytes() {
    let about = |kind, params| Envelope { reference: Some(4), ..envelope(kind, params) };
    let content = Content::Preview(PreviewContent {
        description: Some("A recipe".into()),
        image: Some("https://pictures.example/i.png".into()),
        site: Some("Harbour".into()),
        title: Some("Fish & chips".into()),
        url: "https://harbour.example/fish".into(),
        v: 1,
    });
    let bare = Content::Preview(PreviewContent {
        title: Some("Fish".into()),
        url: "https://harbour.example/fish".into(),
        v: 1,
        ..PreviewContent::default()
    });
    let version = Params { version: Some(2), ..Params::default() };
    let golden = golden(
        "previews",
        &[
            ("envelope message.previewed", json(&about(EventType::MessagePreviewed, version))),
            ("envelope message.preview_removed", json(&about(EventType::MessagePreviewRemoved, Params::default()))),
            ("content", content.to_canonical()),
            ("content: a title alone", bare.to_canonical()),
            ("command", json(&Command::RemovePreview(RemovePreview { seq: 4 }))),
        ],
    );
    for (name, text) in &golden {
        let text = text.get();
        let written = match name.split([' ', ':']).next() {
            Some("envelope") => again::<Envelope>(text),
            Some("content") => serde_json::from_str::<Content>(text).unwrap().to_canonical(),
            _ => again::<Command>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}
