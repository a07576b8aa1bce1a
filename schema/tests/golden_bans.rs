//! Bans and mutes: events, commands, bodies, resources and calls.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::Command;
use quipu_schema::envelope::{Envelope, EventType, Params, Role};
use quipu_schema::http::{Conversation, Member, You};
use quipu_schema::internal::ConversationOp;
use quipu_schema::moderation::{Ban, BanMember, BansPage, FOREVER_MS, PostMute};
use quipu_schema::socket::Profile;
use support::{conversation, envelope, golden, json, receipt, round_trips, user};

fn about_ben(kind: EventType, until: Option<u64>) -> String {
    about(kind, None, until)
}

fn about(kind: EventType, role: Option<Role>, until: Option<u64>) -> String {
    json(&envelope(kind, Params { role, until, user: Some(user("ben")), ..Params::default() }))
}

fn ban(subject: &str, known: bool) -> Ban {
    let name = known.then(|| "Ben".to_owned());
    Ban {
        user: user(subject),
        seq: 7,
        by: user("ana"),
        at: 1_790_000_000_000,
        subject: known.then(|| subject.to_owned()),
        profile: Profile { user: user(subject), name, picture: None, status: None, version: 0 },
    }
}

#[test]
fn bans_and_mutes_keep_their_bytes() {
    let sample = conversation();
    let muted = Conversation { you: You { muted_until: Some(FOREVER_MS), ..sample.you.clone() }, ..sample };
    let member = Member {
        user: user("ana"),
        role: Role::Member,
        joined: 2,
        subject: None,
        profile: Profile { user: user("ana"), name: None, picture: None, status: None, version: 0 },
        receipt: receipt(),
        muted_until: Some(1_790_000_060_000),
    };
    let page = BansPage { bans: vec![ban("ben", true), ban("dan", false)], next: Some(user("dan")) };
    let after = Some(user("ben"));
    let golden = golden(
        "bans",
        &[
            ("envelope: a member banned", about(EventType::MemberBanned, Some(Role::Guest), None)),
            ("envelope: somebody else banned", about_ben(EventType::MemberBanned, None)),
            ("envelope: unbanned", about_ben(EventType::MemberUnbanned, None)),
            ("envelope: muted", about_ben(EventType::MemberMuted, Some(1_790_000_060_000))),
            ("envelope: muted until it is lifted", about_ben(EventType::MemberMuted, Some(FOREVER_MS))),
            ("envelope: unmuted", about_ben(EventType::MemberUnmuted, None)),
            ("command: ban", r#"{"type":"member.ban","user":"sub:ben"}"#.into()),
            ("command: unban", r#"{"type":"member.unban","user":"sub:ben"}"#.into()),
            ("command: mute", r#"{"type":"member.mute","user":"sub:ben","for_s":3600}"#.into()),
            ("command: mute until it is lifted", r#"{"type":"member.mute","user":"sub:ben"}"#.into()),
            ("command: unmute", r#"{"type":"member.unmute","user":"sub:ben"}"#.into()),
            ("body ban", r#"{"user":"sub:ben"}"#.into()),
            ("body mute: an hour", r#"{"for_s":3600}"#.into()),
            ("body mute: until it is lifted", "{}".into()),
            ("resource: conversation", json(&muted)),
            ("member", json(&member)),
            ("page: some", json(&page)),
            ("page: none", r#"{"bans":[]}"#.into()),
            ("op", json(&ConversationOp::Bans { after, limit: 50 })),
        ],
    );
    let part = |prefix: &str| golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    round_trips::<Envelope>(&part("envelope"));
    round_trips::<Command>(&part("command"));
    round_trips::<BanMember>(&part("body ban"));
    round_trips::<PostMute>(&part("body mute"));
    round_trips::<Conversation>(&part("resource"));
    round_trips::<Member>(&part("member"));
    round_trips::<BansPage>(&part("page"));
    round_trips::<ConversationOp>(&part("op"));
    for (_, text) in part("envelope") {
        let value: serde_json::Value = serde_json::from_str(text.get()).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text.get());
    }
}
