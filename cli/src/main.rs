//! `quipu`: verifies exported logs and proofs, offline.
//!
//! Exit status: 0 valid, 1 invalid, 2 when it could not be found out (wrong usage, unreadable file).

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod verify;

/// Works on Quipu's exported logs, without a server.
#[derive(Parser)]
#[command(
    name = "quipu",
    version,
    about,
    after_help = "Exit status: 0 valid, 1 invalid, 2 wrong usage or unreadable file."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verify an exported conversation: order, contents, deletions, Merkle root.
    Verify {
        /// The export (NDJSON), or - for standard input.
        file: PathBuf,
        /// The root you expect, obtained elsewhere, such as from another member.
        #[arg(long, value_name = "ROOT", allow_hyphen_values = true)]
        root: Option<String>,
        /// Print one JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Verify that an event is under a root, by the proof of GET …/events/{seq}/proof.
    VerifyProof {
        /// The envelope, byte for byte, or the event that holds it; - for standard input.
        envelope: PathBuf,
        /// The proof, JSON.
        proof: PathBuf,
        /// The root you expect, obtained elsewhere.
        #[arg(long, value_name = "ROOT", allow_hyphen_values = true)]
        root: Option<String>,
        /// Print one JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let (outcome, json) = match Cli::parse().command {
        Command::Verify { file, root, json } => (verify::export(&file, root.as_deref()), json),
        Command::VerifyProof { envelope, proof, root, json } => {
            (verify::proof(&envelope, &proof, root.as_deref()), json)
        }
    };
    match outcome {
        Ok(outcome) => {
            let text = if json { outcome.to_json() } else { outcome.to_text() };
            // A reader that closed the pipe has seen enough; the exit status still tells.
            let _ = std::io::stdout().write_all(text.as_bytes());
            if outcome.is_valid() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(unreadable) => {
            let _ = writeln!(std::io::stderr(), "quipu: {unreadable}");
            ExitCode::from(2)
        }
    }
}
