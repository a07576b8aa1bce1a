use std::collections::HashSet;

use super::cast::PLANS;
use super::script::Mark;
use super::weave::{APART, LONG, NIGHT, perform};
use super::*;

fn is_message(line: &Line) -> bool {
    matches!(line.act, Act::Say | Act::Reply { .. })
}

#[test]
fn the_people_can_be_told_apart() {
    let subjects: HashSet<_> = PEOPLE.iter().map(|person| person.subject).collect();
    assert_eq!((PEOPLE.len(), subjects.len()), (10, 10));
    for person in PEOPLE {
        assert!(person.subject.bytes().all(|byte| byte.is_ascii_lowercase()), "{person:?}");
    }
    let name_has =
        |range: std::ops::RangeInclusive<char>| PEOPLE.iter().any(|p| p.name.chars().any(|c| range.contains(&c)));
    assert!(name_has('\u{600}'..='\u{6ff}') && name_has('\u{4e00}'..='\u{9fff}') && name_has('\u{300}'..='\u{36f}'));
}

#[test]
fn the_world_has_the_promised_size_and_shape() {
    let scenes = scenes();
    assert_eq!(scenes.len(), 13);
    assert_eq!(scenes.iter().map(|scene| scene.slug).collect::<HashSet<_>>().len(), 13);
    let total: usize = scenes.iter().map(|scene| scene.lines.len()).sum();
    assert!((2_500..=4_000).contains(&total), "{total} lines");
    assert!(scenes.iter().all(|scene| scene.people.contains(&0)));
    assert!(scenes.iter().filter(|scene| scene.people.contains(&1)).count() >= 8);
    for kind in [Kind::Direct, Kind::Group] {
        assert!(scenes.iter().filter(|scene| scene.kind == kind).count() >= 5, "{kind:?}");
    }
    for scene in &scenes {
        let direct = scene.kind == Kind::Direct;
        assert_eq!((direct, direct), (scene.name.is_none(), scene.topic.is_none()), "{}", scene.slug);
        assert_eq!(scene.people.iter().collect::<HashSet<_>>().len(), scene.people.len());
        assert!(if direct { scene.people.len() == 2 } else { scene.people.len() > 2 }, "{}", scene.slug);
        assert!(scene.people.iter().all(|person| *person < PEOPLE.len()));
        let talking: HashSet<_> = scene.lines.iter().map(|line| line.by).collect();
        assert_eq!(talking, scene.people.iter().copied().collect(), "{}", scene.slug);
    }
    let newest: Vec<u32> = scenes.iter().map(|scene| scene.lines.last().unwrap().minutes_ago).collect();
    assert!(newest.is_sorted() && newest[0] >= 1 && newest[0] < newest[1]);
    assert!(scenes[0].people.starts_with(&[0, 1]));
}

#[test]
fn every_line_can_be_performed_in_order() {
    let (mut replies, mut edits, mut deletions) = (0, 0, 0);
    for scene in scenes() {
        let mut deleted = HashSet::new();
        for (at, line) in scene.lines.iter().enumerate() {
            let place = format!("{} {at}: {line:?}", scene.slug);
            let referred = match line.act {
                Act::Say => None,
                Act::Reply { to } => Some(to),
                Act::Edit { line } | Act::Delete { line } => Some(line),
            };
            if let Some(to) = referred {
                assert!(to < at && is_message(&scene.lines[to]) && !deleted.contains(&to), "{place}");
            }
            match line.act {
                Act::Say => {}
                Act::Reply { .. } => replies += 1,
                Act::Edit { line: to } => {
                    assert_eq!(scene.lines[to].by, line.by, "{place}");
                    edits += 1;
                }
                Act::Delete { line: to } => {
                    assert_eq!(scene.lines[to].by, line.by, "{place}");
                    deleted.insert(to);
                    deletions += 1;
                }
            }
            let empty = matches!(line.act, Act::Delete { .. });
            assert_eq!(line.text.trim().is_empty(), empty, "{place}");
            assert!(line.text.len() <= 2_000, "{place}");
            for left in ["{x}", "{n}", "{t}", "<a|", "\r"] {
                assert!(!line.text.contains(left), "{place}");
            }
        }
    }
    assert!(replies > 200 && edits > 20 && deletions > 20, "{replies} {edits} {deletions}");
}

#[test]
fn time_runs_forward_over_three_weeks_and_sleeps_at_night() {
    let mut at_night = 0;
    let mut all = 0;
    for scene in scenes() {
        let times: Vec<u32> = scene.lines.iter().map(|line| line.minutes_ago).collect();
        assert!(times.is_sorted_by(|earlier, later| earlier >= later), "{}", scene.slug);
        assert!(times[0] <= 21 * 1_440 && times[0] > 10 * 1_440 && *times.last().unwrap() >= 1);
        at_night += times.iter().filter(|time| NIGHT.contains(&(**time % 1_440))).count();
        all += times.len();
    }
    assert!(at_night * 20 < all, "{at_night} of {all} lines at night");
}

#[test]
fn nobody_sees_the_same_long_line_twice_in_a_view() {
    for scene in scenes() {
        for (at, line) in scene.lines.iter().enumerate().filter(|(_, line)| line.text.len() >= LONG) {
            let near = scene.lines.iter().skip(at + 1).take(APART / 2).any(|other| other.text == line.text);
            assert!(!near, "{} {at}: {}", scene.slug, line.text);
        }
    }
}

#[test]
fn every_line_of_the_files_is_a_cue_that_somebody_speaks() {
    for plan in PLANS {
        let files = plan.shares.iter().map(|share| (share.talk, None)).chain([(plan.ending, Some(plan.people))]);
        for (file, people) in files {
            let cues: Vec<_> = script::read(file).into_iter().flat_map(|exchange| exchange.cues).collect();
            let written = file.lines().filter(|line| !line.is_empty() && !line.starts_with(['|', '@', '~'])).count();
            assert_eq!(cues.len(), written, "{}", plan.slug);
            for cue in cues {
                match people {
                    Some(people) => assert!(people.contains(&(cue.by.to_digit(10).unwrap() as usize)), "{cue:?}"),
                    None => assert!(matches!(cue.by, 'A'..='C'), "{cue:?}"),
                }
            }
        }
    }
}

#[test]
fn the_world_is_always_the_same() {
    assert_eq!(scenes(), scenes());
}

#[test]
fn a_mark_finds_the_speakers_own_line_and_passes_over_deleted_ones() {
    let mut lines = Vec::new();
    let says = [(0, Mark::Say), (0, Mark::Say), (1, Mark::Say)];
    let refers = [(0, Mark::Delete), (0, Mark::Edit), (1, Mark::Reply(2)), (2, Mark::Delete), (2, Mark::Edit)];
    for (by, mark) in says.into_iter().chain(refers) {
        perform(&mut lines, by, mark, "words".to_owned(), 1);
    }
    let acts: Vec<Act> = lines.iter().skip(3).map(|line| line.act).collect();
    // Line 1 is gone, so that line 0 is reworded and is the second message back; person 2 has none to delete or reword.
    assert_eq!(acts, [Act::Delete { line: 1 }, Act::Edit { line: 0 }, Act::Reply { to: 0 }, Act::Say]);
}
