//! What must hold when the faults have stopped: everybody has everything, once, and agrees.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::UserId;
use quipu_schema::inbox::InboxEntry;
use quipu_store::account::changes;
use quipu_store::conversation::hidden::sight;
use quipu_store::conversation::history::export;
use quipu_store::conversation::load::{Loaded, load};
use quipu_store::conversation::threads::places_after;
use quipu_store::sql::Sql;
use serde_json::Value;

use crate::facts::{goes_with, hidden_by};
use crate::reader::{Slot, leaf_hash, tree_hash};
use crate::world::World;

/// Message → what it says, `None` when it was deleted, and the reactions to it.
type Messages = BTreeMap<u64, (Option<String>, BTreeMap<u64, Option<String>>)>;

/// The reader's fold, written down anew.
fn fold<'a>(events: impl Iterator<Item = (&'a Envelope, Option<&'a str>)>) -> Messages {
    let mut messages = Messages::new();
    for (envelope, content) in events {
        match (&envelope.kind, envelope.reference) {
            (EventType::MessageCreated, _) => {
                messages.insert(envelope.seq, (content.map(str::to_owned), BTreeMap::new()));
            }
            (EventType::MessageEdited, Some(target)) => {
                if let (Some((Some(message), _)), Some(content)) = (messages.get_mut(&target), content) {
                    content.clone_into(message);
                }
            }
            (EventType::MessageDeleted, Some(target)) => drop(messages.insert(target, (None, BTreeMap::new()))),
            (EventType::ReactionAdded, Some(target)) => {
                if let Some((_, reactions)) = messages.get_mut(&target) {
                    reactions.insert(envelope.seq, content.map(str::to_owned));
                }
            }
            (EventType::ReactionRemoved, Some(target)) => {
                if let (Some((_, reactions)), Some(reaction)) = (messages.get_mut(&target), envelope.params.reaction) {
                    reactions.remove(&reaction);
                }
            }
            _ => {}
        }
    }
    messages
}

/// Messages after a seq that address somebody as they stand, counted one by one.
fn mentions_after(messages: &Messages, user: UserId, read: u64) -> u64 {
    let addresses = |content: &&String| match serde_json::from_str(content) {
        Ok(Content::Text(text)) => text.mention_everyone || text.mentions.contains(&user),
        _ => false,
    };
    messages.range(read + 1..).filter_map(|(_, (content, _))| content.as_ref()).filter(addresses).count() as u64
}

impl World {
    fn loaded(&mut self) -> Option<Loaded> {
        match load(&self.disk) {
            Ok(loaded) => loaded,
            Err(error) => {
                // Never created is fine; damaged is not.
                if !self.oracle.log.is_empty() {
                    self.fail(format!("the log does not load: {error}"));
                }
                None
            }
        }
    }

    /// Messages after a read cursor, counted one by one, but for these.
    fn expected_unread(&self, read: u64, hidden: &BTreeSet<u64>) -> u64 {
        let unread = |line: &Envelope| {
            line.kind == EventType::MessageCreated
                && line.thread.is_none()
                && line.seq > read
                && !hidden.contains(&line.seq)
        };
        self.oracle.log.iter().filter(|(line, _)| unread(line)).count() as u64
    }

    /// Threads that somebody follows, by the places on disk, with replies after those, by the log, that they did not delete for themselves.
    fn unread_threads(&self, user: UserId, hidden: &BTreeSet<u64>) -> Result<u64, String> {
        let places = places_after(&self.disk, user, 0).map_err(|error| error.to_string())?;
        let replies = |root| self.oracle.log.iter().filter(move |(line, _)| line.thread == Some(root));
        let waits = |line: &Envelope, read_n| line.thread_n.is_some_and(|n| n > read_n) && !hidden.contains(&line.seq);
        let unread = |root, read_n| replies(root).any(|(line, _)| waits(line, read_n));
        Ok(places.iter().filter(|place| place.following && unread(place.root, place.read_n)).count() as u64)
    }

