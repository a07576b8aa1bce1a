//! The Account object: the user's conversations as a versioned change feed, live over inbox sockets, and single-use tickets.
//!
//! | module | what it does |
//! |---|---|
//! | [`clock`] | the one alarm |
//! | [`devices`] | where the user is signed in |
//! | [`levels`] | which large conversations are to tell of everything |
//! | [`large`] | large conversations, whose news is asked for |
//! | [`listing`] | what the user is in the directory of people, told to it |
//! | [`profile`] | the user's profile: changed here, told to the conversations they are in |
//! | [`people`] | whom the user blocks, their contacts, and who may write to them first |
//! | [`saved`] | messages that the user has saved |
//! | [`presence`] | whether the user is there, told to those who watch |
//! | [`watching`] | whose presence the user's sockets watch |
//!
//! Of the feed it keeps in memory only what all entries add up to, so that a busy inbox is not added up with every change, and how often
//! its user searched of late. Every call reads what it needs, and sockets are enumerated from the platform.

mod clock;
mod devices;
mod large;
mod levels;
mod listing;
mod people;
mod presence;
mod profile;
mod saved;
mod watching;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use quipu_core::alarm::Alarm;
use quipu_core::inbox_list::Sum;
use quipu_core::rate::Bucket;
use quipu_core::search::Query;
use quipu_schema::http::InboxPage;
use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::{
    InboxChanges, InboxClientFrame, InboxEntry, InboxFilter, InboxHello, InboxServerFrame, InboxSet, InboxTotals,
    InboxWelcome, PatchInbox,
};
use quipu_schema::internal::{AccountOp, Heard, Identity, News, SearchGroup};
use quipu_schema::limits;
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_schema::socket::{PING, PONG, Refreshed};
use quipu_schema::strict::has_misplaced_array;
use quipu_store::account::{self, Change};
use quipu_store::inbox_list;
use quipu_store::migrations::{ACCOUNT, migrate};
use quipu_store::sql::{Sql, StoreError};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::durable::State;
use worker::worker_sys::web_sys::Request;
use worker::{Env, Result, WebSocketPair};

use crate::answer::{Response, searched_too_often};
use crate::platform::{Incoming, Socket, now_ms};
use crate::sql::ObjectSql;
use crate::stub::{escape, read_call};
use crate::{Deployment, answer};

use watching::Watching;

/// One user's account. The class in the gateway is a newtype over this.
pub struct Account {
    object: State,
    env: Env,
    sql: ObjectSql,
    deployment: Box<dyn Deployment>,
    migrated: Cell<bool>,
    /// What the entries add up to, where it was asked for.
    sum: Cell<Option<Sum>>,
    /// What is known of the alarm; `None` until it was asked for in this life.
    alarm: RefCell<Option<Alarm>>,
    /// Conversations are being told of the profile.
    presenting: Cell<bool>,
    /// When that last began, Unix milliseconds.
    presented_ms: Cell<u64>,
    searches: Cell<Bucket>,
    /// Large conversations are asked for their news.
    asking: Cell<large::Asking>,
    /// Large conversations are being told whether to tell of everything.
    levelling: Cell<bool>,
    /// Watchers are being told of the presence.
    telling: Cell<bool>,
    /// When they last were, Unix milliseconds.
    told_ms: Cell<u64>,
    /// Questions for others' presence.
    watches: RefCell<Option<Bucket>>,
    /// Questions whether a message may be saved, under way.
    saving: Cell<usize>,
    /// Links that sign devices in.
    links: RefCell<Option<Bucket>>,
    /// Conversations are being told to close sockets.
    signing_out: Cell<bool>,
    /// The directory is being told what the user is in it.
    listing: Cell<bool>,
    /// Questions to the directory.
    directory_questions: RefCell<Option<Bucket>>,
    /// Public channels joined.
    joins: RefCell<Option<Bucket>>,
}

