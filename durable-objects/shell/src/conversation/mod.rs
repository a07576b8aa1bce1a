//! The Conversation object.
//!
//! | module | what it does |
//! |---|---|
//! | [`live`] | what is kept in memory: a cache of what is on disk |
//! | [`connections`] | sockets: attachments, what each was sent, flow control |
//! | [`frames`] | frames from clients, decoded and handed on |
//! | [`queue`] | what waits for the next batch |
//! | [`commit`] | group commit: when a batch is decided, stored and broadcast |
//! | [`cells`] | telling sockets of cells |
//! | [`forward`] | what is copied from other conversations, and for them |
//! | [`calls`] | HTTP, as the gateway passes it on |
//! | [`invites`] | invite links |
//! | [`pages`] | pages of history |
//! | [`threads`] | pages of threads, and members' places in them |
//! | [`moderation`] | what only moderators see |
//! | [`reach`] | whether those whom a command brings in may be, and blocks |
//! | [`polls`] | how polls stand: pages, and telling sockets |
//! | [`previews`] | pages that messages link to, looked at in the background |
//! | [`saved`] | messages that members have saved |
//! | [`spaces`] | channels and their space: what each asks and tells the other |
//! | [`search`] | pages of hits, and the index that grows for them |
//! | [`export`] | the log as a file, streamed |
//! | [`pump`] | the outbox: telling accounts |
//! | [`directory`] | telling the directory of public channels |
//! | [`clock`] | the one alarm, shared by all who need one |
//!
//! Handlers take `&self`; the one `RefCell` is never borrowed across an `.await`.

mod calls;
mod cells;
mod clock;
mod commit;
mod connections;
mod directory;
mod export;
mod forward;
mod frames;
mod invites;
mod live;
mod members;
mod moderation;
mod pages;
mod polls;
mod previews;
mod pump;
mod queue;
mod reach;
mod saved;
mod search;
mod spaces;
mod threads;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use quipu_core::alarm::Alarm;
use quipu_schema::ids::ConversationId;
use quipu_schema::internal::{ConversationCall, ConversationOp};
use quipu_schema::problem::{Code, Rejection};
use wasm_bindgen::prelude::Closure;
use worker::durable::State;
use worker::worker_sys::web_sys::Request;
use worker::{Env, Result};

use crate::answer::Response;
use crate::platform::{Incoming, Socket};
use crate::sql::ObjectSql;
use crate::stub::{header_call, read_call};
use crate::{Deployment, answer, platform};

use live::Live;

/// Address of an object's own check of its store. Reached from the development routes only, in an object that is no conversation.
pub const STORE_SUITE: &str = "https://object/store-suite";

/// One conversation. The class in the gateway is a newtype over this.
pub struct Conversation {
    shared: Rc<Shared>,
}

/// What handlers and background tasks share.
struct Shared {
    object: State,
    env: Env,
    sql: ObjectSql,
    deployment: Box<dyn Deployment>,
    live: RefCell<Option<Live>>,
    queue: RefCell<queue::Queue>,
    /// A commit is in progress: what comes now goes into the next batch.
    committing: Cell<bool>,
    /// Read cursors wait for more of them.
    reads_gather: Cell<bool>,
    /// That commit.
    under_way: commit::UnderWay,
    /// Called when it is durable.
    durable: OnceCell<Closure<dyn FnMut()>>,
    /// Rounds of the outbox are under way.
    pumping: Cell<bool>,
    /// Accounts that lag are being called.
    retrying: Cell<bool>,
    /// The directory is being told.
    listing: Cell<bool>,
    /// Spaces are being told.
    telling_spaces: Cell<bool>,
    /// Channels of this space are being told who has left it.
    telling_departures: Cell<bool>,
    /// Commands about which a space is being asked.
    asking_space: Cell<usize>,
    /// Up to which event spaces have told who has left them: an answer of before that is stale. A matter of this process, as questions are.
    departures_heard: RefCell<BTreeMap<ConversationId, u64>>,
    /// When the outbox last told accounts, Unix milliseconds.
    pumped_ms: Cell<u64>,
    /// Exports that are being read.
    exports: RefCell<export::Places>,
    /// Messages being fetched from other conversations.
    forwarding: Cell<usize>,
    /// Commands about which accounts are being asked.
    reaching: Cell<usize>,
    /// Pages are being looked at.
    looking: Cell<bool>,
    /// Deliveries are gathering to be told together.
    telling: Cell<bool>,
    /// Polls that moved since sockets were last told.
    polls: polls::Moved,
    alarm: RefCell<Alarm>,
}