    /// Replies behind somebody's place in a thread they follow that name them as they stand.
    fn unread_replies(&self, messages: &Messages, user: UserId) -> Result<u64, String> {
        let places = places_after(&self.disk, user, 0).map_err(|error| error.to_string())?;
        let read: BTreeMap<u64, u64> =
            places.iter().filter(|place| place.following).map(|place| (place.root, place.read)).collect();
        let behind = |line: &&Envelope| {
            line.thread_n.is_some() && line.thread.and_then(|root| read.get(&root)).is_some_and(|read| line.seq > *read)
        };
        let names = |content: &&String| match serde_json::from_str(content) {
            Ok(Content::Text(text)) => text.mentions.contains(&user),
            _ => false,
        };
        let said = |line: &Envelope| messages.get(&line.seq).and_then(|(content, _)| content.as_ref());
        Ok(self.oracle.log.iter().map(|(line, _)| line).filter(behind).filter_map(said).filter(names).count() as u64)
    }

    /// Every account knows the head, and what it owes its user.
    pub fn judge_accounts(&mut self, when: &str) {
        let Some(loaded) = self.loaded().filter(|_| self.violation.is_none()) else { return };
        let stored = match self.contents() {
            Ok(stored) => stored,
            Err(what) => return self.fail(what),
        };
        let all =
            fold(self.oracle.log.iter().map(|(line, _)| (line, stored.get(&line.seq).and_then(Option::as_deref))));
        let replies: BTreeSet<u64> =
            self.oracle.log.iter().filter(|(line, _)| line.thread_n.is_some()).map(|(line, _)| line.seq).collect();
        for person in 0..self.users.len() {
            let Some(user) = self.users.get(person).copied() else { continue };
            let Some(member) = loaded.state.members.get(&user) else { continue };
            // An account that lost even its tables never heard of anything.
            let entries = self.accounts.get(person).and_then(|account| changes(&account.disk, 0, 10).ok());
            let entry: Option<InboxEntry> = entries.and_then(|entries| entries.into_iter().next());
            let Some(entry) = entry else {
                return self.fail(format!("{when}: the account of {user} never heard of the conversation"));
            };
            if entry.member != member.active {
                return self.fail(format!("{when}: the account of {user} has membership {} wrong", entry.member));
            }
            if let Some(word) = self.oracle.erased.iter().find(|word| {
                entry
                    .last
                    .as_ref()
                    .and_then(|last| last.preview.as_ref())
                    .is_some_and(|text| text.contains(word.as_str()))
            }) {
                return self.fail(format!("{when}: {word} was erased and the account of {user} shows it"));
            }
            if !member.active {
                continue;
            }
            let hidden = match hidden_by(&self.disk, user) {
                Ok(hidden) => hidden,
                Err(what) => return self.fail(what),
            };
            if let Some(last) = entry.last.as_ref().filter(|last| hidden.contains(&last.seq)) {
                return self
                    .fail(format!("{when}: {user} deleted {} for themselves and their account shows it", last.seq));
            }
            // What they deleted for themselves counts as nothing.
            let shown = |top: bool| -> Messages {
                let kept = all.iter().filter(|(seq, _)| !hidden.contains(seq) && (!top || !replies.contains(seq)));
                kept.map(|(seq, message)| (*seq, message.clone())).collect()
            };
            let (messages, top_level) = (shown(false), shown(true));
            let read = loaded.state.receipts.of(user).read;
            let unread = self.expected_unread(read, &hidden);
            if (entry.head_seq, entry.read_seq, entry.unread) != (loaded.state.seq, read, unread) {
                return self.fail(format!(
                    "{when}: the account of {user} says head {}, read {}, unread {}; it is head {}, read {read}, unread {unread}",
                    entry.head_seq, entry.read_seq, entry.unread, loaded.state.seq
                ));
            }
            let replies = match self.unread_replies(&messages, user) {
                Ok(replies) => replies,
                Err(what) => return self.fail(what),
            };
            let mentions = mentions_after(&top_level, user, read) + replies;
            if (entry.mentions, entry.thread_mentions) != (mentions, replies) {
                return self.fail(format!(
                    "{when}: the account of {user} says {} mentions after {read}, {} in threads; there are {mentions}, {replies}",
                    entry.mentions, entry.thread_mentions
                ));
            }
            let threads = match self.unread_threads(user, &hidden) {
                Ok(threads) => threads,
                Err(what) => return self.fail(what),
            };
            self.counted.threads += threads;
            if entry.threads != threads {
                return self.fail(format!(
                    "{when}: the account of {user} says {} threads with unread replies; there are {threads}",
                    entry.threads
                ));
            }
        }
    }

