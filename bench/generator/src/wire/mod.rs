//! The two servers behind one trait, so that the same load and the same check are applied to both.

pub mod plain;
pub mod quipu;

use bytes::Bytes;

use crate::ledger::Event;
use crate::request::{Call, Connection};
use crate::socket::Upgrade;

/// What a frame from the server means to the generator.
#[derive(Debug)]
pub enum Incoming {
    /// The socket is ready.
    Welcome(Welcome),
    /// Items of the log.
    Events(Vec<Event>),
    /// Answers to commands: (message, seq); and what was refused.
    Acks(Vec<(u64, u64)>, Vec<String>),
    /// Something that neither load nor check depends on.
    Other,
}

/// Where a socket stands when it is ready.
#[derive(Debug, Clone, Copy)]
pub struct Welcome {
    /// The first event that follows is `after + 1`.
    pub after: u64,
    /// The log ends here.
    pub head: u64,
    /// How often to acknowledge what was received; `None` where the server does not ask for it.
    pub flow: Option<Flow>,
}

/// How often to acknowledge.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    /// At least every this many events …
    pub events: u64,
    /// … or this many bytes.
    pub bytes: usize,
}

/// A server's protocol. Members are numbered from 0; member 0 creates.
#[allow(async_fn_in_trait)]
pub trait Wire: 'static {
    /// Makes a conversation of `members` members and answers its name.
    async fn create(&self, http: &mut Connection, name: &str, members: usize) -> Result<String, String>;
    /// How `member` opens a socket on it.
    fn upgrade(&self, conversation: &str, member: usize) -> Upgrade;
    /// What a client says first. Where there is nothing, the socket is ready as it opens.
    fn hello(&self) -> Option<String>;
    /// Commands that one frame may carry.
    fn commands_per_frame(&self) -> usize;
    /// A frame that sends these messages.
    fn send(&self, messages: &[u64]) -> String;
    /// A frame that acknowledges everything up to `seq`.
    fn acknowledge(&self, seq: u64) -> String;
    /// Understands a frame, checking texts on the way.
    fn parse(&self, frame: &[u8]) -> Result<Incoming, String>;
    /// Whether this is a frame of the log, without parsing it: only those are worth remembering.
    fn is_events(&self, frame: &[u8]) -> bool;
    /// A page of history for `member`: `limit` items that end before `before`, or at the log's end.
    fn page(&self, conversation: &str, member: usize, before: Option<u64>, limit: u64) -> Call;
    /// The items of such a page.
    fn parse_page(&self, body: &Bytes) -> Result<Vec<Event>, String>;
}
