//! The offline verifier: what it takes, and that it takes nothing else.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/story.rs"]
mod story;
mod support;

use proptest::prelude::*;
use quipu_core::batch::Row;
use quipu_core::merkle::{Rows, leaf, prove};
use quipu_core::verify::{Fault, Report, Unproven, export, proof};
use quipu_schema::commitment::{Salt, commit};
use quipu_schema::envelope::{Envelope, EventType, History, Role};
use quipu_schema::http::Proof;
use story::story;
use support::*;

fn verify(lines: &[String]) -> Result<Report, Fault> {
    export(lines.iter().map(String::as_str))
}

/// A group with a reply, an edit, an erased message, and somebody who came and went. Event n stands on line n + 1.
fn told() -> World {
    let mut world = World::group(&["ben"], History::All);
    world.asks("ana", send("first")).unwrap();
    world.asks("ben", reply(4, 1, "second")).unwrap();
    world.asks("ana", edit(4, "first, edited")).unwrap();
    world.asks("ana", send("secret")).unwrap();
    world.asks("ana", edit(7, "secret too")).unwrap();
    world.asks("ana", add("cleo", Role::Guest)).unwrap();
    world.asks("ana", delete(7)).unwrap();
    world.asks("cleo", leave()).unwrap();
    world
}

#[track_caller]
fn faulty(lines: &[String], line: u64, part: &str) {
    let fault = verify(lines).unwrap_err();
    assert!(fault.message.contains(part) && fault.line == line, "line {line}, {part}: {fault}");
}

#[test]
fn a_whole_log_is_valid() {
    let world = told();
    let report = verify(&world.export()).unwrap();
    assert_eq!((report.events, report.messages, report.withheld), (11, 3, 0));
    assert_eq!((report.erased, report.missing, report.members), (2, 0, Some(2)));
    assert_eq!(report.root, world.state.tree.root().to_text());
}

#[test]
fn one_byte_of_a_text_is_noticed() {
    let mut lines = told().export();
    lines[4] = lines[4].replace("\"first\"", "\"fIrst\"");
    faulty(&lines, 5, "commits to");
}

#[test]
fn one_digit_of_a_salt_is_noticed() {
    let mut lines = told().export();
    let at = lines[4].find("\"salt\":\"").unwrap() + 10;
    let other = if lines[4].as_bytes()[at] == b'A' { "B" } else { "A" };
    lines[4].replace_range(at..=at, other);
    faulty(&lines, 5, "commits to");
}

#[test]
fn every_line_is_needed_and_in_its_place() {
    let lines = told().export();
    for index in 1..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(index);
        let line = if index == lines.len() - 1 { 1 } else { index as u64 + 1 };
        faulty(&fewer, line, if line == 1 { "promises" } else { "must follow" });
        let mut twice = lines.clone();
        twice.insert(index, lines[index].clone());
        faulty(&twice, index as u64 + 2, "must follow");
        if index + 1 < lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(index, index + 1);
            faulty(&swapped, index as u64 + 1, "must follow");
        }
    }
}

#[test]
fn the_header_must_fit() {
    let world = told();
    let lines = world.export();
    let with = |from: &str, to: &str| {
        let mut changed = lines.clone();
        assert!(changed[0].contains(from), "{from}");
        changed[0] = changed[0].replace(from, to);
        changed
    };
    let root = world.state.tree.root().to_text();
    faulty(&with(&root, "bjQLnP-zepicpUTmu3gKLHiQHT-zNzh2hRGjBhevoB0"), 1, "root");
    faulty(&with("\"size\":11", "\"size\":12"), 1, "promises 12");
    faulty(&with("\"quipu_export\":1", "\"quipu_export\":2"), 1, "version 2");
    faulty(&with("\"member_count\":2", "\"member_count\":3"), 1, "members");
    faulty(&with("\"n\":3", "\"n\":4"), 1, "counts other messages");
    faulty(&with("\"history\":\"all\"", "\"history\":\"from_join\""), 1, "created as");
    faulty(&with(world.state.conv.as_str(), direct_id().as_str()), 2, "another log");
    faulty(&with(world.state.epoch.as_str(), "0000000000000"), 2, "another log");
    faulty(&lines[1..], 1, "header");
    faulty(&["not json".into()], 1, "header");
    faulty(&[], 1, "empty");
}