/// What an inbox socket keeps through hibernation.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Attachment {
    identity: Identity,
    opened_ms: u64,
    greeted: bool,
    /// Frames that could not be understood.
    #[serde(default)]
    bad_frames: u32,
    /// The person has turned away from this device.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    away: bool,
    /// It closes, or was closed: no sign of life any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    gone: bool,
    /// Whose presence it watches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    watching: Vec<Watching>,
}

type Answer<T> = std::result::Result<T, Rejection>;

impl Account {
    /// Wakes the object. Reads nothing.
    pub fn new(object: State, env: Env, deployment: Box<dyn Deployment>) -> Self {
        if let Ok(pair) = worker::worker_sys::WebSocketRequestResponsePair::new(PING, PONG) {
            object.set_websocket_auto_response(&pair);
        }
        let sql = ObjectSql::new(&object);
        Self {
            object,
            env,
            sql,
            deployment,
            migrated: Cell::new(false),
            sum: Cell::new(None),
            alarm: RefCell::new(None),
            presenting: Cell::new(false),
            presented_ms: Cell::new(0),
            searches: Cell::new(Bucket::searches_over_all(now_ms())),
            asking: Cell::default(),
            levelling: Cell::new(false),
            telling: Cell::new(false),
            told_ms: Cell::new(0),
            watches: RefCell::new(None),
            saving: Cell::new(0),
            links: RefCell::new(None),
            signing_out: Cell::new(false),
            listing: Cell::new(false),
            directory_questions: RefCell::new(None),
            joins: RefCell::new(None),
        }
    }

    /// A call of the gateway or of a conversation.
    ///
    /// # Errors
    /// When the platform cannot build a response.
    pub async fn fetch(self: &Rc<Self>, request: Request) -> Result<Response> {
        let Some(op) = read_call::<AccountOp>(&request).await? else {
            return answer::problem(Code::Internal);
        };
        if let AccountOp::PresenceOf { identity, user, conv } = &op {
            return match self.presence_of(identity, *user, *conv).await {
                Ok(presence) => answer::json(200, &presence),
                Err(rejection) => answer::problem(rejection),
            };
        }
        if let AccountOp::Save { identity, conv, seq, saved: true } = &op {
            return match self.save(identity, *conv, *seq).await {
                Ok((change, _)) => answer::json(200, &change),
                Err(rejection) => answer::problem(rejection),
            };
        }
        if let AccountOp::SetPerson { identity, user, list, on } = &op {
            return match self.set_person(identity, *user, *list, *on).await {
                Ok(person) => answer::json(200, &person),
                Err(rejection) => answer::problem(rejection),
            };
        }
        if let AccountOp::MayReach { identity, users } = &op {
            return match self.may_reach(identity, users).await {
                Ok(closed) => answer::json(200, &closed),
                Err(rejection) => answer::problem(rejection),
            };
        }
        if let AccountOp::MayReachEach { identity, users } = &op {
            return match self.may_reach_each(identity, users).await {
                Ok(reaches) => answer::json(200, &reaches),
                Err(rejection) => answer::problem(rejection),
            };
        }
        if let AccountOp::Inbox { identity, cursor: None, .. } = &op {
            self.ask_before_a_page(identity).await;
        }
        match self.perform(op) {
            Ok(response) => response,
            Err(rejection) => answer::problem(rejection),
        }
    }

