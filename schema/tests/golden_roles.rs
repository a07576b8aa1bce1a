//! The table of who may what, as far as it is settings: events, commands and the resource.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::Command;
use quipu_schema::envelope::{Envelope, EventType, Params};
use quipu_schema::http::Conversation;
use quipu_schema::settings::{Audience, Settings, SettingsChange};
use support::{conversation, envelope, golden, json, round_trips};

fn changed(settings: SettingsChange) -> Envelope {
    envelope(EventType::ConversationSettingsChanged, Params { settings: Some(settings), ..Params::default() })
}

#[test]
fn who_may_what_keeps_its_bytes() {
    let table = SettingsChange {
        add: Some(Audience::Moderators),
        invite: Some(Audience::Members),
        mention: Some(Audience::Everyone),
        pin: Some(Audience::Admins),
        post: Some(Audience::Admins),
        react: Some(Audience::Members),
        thread: Some(Audience::Everyone),
        ..SettingsChange::default()
    };
    let one = SettingsChange { thread: Some(Audience::Moderators), ..SettingsChange::default() };
    let resource = |settings| json(&Conversation { settings, ..conversation() });
    let golden = golden(
        "roles",
        &[
            ("envelope: the table", json(&changed(table))),
            ("envelope: one row", json(&changed(one))),
            (
                "command: the table",
                r#"{"type":"conversation.set_settings","add":"moderators","invite":"members","mention":"everyone","pin":"admins","post":"admins","react":"members","thread":"everyone"}"#.into(),
            ),
            ("command: one row", r#"{"type":"conversation.set_settings","thread":"moderators"}"#.into()),
            ("resource: the table", resource(Settings::default().with(&table))),
            ("resource: one row", resource(Settings::default().with(&one))),
        ],
    );
    let part = |prefix: &str| golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    round_trips::<Envelope>(&part("envelope"));
    round_trips::<Command>(&part("command"));
    round_trips::<Conversation>(&part("resource"));
    for (_, text) in part("envelope") {
        let value: serde_json::Value = serde_json::from_str(text.get()).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text.get());
    }
}
