//! Invite links: who makes them, whom they let in, and how often.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Effect};
use quipu_core::invites::{Invite, Made, make, may_manage};
use quipu_core::verify::export;
use quipu_schema::command::SetSettings;
use quipu_schema::content::Content;
use quipu_schema::envelope::{EventType, History, Role};
use quipu_schema::http::invites::CreateInvite;
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_schema::settings::Audience;
use support::*;

const OPEN: CreateInvite = CreateInvite { role: Role::Member, expires_in_s: None, max_uses: None };

/// Ana's group with Ben, and these links.
fn linked(invites: &[Invite]) -> World {
    let mut world = World::group(&["ben"], History::All);
    world.invites = invites.to_vec();
    world
}

fn by_link(world: &World, number: u64) -> quipu_schema::command::Command {
    join(link(world.state.conv, number))
}

fn making(world: &World, who: &str, asked: CreateInvite) -> Result<Option<Made>, Code> {
    make(&world.state, (user(who), key(77)), asked, None, 0, world.now).map_err(|rejection| rejection.code)
}

#[test]
fn whoever_holds_a_link_joins_by_themselves_and_the_event_names_the_link() {
    let mut world = linked(&[invite(1, CreateInvite { role: Role::Guest, ..OPEN })]);
    let seq = world.asks("cleo", by_link(&world, 1)).unwrap();
    let envelope = world.envelope(seq);
    assert_eq!((&envelope.kind, envelope.actor), (&EventType::MemberJoined, user("cleo")));
    let params = &envelope.params;
    assert_eq!((params.user, params.role, params.invite), (Some(user("cleo")), Some(Role::Guest), Some(1)));
    assert!(matches!(&world.whole[&seq], Content::Member(member) if member.subject.as_deref() == Some("cleo")));
    assert_eq!(world.effects.last(), Some(&Effect::Invited { invite: 1 }));
    assert_eq!((world.role("cleo"), world.invites[0].uses), (Some(Role::Guest), 1));
    world.asks("cleo", send("hello")).unwrap();
    let lines = world.export();
    export(lines.iter().map(String::as_str)).unwrap();
}

#[test]
fn a_log_in_which_somebody_joins_by_themselves_needs_a_link_for_it() {
    let told = |change: &dyn Fn(&mut quipu_core::batch::Row)| {
        let mut world = linked(&[invite(1, OPEN)]);
        let seq = world.asks("cleo", by_link(&world, 1)).unwrap();
        world.forge(seq, change);
        let lines = world.export();
        export(lines.iter().map(String::as_str)).map(drop).map_err(|fault| fault.to_string())
    };
    told(&|_| {}).unwrap();
    let without = told(&|row| row.envelope.params.invite = None).unwrap_err();
    assert!(without.contains("not a member"), "{without}");
    let another = told(&|row| row.envelope.params.user = Some(user("dan"))).unwrap_err();
    assert!(another.contains("not a member"), "{another}");
}

#[test]
fn the_same_key_joins_once_for_ever_also_after_leaving() {
    let mut world = linked(&[invite(1, CreateInvite { max_uses: Some(1), ..OPEN })]);
    let input = ask("cleo", 500, by_link(&world, 1));
    let first = world.one(&input).unwrap();
    assert_eq!(world.one(&input).unwrap(), first);
    world.asks("cleo", leave()).unwrap();
    assert_eq!(world.one(&input).unwrap(), first);
    assert_eq!((world.role("cleo"), world.invites[0].uses), (None, 1));
    world.refuses("cleo", by_link(&world, 1), Code::InviteUsedUp);
}

#[test]
fn members_need_no_link_and_it_is_not_used_up_by_them() {
    let mut world = linked(&[invite(1, OPEN)]);
    world.refuses("ben", by_link(&world, 1), Code::AlreadyMember);
    world.asks("cleo", by_link(&world, 1)).unwrap();
    world.refuses("cleo", by_link(&world, 1), Code::AlreadyMember);
    assert_eq!(world.invites[0].uses, 1);
}

#[test]
fn an_unknown_revoked_expired_or_used_up_link_lets_nobody_in() {
    let mut world = linked(&[
        Invite { revoked: true, ..invite(1, CreateInvite { max_uses: Some(1), ..OPEN }) },
        invite(2, CreateInvite { expires_in_s: Some(60), ..OPEN }),
        Invite { uses: 3, ..invite(3, CreateInvite { max_uses: Some(3), ..OPEN }) },
    ]);
    world.refuses("cleo", by_link(&world, 9), Code::InviteNotFound);
    world.refuses("cleo", by_link(&world, 1), Code::InviteRevoked);
    world.refuses("cleo", by_link(&world, 3), Code::InviteUsedUp);
    world.now += 59_999;
    world.asks("cleo", by_link(&world, 2)).unwrap();
    world.now += 1;
    world.refuses("dan", by_link(&world, 2), Code::InviteExpired);
}

