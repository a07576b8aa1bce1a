//! Settings and what they keep members from: freeze, slow mode, who posts and who adds.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::{Answer, Effect};
use quipu_schema::command::{Command, NewContent, NewText, SendMessage, SetSettings};
use quipu_schema::envelope::{EventType, History, Role};
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_schema::settings::{Audience, Settings};
use support::*;

/// Ana owns it, Mo moderates; Ben and Cleo are members, Gus is a guest.
fn staffed() -> World {
    let mut world = World::group(&["ben", "cleo"], History::All);
    world.asks("ana", add("mo", Role::Moderator)).unwrap();
    world.asks("ana", add("gus", Role::Guest)).unwrap();
    world
}

fn frozen(on: bool) -> Command {
    settings(SetSettings { frozen: Some(on), ..SetSettings::default() })
}

fn slow(seconds: u32) -> Command {
    settings(SetSettings { slow_mode_s: Some(seconds), ..SetSettings::default() })
}

fn held(world: &World) -> Settings {
    world.state.about.as_ref().unwrap().settings
}

/// The refusal of a send, with the time to wait.
fn refusal(world: &mut World, who: &str, number: u128) -> (Code, bool, Option<u64>) {
    match world.batch(&[ask(who, number, send("again"))]).remove(0) {
        Answer::Rejected(_, rejection) => (rejection.code, rejection.retry, rejection.retry_after_ms),
        Answer::Ack(ack) => panic!("taken as {}", ack.seq),
    }
}

#[test]
fn a_change_is_one_event_that_says_what_changed() {
    let mut world = staffed();
    let set = SetSettings { slow_mode_s: Some(30), post: Some(Audience::Admins), ..SetSettings::default() };
    let seq = world.asks("ana", settings(set)).unwrap();
    let envelope = world.envelope(seq);
    assert_eq!(envelope.kind, EventType::ConversationSettingsChanged);
    assert_eq!(envelope.params.settings, Some(set.change()));
    assert_eq!(held(&world), Settings { slow_mode_s: 30, post: Audience::Admins, ..Settings::default() });
}

#[test]
fn what_changes_nothing_or_too_much_leaves_nothing() {
    let mut world = staffed();
    world.refuses("ana", settings(SetSettings::default()), Code::InvalidValue);
    world.refuses("ana", frozen(false), Code::InvalidValue);
    world.refuses("ana", slow(limits::SLOW_MODE_S + 1), Code::InvalidValue);
    world.asks("ana", slow(limits::SLOW_MODE_S)).unwrap();
    world.refuses("ana", slow(limits::SLOW_MODE_S), Code::InvalidValue);
    World::direct().refuses("ana", frozen(true), Code::WrongKind);
}

#[test]
fn in_a_frozen_conversation_only_moderators_and_above_write_edit_react_and_pin() {
    let mut world = staffed();
    let mine = world.asks("ben", send("before")).unwrap();
    let theirs = world.asks("mo", send("before")).unwrap();
    world.asks("ben", react(mine, "👍")).unwrap();
    world.asks("mo", frozen(true)).unwrap();
    for who in ["ben", "gus"] {
        world.refuses(who, send("now"), Code::Frozen);
    }
    world.refuses("ben", reply(theirs, 1, "now"), Code::Frozen);
    world.refuses("ben", edit(mine, "now"), Code::Frozen);
    world.refuses("ben", react(theirs, "👍"), Code::Frozen);
    world.refuses("ben", pin(theirs), Code::Frozen);
    world.asks("ben", unreact(mine, "👍")).unwrap();
    world.asks("mo", react(theirs, "👍")).unwrap();
    world.asks("mo", edit(theirs, "now")).unwrap();
    world.asks("ana", send("order")).unwrap();
    // One's own words are always one's own to take back.
    world.asks("ben", delete(mine)).unwrap();
    world.asks("mo", frozen(false)).unwrap();
    world.asks("ben", send("thawed")).unwrap();
}

#[test]
fn slow_mode_makes_those_below_moderator_wait_and_says_how_long() {
    let mut world = staffed();
    // What was said before it was on does not count.
    world.asks("ben", send("before")).unwrap();
    world.asks("mo", slow(30)).unwrap();
    let first = world.asks("ben", send("one")).unwrap();
    world.now += 10_000;
    assert_eq!(refusal(&mut world, "ben", 1), (Code::SlowMode, true, Some(20_000)));
    world.refuses("ben", reply(first, 1, "two"), Code::SlowMode);
    // Others have a time of their own; edits, deletions and moderators wait for nothing.
    world.asks("cleo", send("one")).unwrap();
    world.refuses("cleo", send("two"), Code::SlowMode);
    world.asks("ben", edit(first, "one, better")).unwrap();
    world.asks("mo", send("one")).unwrap();
    world.asks("mo", send("two")).unwrap();
    world.now += 19_999;
    assert_eq!(refusal(&mut world, "ben", 1), (Code::SlowMode, true, Some(1)));
    world.now += 1;
    // The same key, now in time, is taken; and its answer is the same for ever.
    let taken = world.one(&ask("ben", 1, send("again"))).unwrap();
    assert_eq!(world.one(&ask("ben", 1, send("again"))).unwrap(), taken);
    world.asks("mo", slow(0)).unwrap();
    world.asks("ben", send("fast")).unwrap();
    world.asks("ben", send("faster")).unwrap();
}

