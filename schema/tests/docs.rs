//! The protocol's documentation is held against the types: its tables are made from them, and its examples must parse.
//!
//! `QUIPU_WRITE_DOCS=1 cargo test -p quipu-schema --test docs` writes the tables anew.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::PathBuf;

use quipu_schema::command::{Command, Forward, KeyedCommand};
use quipu_schema::content::Content;
use quipu_schema::directory::{DirectorySettings, FoundPage, PatchDirectory};
use quipu_schema::envelope::Envelope;
use quipu_schema::event::Item;
use quipu_schema::http::channels::ChannelsPage;
use quipu_schema::http::endpoints::ENDPOINTS;
use quipu_schema::http::invites::{CreateInvite, Invite, InvitePreview, Joined, PostInvite};
use quipu_schema::http::spaces::{PutSpaceChannel, SpaceChannelsPage};
use quipu_schema::http::{
    Conversation, CreateConversation, EventsPage, InboxPage, MembersPage, PatchMessage, PostMessage, PostReaction,
    Proof, ReactionsPage, SearchAllPage, SearchPage, Ticket,
};
use quipu_schema::inbox::{InboxClientFrame, InboxServerFrame, InboxTotals, PatchInbox};
use quipu_schema::moderation::BansPage;
use quipu_schema::people::{PatchReach, PeoplePage, Person};
use quipu_schema::poll::{PollsPage, PostVote, VotesPage};
use quipu_schema::presence::PatchPresence;
use quipu_schema::problem::{CloseCode, Code, Problem};
use quipu_schema::profile::{MyProfile, PatchProfile, UserProfile};
use quipu_schema::report::{PostReport, ReportsPage};
use quipu_schema::saved::{SavedChange, SavedPage, SavedSeqs};
use quipu_schema::socket::{Ack, ClientFrame, ServerFrame};
use quipu_schema::thread::{PutThread, ThreadPage, ThreadPlace, ThreadsPage};
use quipu_schema::words::PutWords;
use serde::de::DeserializeOwned;

const PAGES: [&str; 18] = [
    "README",
    "channels",
    "directory",
    "spaces",
    "errors",
    "events",
    "http",
    "inbox",
    "invites",
    "limits",
    "people",
    "polls",
    "profiles",
    "saved",
    "search",
    "socket",
    "threads",
    "verification",
];

fn path(page: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol").join(format!("{page}.md"))
}

fn page(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("docs/protocol/{name}.md: {error}"))
}

/// The text between `<!-- begin {name} -->` and `<!-- end {name} -->` must be `table`.
fn holds(name: &str, mark: &str, table: &str) {
    let (begin, end) = (format!("<!-- begin {mark} -->\n"), format!("<!-- end {mark} -->"));
    let text = page(name);
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{name} lacks {begin}"));
    let (kept, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{name} lacks {end}"));
    if kept != table && std::env::var_os("QUIPU_WRITE_DOCS").is_some() {
        std::fs::write(path(name), format!("{before}{begin}{table}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(
        kept, table,
        "docs/protocol/{name}.md is out of date: QUIPU_WRITE_DOCS=1 cargo test -p quipu-schema --test docs"
    );
}

#[test]
fn the_tables_of_errors_are_the_code() {
    let mut table = String::from("| code | HTTP | retry | meaning |\n|---|---|---|---|\n");
    for code in Code::ALL {
        let retry = if code.retry() { "yes" } else { "no" };
        table.push_str(&format!("| `{}` | {} | {retry} | {} |\n", code.as_str(), code.status(), code.about()));
    }
    holds("errors", "codes", &table);
    holds("errors", "close codes", &close_codes());
}

fn close_codes() -> String {
    use CloseCode as C;
    let all = [
        C::Restart,
        C::Slow,
        C::HelloTimeout,
        C::Silent,
        C::TokenExpired,
        C::NotAMember,
        C::ConversationNotFound,
        C::Protocol,
        C::TooManySockets,
        C::DeviceRevoked,
    ];
    let mut table = String::from("| number | reason | meaning | then |\n|---|---|---|---|\n");
    for code in all {
        let meaning = match code {
            C::Restart => "the object restarts",
            C::Slow => "more than 1 MiB was sent and not acknowledged",
            C::HelloTimeout => "no hello within 15 seconds",
            C::Silent => "no keep-alive for so long that the connection must be dead",
            C::TokenExpired => "the socket's token has expired",
            C::NotAMember => "you are no member of this conversation, or no longer",
            C::ConversationNotFound => "there is no such conversation",
            C::Protocol => "frames that cannot be understood, or a cursor beyond the head",
            C::TooManySockets => "you hold as many sockets here as one user may",
            C::DeviceRevoked => "this device was [signed out](devices.md#signing-out); sign in again",
        };
        let then = match code.number() {
            4000..=4099 => "reconnect with back-off, resume",
            4100..=4199 => "get a fresh token first, then reconnect",
            _ => "stop",
        };
        table.push_str(&format!("| {} | `{}` | {meaning} | {then} |\n", code.number(), code.reason()));
    }
    table
}

#[test]
fn the_table_of_endpoints_is_the_code() {
    let mut table = String::from("| endpoint | body | answer | key | what |\n|---|---|---|---|---|\n");
    let type_ = |name: Option<&str>| name.map_or("–".to_owned(), |name| format!("`{name}`"));
    for endpoint in ENDPOINTS {
        let key = if endpoint.keyed { "yes" } else { "" };
        table.push_str(&format!(
            "| `{} {}` | {} | {} {} | {key} | {} |\n",
            endpoint.method,
            endpoint.path,
            type_(endpoint.body),
            endpoint.status,
            type_(endpoint.answer),
            endpoint.summary
        ));
    }
    holds("http", "endpoints", &table);
}

/// Reads the constants with their documentation, so that a bound cannot be added without a line.
fn limits() -> Vec<(String, u64, String)> {
    let source = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/limits.rs")).unwrap();
    let (mut about, mut limits) = (String::new(), vec![]);
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("/// ") {
            about.push_str(if about.is_empty() { "" } else { " " });
            about.push_str(text);
        } else if let Some(constant) = line.strip_prefix("pub const ") {
            let (name, rest) = constant.split_once(':').unwrap();
            let value = rest.split_once('=').unwrap().1.trim().trim_end_matches(';').replace('_', "");
            let value = value.split('*').map(|factor| factor.trim().parse::<u64>().unwrap()).product();
            limits.push((name.to_owned(), value, std::mem::take(&mut about)));
        } else {
            about.clear();
        }
    }
    limits
}

#[test]
fn the_table_of_limits_is_the_code() {
    let limits = limits();
    assert!(limits.len() > 40);
    assert!(
        limits.iter().any(|(name, value, _)| name == "TEXT_BYTES" && *value == quipu_schema::limits::TEXT_BYTES as u64)
    );
    let mut table = String::from("| name | value | what |\n|---|---|---|\n");
    for (name, value, about) in limits {
        assert!(!about.is_empty(), "{name}");
        let digits = value.to_string();
        let mut spaced = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                spaced.push(',');
            }
            spaced.push(digit);
        }
        let about = about.replace("[`", "`").replace("`]", "`");
        table.push_str(&format!("| `{name}` | {spaced} | {about} |\n"));
    }
    holds("limits", "limits", &table);
}

