//! The checkers are worth their name: each deliberate defect is caught, and the world that shows it is sound without the defect.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::thread;

use clap::ValueEnum;
use quipu_sim::{Bug, Plan, run};

/// Within so many seeds a defect must show.
const SEEDS: u64 = 400;

fn plan(seed: u64, bug: Option<Bug>) -> Plan {
    Plan { seed, steps: 50, bug, trace: false }
}

fn caught(bug: Bug) -> String {
    let violation = (0..SEEDS).find_map(|seed| run(plan(seed, Some(bug))).err());
    let violation = violation.unwrap_or_else(|| panic!("{bug:?} was not caught in {SEEDS} seeds"));
    let sound = run(plan(violation.seed, None));
    assert!(sound.is_ok(), "without {bug:?}: {sound:?}");
    format!("{bug:?}: {violation}")
}

#[test]
fn every_deliberate_defect_is_caught() {
    // Half of them on each of two threads.
    let (even, odd): (Vec<_>, Vec<_>) =
        Bug::value_variants().iter().copied().enumerate().partition(|(index, _)| index % 2 == 0);
    thread::scope(|scope| {
        let halves = [even, odd]
            .map(|half| scope.spawn(move || half.into_iter().map(|(_, bug)| caught(bug)).collect::<Vec<_>>()));
        for line in halves.into_iter().flat_map(|half| half.join().unwrap()) {
            println!("{line}");
        }
    });
}
