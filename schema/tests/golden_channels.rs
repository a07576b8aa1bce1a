//! Public channels: the setting, the command, pages.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::{Command, JoinChannel};
use quipu_schema::envelope::{Envelope, EventType, Params, Role};
use quipu_schema::http::channels::{Channel, ChannelsPage};
use quipu_schema::settings::{ChannelVisibility, Settings, SettingsChange};
use support::{Golden, again, envelope, golden, group, json, round_trips, user};

#[test]
fn public_channels_keep_their_bytes() {
    let changed = |visibility| {
        let settings = SettingsChange { visibility: Some(visibility), ..SettingsChange::default() };
        envelope(EventType::ConversationSettingsChanged, Params { settings: Some(settings), ..Params::default() })
    };
    let joined = Params { role: Some(Role::Member), user: Some(user("ben")), ..Params::default() };
    let plain = Channel { id: group(), name: "Night shift".into(), topic: None, avatar: None, member_count: 12 };
    let whole = Channel {
        topic: Some("Who is on?".into()),
        avatar: Some("https://example.com/owl.png".into()),
        ..plain.clone()
    };
    let golden = golden(
        "channels",
        &[
            ("envelope: public", json(&changed(ChannelVisibility::Public))),
            ("envelope: private", json(&changed(ChannelVisibility::Private))),
            ("envelope: joined", json(&envelope(EventType::MemberJoined, joined))),
            ("command: join", json(&Command::JoinChannel(JoinChannel {}))),
            ("command: public", r#"{"type":"conversation.set_settings","visibility":"public"}"#.into()),
            ("settings: public", json(&Settings { visibility: ChannelVisibility::Public, ..Settings::default() })),
            ("page: two", json(&ChannelsPage { channels: vec![plain, whole], next: Some("Z2c".into()) })),
            ("page: none", json(&ChannelsPage { channels: vec![], next: None })),
        ],
    );
    let part =
        |prefix: &str| -> Golden { golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect() };
    round_trips::<Envelope>(&part("envelope"));
    round_trips::<Command>(&part("command"));
    round_trips::<Settings>(&part("settings"));
    round_trips::<ChannelsPage>(&part("page"));
    for (_, text) in part("envelope") {
        let value: serde_json::Value = serde_json::from_str(text.get()).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text.get());
    }
}

#[test]
fn settings_of_private_conversations_are_written_as_before_and_unknown_words_are_refused() {
    assert_eq!(
        again::<Settings>(r#"{"add":"members","frozen":false,"post":"everyone","slow_mode_s":0}"#),
        json(&Settings::default())
    );
    assert!(!json(&Settings::default()).contains("visibility"));
    assert!(serde_json::from_str::<Command>(r#"{"type":"conversation.set_settings","visibility":"secret"}"#).is_err());
    assert!(serde_json::from_str::<Command>(r#"{"type":"channel.join","role":"owner"}"#).is_err());
}