/// The log with one row changed by a forger who recomputes everything he can: counters, commitment, root.
fn forged(mut world: World, seq: u64, change: impl FnOnce(&mut Row)) -> Vec<String> {
    forge(&mut world, seq, change);
    world.export()
}

fn forge(world: &mut World, seq: u64, change: impl FnOnce(&mut Row)) {
    let index = usize::try_from(seq - 1).unwrap();
    change(&mut world.log[index]);
    let mut tree = quipu_core::merkle::Frontier::default();
    for row in &mut world.log {
        row.tree = tree.push(row.envelope_text.as_bytes());
    }
    world.state.tree = tree;
}

fn with_envelope(change: impl FnOnce(&mut Envelope)) -> impl FnOnce(&mut Row) {
    |row| {
        change(&mut row.envelope);
        row.envelope_text = serde_json::to_string(&row.envelope).unwrap();
    }
}

/// Which event, how it is changed, and what is said of it.
type Forgery = (u64, Box<dyn FnOnce(&mut Row)>, &'static str);

#[test]
fn a_forged_log_with_a_fitting_root_is_still_noticed() {
    let cases: Vec<Forgery> = vec![
        (5, Box::new(with_envelope(|envelope| envelope.n = 3)), "counts 3"),
        (5, Box::new(with_envelope(|envelope| envelope.at -= 1)), "time"),
        (5, Box::new(with_envelope(|envelope| envelope.key = key(0))), ""),
        (6, Box::new(with_envelope(|envelope| envelope.actor = user("ben"))), "another author"),
        (6, Box::new(with_envelope(|envelope| envelope.params.version = Some(3))), "version 3"),
        (6, Box::new(with_envelope(|envelope| envelope.params.version = Some(1))), "version 1"),
        (6, Box::new(with_envelope(|envelope| envelope.reference = Some(9))), "there is none"),
        (6, Box::new(with_envelope(|envelope| envelope.reference = Some(2))), "there is none"),
        (6, Box::new(with_envelope(|envelope| envelope.reference = None)), "which message"),
        (5, Box::new(with_envelope(|envelope| envelope.params.quoted_version = Some(2))), "quotes version 2"),
        (5, Box::new(with_envelope(|envelope| envelope.actor = user("stranger"))), "not a member"),
        (9, Box::new(with_envelope(|envelope| envelope.params.user = Some(user("ben")))), "who is a member"),
        (11, Box::new(with_envelope(|envelope| envelope.params.user = Some(user("ben")))), "another's hand"),
        (9, Box::new(with_envelope(|envelope| envelope.params.role = None)), "lacks parameters"),
        (1, Box::new(with_envelope(|envelope| envelope.params.kind = None)), "lacks parameters"),
        (
            1,
            Box::new(with_envelope(|envelope| envelope.kind = quipu_schema::envelope::EventType::ConversationUpdated)),
            "begins with its creation",
        ),
        (
            4,
            Box::new(|row| row.envelope_text = row.envelope_text.replacen("{\"actor\"", "{ \"actor\"", 1)),
            "canonical",
        ),
        (
            4,
            Box::new(|row| row.envelope_text = row.envelope_text.replacen("\"v\":1}", "\"v\":1,\"x\":1}", 1)),
            "canonical",
        ),
        (4, Box::new(|row| row.salt = None), ""),
        (
            10,
            Box::new(|row| (row.content_text, row.salt) = (Some("{}".into()), Some(Salt([0; 16])))),
            "commits to none",
        ),
    ];
    assert!(verify(&forged(told(), 5, |_| {})).is_ok());
    for (seq, change, part) in cases {
        let mut world = told();
        if part.is_empty() {
            // These two changes are possible: a key nobody used, and content that is missing without a reason, which is reported.
            world.asks("ben", send("more")).unwrap();
            let report = verify(&forged(world, seq, change)).unwrap();
            assert_eq!(report.missing, u64::from(seq == 4));
        } else {
            faulty(&forged(world, seq, change), seq + 1, part);
        }
    }
}

#[test]
fn bans_and_mutes_that_cannot_be_are_noticed() {
    let told = || {
        let mut world = World::group(&["ben", "cleo"], History::All);
        for command in [ban("ben"), mute("cleo", Some(60)), unban("ben"), add("ben", Role::Member)] {
            world.asks("ana", command).unwrap();
        }
        world
    };
    assert!(verify(&told().export()).is_ok());
    for (seq, kind, user, part) in [
        (7, EventType::MemberBanned, "ben", "bans somebody who is banned"),
        (7, EventType::MemberUnbanned, "cleo", "lifts a ban that is none"),
        (7, EventType::MemberUnmuted, "ben", "not a member"),
        (7, EventType::MemberMuted, "cleo", "lacks parameters"),
    ] {
        let change =
            |envelope: &mut Envelope| (envelope.kind, envelope.params.user) = (kind, Some(support::user(user)));
        faulty(&forged(told(), seq, with_envelope(change)), seq + 1, part);
    }
    // Without the ban's lifting, the joining after it cannot be.
    let change = |envelope: &mut Envelope| envelope.kind = EventType::Other("later".into());
    faulty(&forged(told(), 7, with_envelope(change)), 9, "banned");
}

#[test]
fn content_of_another_shape_is_noticed_though_its_commitment_fits() {
    for (text, part) in [
        (r#"{"kind":"text","text":"first", "v":1}"#, "canonical"),
        (r#"{"kind":"text","text":"first","v":1,"x":1}"#, "canonical"),
        (r#"{"kind":"info","v":1}"#, "kind"),
        (r#"{"kind":"member","v":1}"#, "kind"),
    ] {
        let lines = forged(told(), 4, |row| {
            row.content_text = Some(text.into());
            row.envelope.commitment = Some(commit(row.salt.unwrap(), text));
            row.envelope_text = serde_json::to_string(&row.envelope).unwrap();
        });
        faulty(&lines, 5, part);
    }
}

#[test]
fn what_was_deleted_must_be_gone() {
    for kept in [7, 8] {
        let mut world = told();
        let whole = world.whole[&kept].to_canonical();
        let lines = {
            let row = &mut world.log[kept as usize - 1];
            let salt = Salt([5; 16]);
            row.content_text = Some(whole.clone());
            row.salt = Some(salt);
            row.envelope.commitment = Some(commit(salt, &whole));
            row.envelope_text = serde_json::to_string(&row.envelope).unwrap();
            forged(world, kept, |_| {})
        };
        faulty(&lines, 11, &format!("line {}", kept + 1));
    }
}

#[test]
fn a_key_names_one_command() {
    let first = told().envelope(4).key;
    let lines = forged(told(), 6, with_envelope(|envelope| envelope.key = first));
    faulty(&lines, 7, "repeats the key");
    // Next to each other, too: only a creation causes several events.
    let mut world = told();
    world.asks("ana", send("one")).unwrap();
    world.asks("ana", send("two")).unwrap();
    let key = world.envelope(12).key;
    faulty(&forged(world, 13, with_envelope(|envelope| envelope.key = key)), 14, "repeats the key");
    // Another sender may use the same.
    let key = told().envelope(4).key;
    assert!(verify(&forged(told(), 5, with_envelope(|envelope| envelope.key = key))).is_ok());
}

#[test]
fn types_of_a_later_version_are_counted_and_passed_over() {
    let lines = forged(
        told(),
        10,
        with_envelope(|envelope| {
            envelope.kind = quipu_schema::envelope::EventType::Other("poll.opened".into());
            envelope.reference = None;
        }),
    );
    let report = verify(&lines).unwrap();
    // The deletion is no longer there, so what it explained is unexplained.
    assert_eq!((report.events, report.erased, report.missing), (11, 0, 2));
}

/// What a member may see: the rest as ranges with leaf hashes.
fn seen_by(world: &World, who: &str) -> Vec<String> {
    let all = world.export();
    let mut lines = vec![all[0].clone()];
    for run in world.state.members[&user(who)].visible.runs(1, world.state.seq) {
        if run.visible {
            lines.extend((run.from..=run.to).map(|seq| all[usize::try_from(seq).unwrap()].clone()));
        } else {
            let leaves: Vec<String> = (run.from..=run.to)
                .map(|seq| leaf(world.row(seq).unwrap().envelope_text.as_bytes()).to_text())
                .collect();
            let leaves = serde_json::to_string(&leaves).unwrap();
            lines.push(format!(r#"{{"withheld":{{"from":{},"to":{}}},"leaves":{leaves}}}"#, run.from, run.to));
        }
    }
    lines
}

fn partly() -> World {
    let mut world = World::group(&["ben"], History::FromJoin);
    world.asks("ben", send("here")).unwrap();
    world.asks("ana", remove("ben")).unwrap();
    world.asks("ana", send("unseen")).unwrap();
    world.asks("ana", add("ben", Role::Member)).unwrap();
    world.asks("ana", edit(6, "seen now")).unwrap();
    world.asks("ben", edit(4, "here, edited")).unwrap();
    world.asks("ana", delete(6)).unwrap();
    world
}

#[test]
fn a_partly_withheld_log_is_valid_under_the_same_root() {
    let world = partly();
    let report = verify(&seen_by(&world, "ben")).unwrap();
    // Ben founded the conversation with Ana, so only what was said while he was away is withheld.
    assert_eq!((report.events, report.messages, report.withheld), (10, 1, 1));
    assert_eq!((report.erased, report.members), (1, None));
    assert_eq!(report.root, world.state.tree.root().to_text());
}

#[test]
fn behind_a_withheld_range_time_counters_and_versions_are_still_checked() {
    // Event 7 stands on line 8 after the header, behind the range of event 6.
    let cases: Vec<Forgery> = vec![
        (7, Box::new(with_envelope(|envelope| envelope.at -= 1)), "time"),
        (7, Box::new(with_envelope(|envelope| envelope.n = 3)), "counts 3"),
        (7, Box::new(with_envelope(|envelope| envelope.n = 0)), "counts 0"),
        (8, Box::new(with_envelope(|envelope| envelope.params.version = Some(1))), "version 1"),
        (9, Box::new(with_envelope(|envelope| envelope.params.version = Some(1))), "version 1"),
        (9, Box::new(with_envelope(|envelope| envelope.actor = user("ana"))), "another author"),
        (10, Box::new(with_envelope(|envelope| envelope.reference = Some(10))), "there is none"),
    ];
    for (seq, change, part) in cases {
        let mut world = partly();
        forge(&mut world, seq, change);
        faulty(&seen_by(&world, "ben"), seq + 1, part);
    }
}

#[test]
fn withheld_ranges_must_be_dense_and_have_their_leaves() {
    let lines = seen_by(&partly(), "ben");
    let at = lines.iter().rposition(|line| line.starts_with("{\"withheld\"")).unwrap();
    let line = at as u64 + 1;
    assert!(lines[at].starts_with("{\"withheld\":{\"from\":6,\"to\":6}"), "{}", lines[at]);
    let with = |from: &str, to: &str| {
        let mut changed = lines.clone();
        changed[at] = changed[at].replacen(from, to, 1);
        assert_ne!(changed, lines);
        changed
    };
    faulty(&with("\"to\":6", "\"to\":7"), line, "1 leaf hashes");
    faulty(&with("\"from\":6", "\"from\":5"), line, "must follow");
    faulty(&with("\"to\":6", "\"to\":0"), line, "must follow");
    faulty(&with("\"leaves\":[\"", "\"leaves\":[\"A"), line, "32 bytes");
    faulty(&with("\"leaves\":", "\"other\":"), line, "either");
    let leaf = leaf(b"something else").to_text();
    let mut other = lines.clone();
    other[at] = format!(r#"{{"withheld":{{"from":6,"to":6}},"leaves":["{leaf}"]}}"#);
    faulty(&other, 1, "root");
}

struct Table<'a>(&'a World);

impl Rows for Table<'_> {
    fn tree(&self, seq: u64) -> Option<Vec<u8>> {
        self.0.row(seq).map(|row| row.tree.clone())
    }
}

fn proof_of(world: &World, seq: u64) -> (String, Proof) {
    let text = world.row(seq).unwrap().envelope_text.clone();
    let path = prove(&Table(world), world.state.seq, seq).unwrap();
    let proof = Proof {
        seq,
        size: world.state.seq,
        root: world.state.tree.root().to_text(),
        leaf: leaf(text.as_bytes()).to_text(),
        path: path.into_iter().map(|hash| quipu_core::merkle::Root(hash).to_text()).collect(),
    };
    (text, proof)
}

#[test]
fn a_proof_holds_for_its_envelope_only() {
    let world = told();
    for seq in 1..=world.state.seq {
        let (text, good) = proof_of(&world, seq);
        assert_eq!(proof(&text, &good), Ok(()));
        assert_eq!(proof(&text.replacen("\"v\":1", "\"v\": 1", 1), &good), Err(Unproven::Leaf));
        let other = world.row(seq % world.state.seq + 1).unwrap().envelope_text.clone();
        assert!(matches!(proof(&other, &good), Err(Unproven::Seq { .. })));
        assert_eq!(proof(&text, &Proof { root: good.leaf.clone(), ..good.clone() }), Err(Unproven::Path(11)));
        assert_eq!(proof(&text, &Proof { size: 0, ..good.clone() }), Err(Unproven::Path(0)));
        assert_eq!(proof(&text, &Proof { size: 4096, ..good.clone() }), Err(Unproven::Path(4096)));
        assert_eq!(proof(&text, &Proof { path: vec![], ..good.clone() }), Err(Unproven::Path(11)));
        assert_eq!(proof(&text, &Proof { root: "x".into(), ..good.clone() }), Err(Unproven::Hash("root")));
        assert_eq!(proof(&text, &Proof { path: vec!["x".into()], ..good.clone() }), Err(Unproven::Hash("path")));
        assert!(matches!(proof("{}", &good), Err(Unproven::Envelope(_))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_story_verifies_for_everybody_who_was_there(story in story()) {
        let world = story.told();
        let report = verify(&world.export());
        prop_assert!(report.is_ok(), "{:?}", report);
        let report = report.unwrap();
        // Replies in threads, which `n` does not count, are messages too.
        let messages = world.types(1).into_iter().filter(|kind| *kind == quipu_schema::envelope::EventType::MessageCreated).count() as u64;
        prop_assert_eq!((report.events, report.messages, report.missing), (world.state.seq, messages, 0));
        prop_assert_eq!(report.members, Some(world.state.active_count() as u64));
        for who in story::PEOPLE.iter().filter(|who| world.state.members.contains_key(&user(who))) {
            let seen = verify(&seen_by(&world, who));
            prop_assert!(seen.is_ok(), "{}: {:?}", who, seen);
            prop_assert_eq!(&seen.unwrap().root, &report.root);
        }
    }

    #[test]
    fn no_change_of_an_envelope_goes_unnoticed(story in story(), place in 0..1_000_000usize, byte in b'!'..b'~') {
        let world = story.told();
        let lines = world.export();
        let line = 1 + place % world.log.len();
        // Within the envelope's own bytes.
        let at = "{\"envelope\":".len() + place / world.log.len() % world.log[line - 1].envelope_text.len();
        prop_assume!(lines[line].as_bytes()[at] != byte);
        let mut changed = lines.clone();
        changed[line].replace_range(at..=at, std::str::from_utf8(&[byte]).unwrap());
        prop_assert!(verify(&changed).is_err());
    }
}
