//! Bans and mutes: who may, whom, and what they keep from.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Effect};
use quipu_schema::command::SetSettings;
use quipu_schema::envelope::{EventType, History, Role};
use quipu_schema::http::invites::CreateInvite;
use quipu_schema::limits;
use quipu_schema::moderation::FOREVER_MS;
use quipu_schema::problem::Code;
use quipu_schema::settings::Audience;
use support::*;

/// Ana owns it, Ada is an admin, Mo moderates; Ben and Cleo are members, Gus is a guest.
fn staffed() -> World {
    let mut world = World::group(&["ben", "cleo"], History::FromJoin);
    world.asks("ana", add("ada", Role::Admin)).unwrap();
    world.asks("ana", add("mo", Role::Moderator)).unwrap();
    world.asks("ana", add("gus", Role::Guest)).unwrap();
    world
}

/// The refusal of a send, whether it may succeed later, and the time to wait.
fn refusal(world: &mut World, who: &str, number: u128) -> (Code, bool, Option<u64>) {
    match world.batch(&[ask(who, number, send("again"))]).remove(0) {
        Answer::Rejected(_, rejection) => (rejection.code, rejection.retry, rejection.retry_after_ms),
        Answer::Ack(ack) => panic!("taken as {}", ack.seq),
    }
}

#[test]
fn a_ban_takes_a_member_out_and_keeps_them_out_until_it_is_lifted() {
    let mut world = staffed();
    let said = world.asks("ben", send("rude")).unwrap();
    let out = world.asks("mo", ban("ben")).unwrap();
    assert_eq!(world.envelope(out).kind, EventType::MemberBanned);
    assert_eq!(world.envelope(out).params.user, Some(user("ben")));
    assert_eq!(world.envelope(out).params.role, Some(Role::Member), "there is one member fewer");
    assert!(world.effects.contains(&Effect::End { user: user("ben") }), "all access ends at once");
    let member = &world.state.members[&user("ben")];
    assert!(!member.active && member.visible.shows(out) && !member.visible.shows(out + 1));
    assert_eq!(world.state.bans[&user("ben")].by, user("mo"));
    world.refuses("ben", send("again"), Code::NotAMember);
    for who in ["ana", "cleo"] {
        world.refuses(who, add("ben", Role::Member), Code::Banned);
    }
    world.refuses("mo", ban("ben"), Code::AlreadyBanned);
    world.refuses("cleo", unban("ben"), Code::PermissionDenied);
    world.asks("mo", unban("ben")).unwrap();
    world.refuses("mo", unban("ben"), Code::NotBanned);
    assert!(world.state.bans.is_empty() && world.role("ben").is_none(), "a ban lifted brings nobody back");
    world.asks("cleo", add("ben", Role::Member)).unwrap();
    assert!(world.state.members[&user("ben")].visible.shows(said));
}

#[test]
fn somebody_who_is_no_member_can_be_banned_and_leaves_no_row_as_one() {
    let mut world = staffed();
    let seq = world.asks("mo", ban("dan")).unwrap();
    assert_eq!(world.envelope(seq).params.role, None);
    assert!(!world.state.members.contains_key(&user("dan")));
    world.refuses("ana", add("dan", Role::Guest), Code::Banned);
    world.asks("gus", leave()).unwrap();
    world.asks("mo", ban("gus")).unwrap();
    let left = world.state.members[&user("gus")].visible.closed_at();
    assert!(left.is_some_and(|left| left < world.state.bans[&user("gus")].seq), "gone is gone");
}

#[test]
fn nobody_acts_on_somebody_of_the_same_or_a_higher_role() {
    let mut world = staffed();
    world.asks("ana", add("max", Role::Moderator)).unwrap();
    world.asks("ana", add("olga", Role::Owner)).unwrap();
    for (who, whom) in [
        ("mo", "mo"),
        ("mo", "max"),
        ("mo", "ada"),
        ("mo", "ana"),
        ("ada", "ana"),
        ("ana", "olga"),
        ("ben", "gus"),
        ("gus", "ben"),
    ] {
        world.refuses(who, ban(whom), Code::PermissionDenied);
        world.refuses(who, mute(whom, None), Code::PermissionDenied);
    }
    world.refuses("ben", ban("nobody here"), Code::PermissionDenied);
    world.asks("ada", mute("mo", None)).unwrap();
    world.refuses("mo", unmute("mo"), Code::PermissionDenied);
    world.refuses("max", unmute("mo"), Code::PermissionDenied);
    world.asks("ada", unmute("mo")).unwrap();
    world.asks("ada", mute("max", None)).unwrap();
    world.asks("ana", set_role("max", Role::Owner)).unwrap();
    world.refuses("max", unmute("max"), Code::PermissionDenied);
    world.asks("olga", unmute("max")).unwrap();
}

