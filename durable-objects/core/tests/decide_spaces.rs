//! Spaces: what enters and leaves one, who is a member of its channels, and what the two tell each other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::Effect;
use quipu_core::spaces::{self, Departures, Tellings};
use quipu_core::verify::export;
use quipu_schema::command::{Create, SetSettings};
use quipu_schema::envelope::{Encryption, EventType, History, Role};
use quipu_schema::http::invites::CreateInvite;
use quipu_schema::ids::ConversationId;
use quipu_schema::internal::ChannelNews;
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_schema::settings::{ChannelVisibility, SettingsChange};
use support::*;

fn seen(visibility: ChannelVisibility) -> quipu_schema::command::Command {
    settings(SetSettings { visibility: Some(visibility), ..SetSettings::default() })
}

/// Ana's group with Ben, whose space has these members, Ana its owner.
fn group(members: &[(&str, Role)]) -> World {
    let mut world = World::group(&["ben"], History::All);
    world.word.members.extend(members.iter().map(|(who, role)| (user(who), *role)));
    world
}

/// The same as an open channel of space 1.
fn channel(members: &[(&str, Role)]) -> World {
    let mut world = group(members);
    world.word.members.insert(user("ben"), Role::Member);
    world.asks("ana", enter(space(1), true)).unwrap();
    world
}

fn verifies(world: &World) {
    let lines = world.export();
    export(lines.iter().map(String::as_str)).unwrap();
}

/// A space that Ana made, with these members.
fn a_space(others: &[&str]) -> World {
    let mut world = World::new(space(1));
    world.asks("ana", create(others)).unwrap();
    world
}

fn news(world: &World) -> ChannelNews {
    spaces::news(&world.state, space(1), user("ana"))
}

#[test]
fn a_group_enters_a_space_that_all_its_members_are_in() {
    let mut world = group(&[]);
    world.refuses("ana", enter(space(1), true), Code::NotInSpace);
    world.word.members.insert(user("ben"), Role::Member);
    world.word.seq = 40;
    let seq = world.asks("ana", enter(space(1), true)).unwrap();
    let params = &world.envelope(seq).params;
    assert_eq!((params.space, params.space_seq), (Some(space(1)), Some(40)));
    let about = world.state.about.as_ref().unwrap();
    assert_eq!(about.space.map(|within| (within.id, within.seq, within.entered)), Some((space(1), 40, seq)));
    assert_eq!(about.settings.visibility, ChannelVisibility::Space);
    for space in [space(1), space(2)] {
        world.refuses("ana", enter(space, true), Code::InASpace);
    }
    world.refuses("ana", seen(ChannelVisibility::Public), Code::InASpace);
    world.asks("ana", seen(ChannelVisibility::Private)).unwrap();
    world.asks("ana", seen(ChannelVisibility::Space)).unwrap();
    verifies(&world);
}

#[test]
fn it_takes_an_admin_of_both_and_room() {
    let mut world = group(&[("ben", Role::Admin), ("ana", Role::Member)]);
    world.refuses("ana", enter(space(1), true), Code::PermissionDenied);
    // Ben manages the space, and not the group.
    world.refuses("ben", enter(space(1), true), Code::PermissionDenied);
    world.refuses("cleo", enter(space(1), true), Code::NotAMember);
    world.word.members.remove(&user("ana"));
    world.refuses("ana", enter(space(1), true), Code::SpaceNotFound);
    world.word.members.insert(user("ana"), Role::Admin);
    world.word.room = false;
    world.refuses("ana", enter(space(1), true), Code::ChannelLimit);
    world.word.room = true;
    world.asks("ana", seen(ChannelVisibility::Public)).unwrap();
    world.refuses("ana", enter(space(1), true), Code::InvalidValue);
    world.asks("ana", seen(ChannelVisibility::Private)).unwrap();
    world.refuses("ana", seen(ChannelVisibility::Space), Code::NotInSpace);
    world.asks("ana", enter(space(1), false)).unwrap();
    assert_eq!(world.state.about.as_ref().unwrap().settings.visibility, ChannelVisibility::Private);
}