    /// Every device has sent everything and holds everything.
    pub fn judge_clients(&mut self) {
        let Some(loaded) = self.loaded().filter(|_| self.violation.is_none()) else { return };
        let head = loaded.state.seq;
        self.counted.head = head;
        let stored = match self.contents() {
            Ok(stored) => stored,
            Err(what) => return self.fail(what),
        };
        let whole =
            fold(self.oracle.log.iter().map(|(line, _)| (line, stored.get(&line.seq).and_then(Option::as_deref))));
        let mut complaint = None;
        for (index, client) in self.clients.iter().enumerate() {
            let user = self.user_of(index);
            if let Some(waiting) = client.outbox.first() {
                complaint = Some(format!("client {index} still waits for an answer to {:?}", waiting.command));
                break;
            }
            if !self.oracle.is_member(user) {
                continue;
            }
            if client.cursor != Some(head) || !client.greeted {
                complaint = Some(format!("client {index} stands at {:?}, the head is {head}", client.cursor));
                break;
            }
            let first = client.held.keys().next().copied().unwrap_or(head + 1);
            if client.held.len() as u64 != head + 1 - first {
                complaint = Some(format!("client {index} holds {} of {} events", client.held.len(), head + 1 - first));
                break;
            }
            let events = client.held.values().filter_map(|slot| match slot {
                Slot::Event { envelope, text, content } => Some((envelope.as_ref(), text, content.as_deref())),
                Slot::Withheld => None,
            });
            let events: Vec<_> = events.collect();
            if events.len() as u64 != head {
                continue;
            }
            if tree_hash(&events.iter().map(|(_, text, _)| leaf_hash(text)).collect::<Vec<_>>())
                != loaded.state.tree.root().0
            {
                complaint = Some(format!("the root of what client {index} holds is not the server's"));
                break;
            }
            let held = fold(events.iter().map(|(envelope, _, content)| (*envelope, *content)));
            if held != whole {
                complaint = Some(format!("client {index} shows other messages than the log"));
                break;
            }
        }
        if let Some(what) = complaint {
            self.fail(what);
        }
    }

    fn contents(&self) -> Result<BTreeMap<u64, Option<String>>, String> {
        let failed = |error: quipu_store::sql::StoreError| error.to_string();
        let rows = self.disk.exec("SELECT seq, content FROM events", &[]).map_err(failed)?;
        rows.iter()
            .map(|row| Ok((row.integer(0).map_err(failed)?, row.optional_text(1).map_err(failed)?.map(str::to_owned))))
            .collect()
    }

    /// The disk by itself: promises, erasure, cursors, exports.
    pub fn judge_log(&mut self, when: &str) {
        let Some(loaded) = self.loaded().filter(|_| self.violation.is_none()) else { return };
        if let Err(what) = self.oracle.holds(&self.disk).and_then(|()| self.judge_disk(&loaded)) {
            self.fail(format!("{when}: {what}"));
        }
        self.counted.erased = self.oracle.erased.len() as u64;
    }

