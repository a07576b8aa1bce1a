//! A seeded simulator of one conversation: people with several devices, the real core and store on SQLite, a disk that forgets what was not
//! synced, processes that die or are evicted at any moment, and a network that loses, delays, repeats and reorders.
//!
//! | module | what it is |
//! |---|---|
//! | `world` | virtual time, turns, output gates, the network |
//! | `object` | the conversation's event loop around core and store, as the runtime's adapter does it |
//! | `account` | the accounts that hear of it |
//! | `client` | devices: outbox, resume by cursor, retry by key |
//! | `faults` | what goes wrong, and the calm after it |
//! | `check`, `facts`, `verdict`, `reader` | checkers that know the promises and not the code |
//! | `disk`, `random`, `wire` | SQLite that forgets, one seed for everything, what travels |
//!
//! One seed replays exactly: `cargo run -p quipu-sim -- --seed 7 --trace`.

mod account;
mod check;
mod client;
mod disk;
mod facts;
mod faults;
mod object;
mod random;
mod reader;
mod verdict;
mod wire;
mod world;

use std::fmt;

/// A run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Everything follows from it.
    pub seed: u64,
    /// How many things people do before the faults stop.
    pub steps: u64,
    /// A deliberate defect, to show that the checkers see it.
    pub bug: Option<Bug>,
    /// Whether every event is printed.
    pub trace: bool,
}

/// Defects on purpose. Each breaks one promise; the tests show that each is caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Bug {
    /// Acks leave before their events are durable.
    AcksBeforeSync,
    /// Events are shown before they are durable.
    EventsBeforeSync,
    /// A resume leaves one event out.
    ResumeSkips,
    /// Earlier keys are not looked up.
    KeysForgotten,
    /// Deleting erases nothing.
    ErasureForgotten,
    /// Everybody is sent all history.
    HistoryForAll,
    /// Sockets of removed members stay open.
    RemovedStay,
    /// Cursors that were read from events at waking are not written by the next round.
    ReceiptsForgotten,
    /// Whose cursor moved is not told after waking.
    ReadersForgotten,
    /// Pokes that failed count as told.
    FailuresForgotten,
    /// No alarm stands behind the outbox.
    AlarmForgotten,
    /// An alarm that rings during a round leaves no other behind.
    AlarmSpent,
    /// Rounds that an alarm began and the disk interrupted leave no alarm behind.
    InterruptionForgotten,
    /// Who was passed over by a round while being called again counts as told.
    PassedOverForgotten,
    /// A batch that met a key of long ago leaves the state where it had got to.
    StateStaysAhead,
    /// The same, but only cursors of its senders stay.
    ReceiptsStayAhead,
    /// Who waits for a read cursor is noted after the commit that may fail.
    WaiterLate,
    /// What somebody deleted for themselves is sent to them again.
    HidingForgotten,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The run that shows it.
    pub seed: u64,
    /// When, in virtual time.
    pub at: u64,
    /// What.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {} (at {})", self.seed, self.what, self.at)
    }
}

impl std::error::Error for Violation {}

/// What a run consisted of; also its signature, since a replay must count the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Things that happened.
    pub events: u64,
    /// Commits of the conversation.
    pub commits: u64,
    /// Events stored, those lost by crashes included.
    pub stored: u64,
    /// Acks that reached a client.
    pub acked: u64,
    /// Refusals that reached a client.
    pub refused: u64,
    /// Crashes of the conversation.
    pub crashes: u64,
    /// Commits that crashes lost.
    pub lost: u64,
    /// Batches decided as new that were not, and were decided again.
    pub went_back: u64,
    /// Times memory was read from disk.
    pub wakings: u64,
    /// Commits that met a full disk.
    pub full_disks: u64,
    /// Sockets closed as slow.
    pub slow: u64,
    /// Rounds of the outbox.
    pub rounds: u64,
    /// Rounds that a disk which did not answer interrupted.
    pub interrupted: u64,
    /// Alarms.
    pub alarms: u64,
    /// Events erased.
    pub erased: u64,
    /// Items that were withheld from a client.
    pub withheld: u64,
    /// Threads with unread replies that accounts were held against.
    pub threads: u64,
    /// Messages that members deleted for themselves.
    pub hidden: u64,
    /// Reports that were taken.
    pub reports: u64,
    /// The length of the log at the end.
    pub head: u64,
}

/// Runs one seed to its end.
///
/// # Errors
/// The first promise that was broken.
pub fn run(plan: Plan) -> Result<Counted, Violation> {
    let failed = |error: quipu_store::sql::StoreError| Violation { seed: plan.seed, at: 0, what: error.to_string() };
    let mut world = world::World::new(plan).map_err(failed)?;
    world.live_through_it();
    match world.violation.take() {
        Some(violation) => Err(violation),
        None => Ok(world.counted),
    }
}
