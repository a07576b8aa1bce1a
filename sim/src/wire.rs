//! What travels, and what happens next. Frames that carry events are the bytes the store serves; the others stay typed.

use std::rc::Rc;

use quipu_core::merkle::Root;
use quipu_schema::command::KeyedCommand;
use quipu_schema::ids::{CommandKey, Epoch};
use quipu_schema::internal::News;
use quipu_schema::problem::{CloseCode, Rejection};
use quipu_schema::socket::{Ack, Acks, Receipt};

/// A client to the conversation, over its socket.
#[derive(Debug, Clone)]
pub enum Up {
    /// Where the client stands.
    Hello { epoch: Option<Epoch>, after: Option<u64> },
    /// Commands.
    Commands(Vec<KeyedCommand>),
    /// Everything up to here has arrived.
    Ack(u64),
    /// Read up to here.
    Read(u64),
}

/// The conversation to a client, over its socket.
#[derive(Debug, Clone)]
pub enum Down {
    /// Answer to hello.
    Welcome { epoch: Epoch, after: u64, epoch_changed: bool, head: u64, root: Root, you: Receipt },
    /// Items, comma-separated, as stored.
    Events(Rc<str>),
    /// Answers to commands.
    Acks(Acks),
    /// Receipts that changed.
    Receipts(Vec<Receipt>),
    /// A frame was refused.
    Error(Rejection),
    /// The end.
    Close(CloseCode),
}

/// A client to the conversation, over HTTP.
#[derive(Debug, Clone)]
pub enum Call {
    /// A command.
    Command(KeyedCommand),
    /// Read up to here.
    Read(u64),
    /// Delete a message for oneself.
    Hide(u64),
    /// Report a message.
    Report { seq: u64, key: CommandKey },
}

/// The answer to a [`Call`].
#[derive(Debug, Clone)]
pub enum Answered {
    /// The command is stored.
    Ack(Ack),
    /// The cursor is stored.
    Read(u64),
    /// The message is gone for who asked.
    Hidden,
    /// The report is stored, under this number.
    Reported(u64),
    /// Refused.
    Rejected(Rejection),
}

/// What leaves an object and must wait at its output gate.
#[derive(Debug, Clone)]
pub enum Out {
    /// A frame.
    Frame { socket: u64, frame: Down },
    /// An answer over HTTP.
    Answer { client: usize, call: Call, answer: Answered },
    /// News for an account.
    Poke { ticket: u64, user: usize, news: Box<News> },
}

/// What happens at a moment.
#[derive(Debug, Clone)]
pub enum Event {
    /// A person does something.
    Act(usize),
    /// A client opens a socket, unless it has one.
    Connect(usize),
    /// A client looks after what was not answered.
    Retry(usize),
    /// A client acknowledges what it has.
    Acknowledge { client: usize, socket: u64 },
    /// The upgrade arrives.
    Upgrade { socket: u64 },
    /// A frame arrives at the conversation.
    Up { socket: u64, frame: Up },
    /// The conversation hears that a socket is gone.
    Gone { socket: u64 },
    /// A frame arrives at a client.
    Down { socket: u64, frame: Down },
    /// A client hears that its socket is gone.
    Lost { socket: u64 },
    /// A call arrives at the conversation.
    Call { client: usize, call: Call },
    /// An answer arrives at a client.
    Answer { client: usize, call: Call, answer: Answered },
    /// The conversation's disk has written everything up to a commit.
    Synced { life: u64, commit: u64 },
    /// A burst has been gathered.
    Gather { life: u64 },
    /// The outbox may begin its next round.
    Round { life: u64 },
    /// The alarm may be due.
    Alarm,
    /// News arrives at an account.
    Poke { ticket: u64, user: usize, news: Box<News> },
    /// An account's disk has written everything up to a commit.
    Taken { user: usize, life: u64, commit: u64 },
    /// The conversation hears how a poke went.
    Poked { life: u64, ticket: u64, told: bool },
    /// Something bad happens.
    Fault,
    /// The conversation's process dies, unless it is another one by now.
    Crash {
        /// The process.
        life: u64,
    },
}