/// Every example: a fence ```` ```json NAME ````, one JSON text per line.
fn examples() -> Vec<(String, String, String)> {
    let mut examples = vec![];
    for name in PAGES {
        let mut kind: Option<String> = None;
        for line in page(name).lines() {
            match (line.strip_prefix("```"), &kind) {
                (Some(""), Some(_)) => kind = None,
                (Some(info), None) => kind = Some(info.strip_prefix("json ").unwrap_or_default().to_owned()),
                (None, Some(kind)) if !kind.is_empty() && !line.trim().is_empty() => {
                    examples.push((name.to_owned(), kind.clone(), line.to_owned()));
                }
                _ => {}
            }
        }
        assert!(kind.is_none(), "{name} leaves a fence open");
    }
    examples
}

fn parses<T: DeserializeOwned>(page: &str, text: &str) {
    if let Err(error) = serde_json::from_str::<T>(text) {
        panic!("docs/protocol/{page}.md: {error}: {text}");
    }
}

#[test]
fn every_example_parses() {
    let examples = examples();
    for (page, kind, text) in &examples {
        match kind.as_str() {
            "client" => parses::<ClientFrame>(page, text),
            "server" => parses::<ServerFrame>(page, text),
            "inbox-client" => parses::<InboxClientFrame>(page, text),
            "inbox-server" => parses::<InboxServerFrame>(page, text),
            "envelope" => {
                parses::<Envelope>(page, text);
                let envelope: Envelope = serde_json::from_str(text).unwrap();
                assert_eq!(serde_json::to_string(&envelope).unwrap(), *text);
            }
            "content" => {
                parses::<Content>(page, text);
                let content: Content = serde_json::from_str(text).unwrap();
                assert_eq!(content.to_canonical(), *text);
            }
            "item" => parses::<Item>(page, text),
            "command" => parses::<Command>(page, text),
            "keyed-command" => parses::<KeyedCommand>(page, text),
            "problem" => parses::<Problem>(page, text),
            "ack" => parses::<Ack>(page, text),
            "conversation" => parses::<Conversation>(page, text),
            "create" => parses::<CreateConversation>(page, text),
            "post-message" => parses::<PostMessage>(page, text),
            "patch-message" => parses::<PatchMessage>(page, text),
            "forward" => parses::<Forward>(page, text),
            "post-reaction" => parses::<PostReaction>(page, text),
            "reactions" => parses::<ReactionsPage>(page, text),
            "words" => parses::<PutWords>(page, text),
            "report" => parses::<PostReport>(page, text),
            "reports" => parses::<ReportsPage>(page, text),
            "bans" => parses::<BansPage>(page, text),
            "members" => parses::<MembersPage>(page, text),
            "events" => parses::<EventsPage>(page, text),
            "put-space-channel" => parses::<PutSpaceChannel>(page, text),
            "space-channels-page" => parses::<SpaceChannelsPage>(page, text),
            "channels-page" => parses::<ChannelsPage>(page, text),
            "create-invite" => parses::<CreateInvite>(page, text),
            "invite" => parses::<Invite>(page, text),
            "post-invite" => parses::<PostInvite>(page, text),
            "invite-preview" => parses::<InvitePreview>(page, text),
            "joined" => parses::<Joined>(page, text),
            "thread" => parses::<ThreadPage>(page, text),
            "threads" => parses::<ThreadsPage>(page, text),
            "polls" => parses::<PollsPage>(page, text),
            "post-vote" => parses::<PostVote>(page, text),
            "votes" => parses::<VotesPage>(page, text),
            "thread-place" => parses::<ThreadPlace>(page, text),
            "put-thread" => parses::<PutThread>(page, text),
            "search" => parses::<SearchPage>(page, text),
            "search-all" => parses::<SearchAllPage>(page, text),
            "inbox-set" => parses::<PatchInbox>(page, text),
            "patch-profile" => parses::<PatchProfile>(page, text),
            "my-profile" => parses::<MyProfile>(page, text),
            "user-profile" => parses::<UserProfile>(page, text),
            "inbox" => parses::<InboxPage>(page, text),
            "inbox-totals" => parses::<InboxTotals>(page, text),
            "presence-settings" => parses::<PatchPresence>(page, text),
            "person" => parses::<Person>(page, text),
            "found-page" => parses::<FoundPage>(page, text),
            "directory-settings" => parses::<DirectorySettings>(page, text),
            "patch-directory" => parses::<PatchDirectory>(page, text),
            "people-page" => parses::<PeoplePage>(page, text),
            "patch-reach" => parses::<PatchReach>(page, text),
            "saved-change" => parses::<SavedChange>(page, text),
            "saved-seqs" => parses::<SavedSeqs>(page, text),
            "saved-page" => parses::<SavedPage>(page, text),
            "proof" => parses::<Proof>(page, text),
            "ticket" => parses::<Ticket>(page, text),
            "other" => parses::<serde_json::Value>(page, text),
            kind => panic!("docs/protocol/{page}.md: no type is known for `json {kind}`"),
        }
    }
    for needed in
        ["client", "server", "inbox-client", "inbox-server", "envelope", "content", "item", "command", "problem"]
    {
        assert!(examples.iter().any(|(_, kind, _)| kind == needed), "no example of {needed}");
    }
}