#[test]
fn who_is_muted_reads_and_takes_back_and_adds_nothing() {
    let mut world = staffed();
    let mine = world.asks("ben", send("before")).unwrap();
    let theirs = world.asks("cleo", send("before")).unwrap();
    world.asks("ben", react(mine, "👍")).unwrap();
    let muted = world.asks("mo", mute("ben", None)).unwrap();
    assert_eq!(world.envelope(muted).kind, EventType::MemberMuted);
    assert_eq!(world.envelope(muted).params.until, Some(FOREVER_MS));
    world.refuses("ben", send("now"), Code::Muted);
    world.refuses("ben", reply(theirs, 1, "now"), Code::Muted);
    world.refuses("ben", in_thread(theirs, "now"), Code::Muted);
    world.refuses("ben", forward(4), Code::Muted);
    world.refuses("ben", edit(mine, "now"), Code::Muted);
    world.refuses("ben", react(theirs, "👍"), Code::Muted);
    world.refuses("ben", pin(theirs), Code::Muted);
    assert_eq!(refusal(&mut world, "ben", 1), (Code::Muted, false, None));
    world.asks("ben", unreact(mine, "👍")).unwrap();
    world.asks("ben", delete(mine)).unwrap();
    world.asks("cleo", send("as ever")).unwrap();
    world.asks("mo", unmute("ben")).unwrap();
    world.refuses("mo", unmute("ben"), Code::NotMuted);
    world.asks("ben", send("now")).unwrap();
    // A moderator who is muted is muted, too.
    world.asks("ada", mute("mo", None)).unwrap();
    world.refuses("mo", send("now"), Code::Muted);
}

#[test]
fn a_mute_for_a_time_ends_by_itself_and_is_not_escaped_by_leaving() {
    let mut world = staffed();
    let seq = world.asks("mo", mute("ben", Some(60))).unwrap();
    let at = world.envelope(seq).at;
    assert_eq!(world.envelope(seq).params.until, Some(at + 60_000));
    world.now = at + 20_000;
    assert_eq!(refusal(&mut world, "ben", 1), (Code::Muted, true, Some(40_000)));
    world.asks("ben", leave()).unwrap();
    world.refuses("mo", mute("ben", None), Code::MemberNotFound);
    world.asks("cleo", add("ben", Role::Guest)).unwrap();
    assert_eq!(refusal(&mut world, "ben", 2), (Code::Muted, true, Some(40_000)));
    world.asks("mo", mute("ben", Some(1))).unwrap();
    assert_eq!(refusal(&mut world, "ben", 3), (Code::Muted, true, Some(1_000)));
    world.now = at + 21_000;
    world.asks("ben", send("at last")).unwrap();
    world.refuses("mo", unmute("ben"), Code::NotMuted);
}

#[test]
fn what_is_impossible_leaves_nothing() {
    let mut world = staffed();
    world.refuses("mo", mute("ben", Some(0)), Code::InvalidValue);
    world.refuses("mo", mute("ben", Some(limits::MUTE_S + 1)), Code::InvalidValue);
    world.refuses("mo", mute("dan", None), Code::MemberNotFound);
    world.refuses("mo", unmute("ben"), Code::NotMuted);
    world.refuses("dan", ban("ben"), Code::NotAMember);
    let mut direct = World::direct();
    for command in [ban("ben"), unban("ben"), mute("ben", None), unmute("ben")] {
        direct.refuses("ana", command, Code::WrongKind);
    }
}

#[test]
fn bans_have_a_bound() {
    let mut world = staffed();
    for number in 0..limits::BANS {
        world.asks("mo", ban(&format!("stranger {number}"))).unwrap();
    }
    world.refuses("mo", ban("ben"), Code::BanLimit);
    world.asks("mo", unban("stranger 7")).unwrap();
    world.asks("mo", ban("ben")).unwrap();
    assert_eq!(world.state.bans.len(), limits::BANS);
}

#[test]
fn who_is_banned_comes_by_no_link_until_the_ban_is_lifted() {
    let mut world = staffed();
    let token = link(world.state.conv, 1);
    let asked = CreateInvite { role: Role::Member, expires_in_s: None, max_uses: None };
    world.invites = vec![invite(1, asked)];
    world.asks("mo", ban("dan")).unwrap();
    world.asks("mo", ban("ben")).unwrap();
    for who in ["dan", "ben"] {
        world.refuses(who, join(token), Code::Banned);
    }
    world.asks("mo", unban("dan")).unwrap();
    world.asks("dan", join(token)).unwrap();
    world.refuses("ben", join(token), Code::Banned);
}

#[test]
fn who_may_not_write_is_not_shown_as_typing() {
    let mut world = staffed();
    let may = |world: &World, who: &str| world.state.may_write(&user(who), world.now);
    assert!(may(&world, "gus") && !may(&world, "dan"));
    let seq = world.asks("mo", mute("ben", Some(60))).unwrap();
    world.now = world.envelope(seq).at + 59_999;
    assert!(!may(&world, "ben") && may(&world, "cleo"));
    world.now += 1;
    assert!(may(&world, "ben"));
    world.asks("ana", settings(SetSettings { frozen: Some(true), ..SetSettings::default() })).unwrap();
    assert!(!may(&world, "cleo") && may(&world, "mo"));
    let only = SetSettings { frozen: Some(false), post: Some(Audience::Admins), ..SetSettings::default() };
    world.asks("ana", settings(only)).unwrap();
    assert!(!may(&world, "mo") && may(&world, "ada"));
}

#[test]
fn within_one_batch_a_ban_holds_at_once_and_a_repeated_key_answers_as_before() {
    let mut world = staffed();
    let answers = world.batch(&[
        ask("mo", 1, ban("ben")),
        ask("ben", 2, send("too late")),
        ask("ana", 3, add("ben", Role::Member)),
        ask("mo", 1, ban("ben")),
    ]);
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            Answer::Ack(ack) => Ok(ack.seq),
            Answer::Rejected(_, rejection) => Err(rejection.code),
        })
        .collect();
    let seq = world.state.seq;
    assert_eq!(codes, [Ok(seq), Err(Code::NotAMember), Err(Code::Banned), Ok(seq)]);
}
