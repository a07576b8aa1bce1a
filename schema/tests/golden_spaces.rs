//! Spaces: their ids, events, commands, pages, and what a channel and its space tell each other.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::{Command, EnterSpace, LeaveSpace};
use quipu_schema::envelope::{Encryption, Envelope, EventType, History, Params, Role};
use quipu_schema::http::Conversation;
use quipu_schema::http::spaces::{SpaceChannel, SpaceChannelsPage};
use quipu_schema::ids::{ConversationId, ConversationKind};
use quipu_schema::internal::{ChannelNews, ConversationOp, Departure, SpaceWord};
use quipu_schema::settings::{ChannelVisibility, Settings, SettingsChange};
use support::{Golden, again, conversation, envelope, golden, group, id_key, json, key, round_trips, user};

fn space() -> ConversationId {
    ConversationId::space(&id_key(), "demo", user("ana"), key())
}

#[test]
fn spaces_keep_their_bytes() {
    let seen = |visibility| Some(SettingsChange { visibility: Some(visibility), ..SettingsChange::default() });
    let entered = Params {
        settings: seen(ChannelVisibility::Space),
        space: Some(space()),
        space_seq: Some(12),
        ..Params::default()
    };
    let left = Params { settings: seen(ChannelVisibility::Private), space: Some(space()), ..Params::default() };
    let created = Params {
        encryption: Some(Encryption::None),
        history: Some(History::All),
        kind: Some(ConversationKind::Space),
        ..Params::default()
    };
    let channel = || Params { channel: Some(group()), ..Params::default() };
    let joined = Params { role: Some(Role::Member), space_seq: Some(12), user: Some(user("ben")), ..Params::default() };
    let removed = Params { space: Some(space()), space_seq: Some(15), user: Some(user("ben")), ..Params::default() };
    let inherited =
        Params { role: Some(Role::Owner), space: Some(space()), user: Some(user("ben")), ..Params::default() };
    let private = SpaceChannel { id: group(), open: false, name: None, topic: None, avatar: None, member_count: None };
    let open = SpaceChannel {
        open: true,
        name: Some("Quay".into()),
        topic: Some("Ships".into()),
        avatar: Some("https://example.com/q.png".into()),
        member_count: Some(12),
        ..private.clone()
    };
    let news = |card: Option<SpaceChannel>| ChannelNews {
        channel: group(),
        at: 1_790_000_000_000,
        seq: 7,
        by: user("ana"),
        entered: card.as_ref().map_or(0, |_| 5),
        since: card.as_ref().map_or(0, |_| 12),
        card,
    };
    let word = SpaceWord { space: space(), seq: 12, room: true, members: [(user("ben"), Role::Member)].into() };
    let departure = Departure { user: user("ben"), seq: 15, by: user("ana") };
    let told = |card| ConversationOp::SpaceTold { told: Box::new(news(card)) };
    let golden = golden(
        "spaces",
        &[
            ("id: space", json(&space())),
            ("envelope: created", json(&envelope(EventType::ConversationCreated, created))),
            ("envelope: entered", json(&envelope(EventType::ConversationSpaceEntered, entered))),
            ("envelope: left", json(&envelope(EventType::ConversationSpaceLeft, left))),
            ("envelope: added", json(&envelope(EventType::SpaceChannelAdded, channel()))),
            ("envelope: removed", json(&envelope(EventType::SpaceChannelRemoved, channel()))),
            ("envelope: joined", json(&envelope(EventType::MemberJoined, joined))),
            ("envelope: gone", json(&envelope(EventType::MemberRemoved, removed))),
            ("envelope: owner", json(&envelope(EventType::MemberRoleChanged, inherited))),
            ("command: enter", json(&Command::EnterSpace(EnterSpace { space: space(), open: false }))),
            ("command: leave", json(&Command::LeaveSpace(LeaveSpace { space: space() }))),
            ("settings: open", json(&Settings { visibility: ChannelVisibility::Space, ..Settings::default() })),
            ("conversation: channel", json(&Conversation { space: Some(space()), ..conversation() })),
            ("page: two", json(&SpaceChannelsPage { channels: vec![open.clone(), private.clone()], next: Some(9) })),
            ("page: none", json(&SpaceChannelsPage { channels: vec![], next: None })),
            ("call: members", json(&ConversationOp::SpaceMembers { users: vec![user("ben")] })),
            ("call: told", json(&told(Some(open)))),
            ("call: told private", json(&told(Some(private)))),
            ("call: told gone", json(&told(None))),
            ("call: left", json(&ConversationOp::SpaceLeft { space: space(), up_to: 16, departures: vec![departure] })),
            ("call: channels", json(&ConversationOp::SpaceChannels { after: 3, limit: 50 })),
            ("word: one", json(&word)),
        ],
    );
    let part =
        |prefix: &str| -> Golden { golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect() };
    round_trips::<ConversationId>(&part("id"));
    round_trips::<Envelope>(&part("envelope"));
    round_trips::<Command>(&part("command"));
    round_trips::<Settings>(&part("settings"));
    round_trips::<Conversation>(&part("conversation"));
    round_trips::<SpaceChannelsPage>(&part("page"));
    round_trips::<ConversationOp>(&part("call"));
    round_trips::<SpaceWord>(&part("word"));
    for (_, text) in part("envelope") {
        let value: serde_json::Value = serde_json::from_str(text.get()).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text.get());
    }
}

#[test]
fn a_space_is_known_by_its_id_and_a_channel_is_open_unless_it_is_said() {
    assert_eq!((space().kind(), space().as_str().starts_with("sg")), (ConversationKind::Space, true));
    assert_ne!(space().as_str().get(2..), group().as_str().get(2..));
    let enter = format!(r#"{{"type":"channel.enter_space","space":"{}"}}"#, space());
    assert!(again::<Command>(&enter).contains(r#""open":true"#));
    assert!(serde_json::from_str::<Command>(r#"{"type":"channel.enter_space"}"#).is_err());
    assert!(!json(&conversation()).contains("space"));
}