#[test]
fn of_two_messages_in_one_batch_slow_mode_takes_one() {
    let mut world = staffed();
    world.asks("mo", slow(1)).unwrap();
    world.effects.clear();
    let answers = world.batch(&[ask("ben", 1, send("a")), ask("ben", 2, send("b")), ask("mo", 3, send("c"))]);
    assert!(matches!(&answers[1], Answer::Rejected(_, refused) if refused.code == Code::SlowMode));
    assert!(matches!((&answers[0], &answers[2]), (Answer::Ack(_), Answer::Ack(_))));
    assert_eq!(world.effects, [Effect::Spoke { user: user("ben") }]);
}

#[test]
fn a_clock_that_goes_back_cannot_be_waited_out() {
    let mut world = staffed();
    world.asks("mo", slow(30)).unwrap();
    world.asks("ben", send("one")).unwrap();
    world.now -= 3_600_000;
    assert_eq!(refusal(&mut world, "ben", 1).2, Some(30_000));
}

#[test]
fn who_is_made_moderator_waits_no_more_and_who_was_one_has_not_spoken_yet() {
    let mut world = staffed();
    world.asks("mo", slow(30)).unwrap();
    world.asks("ben", send("one")).unwrap();
    world.asks("ana", set_role("ben", Role::Moderator)).unwrap();
    world.asks("ben", send("two")).unwrap();
    world.asks("mo", send("one")).unwrap();
    world.asks("ana", set_role("mo", Role::Member)).unwrap();
    world.asks("mo", send("two")).unwrap();
    world.refuses("mo", send("three"), Code::SlowMode);
}

#[test]
fn leaving_and_coming_back_does_not_shorten_the_wait() {
    let mut world = staffed();
    world.asks("mo", slow(30)).unwrap();
    world.asks("ben", send("one")).unwrap();
    world.asks("ben", leave()).unwrap();
    world.asks("cleo", add("ben", Role::Member)).unwrap();
    world.refuses("ben", send("two"), Code::SlowMode);
}

#[test]
fn in_a_broadcast_channel_only_admins_post_and_all_react() {
    let mut world = staffed();
    let mine = world.asks("ben", send("before")).unwrap();
    world.asks("ana", settings(SetSettings { post: Some(Audience::Admins), ..SetSettings::default() })).unwrap();
    for who in ["gus", "ben", "mo"] {
        world.refuses(who, send("now"), Code::PermissionDenied);
    }
    world.refuses("ben", edit(mine, "now"), Code::PermissionDenied);
    world.asks("ben", delete(mine)).unwrap();
    let news = world.asks("ana", send("news")).unwrap();
    world.asks("gus", react(news, "👍")).unwrap();
    // Freezing takes nothing from what the settings allow, and gives nothing.
    world.asks("mo", frozen(true)).unwrap();
    world.refuses("mo", send("now"), Code::PermissionDenied);
    world.refuses("ben", send("now"), Code::PermissionDenied);
    world.asks("ana", send("more news")).unwrap();
}

#[test]
fn who_adds_is_a_setting() {
    let mut world = staffed();
    let adding = |audience| settings(SetSettings { add: Some(audience), ..SetSettings::default() });
    world.asks("ana", adding(Audience::Admins)).unwrap();
    world.refuses("ben", add("new", Role::Guest), Code::PermissionDenied);
    world.refuses("mo", add("new", Role::Guest), Code::PermissionDenied);
    world.asks("ana", adding(Audience::Everyone)).unwrap();
    world.asks("gus", add("new", Role::Member)).unwrap();
    world.refuses("gus", add("other", Role::Moderator), Code::PermissionDenied);
}

#[test]
fn going_back_undoes_when_somebody_spoke() {
    let mut world = staffed();
    world.asks("mo", slow(30)).unwrap();
    let before = world.state.clone();
    let checkpoint = world.state.checkpoint([user("ben"), user("mo")].into_iter());
    world.batch(&[ask("ben", 1, send("a")), ask("mo", 2, send("b"))]);
    assert_ne!(world.state, before);
    world.state.go_back(checkpoint);
    assert_eq!(world.state, before);
}

