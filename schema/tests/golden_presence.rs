//! Presence: frames of the inbox socket, bodies, and the calls between accounts.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::inbox::{InboxClientFrame, InboxServerFrame};
use quipu_schema::internal::{AccountOp, Identity, StillWatching};
use quipu_schema::presence::{
    AwayFrame, PatchPresence, Presence, PresenceAudience, PresenceFrame, PresenceSettings, PresenceState, WatchFrame,
    Watched,
};
use support::{golden, group, json, round_trips, user};

fn presence(state: PresenceState, last_seen: Option<u64>) -> Presence {
    Presence { user: user("ben"), state, at: 1_790_000_000_000, last_seen }
}

#[test]
fn presence_keeps_its_bytes() {
    let all = [
        presence(PresenceState::Online, None),
        presence(PresenceState::Away, None),
        presence(PresenceState::Offline, Some(1_789_999_990_000)),
        presence(PresenceState::Hidden, None),
    ];
    let identity = Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let watched = vec![Watched { user: user("ben"), conv: Some(group()) }, Watched { user: user("cleo"), conv: None }];
    let watch =
        |conv, keep| AccountOp::Watch { app: "demo".into(), user: user("ben"), watcher: user("ana"), conv, keep };
    let ask = AccountOp::PresenceOf { identity: identity.clone(), user: user("ben"), conv: Some(group()) };
    let patch = PatchPresence { audience: Some(PresenceAudience::Everyone) };
    let golden = golden(
        "presence",
        &[
            ("client: watch", json(&InboxClientFrame::Watch(WatchFrame { users: watched }))),
            ("client: watch nobody", json(&InboxClientFrame::Watch(WatchFrame { users: vec![] }))),
            ("client: away", json(&InboxClientFrame::Away(AwayFrame { on: true }))),
            ("server: presence", json(&InboxServerFrame::Presence(PresenceFrame { users: all.to_vec() }))),
            ("settings: by default", json(&PresenceSettings::default())),
            ("settings: nobody", json(&PresenceSettings { audience: PresenceAudience::Nobody })),
            ("patch: everyone", json(&patch)),
            ("patch: nothing", json(&PatchPresence::default())),
            ("call: settings", json(&AccountOp::PresenceSettings { identity: identity.clone() })),
            ("call: set", json(&AccountOp::SetPresence { identity, patch })),
            ("call: once", json(&ask)),
            ("call: watch", json(&watch(Some(group()), true))),
            ("call: watch without a conversation", json(&watch(None, false))),
            ("call: watched", json(&AccountOp::Watched { user: user("ana"), presence: all[2] })),
            ("answer: still watching", json(&StillWatching { watching: true })),
        ],
    );
    let part = |prefix: &str| golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    round_trips::<InboxClientFrame>(&part("client"));
    round_trips::<InboxServerFrame>(&part("server"));
    round_trips::<PresenceSettings>(&part("settings"));
    round_trips::<PatchPresence>(&part("patch"));
    round_trips::<AccountOp>(&part("call"));
    round_trips::<StillWatching>(&part("answer"));
}

#[test]
fn a_field_nobody_knows_is_refused_from_a_client() {
    for text in [
        r#"{"t":"watch","users":[],"loud":true}"#,
        r#"{"t":"away","on":true,"since":1}"#,
        r#"{"t":"watch","users":[{"user":"ug14bayj1se3rw0t3g7bzrk2pca0","loud":true}]}"#,
    ] {
        assert!(serde_json::from_str::<InboxClientFrame>(text).is_err(), "{text}");
    }
    assert!(serde_json::from_str::<PatchPresence>(r#"{"audience":"friends"}"#).is_err());
}
