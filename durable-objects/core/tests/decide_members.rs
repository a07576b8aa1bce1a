//! Who may add, remove, appoint and change: the permission table, seen from outside.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::Effect;
use quipu_schema::command::{Command, SetSettings, Update};
use quipu_schema::content::Content;
use quipu_schema::envelope::{EventType, History, Role};
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_schema::settings::{Audience, ChannelVisibility};
use support::*;

const ROLES: [Role; 5] = [Role::Guest, Role::Member, Role::Moderator, Role::Admin, Role::Owner];

/// Two people of each role: `owner` and `owner2`, and so on. Message 15 is one of `victim`'s, a member.
fn staffed() -> World {
    let mut world = World::group(&[], History::All);
    for role in ROLES {
        for suffix in ["", "2"] {
            world.asks("ana", add(&format!("{role:?}{suffix}"), role)).unwrap();
        }
    }
    world.asks("ana", add("victim", Role::Member)).unwrap();
    world.asks("ana", leave()).unwrap();
    let seq = world.asks("victim", send("mine")).unwrap();
    assert_eq!(seq, 15);
    world
}

/// What, and the outcome for guest, member, moderator, admin, owner.
type Line = (&'static str, Command, [Result<(), Code>; 5]);

#[test]
fn the_table() {
    use Code::PermissionDenied as No;
    let ok = Ok::<(), Code>(());
    let no = Err(No);
    let set = |set: SetSettings| settings(set);
    let one = SetSettings::default;
    let table: Vec<Line> = vec![
        ("send", send("a"), [ok; 5]),
        ("reply", reply(15, 1, "a"), [ok; 5]),
        ("leave", leave(), [ok; 5]),
        ("edit another's", edit(15, "a"), [no; 5]),
        ("delete another's", delete(15), [no, no, ok, ok, ok]),
        ("rename", rename("x"), [no, no, no, ok, ok]),
        ("freeze", set(SetSettings { frozen: Some(true), ..one() }), [no, no, ok, ok, ok]),
        ("slow mode", set(SetSettings { slow_mode_s: Some(30), ..one() }), [no, no, ok, ok, ok]),
        ("who posts", set(SetSettings { post: Some(Audience::Admins), ..one() }), [no, no, no, ok, ok]),
        ("who adds", set(SetSettings { add: Some(Audience::Admins), ..one() }), [no, no, no, ok, ok]),
        ("who makes invite links", set(SetSettings { invite: Some(Audience::Members), ..one() }), [no, no, no, ok, ok]),
        (
            "make it public",
            set(SetSettings { visibility: Some(ChannelVisibility::Public), ..one() }),
            [no, no, no, ok, ok],
        ),
        (
            "slow mode and who posts",
            set(SetSettings { slow_mode_s: Some(30), post: Some(Audience::Admins), ..one() }),
            [no, no, no, ok, ok],
        ),
        ("add a guest", add("new", Role::Guest), [no, ok, ok, ok, ok]),
        ("add a member", add("new", Role::Member), [no, ok, ok, ok, ok]),
        ("add a moderator", add("new", Role::Moderator), [no, no, no, ok, ok]),
        ("add an admin", add("new", Role::Admin), [no, no, no, no, ok]),
        ("add an owner", add("new", Role::Owner), [no, no, no, no, ok]),
        ("remove a guest", remove("Guest2"), [no, no, ok, ok, ok]),
        ("remove a member", remove("Member2"), [no, no, ok, ok, ok]),
        ("remove a moderator", remove("Moderator2"), [no, no, no, ok, ok]),
        ("remove an admin", remove("Admin2"), [no, no, no, no, ok]),
        ("remove an owner", remove("Owner2"), [no, no, no, no, ok]),
        ("guest to member", set_role("Guest2", Role::Member), [no, no, no, ok, ok]),
        ("member to guest", set_role("Member2", Role::Guest), [no, no, no, ok, ok]),
        ("member to moderator", set_role("Member2", Role::Moderator), [no, no, no, ok, ok]),
        ("moderator to member", set_role("Moderator2", Role::Member), [no, no, no, ok, ok]),
        ("member to admin", set_role("Member2", Role::Admin), [no, no, no, no, ok]),
        ("member to owner", set_role("Member2", Role::Owner), [no, no, no, no, ok]),
        ("admin to member", set_role("Admin2", Role::Member), [no, no, no, no, ok]),
        ("admin to moderator", set_role("Admin2", Role::Moderator), [no, no, no, no, ok]),
        ("owner to guest", set_role("Owner2", Role::Guest), [no, no, no, no, ok]),
    ];
    for (what, command, outcomes) in table {
        for (role, outcome) in ROLES.iter().zip(outcomes) {
            let mut world = staffed();
            let who = format!("{role:?}");
            let before = world.state.seq;
            assert_eq!(world.asks(&who, command.clone()).map(drop), outcome, "{what} by {role:?}");
            assert_eq!(world.state.seq, before + u64::from(outcome.is_ok()), "{what} by {role:?}");
        }
    }
}

#[test]
fn who_is_not_a_member_may_do_nothing() {
    let commands = || {
        [
            send("a"),
            reply(15, 1, "a"),
            edit(15, "a"),
            delete(15),
            leave(),
            rename("x"),
            add("new", Role::Guest),
            remove("Guest"),
            set_role("Guest", Role::Member),
            settings(SetSettings { frozen: Some(true), ..SetSettings::default() }),
            create(&["Guest"]),
        ]
    };
    for command in commands() {
        staffed().refuses("stranger", command.clone(), Code::NotAMember);
        // "ana" was an owner and has left.
        staffed().refuses("ana", command, Code::NotAMember);
    }
}

#[test]
fn everybody_may_step_down_but_not_up() {
    let mut world = staffed();
    world.refuses("Guest", set_role("Guest", Role::Member), Code::PermissionDenied);
    world.refuses("Member", set_role("Member", Role::Admin), Code::PermissionDenied);
    world.refuses("Moderator", set_role("Moderator", Role::Admin), Code::PermissionDenied);
    world.refuses("Admin", set_role("Admin", Role::Owner), Code::PermissionDenied);
    world.asks("Moderator", set_role("Moderator", Role::Member)).unwrap();
    world.asks("Member2", set_role("Member2", Role::Guest)).unwrap();
    world.asks("Admin", set_role("Admin", Role::Guest)).unwrap();
    world.asks("Owner", set_role("Owner", Role::Admin)).unwrap();
    assert_eq!((world.role("Admin"), world.role("Owner")), (Some(Role::Guest), Some(Role::Admin)));
    world.refuses("Admin", rename("x"), Code::PermissionDenied);
}

#[test]
fn a_role_that_is_held_already_and_members_that_are_not_there() {
    let mut world = staffed();
    world.refuses("Owner", set_role("Guest", Role::Guest), Code::InvalidValue);
    world.refuses("Owner", set_role("Owner", Role::Owner), Code::InvalidValue);
    world.refuses("Owner", set_role("nobody", Role::Guest), Code::MemberNotFound);
    world.refuses("Owner", remove("nobody"), Code::MemberNotFound);
    world.refuses("Owner", set_role("ana", Role::Guest), Code::MemberNotFound);
    world.refuses("Owner", remove("ana"), Code::MemberNotFound);
    world.refuses("Member", add("Guest", Role::Guest), Code::AlreadyMember);
}

#[test]
fn a_group_with_members_keeps_an_owner() {
    let mut world = World::group(&["ben"], History::All);
    world.refuses("ana", leave(), Code::LastOwner);
    world.refuses("ana", remove("ana"), Code::LastOwner);
    world.refuses("ana", set_role("ana", Role::Member), Code::LastOwner);
    world.asks("ana", set_role("ben", Role::Owner)).unwrap();
    world.asks("ana", set_role("ana", Role::Member)).unwrap();
    world.refuses("ben", leave(), Code::LastOwner);
    world.asks("ana", leave()).unwrap();
    // Alone, the last owner may close the door.
    world.asks("ben", leave()).unwrap();
    assert_eq!(world.state.active_count(), 0);
    world.refuses("ben", add("ana", Role::Owner), Code::NotAMember);
}

#[test]
fn of_two_owners_in_one_batch_one_stays() {
    let mut world = World::group(&["ben", "cleo"], History::All);
    world.asks("ana", set_role("ben", Role::Owner)).unwrap();
    world.batch(&[ask("ana", 1, leave()), ask("ben", 2, leave())]);
    assert_eq!((world.role("ana"), world.role("ben")), (None, Some(Role::Owner)));
}

#[test]
fn taking_oneself_out_is_leaving() {
    let mut world = World::group(&["ben"], History::All);
    let seq = world.asks("ben", remove("ben")).unwrap();
    assert_eq!(world.envelope(seq).kind, EventType::MemberLeft);
    assert_eq!(world.effects, [Effect::End { user: user("ben") }]);
}

#[test]
fn removal_ends_access_and_coming_back_restores_it() {
    let mut world = World::group(&["ben"], History::All);
    let mine = world.asks("ben", send("before")).unwrap();
    let out = world.asks("ana", remove("ben")).unwrap();
    assert_eq!(world.envelope(out).kind, EventType::MemberRemoved);
    assert_eq!(world.envelope(out).params.user, Some(user("ben")));
    assert_eq!(world.effects, [Effect::End { user: user("ben") }]);
    world.refuses("ben", send("still here"), Code::NotAMember);
    world.refuses("ben", delete(mine), Code::NotAMember);
    let back = world.asks("ana", add("ben", Role::Guest)).unwrap();
    assert_eq!((world.role("ben"), world.state.members[&user("ben")].joined), (Some(Role::Guest), back));
    world.asks("ben", edit(mine, "after")).unwrap();
}

#[test]
fn who_comes_back_keeps_the_name_their_team_has_for_them() {
    let mut world = World::group(&["ben"], History::All);
    world.asks("ana", remove("ben")).unwrap();
    let by_id =
        quipu_schema::command::AddMember { user: quipu_schema::ids::UserRef::Id(user("ben")), role: Role::Member };
    world.asks("ana", Command::AddMember(by_id)).unwrap();
    assert_eq!(world.state.members[&user("ben")].subject.as_deref(), Some("ben"));
}

#[test]
fn joining_starts_with_nothing_unread() {
    let mut world = World::group(&[], History::All);
    for _ in 0..3 {
        world.asks("ana", send("a")).unwrap();
    }
    world.asks("ana", add("ben", Role::Member)).unwrap();
    let receipt = world.state.receipts.of(user("ben"));
    assert_eq!((receipt.read, receipt.read_n, world.state.n), (world.state.seq, 3, 3));
}

#[test]
fn a_message_is_read_by_those_who_were_there_and_are_still() {
    let mut world = World::group(&["ben", "cleo", "dana"], History::All);
    let said = world.asks("ana", send("all of you")).unwrap();
    let reached = |world: &World| {
        let reached = world.state.reached(user("ana"), said);
        (reached.members, reached.delivered, reached.read)
    };
    assert_eq!(reached(&world), (3, 0, 0));
    world.state.receipts.advance(user("ben"), said, 0, 0);
    assert_eq!(reached(&world), (3, 1, 0));
    world.state.receipts.advance(user("ben"), 0, said, 1);
    world.state.receipts.advance(user("cleo"), said - 1, said - 1, 0);
    assert_eq!(reached(&world), (3, 1, 1), "one short of it is not it");
    world.asks("ana", add("late", Role::Member)).unwrap();
    assert_eq!(reached(&world), (3, 1, 1), "who came later was told nothing");
    world.asks("cleo", send("an answer")).unwrap();
    assert_eq!(reached(&world), (3, 2, 2), "who answers has read");
    world.asks("ana", remove("ben")).unwrap();
    assert_eq!(reached(&world), (2, 1, 1));
}

#[test]
fn who_went_leaves_room_and_a_bounded_number_of_them_is_remembered() {
    let mut world = World::group(&[], History::FromJoin);
    let name = |index: usize| format!("user{index}");
    let mut key = 0;
    let mut all = |world: &mut World, range: std::ops::Range<usize>, command: &dyn Fn(&str) -> Command| {
        for index in range {
            key += 1;
            world.batch(&[ask("ana", key, command(&name(index)))]);
        }
    };
    let remembered = limits::FORMER_MEMBERS;
    // Before anything was said that newcomers may not see.
    all(&mut world, 0..remembered + 2, &|who| add(who, Role::Member));
    all(&mut world, 0..remembered, &remove);
    assert_eq!((world.state.active_count(), world.state.members.len()), (3, remembered + 3));
    let early = world.state.members[&user("user0")].joined;
    let seen = world.state.receipts.of(user("user0"));
    assert!(early > 0 && seen.read > 0);
    all(&mut world, remembered..remembered + 1, &remove);
    assert_eq!((world.state.active_count(), world.state.members.len()), (2, remembered + 2));
    assert!(!world.state.members.contains_key(&user("user0")), "who went first is forgotten");
    assert_eq!(world.state.receipts.of(user("user0")).read, 0);
    // Who is remembered comes back to what they saw, who is forgotten as somebody new.
    world.asks("ana", add("user1", Role::Member)).unwrap();
    assert!(world.state.members[&user("user1")].visible.shows(early + 1));
    world.asks("ana", add("user0", Role::Member)).unwrap();
    let back = &world.state.members[&user("user0")];
    assert!(!back.visible.shows(early) && back.visible.shows(back.joined));
    assert_eq!(world.state.active_count(), 4);
}

#[test]
fn a_conversation_has_a_bounded_number_of_rows_to_wake() {
    let mut world = World::group(&[], History::All);
    let inputs: Vec<_> = (1..limits::MEMBERS as u128)
        .map(|index| ask("ana", index, add(&format!("user{index}"), Role::Guest)))
        .collect();
    for chunk in inputs.chunks(300) {
        world.batch(chunk);
    }
    assert_eq!(world.state.active_count(), limits::MEMBERS);
    world.refuses("ana", add("one more", Role::Guest), Code::MemberLimit);
    world.asks("ana", remove("user1")).unwrap();
    world.asks("ana", add("one more", Role::Guest)).unwrap();
    world.refuses("ana", add("user1", Role::Guest), Code::MemberLimit);
}

#[test]
fn an_update_changes_what_it_names_and_clears_what_is_empty() {
    let mut world = World::group(&["ben"], History::All);
    world.asks("ana", rename("one")).unwrap();
    let update = |name: Option<&str>, topic: Option<&str>| {
        Command::Update(Update { name: name.map(str::to_owned), topic: topic.map(str::to_owned), avatar: None })
    };
    world.asks("ana", update(None, Some("line one\nline two"))).unwrap();
    let info = world.state.about.as_ref().unwrap().info.clone();
    assert_eq!((info.name.as_deref(), info.topic.as_deref()), (Some("one"), Some("line one\nline two")));
    let seq = world.asks("ana", update(Some(""), None)).unwrap();
    assert_eq!(world.state.about.as_ref().unwrap().info.name, None);
    assert!(matches!(&world.row(seq).unwrap().content, Some(Content::Info(info)) if info.name.as_deref() == Some("")));
    world.refuses("ana", update(None, None), Code::InvalidValue);
    world.refuses("ana", update(Some("two\nlines"), None), Code::InvalidValue);
    world.refuses("ana", update(Some(&"x".repeat(limits::NAME_BYTES + 1)), None), Code::TooLarge);
}