#[test]
fn what_cannot_be_a_channel_of_a_space() {
    let mut direct = World::direct();
    direct.refuses("ana", enter(space(1), true), Code::WrongKind);
    let mut nested = a_space(&["ben"]);
    nested.refuses("ana", enter(space(2), true), Code::WrongKind);
    let sealed = Create {
        members: vec![],
        name: None,
        topic: None,
        avatar: None,
        history: History::All,
        encryption: Encryption::Mls,
    };
    let mut world = World::new(ConversationId::group(&id_key(), "test", user("ana"), key(0)));
    world.asks("ana", quipu_schema::command::Command::Create(sealed.clone())).unwrap();
    world.refuses("ana", enter(space(1), true), Code::WrongEncryption);
    // By invitation it can.
    world.asks("ana", enter(space(1), false)).unwrap();
    world.refuses("ana", seen(ChannelVisibility::Space), Code::WrongEncryption);
    let mut space = World::new(space(3));
    space.refuses("ana", quipu_schema::command::Command::Create(sealed), Code::WrongEncryption);
}

#[test]
fn a_space_has_members_invites_and_roles_and_no_messages() {
    let mut world = a_space(&["ben"]);
    world.asks("ana", add("cleo", Role::Member)).unwrap();
    world.asks("ana", set_role("cleo", Role::Admin)).unwrap();
    world.asks("cleo", rename("Harbour")).unwrap();
    world.asks("ana", ban("ben")).unwrap();
    for command in [send("no"), react(2, "👍"), pin(2), forward(2), delete(2)] {
        world.refuses("ana", command, Code::WrongKind);
    }
    world.refuses("ana", seen(ChannelVisibility::Public), Code::WrongKind);
    world.refuses("dan", join_channel(), Code::NotPublic);
    verifies(&world);
}

#[test]
fn who_joins_an_open_channel_is_in_the_space_and_has_their_role_there() {
    let mut world = channel(&[("cleo", Role::Moderator), ("dan", Role::Guest)]);
    world.word.seq = 9;
    let seq = world.asks("cleo", join_channel()).unwrap();
    assert_eq!(world.envelope(seq).params.space_seq, Some(9));
    world.asks("dan", join_channel()).unwrap();
    assert_eq!((world.role("cleo"), world.role("dan")), (Some(Role::Moderator), Some(Role::Guest)));
    world.refuses("eve", join_channel(), Code::NotInSpace);
    world.asks("ana", seen(ChannelVisibility::Private)).unwrap();
    world.word.members.insert(user("eve"), Role::Member);
    world.refuses("eve", join_channel(), Code::NotPublic);
    verifies(&world);
}

#[test]
fn no_other_way_leads_past_the_space() {
    let mut world = channel(&[("cleo", Role::Member)]);
    world.invites = vec![invite(1, CreateInvite { role: Role::Member, expires_in_s: None, max_uses: None })];
    let token = link(world.state.conv, 1);
    world.refuses("eve", join(token), Code::NotInSpace);
    world.refuses("ana", add("eve", Role::Member), Code::NotInSpace);
    world.asks("ana", add("cleo", Role::Member)).unwrap();
    world.word.members.insert(user("eve"), Role::Member);
    world.asks("eve", join(token)).unwrap();
    assert!(world.state.members.values().filter(|member| member.joined > 4).all(|member| member.admitted == Some(1)));
    // The ban of the channel holds beside.
    world.asks("ana", ban("cleo")).unwrap();
    world.refuses("cleo", join_channel(), Code::Banned);
    verifies(&world);
}