fn everyone(words: &str) -> Command {
    let text = NewText { text: words.into(), mention_everyone: true, ..NewText::default() };
    Command::Send(SendMessage { content: NewContent::Text(text), reply_to: None, thread: None })
}

/// Who of them may, highest last.
fn who(world: &mut World, mut asks: impl FnMut(&mut World, &str) -> bool) -> Vec<&'static str> {
    ["gus", "ben", "mo", "ana"].into_iter().filter(|who| asks(world, who)).collect()
}

#[test]
fn each_row_of_the_table_of_roles_is_a_setting_and_what_it_forbids_leaves_nothing() {
    let all = ["gus", "ben", "mo", "ana"];
    for (audience, least) in
        [(Audience::Everyone, 0), (Audience::Members, 1), (Audience::Moderators, 2), (Audience::Admins, 3)]
    {
        let mut world = staffed();
        let root = world.asks("ana", send("root")).unwrap();
        let expected = &all[least..];
        let some = Some(audience);
        let set = SetSettings { mention: some, pin: some, react: some, thread: some, ..SetSettings::default() };
        // The defaults themselves change nothing.
        world.asks("ana", settings(set)).unwrap();
        let head = world.state.seq;
        let taken = |world: &mut World, who: &str, command: Command| match world.asks(who, command) {
            Ok(_) => true,
            Err(code) => {
                assert_eq!(code, Code::PermissionDenied);
                false
            }
        };
        assert_eq!(who(&mut world, |world, who| taken(world, who, in_thread(root, "reply"))), expected);
        assert_eq!(who(&mut world, |world, who| taken(world, who, react(root, "👍"))), expected);
        assert_eq!(who(&mut world, |world, who| taken(world, who, everyone("all"))), expected);
        let mut pins = 0;
        let pinned = who(&mut world, |world, who| {
            let may = taken(world, who, if pins % 2 == 0 { pin(root) } else { unpin(root) });
            pins += usize::from(may);
            may
        });
        assert_eq!(pinned, expected);
        assert_eq!(world.state.seq - head, 4 * expected.len() as u64, "what was refused left nothing");
        // Beside threads all write as before.
        assert_eq!(who(&mut world, |world, who| taken(world, who, send("beside"))), all);
    }
}

#[test]
fn in_a_broadcast_channel_threads_can_be_open_to_all() {
    let mut world = staffed();
    let news = world.asks("ana", send("news")).unwrap();
    let post = SetSettings { post: Some(Audience::Admins), ..SetSettings::default() };
    world.asks("ana", settings(post)).unwrap();
    world.refuses("ben", in_thread(news, "a question"), Code::PermissionDenied);
    let threads = SetSettings { thread: Some(Audience::Everyone), ..SetSettings::default() };
    world.asks("ana", settings(threads)).unwrap();
    let mine = world.asks("gus", in_thread(news, "a question")).unwrap();
    world.refuses("gus", send("beside"), Code::PermissionDenied);
    world.asks("gus", edit(mine, "another")).unwrap();
    world.asks("ana", settings(SetSettings { thread: Some(Audience::Members), ..SetSettings::default() })).unwrap();
    world.refuses("gus", edit(mine, "a third"), Code::PermissionDenied);
    world.asks("gus", delete(mine)).unwrap();
}

#[test]
fn who_may_react_no_more_takes_back_what_is_there() {
    let mut world = staffed();
    let root = world.asks("ana", send("root")).unwrap();
    world.asks("ben", react(root, "👍")).unwrap();
    world.asks("ana", settings(SetSettings { react: Some(Audience::Moderators), ..SetSettings::default() })).unwrap();
    world.refuses("ben", react(root, "❤️"), Code::PermissionDenied);
    world.asks("ben", unreact(root, "👍")).unwrap();
    world.refuses("ben", react(root, "👍"), Code::PermissionDenied);
}

#[test]
fn only_admins_move_the_table() {
    let mut world = staffed();
    for set in [
        SetSettings { mention: Some(Audience::Admins), ..SetSettings::default() },
        SetSettings { pin: Some(Audience::Admins), ..SetSettings::default() },
        SetSettings { react: Some(Audience::Admins), ..SetSettings::default() },
        SetSettings { thread: Some(Audience::Admins), frozen: Some(true), ..SetSettings::default() },
    ] {
        world.refuses("mo", settings(set), Code::PermissionDenied);
        world.asks("ana", settings(set)).unwrap();
        world.refuses("ana", settings(set), Code::InvalidValue);
    }
}
