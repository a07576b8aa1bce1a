//! Settings and the role of those who keep the peace: events, commands and resources.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::Command;
use quipu_schema::content::InfoContent;
use quipu_schema::envelope::{Envelope, EventType, Params, Role};
use quipu_schema::http::{Conversation, You};
use quipu_schema::settings::{Audience, Settings, SettingsChange};
use support::{conversation, envelope, golden, json, round_trips, user};

fn changed(settings: SettingsChange) -> Envelope {
    envelope(EventType::ConversationSettingsChanged, Params { settings: Some(settings), ..Params::default() })
}

fn with(settings: Settings, spoke_at: Option<u64>) -> Conversation {
    let sample = conversation();
    Conversation {
        info: InfoContent { v: 1, ..InfoContent::default() },
        settings,
        you: You { role: Role::Moderator, spoke_at, ..sample.you.clone() },
        ..sample
    }
}

#[test]
fn settings_keep_their_bytes() {
    let all = SettingsChange {
        add: Some(Audience::Moderators),
        frozen: Some(true),
        invite: None,
        mention: None,
        pin: None,
        post: Some(Audience::Admins),
        react: None,
        slow_mode_s: Some(30),
        thread: None,
        visibility: None,
    };
    let slow = SettingsChange { slow_mode_s: Some(0), ..SettingsChange::default() };
    let wide =
        SettingsChange { add: Some(Audience::Members), post: Some(Audience::Everyone), ..SettingsChange::default() };
    let who = Params { role: Some(Role::Moderator), user: Some(user("ben")), ..Params::default() };
    let settings = Settings {
        add: Audience::Admins,
        frozen: true,
        post: Audience::Members,
        slow_mode_s: 30,
        ..Settings::default()
    };
    let golden = golden(
        "settings",
        &[
            ("envelope: everything", json(&changed(all))),
            ("envelope: slow mode off", json(&changed(slow))),
            ("envelope: who posts and adds", json(&changed(wide))),
            ("envelope: a moderator", json(&envelope(EventType::MemberRoleChanged, who))),
            (
                "command: everything",
                r#"{"type":"conversation.set_settings","add":"moderators","frozen":true,"post":"admins","slow_mode_s":30}"#.into(),
            ),
            ("command: slow mode", r#"{"type":"conversation.set_settings","slow_mode_s":21600}"#.into()),
            ("command: a moderator", r#"{"type":"member.set_role","user":"sub:ben","role":"moderator"}"#.into()),
            ("resource: settings", json(&with(settings, Some(1_789_999_990_000)))),
            ("resource: settings of a new conversation", json(&with(Settings::default(), None))),
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

#[test]
fn a_setting_nobody_knows_is_refused_from_a_client_and_passed_over_in_an_event() {
    let command = r#"{"type":"conversation.set_settings","loud":true}"#;
    assert!(serde_json::from_str::<Command>(command).unwrap_err().to_string().contains("unknown field"));
    let text = json(&changed(SettingsChange { frozen: Some(true), ..SettingsChange::default() }));
    let later = text.replace(r#""frozen":true"#, r#""frozen":true,"loud":true"#);
    let read: Envelope = serde_json::from_str(&later).unwrap();
    assert_eq!(json(&read), text);
}
