//! Invite links: the event that names one, the command, the setting, bodies and calls.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::command::{Command, Join};
use quipu_schema::content::InfoContent;
use quipu_schema::envelope::{Envelope, EventType, Params, Role};
use quipu_schema::http::invites::{CreateInvite, Invite, InvitePreview, InvitesPage, Joined, PostInvite};
use quipu_schema::ids::InviteToken;
use quipu_schema::internal::ConversationOp;
use quipu_schema::settings::{Audience, Settings, SettingsChange};
use support::{Golden, again, envelope, golden, group, id_key, json, key, round_trips, user};

fn token() -> InviteToken {
    InviteToken::derive(&id_key(), "demo", group(), user("ana"), key())
}

#[test]
fn invite_links_keep_their_bytes() {
    let bounded = CreateInvite { role: Role::Guest, expires_in_s: Some(3600), max_uses: Some(5) };
    let open = CreateInvite { role: Role::Member, expires_in_s: None, max_uses: None };
    let joined = Params { invite: Some(2), role: Some(Role::Guest), user: Some(user("ben")), ..Params::default() };
    let settings = SettingsChange { invite: Some(Audience::Members), ..SettingsChange::default() };
    let first = Invite {
        id: 1,
        token: token(),
        role: Role::Member,
        created_by: user("ana"),
        created_at: 1_790_000_000_000,
        expires_at: None,
        max_uses: None,
        uses: 0,
        revoked: false,
        revoked_by: None,
        revoked_at: None,
    };
    let second = Invite {
        id: 2,
        role: Role::Guest,
        expires_at: Some(1_790_003_600_000),
        max_uses: Some(5),
        uses: 3,
        revoked: true,
        revoked_by: None,
        revoked_at: None,
        ..first.clone()
    };
    let preview = InvitePreview {
        conversation: group(),
        info: InfoContent {
            name: Some("Night shift".into()),
            topic: Some("Who is on?".into()),
            v: 1,
            ..InfoContent::default()
        },
        member_count: 12,
        role: Role::Guest,
        expires_at: Some(1_790_003_600_000),
        member: false,
    };
    let already = InvitePreview { expires_at: None, member: true, ..preview.clone() };
    let golden = golden(
        "invites",
        &[
            ("envelope: joined by a link", json(&envelope(EventType::MemberJoined, joined))),
            (
                "envelope: who makes links",
                json(&envelope(
                    EventType::ConversationSettingsChanged,
                    Params { settings: Some(settings), ..Params::default() },
                )),
            ),
            ("command: join", json(&Command::Join(Join { token: token() }))),
            ("command: who makes links", r#"{"type":"conversation.set_settings","invite":"members"}"#.into()),
            ("settings: who makes links", json(&Settings { invite: Audience::Moderators, ..Settings::default() })),
            ("hash: what is kept of the token", json(&token().hash().map(|byte| format!("{byte:02x}")).concat())),
            ("body: a link", json(&open)),
            ("body: a link with bounds", json(&bounded)),
            ("post: a token", json(&PostInvite { token: token().as_str().to_owned() })),
            ("invite: new", json(&first)),
            ("invite: everything", json(&second)),
            ("page: two", json(&InvitesPage { invites: vec![second, first] })),
            ("preview: a stranger's", json(&preview)),
            ("preview: a member's", json(&already)),
            ("joined: the answer", json(&Joined { conversation: group(), seq: 7 })),
            ("call: make", json(&ConversationOp::CreateInvite { key: key(), invite: bounded })),
            ("call: list", json(&ConversationOp::Invites)),
            ("call: revoke", json(&ConversationOp::RevokeInvite { id: 2 })),
            ("call: preview", json(&ConversationOp::PreviewInvite { token: token() })),
        ],
    );
    let part =
        |prefix: &str| -> Golden { golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect() };
    round_trips::<Envelope>(&part("envelope"));
    round_trips::<Command>(&part("command"));
    round_trips::<Settings>(&part("settings"));
    round_trips::<CreateInvite>(&part("body"));
    round_trips::<PostInvite>(&part("post"));
    round_trips::<Invite>(&part("invite"));
    round_trips::<InvitesPage>(&part("page"));
    round_trips::<InvitePreview>(&part("preview"));
    round_trips::<Joined>(&part("joined"));
    round_trips::<ConversationOp>(&part("call"));
    for (_, text) in part("envelope") {
        let value: serde_json::Value = serde_json::from_str(text.get()).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text.get());
    }
}

#[test]
fn a_body_without_a_role_makes_members_and_unknown_fields_are_refused() {
    assert_eq!(again::<CreateInvite>("{}"), r#"{"role":"member"}"#);
    assert!(serde_json::from_str::<CreateInvite>(r#"{"uses":1}"#).unwrap_err().to_string().contains("unknown field"));
    let shouted = format!(r#"{{"type":"member.join","token":"{}"}}"#, token().as_str().to_uppercase());
    assert!(serde_json::from_str::<Command>(&shouted).is_err());
}

#[test]
fn who_revoked_a_link_keeps_its_bytes() {
    let revoked = format!(
        r#"{{"id":2,"token":"{}","role":"member","created_by":"{}","created_at":1790000000000,"uses":0,"revoked":true,"revoked_by":"{}","revoked_at":1790000060000}}"#,
        token().as_str(),
        user("ana"),
        user("ben"),
    );
    round_trips::<Invite>(&golden("invites-revoked", &[("invite: revoked", revoked)]));
}
