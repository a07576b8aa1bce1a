//! Public channels: who makes one, who joins, and what the directory is told.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::directory::{Listed, Telling, concerns, due_at, settled};
use quipu_core::verify::export;
use quipu_schema::command::{Create, SetSettings, Update};
use quipu_schema::content::Content;
use quipu_schema::envelope::{Encryption, EventType, History, Role};
use quipu_schema::http::channels::Channel;
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_schema::settings::ChannelVisibility;
use support::*;

fn made(visibility: ChannelVisibility) -> quipu_schema::command::Command {
    settings(SetSettings { visibility: Some(visibility), ..SetSettings::default() })
}

/// Ana's group with Ben, public.
fn public() -> World {
    let mut world = World::group(&["ben"], History::All);
    world.asks("ana", made(ChannelVisibility::Public)).unwrap();
    world
}

#[test]
fn anybody_joins_a_public_channel_by_themselves_once() {
    let mut world = public();
    let input = ask("cleo", 7, join_channel());
    let seq = world.one(&input).unwrap().seq;
    let envelope = world.envelope(seq);
    assert_eq!((&envelope.kind, envelope.actor), (&EventType::MemberJoined, user("cleo")));
    let params = &envelope.params;
    assert_eq!((params.user, params.role, params.invite), (Some(user("cleo")), Some(Role::Member), None));
    assert!(matches!(&world.whole[&seq], Content::Member(member) if member.subject.as_deref() == Some("cleo")));
    assert_eq!(world.one(&input).unwrap().seq, seq);
    world.refuses("cleo", join_channel(), Code::AlreadyMember);
    world.refuses("ben", join_channel(), Code::AlreadyMember);
    world.asks("cleo", leave()).unwrap();
    // The key of then is answered, and lets nobody in.
    assert_eq!(world.one(&input).unwrap().seq, seq);
    assert_eq!(world.role("cleo"), None);
    world.asks("cleo", join_channel()).unwrap();
    let lines = world.export();
    export(lines.iter().map(String::as_str)).unwrap();
}

#[test]
fn who_is_banned_does_not_join_until_the_ban_is_lifted() {
    let mut world = public();
    world.asks("ana", ban("ben")).unwrap();
    world.asks("ana", ban("cleo")).unwrap();
    for who in ["ben", "cleo"] {
        world.refuses(who, join_channel(), Code::Banned);
    }
    world.asks("ana", unban("ben")).unwrap();
    world.asks("ben", join_channel()).unwrap();
}

#[test]
fn only_a_public_channel_is_joined_so() {
    let mut world = World::group(&["ben"], History::All);
    world.refuses("cleo", join_channel(), Code::NotPublic);
    world.asks("ana", made(ChannelVisibility::Public)).unwrap();
    world.asks("ana", made(ChannelVisibility::Private)).unwrap();
    world.refuses("cleo", join_channel(), Code::NotPublic);
    world.refuses("ana", made(ChannelVisibility::Private), Code::InvalidValue);
    let mut direct = World::direct();
    direct.refuses("cleo", join_channel(), Code::NotPublic);
    direct.refuses("ana", made(ChannelVisibility::Public), Code::WrongKind);
}

#[test]
fn a_telling_that_was_not_confirmed_may_have_arrived() {
    let mut world = public();
    world.asks("ana", rename("Open house")).unwrap();
    let telling = Telling::of(&world.state);
    assert!(telling.channel.is_some());
    // The directory took it, and its answer was lost; meanwhile the channel became private again.
    let listed = settled(None, &telling, false, 1_000);
    world.asks("ana", made(ChannelVisibility::Private)).unwrap();
    assert_eq!(due_at(Some(&listed), &world.state), Some(2_000), "it must be taken out");
    let listed = settled(Some(&listed), &Telling::of(&world.state), true, 2_000);
    assert_eq!(due_at(Some(&listed), &world.state), None);
}

#[test]
fn an_encrypted_conversation_cannot_be_public() {
    let mut world = World::new(World::group(&[], History::All).state.conv);
    let create = Create {
        members: vec![by("ben")],
        name: None,
        topic: None,
        avatar: None,
        history: History::All,
        encryption: Encryption::Mls,
    };
    world.asks("ana", quipu_schema::command::Command::Create(create)).unwrap();
    world.refuses("ana", made(ChannelVisibility::Public), Code::WrongEncryption);
}

