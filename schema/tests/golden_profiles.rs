//! Profiles: what an account keeps, what it says to conversations, and what clients see.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::inbox::{InboxServerFrame, Peer};
use quipu_schema::internal::{AccountOp, ConversationCall, ConversationOp, Identity};
use quipu_schema::profile::{KeptProfile, MyProfile, PatchProfile, PatchStatus, Presented, Status, UserProfile};
use quipu_schema::socket::{Cell, Profile};
use support::{again, golden, group, json, user};

fn status() -> Status {
    Status { emoji: Some("🌴".into()), text: Some("Away until Monday".into()), until: Some(1_790_003_600_000) }
}

fn shown() -> UserProfile {
    UserProfile {
        user: user("ana"),
        version: 3,
        name: Some("Ana".into()),
        picture: Some("https://example.org/ana.png".into()),
        bio: Some("Nights, mostly.\nPlants.".into()),
        status: Some(status()),
    }
}

fn bare() -> UserProfile {
    UserProfile { user: user("ben"), version: 0, name: None, picture: None, bio: None, status: None }
}

fn kept() -> KeptProfile {
    KeptProfile {
        user: user("ana"),
        app: "demo".into(),
        version: 3,
        own: Presented { name: Some("Ana".into()), picture: Some("none".into()) },
        token: Presented { name: Some("ana".into()), picture: Some("https://example.org/a.png".into()) },
        bio: Some("Nights, mostly.".into()),
        status: Some(status()),
        paid_until: 1_790_000_006_000,
        failures: 1,
    }
}

#[test]
fn profiles_keep_their_form() {
    let identity = Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let told = Profile {
        user: user("ana"),
        name: Some("Ana".into()),
        picture: None,
        status: Some(Status { text: None, until: None, ..status() }),
        version: 3,
    };
    let mine = MyProfile { shown: shown(), own: Presented { name: Some("Ana".into()), picture: None } };
    let patch = PatchProfile {
        name: Some("Ana".into()),
        picture: Some("none".into()),
        bio: Some(String::new()),
        status: Some(PatchStatus {
            emoji: Some("🌴".into()),
            text: Some("Away".into()),
            until: Some(1_790_003_600_000),
        }),
    };
    let clear = PatchProfile { status: Some(PatchStatus::default()), ..PatchProfile::default() };
    let peer = Peer {
        user: user("ana"),
        subject: None,
        name: Some("Ana".into()),
        picture: None,
        status: Some(status()),
        version: 3,
    };
    let present = ConversationOp::Present { profile: Box::new(told.clone()) };
    let cases = [
        ("cell", json(&Cell::Profile(told))),
        (
            "cell: from a token",
            json(&Cell::Profile(Profile { name: Some("Ana".into()), ..Profile::unknown(user("ana")) })),
        ),
        ("peer", json(&peer)),
        ("user", json(&shown())),
        ("user: unknown", json(&bare())),
        ("mine", json(&mine)),
        ("frame", json(&InboxServerFrame::Profile(mine))),
        ("patch", json(&patch)),
        ("patch: clear the status", json(&clear)),
        ("kept", json(&kept())),
        ("call: mine", json(&AccountOp::Profile { identity: identity.clone() })),
        ("call: set", json(&AccountOp::SetProfile { identity: identity.clone(), patch: Box::new(patch) })),
        ("call: conversations", json(&AccountOp::Conversations { identity: identity.clone() })),
        ("call: for a reader", json(&AccountOp::ProfileFor { user: user("ben"), convs: vec![group()], reader: None })),
        ("conversation: present", json(&ConversationCall { conv: group(), identity, op: present })),
    ];
    for (name, text) in &golden("profiles", &cases) {
        let text = text.get();
        let written = match name.split_once(':').map_or(name.as_str(), |(kind, _)| kind) {
            "cell" => again::<Cell>(text),
            "peer" => again::<Peer>(text),
            "user" => again::<UserProfile>(text),
            "mine" => again::<MyProfile>(text),
            "frame" => again::<InboxServerFrame>(text),
            "patch" => again::<PatchProfile>(text),
            "kept" => again::<KeptProfile>(text),
            "call" => again::<AccountOp>(text),
            _ => again::<ConversationCall>(text),
        };
        assert_eq!(written, text, "{name}");
    }
}

#[test]
fn what_a_profile_does_not_have_is_refused() {
    for text in [r#"{"nickname":"a"}"#, r#"{"status":{"emoji":"🌴","colour":"red"}}"#, r#"{"name":7}"#] {
        assert!(serde_json::from_str::<PatchProfile>(text).is_err(), "{text}");
    }
}