impl Conversation {
    /// Wakes the object. Reads nothing: most requests to unknown ids should cost nothing.
    pub fn new(object: State, env: Env, deployment: Box<dyn Deployment>) -> Self {
        if let Ok(pair) = worker::worker_sys::WebSocketRequestResponsePair::new(
            quipu_schema::socket::PING,
            quipu_schema::socket::PONG,
        ) {
            object.set_websocket_auto_response(&pair);
        }
        let sql = ObjectSql::new(&object);
        Self {
            shared: Rc::new(Shared {
                object,
                env,
                sql,
                deployment,
                live: RefCell::new(None),
                queue: RefCell::default(),
                committing: Cell::new(false),
                reads_gather: Cell::new(false),
                under_way: commit::UnderWay::default(),
                durable: OnceCell::new(),
                pumping: Cell::new(false),
                retrying: Cell::new(false),
                listing: Cell::new(false),
                telling_spaces: Cell::new(false),
                telling_departures: Cell::new(false),
                asking_space: Cell::new(0),
                departures_heard: RefCell::default(),
                pumped_ms: Cell::new(0),
                exports: RefCell::default(),
                forwarding: Cell::new(0),
                reaching: Cell::new(0),
                looking: Cell::new(false),
                telling: Cell::new(false),
                polls: polls::Moved::default(),
                alarm: RefCell::default(),
            }),
        }
    }

    /// A call of the gateway.
    ///
    /// # Errors
    /// When the platform cannot build a response.
    pub async fn fetch(&self, request: Request) -> Result<Response> {
        let Some(call) = read_call::<ConversationCall>(&request).await? else {
            if request.url() == STORE_SUITE {
                return match quipu_store::suite::run(&self.shared.sql) {
                    Ok(passed) => answer::json(200, &passed),
                    Err(failure) => answer::json(500, &failure),
                };
            }
            return answer::problem(Code::Internal);
        };
        self.shared.call(call).await
    }

    /// A call that can be answered in the same turn; `None` for one that must go through [`Self::fetch`].
    pub fn fetch_at_once(&self, request: &Request) -> Option<Result<Response>> {
        let call: ConversationCall = header_call(request)?;
        match call.op {
            ConversationOp::Socket => Some(self.shared.open(&call)),
            _ => self.shared.call_at_once(&call),
        }
    }

    /// A frame of a socket. Returns at once: a socket's next message waits for this handler. Failures are answered on the socket.
    pub fn websocket_message(&self, socket: &Socket, message: Incoming) {
        self.shared.frame(socket, message);
    }

    /// A socket is gone.
    pub fn websocket_close(&self, socket: &Socket) {
        self.shared.closed(socket);
    }

    /// The alarm: expired and silent sockets, and an outbox that was not confirmed.
    pub fn alarm(&self) {
        self.shared.rang();
    }
}

impl Shared {
    /// Runs `work` with the memory of this object, loading it first where it is absent.
    fn with<T>(self: &Rc<Self>, work: impl FnOnce(&mut Live) -> T) -> std::result::Result<T, Rejection> {
        let mut live = self.live.try_borrow_mut().map_err(|_| Code::Internal)?;
        if live.is_none() {
            let loaded = Live::load(&self.sql, &self.object, self.deployment.rates(), platform::now_ms());
            match loaded {
                Ok(fresh) => {
                    *live = fresh;
                    if live.is_some() {
                        self.recall_alarm();
                    }
                }
                Err(error) => {
                    worker::console_error!("{{\"event\":\"load_failed\",\"error\":{:?}}}", error.to_string());
                    return Err(error.into());
                }
            }
        }
        match live.as_mut() {
            Some(live) => Ok(work(live)),
            None => Err(Code::ConversationNotFound.into()),
        }
    }

    /// Memory is a cache: after a failed commit it is dropped and read again.
    fn forget(&self) {
        if let Ok(mut live) = self.live.try_borrow_mut() {
            *live = None;
        }
    }
}