#[test]
fn a_log_in_which_somebody_joins_by_themselves_must_be_of_a_public_channel() {
    let told = |public_then: bool| {
        let mut world = public();
        let seq = world.asks("cleo", join_channel()).unwrap();
        if !public_then {
            world.forge(seq - 1, &|row| {
                row.envelope.params.settings.as_mut().unwrap().visibility = Some(ChannelVisibility::Private);
            });
        }
        let lines = world.export();
        export(lines.iter().map(String::as_str)).map(drop).map_err(|fault| fault.to_string())
    };
    told(true).unwrap();
    assert!(told(false).unwrap_err().contains("not a member"));
}

#[test]
fn the_directory_is_told_what_has_changed_and_nothing_twice() {
    let mut world = World::group(&["ben"], History::All);
    assert_eq!(due_at(None, &world.state), None, "nothing was ever public");
    world.asks("ana", made(ChannelVisibility::Public)).unwrap();
    world
        .asks(
            "ana",
            quipu_schema::command::Command::Update(Update { name: Some(String::new()), topic: None, avatar: None }),
        )
        .unwrap();
    assert_eq!(due_at(None, &world.state), None, "it has no name");
    world.asks("ana", rename("Ours")).unwrap();
    assert_eq!(due_at(None, &world.state), Some(0));
    let telling = Telling::of(&world.state);
    let channel = Channel { id: world.state.conv, name: "Ours".into(), topic: None, avatar: None, member_count: 2 };
    assert_eq!(telling.channel, Some(channel));
    let listed = settled(None, &telling, true, 1_000);
    assert_eq!(due_at(Some(&listed), &world.state), None);
    world.asks("ben", send("a message changes nothing")).unwrap();
    assert_eq!(due_at(Some(&listed), &world.state), None);
    // What changes is gathered; what shall be found no longer goes at once.
    world.asks("cleo", join_channel()).unwrap();
    assert_eq!(due_at(Some(&listed), &world.state), Some(1_000 + limits::DIRECTORY_EVERY_MS));
    world.asks("ana", made(ChannelVisibility::Private)).unwrap();
    assert_eq!(due_at(Some(&listed), &world.state), Some(0));
    let telling = Telling::of(&world.state);
    assert_eq!(telling.channel, None);
    let refused = settled(Some(&listed), &telling, false, 2_000);
    assert_eq!((refused.mark.clone(), refused.failures), (listed.mark.clone(), 1));
    assert_eq!(due_at(Some(&refused), &world.state), Some(2_000 + limits::RETRY_FIRST_MS));
    let twice = settled(Some(&refused), &telling, false, 3_000);
    assert_eq!(due_at(Some(&twice), &world.state), Some(3_000 + 2 * limits::RETRY_FIRST_MS));
    let told = settled(Some(&twice), &telling, true, 9_000);
    assert_eq!(told, Listed { mark: None, at: 9_000, failures: 0 });
    assert_eq!(due_at(Some(&told), &world.state), None);
}

#[test]
fn a_channel_that_everybody_left_is_listed_no_longer() {
    let mut world = public();
    world.asks("ana", rename("Ours")).unwrap();
    world.asks("ben", leave()).unwrap();
    world.asks("ana", leave()).unwrap();
    assert_eq!(Telling::of(&world.state).channel, None);
}

#[test]
fn every_event_that_changes_the_entry_concerns_it() {
    let mut world = public();
    let story = [
        ("ana", rename("Ours")),
        ("ben", send("words")),
        ("cleo", join_channel()),
        ("ana", set_role("cleo", Role::Moderator)),
        ("ana", settings(SetSettings { slow_mode_s: Some(5), ..SetSettings::default() })),
        ("ana", remove("cleo")),
        ("ben", leave()),
        ("ana", add("dan", Role::Guest)),
        ("ana", ban("dan")),
        ("ana", ban("eve")),
        ("ana", unban("eve")),
        ("ana", made(ChannelVisibility::Private)),
    ];
    for (who, command) in story {
        let before = Telling::of(&world.state).channel;
        let seq = world.asks(who, command).unwrap();
        let kind = world.envelope(seq).kind.clone();
        assert!(Telling::of(&world.state).channel == before || concerns(&kind), "{kind:?}");
    }
}