    fn perform(self: &Rc<Self>, op: AccountOp) -> Answer<Result<Response>> {
        Ok(match op {
            AccountOp::Socket { identity } => {
                self.welcome(&identity)?;
                self.saw(&identity)?;
                self.open(identity)
            }
            AccountOp::Inbox { filter, cursor, limit, .. } => answer::json(200, &self.inbox(filter, cursor, limit)?),
            AccountOp::Changes { after, limit, .. } => answer::json(200, &self.changes(after, limit)?),
            AccountOp::Set { identity, conv, flags } => {
                let (entry, _) = self.set(&identity, conv, &flags)?;
                answer::json(200, &entry)
            }
            AccountOp::Search { q, group, .. } => answer::json(200, &self.asked(&q, group)?),
            AccountOp::Ticket { identity, secret_hash } => {
                self.migrate()?;
                let expires_at_ms = account::put_ticket(&self.sql, &secret_hash, &identity, now_ms())?;
                answer::json(201, &expires_at_ms)
            }
            AccountOp::Redeem { secret_hash } => {
                let identity = if self.exists()? { account::redeem(&self.sql, &secret_hash, now_ms())? } else { None };
                answer::json(200, &identity.ok_or(Code::TicketInvalid)?)
            }
            AccountOp::Profile { identity } => answer::json(200, &self.own_profile(&identity)?),
            AccountOp::SetProfile { identity, patch } => answer::json(200, &self.set_profile(&identity, &patch)?),
            AccountOp::Conversations { .. } => answer::json(200, &self.conversations()?),
            AccountOp::ProfileFor { user, convs, reader } => {
                answer::json(200, &self.profile_for(user, &convs, reader)?)
            }
            AccountOp::People { list, after, limit, .. } => answer::json(200, &self.people(list, after, limit)?),
            AccountOp::ReachSettings { .. } => answer::json(200, &self.reach_settings()?),
            AccountOp::SetReach { patch, .. } => answer::json(200, &self.set_reach(patch)?),
            AccountOp::Reach { by, convs, .. } => answer::json(200, &self.reach(by, &convs)?),
            AccountOp::DirectorySettings { .. } => answer::json(200, &self.directory_settings()?),
            AccountOp::SetDirectory { identity, patch } => answer::json(200, &self.set_directory(&identity, patch)?),
            AccountOp::Spend { on, .. } => {
                self.spend(on)?;
                answer::empty()
            }
            AccountOp::PresenceSettings { .. } => answer::json(200, &self.presence_settings()?),
            AccountOp::SetPresence { identity, patch } => answer::json(200, &self.set_presence(&identity, patch)?),
            AccountOp::Watch { app, user, watcher, conv, keep } => {
                let keep = keep.then_some(app);
                answer::json(200, &self.watched_by(user, watcher, conv, keep)?)
            }
            AccountOp::Watched { presence, .. } => answer::json(200, &self.heard_of(presence)),
            AccountOp::Save { conv, seq, .. } => answer::json(200, &self.unsave(conv, seq)?.0),
            AccountOp::Saved { before, limit, .. } => answer::json(200, &self.saved(before, limit)?),
            AccountOp::SavedIn { conv, .. } => answer::json(200, &self.saved_in(conv)?),
            AccountOp::Admit { identity, agent, conv } => {
                self.admit_device(&identity, agent.as_deref(), conv)?;
                answer::empty()
            }
            AccountOp::Devices { identity } => answer::json(200, &self.devices(&identity)?),
            AccountOp::NameDevice { identity, device, name } => {
                answer::json(200, &self.name_device(&identity, &device, &name)?)
            }
            AccountOp::RevokeDevice { identity, device } => {
                self.revoke_device(&identity, &device)?;
                answer::empty()
            }
            AccountOp::LinkDevice { identity, secret_hash } => {
                answer::json(201, &self.link_device(&identity, &secret_hash)?)
            }
            AccountOp::SignIn { secret_hash, device, agent, lasts_ms } => {
                answer::json(200, &self.sign_in(&secret_hash, &device, agent.as_deref(), lasts_ms)?)
            }
            AccountOp::RenewDevice { identity } => answer::json(200, &self.renew_device(&identity)?),
            // Answered before.
            AccountOp::PresenceOf { .. }
            | AccountOp::SetPerson { .. }
            | AccountOp::MayReach { .. }
            | AccountOp::MayReachEach { .. } => {
                return Err(Code::Internal.into());
            }
            AccountOp::Poke { news, .. } => {
                self.take(&news)?;
                if news.large { answer::json(200, &Heard { open: self.is_open() }) } else { answer::empty() }
            }
        })
    }