#[test]
fn who_leaves_the_space_goes_from_the_channel_unless_they_came_after_that() {
    let mut world = channel(&[("cleo", Role::Member), ("dan", Role::Member)]);
    world.word.seq = 10;
    world.asks("cleo", join_channel()).unwrap();
    // Before the channel entered, before Cleo joined, of another space, of somebody who is not here.
    world.departs(space(1), "ben", 1);
    world.departs(space(1), "cleo", 10);
    world.departs(space(2), "cleo", 90);
    world.departs(space(1), "dan", 11);
    assert!(world.role("ben").is_some() && world.role("cleo").is_some());
    let head = world.state.seq;
    world.departs(space(1), "cleo", 11);
    assert_eq!((world.role("cleo"), world.state.seq), (None, head + 1));
    let envelope = world.envelope(head + 1);
    assert_eq!((&envelope.kind, envelope.actor), (&EventType::MemberRemoved, user("eve")));
    assert_eq!((envelope.params.space, envelope.params.space_seq), (Some(space(1)), Some(11)));
    assert!(world.effects.contains(&Effect::End { user: user("cleo") }));
    // Told again it changes nothing, and whoever came back to both stays.
    world.departs(space(1), "cleo", 11);
    world.word.seq = 12;
    world.asks("cleo", join_channel()).unwrap();
    world.departs(space(1), "cleo", 11);
    assert!(world.role("cleo").is_some());
    world.departs(space(1), "ben", 2);
    assert_eq!(world.role("ben"), None);
    verifies(&world);
}

#[test]
fn a_channel_whose_last_owner_left_the_space_gets_another() {
    let mut world = channel(&[("cleo", Role::Moderator), ("dan", Role::Guest)]);
    world.asks("dan", join_channel()).unwrap();
    world.asks("cleo", join_channel()).unwrap();
    world.departs(space(1), "ana", 5);
    assert_eq!((world.role("ana"), world.role("cleo")), (None, Some(Role::Owner)));
    world.departs(space(1), "cleo", 6);
    assert_eq!(world.role("ben"), Some(Role::Owner));
    // Guests inherit nothing.
    world.departs(space(1), "ben", 7);
    assert_eq!(world.role("dan"), Some(Role::Guest));
    verifies(&world);
}

#[test]
fn who_manages_either_takes_a_channel_out() {
    let mut world = channel(&[("cleo", Role::Admin), ("dan", Role::Member)]);
    world.refuses("ben", leave_space(space(1)), Code::PermissionDenied);
    world.refuses("dan", leave_space(space(1)), Code::NotAMember);
    world.refuses("eve", leave_space(space(1)), Code::NotAMember);
    world.refuses("ana", leave_space(space(2)), Code::NotInSpace);
    world.refuses("cleo", leave_space(space(2)), Code::NotAMember);
    let seq = world.asks("cleo", leave_space(space(1))).unwrap();
    let params = &world.envelope(seq).params;
    let private = SettingsChange { visibility: Some(ChannelVisibility::Private), ..SettingsChange::default() };
    assert_eq!((params.space, params.settings), (Some(space(1)), Some(private)));
    world.refuses("ana", leave_space(space(1)), Code::NotInSpace);
    // It is a group like others, and may enter another.
    world.asks("ana", add("eve", Role::Member)).unwrap();
    world.departs(space(1), "ben", 99);
    assert!(world.role("ben").is_some());
    world.word.members.insert(user("eve"), Role::Member);
    world.asks("ana", enter(space(2), false)).unwrap();
    world.asks("ana", leave_space(space(2))).unwrap();
    verifies(&world);
}

#[test]
fn an_answer_of_another_space_or_none_decides_nothing() {
    let mut world = group(&[("ben", Role::Member)]);
    let input = ask("ana", 50, enter(space(1), true));
    let mut known = world.known(std::slice::from_ref(&input));
    known.words.values_mut().for_each(|word| word.as_mut().unwrap().space = space(2));
    for words in [known.words.clone(), Default::default()] {
        let state = world.state.clone();
        let found = quipu_core::decide::Found { word: words.into_values().next(), ..Default::default() };
        let actor = quipu_core::decide::Actor { user: user("ana"), subject: "ana", at: world.now };
        let mark = [0; 16];
        let refused = quipu_core::decide::decide(&state, &found, actor, &input.command.command, &mark, &resolve);
        let refused = refused.unwrap_err();
        assert_eq!((refused.code, refused.retry), (Code::SpaceUnavailable, true));
    }
    world.one(&input).unwrap();
}

