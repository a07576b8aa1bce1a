//! Load generator: drives Quipu, or the plain Durable Object it is compared with, checks every receiver, and prints one line of JSON.
//!
//! It is started by `bench/run.mjs`, which also starts and stops the servers.

mod ledger;
mod measure;
mod message;
mod request;
mod room;
mod socket;
mod token;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand, ValueEnum};
use measure::load::{Pace, Span};
use message::Messages;
use serde_json::Value;
use token::Issuer;
use wire::Wire;
use wire::plain::Plain;
use wire::quipu::Quipu;

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Subcommand)]
enum Measure {
    /// So many messages in flight through one conversation.
    InFlight {
        #[command(flatten)]
        server: Server,
        /// Members, each with a socket that receives everything.
        #[arg(long, default_value_t = 2)]
        members: usize,
        /// Messages sent and not yet acknowledged.
        #[arg(long, default_value_t = 100)]
        in_flight: usize,
        /// Members among whom they are spread.
        #[arg(long, default_value_t = 1)]
        senders: usize,
        #[command(flatten)]
        span: Span,
    },
    /// So many messages a second through one conversation.
    Paced {
        #[command(flatten)]
        server: Server,
        /// Members, each with a socket that receives everything.
        #[arg(long, default_value_t = 1000)]
        members: usize,
        /// Messages a second.
        #[arg(long, default_value_t = 10)]
        rate: u32,
        #[command(flatten)]
        span: Span,
    },
    /// Pages of 100 events over HTTP.
    History {
        #[command(flatten)]
        server: Server,
        /// Messages in the log.
        #[arg(long, default_value_t = 2000)]
        messages: u64,
        #[command(flatten)]
        span: Span,
    },
    /// Makes conversations for `cold`.
    Prepare {
        #[command(flatten)]
        server: Server,
        /// Conversations.
        #[arg(long, default_value_t = 201)]
        objects: u32,
        /// Messages in each.
        #[arg(long, default_value_t = 200)]
        messages: u64,
        /// Where their names are written.
        #[arg(long)]
        state: PathBuf,
    },
    /// Reads from conversations that are not in memory (the server was restarted after `prepare`).
    Cold {
        #[command(flatten)]
        server: Server,
        /// What `prepare` wrote.
        #[arg(long)]
        state: PathBuf,
    },
    /// Opens sockets, prints `ready`, and holds them until standard input ends.
    Idle {
        #[command(flatten)]
        server: Server,
        /// Sockets, one a member.
        #[arg(long, default_value_t = 1000)]
        members: usize,
    },
    /// The time the disk takes to sync a page.
    Disk {
        /// A directory on that disk.
        #[arg(long)]
        directory: PathBuf,
        /// How often.
        #[arg(long, default_value_t = 500)]
        count: u32,
    },
}

#[derive(Args)]
struct Server {
    /// Whose protocol to speak.
    #[arg(long)]
    target: Target,
    /// Host and port, on this machine.
    #[arg(long)]
    address: std::net::SocketAddr,
    /// The server's process, to read its processor time.
    #[arg(long)]
    server_pid: Option<u32>,
    /// Bytes of a message's text.
    #[arg(long, default_value_t = 200)]
    text_bytes: usize,
    /// Commands in one frame, where the protocol allows several.
    #[arg(long, default_value_t = 100)]
    commands_per_frame: usize,
    /// `iss` of the tokens.
    #[arg(long, env = "AUTH_ISSUER", default_value = "https://bench.example")]
    issuer: String,
    /// `aud` of the tokens.
    #[arg(long, env = "AUTH_AUDIENCE", default_value = "quipu")]
    audience: String,
    /// Secret of the tokens; from the environment, so that no process list shows it.
    #[arg(long, env = "AUTH_HS256_SECRET", default_value = "", hide_env_values = true)]
    secret: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// Quipu.
    Product,
    /// The plain Durable Object of `bench/peer`.
    Peer,
}

fn main() -> ExitCode {
    let outcome =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string()).and_then(
            |runtime| {
                let local = tokio::task::LocalSet::new();
                local.block_on(&runtime, run(Cli::parse().measure))
            },
        );
    match outcome {
        Ok(mut result) => {
            if let Value::Object(result) = &mut result {
                result.insert("generator_seconds".into(), measure::usage::own_seconds().into());
            }
            println!("{result}");
            let clean = result.get("violations").and_then(Value::as_array).is_some_and(Vec::is_empty);
            if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("quipu-bench: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(measure: Measure) -> Result<Value, String> {
    let fresh = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fresh = fresh.as_secs() as u32 ^ fresh.subsec_nanos();
    let run = if let Measure::Cold { state, .. } = &measure { measure::cold::run_of(state)? } else { fresh };
    let server = match &measure {
        Measure::InFlight { server, .. }
        | Measure::Paced { server, .. }
        | Measure::History { server, .. }
        | Measure::Prepare { server, .. }
        | Measure::Cold { server, .. }
        | Measure::Idle { server, .. } => server,
        Measure::Disk { directory, count } => return measure::disk::run(directory, *count),
    };
    if !server.address.ip().is_loopback() {
        return Err("the generator loads servers on this machine only: give a loopback address".into());
    }
    let messages = Messages::new(run, server.text_bytes.clamp(16, 8 * 1024));
    let issuer =
        Issuer { issuer: server.issuer.clone(), audience: server.audience.clone(), secret: server.secret.clone() };
    let per_frame = server.commands_per_frame.clamp(1, 100);
    match server.target {
        Target::Product => against(&measure, server, run, || Quipu::new(messages, issuer.clone(), per_frame)).await,
        Target::Peer => against(&measure, server, run, || Plain::new(messages)).await,
    }
}

async fn against<W: Wire>(measure: &Measure, server: &Server, run: u32, make: impl Fn() -> W) -> Result<Value, String> {
    let address = server.address.to_string();
    let name = format!("bench-{run:08x}");
    match measure {
        Measure::InFlight { members, in_flight, senders, span, .. } => {
            let pace = Pace::InFlight((*in_flight).max(1), *senders);
            measure::load::run(make(), &address, &name, *members, pace, *span, server.server_pid).await
        }
        Measure::Paced { members, rate, span, .. } => {
            measure::load::run(make(), &address, &name, *members, Pace::PerSecond(*rate), *span, server.server_pid)
                .await
        }
        Measure::History { messages, span, .. } => {
            measure::history::run(make, &address, &name, (*messages).max(200), *span).await
        }
        Measure::Prepare { objects, messages, state, .. } => {
            measure::cold::prepare(make, run, &address, *objects, (*messages).max(100), state).await
        }
        Measure::Cold { state, .. } => measure::cold::run(make(), &address, state).await,
        Measure::Idle { members, .. } => measure::idle::run(make(), &address, &name, *members).await,
        Measure::Disk { .. } => Err("the disk is measured without a server".into()),
    }
}