    /// Makes the tables where they are missing: once per waking.
    fn migrate(&self) -> std::result::Result<(), StoreError> {
        if !self.migrated.get() {
            migrate(&self.sql, ACCOUNT)?;
            self.migrated.set(true);
        }
        Ok(())
    }

    /// Reading an account that was never told anything must not create it.
    fn exists(&self) -> std::result::Result<bool, StoreError> {
        Ok(!self.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'entries'", &[])?.is_empty())
    }

    fn inbox(
        &self,
        filter: Option<InboxFilter>,
        cursor: Option<(u64, ConversationId)>,
        limit: usize,
    ) -> Answer<InboxPage> {
        if !self.exists()? {
            let totals = Some(InboxTotals::default());
            return Ok(InboxPage { version: 0, entries: vec![], unread: 0, totals, next: None });
        }
        self.migrate()?;
        let limit = limit.clamp(1, limits::LIST_ITEMS);
        let mut entries = if cursor.is_none() { inbox_list::pinned(&self.sql, filter)? } else { vec![] };
        let mut others = inbox_list::page(&self.sql, filter, cursor, limit + 1)?;
        let more = others.len() > limit;
        others.truncate(limit);
        let next = others.last().filter(|_| more).map(|last| format!("{}.{}", last.at, last.id));
        entries.append(&mut others);
        let Sum { totals, unread, .. } = self.sum()?;
        Ok(InboxPage { version: account::version(&self.sql)?, entries, unread, totals: Some(totals), next })
    }

    /// What all entries add up to now.
    fn sum(&self) -> std::result::Result<Sum, StoreError> {
        let now = now_ms();
        let sum = match self.sum.get().filter(|sum| sum.holds(now)) {
            Some(sum) => sum,
            None => inbox_list::sum(&self.sql, now)?,
        };
        self.sum.set(Some(sum));
        Ok(sum)
    }

    /// Keeps the sum up with a change, where it is known.
    fn count(&self, change: &Change) {
        let now = now_ms();
        self.sum.set(self.sum.get().filter(|sum| sum.holds(now)).map(|sum| change.counted(sum, now)));
    }

    fn changes(&self, after: u64, limit: usize) -> Answer<InboxChanges> {
        if !self.exists()? {
            return Ok(InboxChanges { version: 0, more: false, entries: vec![], totals: Some(InboxTotals::default()) });
        }
        self.migrate()?;
        let limit = limit.clamp(1, limits::LIST_ITEMS);
        let mut entries = account::changes(&self.sql, after, limit + 1)?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        let version = entries.last().map_or(after, |last| last.version);
        let totals = if more { None } else { Some(self.sum()?.totals) };
        Ok(InboxChanges { version, more, entries, totals })
    }

    /// Admits a page of a search, and names the conversations to ask. Each of them decides by itself what the user may see.
    fn asked(&self, q: &str, group: SearchGroup) -> Answer<Vec<ConversationId>> {
        let mut searches = self.searches.get();
        let taken = searches.take(now_ms());
        self.searches.set(searches);
        taken.map_err(searched_too_often)?;
        let within = Query::parse(q, 0)?.within;
        if !self.exists()? {
            return Ok(Vec::new());
        }
        let means = |entry: &InboxEntry| within.is_empty() || within.iter().any(|within| within.means(entry));
        let most = limits::SEARCH_CONVERSATIONS;
        Ok(match group {
            SearchGroup::Latest => account::latest(&self.sql, means, most)?,
            SearchGroup::Others { first, after } => account::others(&self.sql, means, &first, after, most)?,
            SearchGroup::Known => Vec::new(),
        })
    }

    /// Takes a conversation's news and tells the user's devices.
    fn take(self: &Rc<Self>, news: &News) -> Answer<()> {
        self.migrate()?;
        if let Some(change) = account::take(&self.sql, news)? {
            self.count(&change);
            self.tell(&change.entry);
            if change.entry.large {
                self.tell_levels();
            }
            if quipu_store::profile::is_new(&change) {
                self.introduce(change.entry.id)?;
                self.met(&change.entry)?;
            }
            if !change.entry.member {
                self.presence_without(change.entry.id)?;
                quipu_store::devices::left(&self.sql, change.entry.id)?;
            }
        }
        Ok(())
    }

    /// What the user lays down about a conversation; told to their devices where it changes something.
    fn set(
        self: &Rc<Self>,
        identity: &Identity,
        conv: ConversationId,
        flags: &PatchInbox,
    ) -> Answer<(InboxEntry, bool)> {
        if !self.exists()? {
            return Err(Code::NotAMember.into());
        }
        self.migrate()?;
        let (entry, change) = account::set(&self.sql, conv, flags, now_ms())?;
        if let Some(change) = &change {
            self.count(change);
            self.tell(&entry);
            if flags.notify.is_some() {
                self.may_wish(identity, &entry.flags)?;
                self.tell_levels();
            }
        }
        Ok((entry, change.is_some()))
    }

    /// Tells every socket that an entry changed. The entries are added up only where somebody listens.
    fn tell(&self, entry: &InboxEntry) {
        self.broadcast(|| {
            let totals = self.sum().ok().map(|sum| sum.totals);
            InboxServerFrame::Changes(InboxChanges {
                version: entry.version,
                more: false,
                entries: vec![entry.clone()],
                totals,
            })
        });
    }

    /// Sends one frame to every socket that has said hello. It is made once, and only where there is one.
    fn broadcast(&self, frame: impl Fn() -> InboxServerFrame) {
        let text = OnceCell::new();
        let make = || JsValue::from_str(&serde_json::to_string(&frame()).unwrap_or_default());
        let now = now_ms();
        for socket in self.object.get_websockets() {
            let socket = Socket::of(&socket);
            match attachment(&socket) {
                Some(kept) if kept.identity.expires_at * 1000 <= now => close(&socket, CloseCode::TokenExpired),
                Some(kept) if kept.greeted => drop(socket.send(text.get_or_init(make))),
                Some(kept) if kept.opened_ms + limits::HELLO_MS <= now => close(&socket, CloseCode::HelloTimeout),
                _ => {}
            }
        }
    }

    /// Closes sockets that expired or never greeted, and counts the others: no alarm is set for them.
    fn sweep(&self) -> usize {
        let now = now_ms();
        let sockets = self.object.get_websockets();
        let open = sockets.iter().map(Socket::of).filter(|socket| match attachment(socket) {
            Some(kept) if kept.identity.expires_at * 1000 <= now => {
                close(socket, CloseCode::TokenExpired);
                false
            }
            Some(kept) if !kept.greeted && kept.opened_ms + limits::HELLO_MS <= now => {
                close(socket, CloseCode::HelloTimeout);
                false
            }
            _ => true,
        });
        open.count()
    }

    fn open(&self, identity: Identity) -> Result<Response> {
        let pair = WebSocketPair::new()?;
        if self.sweep() >= limits::SOCKETS_PER_USER {
            pair.server.accept()?;
            let code = CloseCode::TooManySockets;
            pair.server.close(Some(code.number()), Some(code.reason()))?;
        } else {
            self.object.accept_web_socket(&pair.server);
            let opened = Attachment {
                identity,
                opened_ms: now_ms(),
                greeted: false,
                bad_frames: 0,
                away: false,
                gone: false,
                watching: vec![],
            };
            keep(&Socket::of(&pair.server), &opened);
        }
        answer::socket(pair.client.as_ref())
    }

    /// A frame of an inbox socket. Failures are answered on the socket.
    pub fn websocket_message(self: &Rc<Self>, socket: &Socket, message: Incoming) {
        let Some(mut kept) = attachment(socket) else {
            close(socket, CloseCode::Restart);
            return;
        };
        if kept.gone {
            return;
        }
        if kept.identity.expires_at * 1000 <= now_ms() {
            close(socket, CloseCode::TokenExpired);
            return;
        }
        let result = match message {
            Incoming::Binary => Err(Code::BinaryFrame.into()),
            Incoming::Text(text) if text.len() > limits::FRAME_BYTES => Err(Code::TooLarge.into()),
            Incoming::Text(text) if has_misplaced_array(&text) => {
                Err(Rejection::new(Code::InvalidRequest, "An array stands where an object or a value is expected."))
            }
            Incoming::Text(text) => match serde_json::from_str(&text) {
                Ok(InboxClientFrame::Hello(hello)) => self.hello(socket, kept.clone(), hello),
                Ok(InboxClientFrame::Set(set)) => self.set_by_frame(socket, &kept, &set),
                Ok(InboxClientFrame::Watch(watch)) => self.watch(socket, kept.clone(), watch),
                Ok(InboxClientFrame::Away(away)) => self.turn_away(socket, kept.clone(), away.on),
                Ok(InboxClientFrame::Save(frame)) => self.save_by_frame(socket, &kept, frame),
                Ok(InboxClientFrame::Refresh(refresh)) => self.refresh(socket, kept.clone(), &refresh.token),
                Err(error) if error.is_syntax() || error.is_eof() => Err(Code::MalformedJson.into()),
                Err(_) => Err(Rejection::new(
                    Code::InvalidRequest,
                    "The inbox socket understands hello, set, watch, away, save and refresh.",
                )),
            },
        };
        if let Err(rejection) = result {
            // What was understood and refused is no nonsense: a client may be late, or fetch another token.
            let nonsense = rejection.code.status() == 400 || rejection.code.status() == 413;
            send(socket, &InboxServerFrame::Error(rejection));
            if nonsense {
                kept.bad_frames += 1;
                keep(socket, &kept);
            }
            if kept.bad_frames > limits::BAD_FRAMES {
                close(socket, CloseCode::Protocol);
            }
        }
    }

    fn hello(self: &Rc<Self>, socket: &Socket, mut kept: Attachment, hello: InboxHello) -> Answer<()> {
        if kept.greeted {
            return Err(Rejection::new(Code::InvalidRequest, "Hello was said already."));
        }
        let (mut version, mut totals, mut saved) = (0, InboxTotals::default(), 0);
        if self.exists()? {
            self.migrate()?;
            (version, totals) = (account::version(&self.sql)?, self.sum()?.totals);
            saved = quipu_store::saved::version(&self.sql)?;
        }
        send(
            socket,
            &InboxServerFrame::Welcome(InboxWelcome {
                user: kept.identity.user,
                version,
                now: now_ms(),
                expires_at: kept.identity.expires_at,
                totals: Some(totals),
                saved,
            }),
        );
        kept.greeted = true;
        keep(socket, &kept);
        self.look();
        self.catch_up(&kept.identity);
        let Some(mut after) = hello.after else { return Ok(()) };
        for left in (0..limits::INBOX_HELLO_FRAMES).rev() {
            let mut changes = self.changes(after, limits::INBOX_FRAME_ENTRIES)?;
            let more = changes.more;
            after = changes.version;
            // Said only where nothing more comes by itself: the client goes on over HTTP.
            changes.more = more && left == 0;
            if !changes.entries.is_empty() {
                send(socket, &InboxServerFrame::Changes(changes));
            }
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn set_by_frame(self: &Rc<Self>, socket: &Socket, kept: &Attachment, set: &InboxSet) -> Answer<()> {
        if !kept.greeted {
            return Err(Code::HelloRequired.into());
        }
        if !self.set(&kept.identity, set.id, &set.flags)?.1 {
            // Whoever asks is answered, also where there is nothing to tell.
            let (version, totals) = (account::version(&self.sql)?, Some(self.sum()?.totals));
            send(socket, &InboxServerFrame::Changes(InboxChanges { version, more: false, entries: vec![], totals }));
        }
        Ok(())
    }

    fn refresh(self: &Rc<Self>, socket: &Socket, mut kept: Attachment, token: &str) -> Answer<()> {
        let identity = self.deployment.verify(token, now_ms())?;
        if identity.user != kept.identity.user || identity.app != kept.identity.app {
            return Err(Code::TokenOtherUser.into());
        }
        if identity.device != kept.identity.device {
            return Err(Code::TokenOtherDevice.into());
        }
        let expires_at = identity.expires_at;
        self.saw(&identity)?;
        kept.identity = identity;
        keep(socket, &kept);
        send(socket, &InboxServerFrame::Refreshed(Refreshed { expires_at }));
        Ok(())
    }
}

fn attachment(socket: &Socket) -> Option<Attachment> {
    serde_json::from_str(&socket.deserialize_attachment().ok()?.as_string()?).ok()
}

/// Whether it could be kept: the platform keeps only so much.
fn keep(socket: &Socket, attachment: &Attachment) -> bool {
    let text = stored(attachment);
    text.len() <= limits::ATTACHMENT_BYTES - ATTACHMENT_FRAME
        && socket.serialize_attachment(&JsValue::from_str(&text)).is_ok()
}

/// What the platform adds to an attachment of its own: the form of the text and its length.
const ATTACHMENT_FRAME: usize = 64;

/// In ASCII: one letter of another script would make the platform keep two bytes for each.
fn stored(attachment: &Attachment) -> String {
    escape(&serde_json::to_string(attachment).unwrap_or_default())
}

fn send(socket: &Socket, frame: &InboxServerFrame) {
    let _ = socket.send(&JsValue::from_str(&serde_json::to_string(frame).unwrap_or_default()));
}

fn close(socket: &Socket, code: CloseCode) {
    let _ = socket.close(code.number(), code.reason());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use quipu_schema::device::SignedIn;
    use quipu_schema::ids::UserId;

    use super::*;

    #[test]
    fn a_socket_can_keep_all_it_may_watch() {
        let user = UserId::parse("ug0000000000000000000000000a").unwrap();
        let conv = ConversationId::parse("gg00000000000000000000000002").unwrap();
        let kept = Attachment {
            identity: Identity {
                app: "a".repeat(32),
                user,
                subject: "s".repeat(limits::SUBJECT_BYTES),
                name: Some("名".repeat(limits::NAME_CHARS)),
                picture: Some("p".repeat(limits::URL_BYTES)),
                expires_at: u64::MAX,
                device: Some(SignedIn { id: "d".repeat(limits::DEVICE_ID_BYTES), linked: true }),
            },
            opened_ms: u64::MAX,
            greeted: true,
            bad_frames: u32::MAX,
            away: true,
            gone: true,
            watching: vec![Watching(user, Some(conv), u64::MAX); limits::WATCHED],
        };
        let text = stored(&kept);
        assert!(text.is_ascii() && text.len() <= limits::ATTACHMENT_BYTES - ATTACHMENT_FRAME, "{}", text.len());
        let again: Attachment = serde_json::from_str(&text).unwrap();
        assert_eq!((again.identity, again.watching), (kept.identity, kept.watching));
    }

    #[test]
    fn what_an_older_version_kept_is_read() {
        let text = r#"{"identity":{"app":"main","user":"ug0000000000000000000000000a","subject":"ana","expires_at":1},"opened_ms":2,"greeted":true}"#;
        let kept: Attachment = serde_json::from_str(text).unwrap();
        assert!(kept.greeted && !kept.away && !kept.gone && kept.watching.is_empty());
    }
}