#[test]
fn a_space_is_asked_only_about_what_may_be_granted() {
    let asked = |world: &World, who: &str, command| spaces::asks(&world.state, user(who), &command, &resolve);
    let mut world = group(&[("ben", Role::Member)]);
    let everybody: Vec<_> = world.state.active().map(|(user, _)| *user).collect();
    assert_eq!(asked(&world, "ana", enter(space(2), true)), Some((space(2), everybody)));
    for (who, command) in [
        ("ben", enter(space(2), true)),
        ("cleo", enter(space(2), true)),
        ("ana", add("cleo", Role::Member)),
        ("cleo", join_channel()),
        ("cleo", leave_space(space(2))),
        ("ana", send("x")),
    ] {
        assert_eq!(asked(&world, who, command), None);
    }
    world.asks("ana", enter(space(1), true)).unwrap();
    let one = |who: &str| Some((space(1), vec![user(who)]));
    let link = link(world.state.conv, 1);
    assert_eq!(asked(&world, "ana", add("cleo", Role::Member)), one("cleo"));
    assert_eq!((asked(&world, "cleo", join_channel()), asked(&world, "cleo", join(link))), (one("cleo"), one("cleo")));
    assert_eq!(asked(&world, "cleo", leave_space(space(1))), one("cleo"));
    for (who, command) in [
        ("cleo", add("dan", Role::Member)),
        ("ben", join_channel()),
        ("ben", join(link)),
        ("ana", leave_space(space(1))),
        ("cleo", leave_space(space(2))),
        ("ana", enter(space(2), true)),
    ] {
        assert_eq!(asked(&world, who, command), None);
    }
    world.asks("ana", seen(ChannelVisibility::Private)).unwrap();
    assert_eq!(asked(&world, "cleo", join_channel()), None);
}

#[test]
fn a_space_lists_what_channels_tell_by_the_later_of_two() {
    let mut room = channel(&[]);
    let mut world = a_space(&["ben"]);
    let entered = news(&room);
    let heard = world.hears(&entered);
    assert_eq!((heard.rows.len(), heard.came.len()), (1, 1));
    let id = room.state.conv;
    assert_eq!(world.state.channels.get(&id), Some(&world.state.seq));
    assert_eq!(world.envelope(world.state.seq).params.channel, Some(id));
    assert!(world.hears(&entered).effects.is_empty());
    room.asks("ana", rename("Quay")).unwrap();
    let renamed = news(&room);
    let heard = world.hears(&renamed);
    assert_eq!((heard.rows.len(), heard.came.len(), heard.effects.len()), (0, 0, 1));
    assert_eq!(renamed.card.as_ref().unwrap().name.as_deref(), Some("Quay"));
    room.asks("ana", leave_space(space(1))).unwrap();
    let left = news(&room);
    assert!(left.card.is_none());
    assert_eq!(world.hears(&left).rows.len(), 1);
    assert!(world.state.channels.is_empty());
    // What was told earlier and comes later brings nothing back.
    assert!(world.hears(&renamed).effects.is_empty());
    room.asks("ana", enter(space(1), false)).unwrap();
    let again = news(&room);
    assert_eq!(again.card.as_ref().map(|card| (card.open, card.name.is_some())), Some((false, false)));
    assert_eq!(world.hears(&again).came.len(), 1);
    verifies(&world);
    // A group hears nothing.
    let mut group = World::group(&["ben"], History::All);
    assert!(group.hears(&again).effects.is_empty());
}