#[test]
fn every_frame_command_and_type_has_an_example_or_a_row() {
    let (socket, inbox, events) = (page("socket"), page("inbox"), page("events"));
    for frame in quipu_schema::socket::CLIENT_FRAMES {
        assert!(socket.contains(&format!("{{\"t\":\"{frame}\"")), "{frame}");
    }
    for frame in ["welcome", "events", "cells", "acks", "typing", "reports", "refreshed", "error", "hidden", "polls"] {
        assert!(socket.contains(&format!("{{\"t\":\"{frame}\"")), "{frame}");
    }
    for frame in
        ["hello", "set", "watch", "away", "refresh", "welcome", "changes", "profile", "presence", "refreshed", "error"]
    {
        assert!(inbox.contains(&format!("{{\"t\":\"{frame}\"")), "{frame}");
    }
    for command in [
        "conversation.update",
        "conversation.set_settings",
        "member.add",
        "member.remove",
        "member.leave",
        "member.set_role",
        "member.ban",
        "member.unban",
        "member.mute",
        "member.unmute",
        "message.send",
        "message.edit",
        "message.delete",
        "message.forward",
        "message.pin",
        "message.unpin",
        "message.react",
        "message.unreact",
    ] {
        assert!(socket.contains(&format!("{{\"type\":\"{command}\"")), "{command}");
    }
    for kind in [
        "conversation.created",
        "conversation.updated",
        "conversation.settings_changed",
        "member.joined",
        "member.left",
        "member.removed",
        "member.role_changed",
        "member.banned",
        "member.unbanned",
        "member.muted",
        "member.unmuted",
        "message.created",
        "message.edited",
        "message.deleted",
        "message.pinned",
        "message.unpinned",
        "reaction.added",
        "reaction.removed",
    ] {
        assert!(events.contains(&format!("| `{kind}`")), "{kind}");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    for name in PAGES {
        for link in page(name).split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            if target.starts_with("http") || target.starts_with('#') {
                continue;
            }
            let file = target.split('#').next().unwrap();
            assert!(path(name).parent().unwrap().join(file).exists(), "{name}: {target}");
        }
    }
}
