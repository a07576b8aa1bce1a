//! Creating a conversation, and creating it again.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_schema::command::{Command, Create};
use quipu_schema::envelope::{Encryption, EventType, History, Role};
use quipu_schema::ids::{ConversationId, ConversationKind, UserRef};
use quipu_schema::problem::Code;
use support::*;

fn with(change: impl FnOnce(&mut Create)) -> Command {
    let Command::Create(mut made) = create(&["ben"]) else { panic!("a create") };
    change(&mut made);
    Command::Create(made)
}

fn new_group() -> World {
    World::new(ConversationId::group(&id_key(), "test", user("ana"), key(0)))
}

#[test]
fn nothing_but_create_is_possible_before_creation() {
    for command in [
        send("a"),
        edit(1, "a"),
        delete(1),
        leave(),
        add("ben", Role::Member),
        remove("ben"),
        set_role("ben", Role::Guest),
        rename("x"),
    ] {
        new_group().refuses("ana", command, Code::ConversationNotFound);
    }
}

#[test]
fn a_group_begins_with_its_creator_as_owner_and_the_others_as_members() {
    let mut world = new_group();
    let made = with(|create| {
        create.members = vec![by("ben"), by("cleo")];
        create.name = Some("Night shift".into());
        create.topic = Some(String::new());
    });
    assert_eq!(world.asks("ana", made), Ok(1));
    assert_eq!(
        world.types(1),
        [EventType::ConversationCreated, EventType::MemberJoined, EventType::MemberJoined, EventType::MemberJoined]
    );
    let params = &world.envelope(1).params;
    assert_eq!(
        (params.kind, params.history, params.encryption),
        (Some(ConversationKind::Group), Some(History::All), Some(Encryption::None))
    );
    assert_eq!(
        (world.role("ana"), world.role("ben"), world.role("cleo")),
        (Some(Role::Owner), Some(Role::Member), Some(Role::Member))
    );
    let info = &world.state.about.as_ref().unwrap().info;
    assert_eq!((info.name.as_deref(), info.topic.as_deref()), (Some("Night shift"), None));
    assert_eq!((world.state.seq, world.state.n), (4, 0));
    assert_eq!(world.state.members[&user("ben")].subject.as_deref(), Some("ben"));
    assert!(
        world.log.iter().all(|row| row.envelope.key == world.log[0].envelope.key && row.envelope.actor == user("ana"))
    );
    assert_eq!(world.log.iter().filter(|row| row.command.is_some()).count(), 1);
}

#[test]
fn names_given_twice_or_naming_the_creator_count_once() {
    let mut world = new_group();
    let made = with(|create| {
        create.members = vec![by("ben"), by("ana"), UserRef::Id(user("ben")), UserRef::Id(user("ana"))];
    });
    world.asks("ana", made).unwrap();
    assert_eq!(world.state.active_count(), 2);
    assert_eq!(world.role("ana"), Some(Role::Owner));
    assert_eq!(world.state.members[&user("ben")].subject.as_deref(), Some("ben"));
}

#[test]
fn a_group_may_begin_alone() {
    let mut world = new_group();
    world.asks("ana", create(&[])).unwrap();
    assert_eq!(world.state.active_count(), 1);
}

#[test]
fn bounds_of_creation() {
    let too_many: Vec<String> = (0..101).map(|index| format!("user{index}")).collect();
    let bad = [
        (with(|create| create.members = too_many.iter().map(|who| by(who)).collect()), Code::TooLarge),
        (with(|create| create.name = Some("x".repeat(257))), Code::TooLarge),
        (with(|create| create.topic = Some("x".repeat(1025))), Code::TooLarge),
        (with(|create| create.name = Some("a\u{7}b".into())), Code::InvalidValue),
        (with(|create| create.name = Some("  ".into())), Code::InvalidValue),
        (with(|create| create.avatar = Some("http://example.org/a.png".into())), Code::InvalidValue),
    ];
    for (command, code) in bad {
        new_group().refuses("ana", command, code);
    }
    let most = with(|create| create.members = too_many.iter().skip(1).map(|who| by(who)).collect());
    assert_eq!(new_group().asks("ana", most), Ok(1));
}

#[test]
fn a_direct_conversation_has_two_members_and_nothing_of_its_own() {
    let world = World::direct();
    assert_eq!(world.types(1), [EventType::ConversationCreated, EventType::MemberJoined, EventType::MemberJoined]);
    assert_eq!((world.role("ana"), world.role("ben")), (Some(Role::Member), Some(Role::Member)));
    assert_eq!(world.state.peer(&user("ana")).map(|(peer, _)| *peer), Some(user("ben")));
    for (command, code) in [
        (create(&[]), Code::InvalidValue),
        (create(&["ana"]), Code::InvalidValue),
        (create(&["ben", "cleo"]), Code::InvalidValue),
        (create(&["ben", "ben"]), Code::InvalidValue),
        (with(|create| create.name = Some("x".into())), Code::WrongKind),
        (with(|create| create.topic = Some("x".into())), Code::WrongKind),
        (with(|create| create.avatar = Some("https://example.org/a".into())), Code::WrongKind),
    ] {
        World::new(direct_id()).refuses("ana", command, code);
    }
}

#[test]
fn opened_from_both_ends_at_once_it_is_one_conversation() {
    for together in [true, false] {
        let mut world = World::new(direct_id());
        let (ana, ben) = (ask("ana", 1, create(&["ben"])), ask("ben", 2, create(&["ana"])));
        let acks: Vec<_> = if together {
            world.batch(&[ana.clone(), ben.clone()]).into_iter().map(|answer| format!("{answer:?}")).collect()
        } else {
            [&ana, &ben].map(|input| format!("{:?}", world.batch(std::slice::from_ref(input))[0])).to_vec()
        };
        assert!(acks.iter().all(|ack| ack.contains("Ack(") && ack.contains("seq: 1")), "{acks:?}");
        assert_eq!(world.log.len(), 3);
        // And again, in a year, under old keys and new ones.
        for input in [ana, ben, ask("ana", 3, create(&["ben"])), ask("ben", 4, create(&["ana"]))] {
            assert_eq!(world.one(&input).unwrap().seq, 1);
        }
        assert_eq!(world.log.len(), 3);
    }
}

#[test]
fn nobody_else_opens_a_direct_conversation() {
    World::direct().refuses("cleo", create(&["ben"]), Code::NotAMember);
}

#[test]
fn a_groups_creation_is_repeated_under_its_own_key_only() {
    let mut world = new_group();
    let made = ask("ana", 1, create(&["ben"]));
    assert_eq!(world.one(&made).unwrap().seq, 1);
    assert_eq!(world.one(&made).unwrap().seq, 1);
    assert_eq!(world.one(&ask("ana", 1, create(&["cleo"]))), Err(Code::KeyReused));
    world.refuses("ana", create(&["ben"]), Code::KeyReused);
    world.refuses("ben", create(&["ana"]), Code::KeyReused);
    world.refuses("cleo", create(&["ana"]), Code::NotAMember);
    assert_eq!(world.log.len(), 3);
}

#[test]
fn a_direct_conversation_has_no_members_roles_or_name_to_change() {
    for command in
        [add("cleo", Role::Member), remove("ben"), remove("ana"), leave(), set_role("ben", Role::Admin), rename("x")]
    {
        World::direct().refuses("ana", command, Code::WrongKind);
    }
}