#[test]
fn a_space_is_told_until_it_has_taken_what_is_so() {
    let mut room = channel(&[]);
    let log = |room: &World| room.log.iter().map(|row| row.envelope.clone()).collect::<Vec<_>>();
    let tellings = spaces::noted(&Tellings::new(), log(&room).iter()).unwrap();
    assert_eq!(spaces::due(&tellings, &room.state), Some((0, space(1))));
    let first = news(&room);
    let refused = spaces::settled(&tellings, &room.state, (space(1), &first), false, 1_000);
    assert_eq!(spaces::due(&refused, &room.state), Some((2_000, space(1))));
    let taken = spaces::settled(&refused, &room.state, (space(1), &first), true, 2_000);
    assert_eq!(spaces::due(&taken, &room.state), None);
    room.asks("ana", rename("Quay")).unwrap();
    assert_eq!(spaces::due(&taken, &room.state), Some((2_000 + limits::SPACE_EVERY_MS, space(1))));
    // While it is being told it may have taken anything: what becomes as it was before is told again.
    let begun = spaces::begun(&taken, space(1), 20_000).unwrap();
    assert!(spaces::begun(&begun, space(1), 20_000).is_none());
    assert!(spaces::due(&begun, &room.state).is_some());
    // One that has left goes when the space has taken that, and not where it is back meanwhile.
    room.asks("ana", leave_space(space(1))).unwrap();
    let left = news(&room);
    let gone = spaces::settled(&begun, &room.state, (space(1), &left), true, 30_000);
    assert!(gone.is_empty());
    room.asks("ana", enter(space(1), true)).unwrap();
    let back = spaces::settled(&begun, &room.state, (space(1), &left), true, 30_000);
    assert!(spaces::due(&back, &room.state).is_some());
    assert!(spaces::noted(&gone, log(&World::direct()).iter()).is_none());
}

#[test]
fn channels_hear_of_every_departure_after_they_came() {
    let mut world = a_space(&["ben"]);
    let (one, two) = (ConversationId::group(&id_key(), "test", user("ana"), key(8)), room_two());
    let mut departures = Departures::default();
    let told = |departures: &Departures, world: &World, now| departures.next(&world.state, now);
    let settle = |departures: &mut Departures, world: &World, failed: &[ConversationId], now| {
        let telling = departures.next(&world.state, now).unwrap();
        departures.settle(&telling, world.state.seq, failed, &world.state, now);
    };
    settle(&mut departures, &world, &[], 0);
    assert_eq!((departures.due_at(&world.state), departures.cursor), (None, world.state.seq));
    for (channel, entered) in [(one, 4), (two, 5)] {
        world.state.channels.insert(channel, 3);
        departures.came(channel, (entered, 2));
    }
    assert_eq!(told(&departures, &world, 0).unwrap().since, 2);
    settle(&mut departures, &world, &[], 0);
    settle(&mut departures, &world, &[], 0);
    assert!(departures.behind.is_empty());
    world.asks("ana", remove("ben")).unwrap();
    let telling = told(&departures, &world, 0).unwrap();
    assert_eq!((telling.channels.len(), telling.since), (2, world.state.seq - 1));
    // One comes anew while it is being told: it is behind as of what it knows, whatever comes of that.
    departures.came(one, (9, telling.since));
    departures.settle(&telling, world.state.seq, &[two], &world.state, 1_000);
    assert_eq!(departures.behind.get(&one).map(|behind| (behind.since, behind.at)), Some((telling.since, 0)));
    assert_eq!(departures.behind.get(&two).map(|behind| (behind.since, behind.at)), Some((telling.since, 2_000)));
    assert_eq!(departures.due_at(&world.state), Some(0));
    settle(&mut departures, &world, &[], 1_000);
    assert_eq!(told(&departures, &world, 1_000), None);
    assert_eq!(departures.due_at(&world.state), Some(2_000));
    settle(&mut departures, &world, &[two], 2_000);
    assert_eq!(departures.due_at(&world.state), Some(4_000));
    settle(&mut departures, &world, &[], 4_000);
    assert!(departures.behind.is_empty() && departures.due_at(&world.state).is_none());
    // What is no channel any longer is told nothing.
    departures.came(two, (12, 1));
    world.state.channels.remove(&two);
    settle(&mut departures, &world, &[two], 5_000);
    assert!(departures.behind.is_empty());
    // Groups have no channels, and scan no log for them.
    assert_eq!(Departures::default().due_at(&World::group(&[], History::All).state), None);
}

fn room_two() -> ConversationId {
    ConversationId::group(&id_key(), "test", user("ana"), key(9))
}
