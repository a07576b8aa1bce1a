//! Reports: who reports what, who resolves it, and that what is refused changes nothing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::decide::Target;
use quipu_core::reports::{Filed, OpenReports, file, moderator, resolve, resolved_together};
use quipu_schema::envelope::{EventType, History, Role};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::report::{Outcome, PostReport, Reason, ResolveReport, StoredReport};
use support::*;

/// Ana owns it, Mo moderates, Ben and Cleo are members. Ben said something, and edited it.
fn told() -> (World, u64) {
    let mut world = World::group(&["ben", "cleo"], History::FromJoin);
    world.asks("ana", add("mo", Role::Moderator)).unwrap();
    let seq = world.asks("ben", send("rude")).unwrap();
    world.asks("ben", edit(seq, "ruder")).unwrap();
    (world, seq)
}

fn post(reason: Reason, note: Option<&str>) -> PostReport {
    PostReport { reason, note: note.map(str::to_owned) }
}

fn target(world: &World, seq: u64) -> Option<Target> {
    let row = world.row(seq)?;
    let later =
        |kind| world.log.iter().filter(move |row| row.envelope.kind == kind && row.envelope.reference == Some(seq));
    Some(Target {
        kind: row.envelope.kind.clone(),
        forwarded: false,
        thread: row.envelope.thread,
        actor: row.envelope.actor,
        version: 1 + later(EventType::MessageEdited).count() as u64,
        deleted: later(EventType::MessageDeleted).next().is_some(),
        preview: quipu_core::decide::Preview::default(),
        poll: None,
    })
}

/// A report under the n-th key, where nothing else is known.
fn reports(world: &World, open: &OpenReports, who: &str, seq: u64, number: u128) -> Result<Filed, Code> {
    let what = post(Reason::Harassment, Some("look"));
    let target = target(world, seq);
    file(&world.state, open, (user(who), key(number), 7), (seq, target.as_ref()), None, what).map_err(code)
}

fn code(rejection: Rejection) -> Code {
    assert!(!rejection.message.is_empty());
    rejection.code
}

fn filed(world: &World, who: &str, seq: u64) -> StoredReport {
    match reports(world, &OpenReports::default(), who, seq, 1) {
        Ok(Filed::New(report)) => *report,
        other => panic!("{other:?}"),
    }
}

fn act(action: Outcome) -> ResolveReport {
    ResolveReport { action, note: Some("seen".into()) }
}

#[test]
fn a_report_names_the_message_as_it_is_now() {
    let (mut world, seq) = told();
    let report = filed(&world, "cleo", seq);
    assert_eq!((report.seq, report.version, report.author), (seq, 2, user("ben")));
    assert_eq!((report.by, report.at, report.resolution), (user("cleo"), 7, None));
    let none = OpenReports::default();
    assert_eq!(reports(&world, &none, "ben", seq, 1), Err(Code::InvalidValue), "one's own");
    assert_eq!(reports(&world, &none, "dan", seq, 1), Err(Code::NotAMember));
    assert_eq!(reports(&world, &none, "cleo", 1, 1), Err(Code::MessageNotFound), "no message");
    assert_eq!(reports(&world, &none, "cleo", 99, 1), Err(Code::MessageNotFound));
    world.asks("ana", add("gus", Role::Guest)).unwrap();
    assert_eq!(reports(&world, &none, "gus", seq, 1), Err(Code::MessageNotFound), "before they came");
    world.asks("ben", delete(seq)).unwrap();
    assert_eq!(reports(&world, &none, "cleo", seq, 1), Err(Code::MessageDeleted));
    let mut direct = World::direct();
    let seq = direct.asks("ben", send("rude")).unwrap();
    assert_eq!(reports(&direct, &none, "ana", seq, 1), Err(Code::WrongKind));
}

#[test]
fn a_member_reports_a_message_once_and_the_same_key_answers_the_same() {
    let (world, seq) = told();
    let report = filed(&world, "cleo", seq);
    let again = |number: u128, what: PostReport| {
        let known = Some((5, report.clone()));
        let about = target(&world, seq);
        let who = (user("cleo"), key(number), 9);
        file(&world.state, &OpenReports::default(), who, (seq, about.as_ref()), known, what).map_err(code)
    };
    assert_eq!(again(1, post(Reason::Harassment, Some("look"))), Ok(Filed::Again(5)));
    assert_eq!(again(1, post(Reason::Spam, Some("look"))), Err(Code::KeyReused));
    assert_eq!(again(1, post(Reason::Harassment, None)), Err(Code::KeyReused));
    assert_eq!(again(2, post(Reason::Harassment, Some("look"))), Err(Code::AlreadyReported));
}