    fn judge_disk(&self, loaded: &Loaded) -> Result<(), String> {
        let head = loaded.state.seq;
        for (seq, content) in self.contents()? {
            let Some(content) = content else { continue };
            serde_json::from_str::<Content>(&content).map_err(|error| format!("content of {seq}: {error}"))?;
            if let Some(word) = self.oracle.erased.iter().find(|word| content.contains(word.as_str())) {
                return Err(format!("{word} was erased and is on disk in event {seq}"));
            }
        }
        for (person, user) in self.users.iter().enumerate() {
            let Some(member) = loaded.state.members.get(user) else { continue };
            if member.active != self.oracle.is_member(*user) {
                return Err(format!("membership of {user} is not what the log says"));
            }
            self.judge_export(loaded, *user)?;
            if !member.active {
                continue;
            }
            // A cursor stands at the last of: what a device read, one's own message, one's joining.
            let devices = self.clients.iter().filter(|client| client.person == person).map(|client| client.read);
            let own = self.oracle.log.iter().filter(|(line, _)| match line.kind {
                EventType::MessageCreated => line.actor == *user && line.thread.is_none(),
                EventType::MemberJoined => line.params.user == Some(*user),
                _ => false,
            });
            let read = devices.chain(own.map(|(line, _)| line.seq)).max().unwrap_or(0);
            let receipt = loaded.state.receipts.of(*user);
            let unread = self.expected_unread(read, &BTreeSet::new());
            let said = loaded.state.n - receipt.read_n.min(loaded.state.n);
            if (receipt.read, said) != (read, unread) {
                return Err(format!(
                    "{user} has read {read}, {unread} unread; it says {}, {said} unread",
                    receipt.read
                ));
            }
        }
        (loaded.state.seq == self.oracle.log.len() as u64).then_some(()).ok_or(format!("the head is {head}"))
    }

    /// What a member exports leads to the root, shows what they may see and nothing else.
    fn judge_export(&self, loaded: &Loaded, user: UserId) -> Result<(), String> {
        let Some(member) = loaded.state.members.get(&user) else { return Ok(()) };
        let head = loaded.state.seq;
        let hidden = hidden_by(&self.disk, user)?;
        let hides = |seq| self.oracle.line(seq).is_some_and(|(line, _)| goes_with(&hidden, line));
        let visible = sight(&self.disk, &member.visible, user).map_err(|error| error.to_string())?;
        let (mut after, mut leaves) = (0, Vec::new());
        while after < head {
            let (lines, to) = export(&self.disk, &visible, after, head, 50).map_err(|error| error.to_string())?;
            for line in lines.lines() {
                let json: Value = serde_json::from_str(line).map_err(|error| format!("an export: {error}"))?;
                let next = leaves.len() as u64 + 1;
                if let Some(hashes) = json.get("leaves").and_then(Value::as_array) {
                    for hash in hashes {
                        let mut leaf = [0; 32];
                        let text = hash.as_str().unwrap_or_default();
                        Base64UrlUnpadded::decode(text, &mut leaf).map_err(|_| format!("a leaf is {text}"))?;
                        let seq = leaves.len() as u64 + 1;
                        if self.oracle.may_see(user, seq) && !hides(seq) {
                            return Err(format!("an export withholds what {user} may see"));
                        }
                        leaves.push(leaf);
                    }
                    continue;
                }
                let (envelope, _) = line
                    .strip_prefix("{\"envelope\":")
                    .and_then(|rest| rest.split_once(",\"content\":"))
                    .unwrap_or_default();
                if !self.oracle.may_see(user, next) || hides(next) {
                    return Err(format!("an export shows {user} event {next}"));
                }
                leaves.push(leaf_hash(envelope));
            }
            if to <= after {
                return Err("an export stands still".to_owned());
            }
            after = to;
        }
        (tree_hash(&leaves) == loaded.state.tree.root().0)
            .then_some(())
            .ok_or_else(|| format!("the export of {user} does not lead to the root"))
    }
}
