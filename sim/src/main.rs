//! `quipu-sim`: runs one seed, or many, and says which promise the first of them broke.

use std::process::ExitCode;

use clap::Parser;
use quipu_sim::{Bug, Plan, run};

/// Simulates a conversation on failing machines and a hostile network.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The (first) seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds, one after the other.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// How many things people do in each run.
    #[arg(long, default_value_t = 120)]
    steps: u64,
    /// A deliberate defect.
    #[arg(long, value_enum)]
    bug: Option<Bug>,
    /// Print every event.
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    for seed in options.seed..options.seed.saturating_add(options.seeds) {
        let plan = Plan { seed, steps: options.steps, bug: options.bug, trace: options.trace };
        match run(plan) {
            Ok(counted) if options.seeds == 1 => println!("seed {seed}: nothing broken. {counted:?}"),
            Ok(_) => {}
            Err(violation) => {
                eprintln!("{violation}");
                eprintln!("again: cargo run -p quipu-sim -- --seed {seed} --steps {} --trace", options.steps);
                return ExitCode::FAILURE;
            }
        }
    }
    if options.seeds > 1 {
        println!("{} seeds: nothing broken", options.seeds);
    }
    ExitCode::SUCCESS
}