#[test]
fn notes_and_open_reports_have_bounds() {
    let (world, seq) = told();
    let about = target(&world, seq);
    let noted = |text: &str| {
        let who = (user("cleo"), key(1), 7);
        let what = post(Reason::Other, Some(text));
        file(&world.state, &OpenReports::default(), who, (seq, about.as_ref()), None, what).map(drop).map_err(code)
    };
    assert_eq!(noted(&"é".repeat(limits::REPORT_NOTE_BYTES / 2)), Ok(()));
    assert_eq!(noted(&"é".repeat(limits::REPORT_NOTE_BYTES / 2 + 1)), Err(Code::TooLarge));
    assert_eq!(noted("two\nlines"), Ok(()));
    assert_eq!(noted("\u{7}"), Err(Code::InvalidValue));
    let report = filed(&world, "cleo", seq);
    let open = |count: usize, by: &str| {
        let mut open = OpenReports::default();
        for id in 1..=count as u64 {
            open.note(id, &StoredReport { by: user(by), ..report.clone() });
        }
        open
    };
    let most = limits::REPORTS_PER_MEMBER;
    assert!(reports(&world, &open(most - 1, "cleo"), "cleo", seq, 1).is_ok());
    assert_eq!(reports(&world, &open(most, "cleo"), "cleo", seq, 1), Err(Code::ReportLimit));
    assert!(reports(&world, &open(limits::REPORTS - 1, "dan"), "cleo", seq, 1).is_ok());
    assert_eq!(reports(&world, &open(limits::REPORTS, "dan"), "cleo", seq, 1), Err(Code::ReportLimit));
}

#[test]
fn moderators_resolve_what_they_can_read_and_nobody_their_own() {
    let (mut world, seq) = told();
    let report = filed(&world, "cleo", seq);
    let tried = |world: &World, who: &str, report: Option<&StoredReport>| {
        resolve(&world.state, (user(who), key(3), 8), report, &act(Outcome::Dismissed)).map_err(code)
    };
    assert_eq!(tried(&world, "cleo", Some(&report)), Err(Code::PermissionDenied));
    assert_eq!(tried(&world, "dan", Some(&report)), Err(Code::NotAMember));
    assert_eq!(tried(&world, "mo", None), Err(Code::ReportNotFound));
    let done = tried(&world, "mo", Some(&report)).unwrap().unwrap();
    let resolution = done.resolution.clone().unwrap();
    assert_eq!((resolution.action, resolution.by, resolution.at), (Outcome::Dismissed, user("mo"), 8));
    assert_eq!(StoredReport { resolution: None, ..done.clone() }, report);
    // The same again changes nothing; another act comes too late.
    assert_eq!(tried(&world, "mo", Some(&done)), Ok(None));
    assert_eq!(tried(&world, "ana", Some(&done)), Err(Code::KeyReused));
    let late = resolve(&world.state, (user("ana"), key(4), 8), Some(&done), &act(Outcome::Removed));
    assert_eq!(late.map_err(code), Err(Code::AlreadyResolved));
    // Who became a moderator later sees nothing from before they came.
    world.asks("ana", add("max", Role::Moderator)).unwrap();
    assert!(moderator(&world.state, &user("max")).is_ok());
    assert_eq!(tried(&world, "max", Some(&report)), Err(Code::ReportNotFound));
    for (who, may) in [("mo", Err(Code::PermissionDenied)), ("ana", Ok(true))] {
        let own = StoredReport { author: user(who), ..report.clone() };
        assert_eq!(tried(&world, who, Some(&own)).map(|done| done.is_some()), may, "{who}");
    }
}

#[test]
fn open_reports_are_counted_for_moderators_and_removed_together() {
    let (mut world, seq) = told();
    let other = world.asks("ben", send("rude again")).unwrap();
    let mut open = OpenReports::default();
    for (id, by, about) in [(1, "cleo", seq), (2, "ana", seq), (3, "cleo", other)] {
        open.note(id, &filed(&world, by, about));
    }
    world.asks("ana", add("max", Role::Moderator)).unwrap();
    let shown = |who: &str| open.shown_to(&world.state, &user(who));
    assert_eq!((shown("mo"), shown("ana"), shown("max")), (Some(3), Some(3), Some(0)));
    assert_eq!((shown("cleo"), shown("dan")), (None, None));
    assert_eq!(resolved_together(&open, 1, seq, Outcome::Removed), [2, 1]);
    assert_eq!(resolved_together(&open, 1, seq, Outcome::Dismissed), [1]);
    let report = filed(&world, "cleo", seq);
    let done =
        resolve(&world.state, (user("mo"), key(3), 8), Some(&report), &act(Outcome::Dismissed)).unwrap().unwrap();
    open.note(1, &done);
    assert_eq!(open.shown_to(&world.state, &user("mo")), Some(2));
    assert_eq!(open.of(seq), [2]);
}