#[test]
fn within_one_commit_no_more_join_than_may() {
    let mut world = linked(&[invite(1, CreateInvite { max_uses: Some(2), ..OPEN })]);
    let command = by_link(&world, 1);
    let inputs: Vec<_> =
        ["cleo", "dan", "eve", "fay"].into_iter().zip(600..).map(|(who, key)| ask(who, key, command.clone())).collect();
    let answers = world.batch(&inputs);
    let refused = |answer: &Answer| matches!(answer, Answer::Rejected(_, why) if why.code == Code::InviteUsedUp);
    assert_eq!(answers.iter().map(refused).collect::<Vec<_>>(), [false, false, true, true]);
    assert_eq!(world.invites[0].uses, 2);
    assert_eq!(world.batch(&inputs), answers);
}

#[test]
fn who_was_taken_out_comes_back_by_a_link_as_what_it_says() {
    let mut world = linked(&[invite(1, OPEN)]);
    world.asks("ana", set_role("ben", Role::Admin)).unwrap();
    world.asks("ana", remove("ben")).unwrap();
    world.asks("ben", by_link(&world, 1)).unwrap();
    assert_eq!(world.role("ben"), Some(Role::Member));
}

#[test]
fn from_join_shows_whoever_comes_by_a_link_what_follows() {
    let mut world = World::group(&["ben"], History::FromJoin);
    world.invites = vec![invite(1, OPEN)];
    let before = world.asks("ana", send("before")).unwrap();
    let seq = world.asks("cleo", by_link(&world, 1)).unwrap();
    let visible = world.state.member(&user("cleo")).unwrap().visible.clone();
    assert!(!visible.shows(before) && visible.shows(seq) && visible.shows_all_from(seq));
}

#[test]
fn admins_make_links_and_a_setting_moves_that() {
    let mut world = World::group(&["ben", "cleo"], History::All);
    world.asks("ana", set_role("cleo", Role::Guest)).unwrap();
    let made = making(&world, "ana", OPEN).unwrap().unwrap();
    assert_eq!((made.by, made.key, made.asked, made.expires_at()), (user("ana"), key(77), OPEN, None));
    assert_eq!(making(&world, "ben", OPEN), Err(Code::PermissionDenied));
    assert_eq!(making(&world, "dan", OPEN), Err(Code::NotAMember));
    let wide = SetSettings { invite: Some(Audience::Members), ..SetSettings::default() };
    world.refuses("ben", settings(wide), Code::PermissionDenied);
    world.asks("ana", settings(wide)).unwrap();
    assert!(making(&world, "ben", OPEN).is_ok());
    assert_eq!(making(&world, "cleo", OPEN), Err(Code::PermissionDenied));
    let direct = World::direct();
    assert_eq!(may_manage(&direct.state, user("ana")).unwrap_err().code, Code::WrongKind);
    let unborn = World::new(world.state.conv);
    assert_eq!(may_manage(&unborn.state, user("ana")).unwrap_err().code, Code::ConversationNotFound);
}

#[test]
fn a_link_has_bounds_and_a_conversation_so_many_links() {
    let world = World::group(&["ben"], History::All);
    let ok = |asked| making(&world, "ana", asked).is_ok();
    for role in [Role::Moderator, Role::Admin, Role::Owner] {
        assert_eq!(making(&world, "ana", CreateInvite { role, ..OPEN }), Err(Code::InvalidValue));
    }
    for seconds in [0, limits::INVITE_SHORTEST_S - 1, limits::INVITE_LONGEST_S + 1, u64::MAX] {
        assert_eq!(
            making(&world, "ana", CreateInvite { expires_in_s: Some(seconds), ..OPEN }),
            Err(Code::InvalidValue)
        );
    }
    for uses in [0, limits::INVITE_USES + 1] {
        assert_eq!(making(&world, "ana", CreateInvite { max_uses: Some(uses), ..OPEN }), Err(Code::InvalidValue));
    }
    assert!(ok(CreateInvite {
        role: Role::Guest,
        expires_in_s: Some(limits::INVITE_SHORTEST_S),
        max_uses: Some(limits::INVITE_USES)
    }));
    assert!(ok(CreateInvite { expires_in_s: Some(limits::INVITE_LONGEST_S), max_uses: Some(1), ..OPEN }));
    let many = make(&world.state, (user("ana"), key(77)), OPEN, None, limits::INVITES, world.now);
    assert_eq!(many.unwrap_err().code, Code::InviteLimit);
}

#[test]
fn a_key_makes_one_link_and_another_body_under_it_is_a_conflict() {
    let world = World::group(&["ben"], History::All);
    let prior = Invite { uses: 3, revoked: true, ..invite(1, OPEN) };
    let again = |asked| make(&world.state, (user("ana"), key(1)), asked, Some(&prior), limits::INVITES, world.now);
    assert_eq!(again(OPEN), Ok(None));
    assert_eq!(again(CreateInvite { max_uses: Some(1), ..OPEN }).unwrap_err().code, Code::KeyReused);
}
