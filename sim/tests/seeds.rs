//! A few hundred worlds, each from one seed: nothing that was promised is broken.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use quipu_sim::{Counted, Plan, Violation, run};

const SEEDS: u64 = 240;
const STEPS: u64 = 110;

fn plan(seed: u64) -> Plan {
    Plan { seed, steps: STEPS, bug: None, trace: false }
}

/// All seeds on all cores.
fn all() -> Vec<Result<Counted, Violation>> {
    let next = AtomicU64::new(0);
    let cores = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        let worker = || {
            let mut results = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= SEEDS {
                    return results;
                }
                results.push(run(plan(seed)));
            }
        };
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

#[test]
fn nothing_promised_is_broken() {
    let mut total = Counted::default();
    let mut long = 0;
    for result in all() {
        let counted = result.unwrap_or_else(|violation| {
            panic!("{violation}\nagain: cargo run -p quipu-sim -- --seed {} --steps {STEPS} --trace", violation.seed)
        });
        long += u64::from(counted.head >= 30);
        for (sum, one) in [
            (&mut total.crashes, counted.crashes),
            (&mut total.wakings, counted.wakings),
            (&mut total.acked, counted.acked),
            (&mut total.refused, counted.refused),
            (&mut total.full_disks, counted.full_disks),
            (&mut total.slow, counted.slow),
            (&mut total.alarms, counted.alarms),
            (&mut total.erased, counted.erased),
            (&mut total.withheld, counted.withheld),
            (&mut total.lost, counted.lost),
            (&mut total.interrupted, counted.interrupted),
            (&mut total.went_back, counted.went_back),
            (&mut total.threads, counted.threads),
            (&mut total.hidden, counted.hidden),
            (&mut total.reports, counted.reports),
        ] {
            *sum += one;
        }
    }
    // Worlds in which nothing happened would prove nothing.
    assert!(long > SEEDS * 3 / 4, "only {long} of {SEEDS} conversations grew");
    assert!(total.acked > SEEDS * 30 && total.refused > SEEDS, "{total:?}");
    assert!(total.crashes > SEEDS * 2 && total.wakings > SEEDS * 4 && total.lost > SEEDS / 4, "{total:?}");
    assert!(total.full_disks > SEEDS / 2 && total.alarms > SEEDS && total.slow > 20, "{total:?}");
    assert!(total.went_back > SEEDS && total.interrupted > SEEDS / 3, "{total:?}");
    assert!(total.threads > SEEDS / 2, "{total:?}");
    assert!(total.hidden > SEEDS / 2 && total.reports > SEEDS / 4, "{total:?}");
    assert!(total.erased > SEEDS && total.withheld > SEEDS, "{total:?}");
}

#[test]
fn a_seed_replays_exactly() {
    for seed in [3, 17] {
        assert_eq!(run(plan(seed)), run(plan(seed)));
    }
    let bug = Some(quipu_sim::Bug::ResumeSkips);
    let broken = |seed| run(Plan { bug, ..plan(seed) });
    let seed = (0..50).find(|seed| broken(*seed).is_err()).unwrap();
    assert_eq!(broken(seed), broken(seed));
}
