//! Checkers that run along. They know the promises and read the disk, and share no logic with what they check.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::merkle::Root;
use quipu_schema::command::{Command, EditMessage, KeyedCommand, NewContent, SendMessage};
use quipu_schema::envelope::{Envelope, EventType, History};
use quipu_schema::ids::{CommandKey, ConversationKind, UserId};
use quipu_schema::problem::Code;
use quipu_schema::socket::{Ack, Receipt};
use quipu_store::sql::{Param, Sql};

use crate::disk::Disk;
use crate::facts::{Facts, goes_with, hidden_by};
use crate::reader::{Slot, leaf_hash, parse, tree_hash};
use crate::wire::Down;
use crate::world::World;

type Verdict = Result<(), String>;

/// What was promised so far.
#[derive(Default)]
pub struct Oracle {
    /// The log as it stands on disk.
    pub log: Vec<(Envelope, String)>,
    /// Stays of each member, both ends included.
    stays: BTreeMap<UserId, Vec<(u64, Option<u64>)>>,
    /// Events that somebody has seen.
    seen: BTreeMap<u64, String>,
    /// Commands that were acknowledged, with their seq.
    acks: BTreeMap<(UserId, [u8; 16]), u64>,
    /// What was first asked under each key.
    asked: BTreeMap<(UserId, [u8; 16]), Command>,
    /// Keys under which another body was tried.
    probed: BTreeSet<(UserId, [u8; 16])>,
    /// The first word of every text that was ever sent, and every emoji, by its command.
    words: BTreeMap<(UserId, [u8; 16]), String>,
    /// Words that deletions on disk have erased.
    pub erased: Vec<String>,
    /// Read cursors that were acknowledged over HTTP.
    reads: BTreeMap<UserId, u64>,
    /// Read cursors that were told to anybody.
    told: BTreeMap<UserId, u64>,
    /// What stands beside the log.
    pub facts: Facts,
}

impl Oracle {
    /// A person asked this: for the first time, again, or something else under a key used before.
    pub fn issued(&mut self, user: UserId, command: &KeyedCommand) {
        let id = (user, command.key.bytes());
        if *self.asked.entry(id).or_insert_with(|| command.command.clone()) != command.command {
            self.probed.insert(id);
            return;
        }
        let word = match &command.command {
            Command::Send(SendMessage { content: NewContent::Text(text), .. })
            | Command::Edit(EditMessage { content: NewContent::Text(text), .. }) => {
                text.text.split_once(' ').map(|(word, _)| word)
            }
            Command::React(react) => Some(react.emoji.as_str()),
            _ => None,
        };
        if let Some(word) = word {
            self.words.entry((user, command.key.bytes())).or_insert_with(|| word.to_owned());
        }
    }

    /// Whether a person used this key before, for whatever.
    pub fn has_asked(&self, user: UserId, key: CommandKey) -> bool {
        self.asked.contains_key(&(user, key.bytes()))
    }

    /// Takes what the disk has beyond what was known.
    ///
    /// # Errors
    /// When the order has a hole, a counter jumps, or time goes back.
    pub fn follow(&mut self, disk: &Disk) -> Verdict {
        let failed = |error: quipu_store::sql::StoreError| format!("the log does not read: {error}");
        if disk.exec("SELECT 1 FROM sqlite_master WHERE name = 'events'", &[]).map_err(failed)?.is_empty() {
            return Ok(());
        }
        let known = Param::Integer(self.log.len() as u64);
        let rows =
            disk.exec("SELECT seq, envelope FROM events WHERE seq > ? ORDER BY seq", &[known]).map_err(failed)?;
        for row in rows {
            let text = row.text(1).map_err(failed)?.to_owned();
            let envelope: Envelope = serde_json::from_str(&text).map_err(|error| format!("an envelope: {error}"))?;
            let (n, at) = self.log.last().map_or((0, 0), |(last, _)| (last.n, last.at));
            let next = self.log.len() as u64 + 1;
            let message = u64::from(envelope.kind == EventType::MessageCreated && envelope.thread.is_none());
            let replies = self.log.iter().filter(|(line, _)| line.thread == envelope.thread && line.thread_n.is_some());
            let reply = envelope.kind == EventType::MessageCreated && envelope.thread.is_some();
            if envelope.thread_n != reply.then(|| replies.count() as u64 + 1) {
                return Err(format!(
                    "event {next} has thread_n {:?} in thread {:?}",
                    envelope.thread_n, envelope.thread
                ));
            }
            if (row.integer(0).map_err(failed)?, envelope.seq) != (next, next) {
                return Err(format!("event {} stands where {next} must follow", envelope.seq));
            }
            if envelope.n != n + message || envelope.at < at {
                return Err(format!("event {next} has n {} after {n}, time {} after {at}", envelope.n, envelope.at));
            }
            self.append(envelope, text);
        }
        Ok(())
    }

    fn append(&mut self, envelope: Envelope, text: String) {
        let seq = envelope.seq;
        match (&envelope.kind, envelope.params.user, envelope.reference) {
            (EventType::MemberJoined, Some(user), _) => {
                // Those with whom the conversation began were there from its first event.
                let first = self.log.first().map(|(line, _)| (line.actor, line.key));
                let from = if first == Some((envelope.actor, envelope.key)) { 1 } else { seq };
                self.stays.entry(user).or_default().push((from, None));
            }
            (EventType::MemberLeft | EventType::MemberRemoved | EventType::MemberBanned, Some(user), _) => {
                if let Some(stay) = self.stays.get_mut(&user).and_then(|stays| stays.last_mut()) {
                    // Whoever is banned may have gone before.
                    stay.1 = stay.1.or(Some(seq));
                }
            }
            (EventType::MessageDeleted, _, Some(target)) => {
                self.erase(|line| {
                    let part = matches!(line.kind, EventType::MessageEdited | EventType::ReactionAdded);
                    line.seq == target || (part && line.reference == Some(target))
                });
            }
            (EventType::ReactionRemoved, ..) => self.erase(|line| Some(line.seq) == envelope.params.reaction),
            _ => {}
        }
        self.log.push((envelope, text));
    }

    fn erase(&mut self, about: impl Fn(&Envelope) -> bool) {
        let lines = self.log.iter().filter(|(line, _)| about(line));
        let words = lines.filter_map(|(line, _)| self.words.get(&(line.actor, line.key.bytes())));
        self.erased.extend(words.cloned());
    }

    /// An event, as it is on disk.
    pub fn line(&self, seq: u64) -> Option<&(Envelope, String)> {
        self.log.get(usize::try_from(seq).ok()?.checked_sub(1)?)
    }

    /// Whether this user is a member, as the log on disk says.
    pub fn is_member(&self, user: UserId) -> bool {
        self.stays.get(&user).and_then(|stays| stays.last()).is_some_and(|(_, to)| to.is_none())
    }

    /// Whether a member may see an event.
    pub fn may_see(&self, user: UserId, seq: u64) -> bool {
        let history = self.log.first().and_then(|(line, _)| line.params.history).unwrap_or_default();
        let stays = self.stays.get(&user).map(Vec::as_slice).unwrap_or_default();
        match history {
            History::All => stays.last().is_some_and(|(_, to)| to.is_none_or(|to| seq <= to)),
            History::FromJoin => stays.iter().any(|(from, to)| *from <= seq && to.is_none_or(|to| seq <= to)),
        }
    }

    /// A client received an event.
    ///
    /// # Errors
    /// When somebody saw another one under this number.
    pub fn saw(&mut self, seq: u64, slot: &Slot) -> Verdict {
        let Slot::Event { text, .. } = slot else { return Ok(()) };
        match self.seen.get(&seq) {
            Some(known) if known == text => Ok(()),
            Some(_) => Err(format!("two clients saw different events under {seq}")),
            None => {
                self.seen.insert(seq, text.clone());
                Ok(())
            }
        }
    }

    /// A client received an ack. `to` is what exactly it answers, where that is known: over a socket the key alone tells.
    ///
    /// # Errors
    /// When the same key was answered otherwise, or another body was taken under it.
    pub fn acked(&mut self, user: UserId, ack: &Ack, to: Option<&KeyedCommand>) -> Verdict {
        let id = (user, ack.key.bytes());
        let other = to.is_some_and(|command| self.asked.get(&id) != Some(&command.command));
        if other && !ack.erased {
            return Err(format!("another body under the key of event {} was taken for the same", ack.seq));
        }
        if ack.erased && !self.words.get(&id).is_some_and(|word| self.erased.contains(word)) {
            return Err(format!("event {} was answered as erased and is not", ack.seq));
        }
        match self.acks.insert(id, ack.seq) {
            Some(before) if before != ack.seq => {
                Err(format!("one key was answered with event {before} and with event {}", ack.seq))
            }
            _ => Ok(()),
        }
    }

    /// A client was refused for good.
    ///
    /// # Errors
    /// When the very command had been acknowledged, or another body met no conflict.
    pub fn refused(&self, user: UserId, key: CommandKey, code: Code, to: Option<&KeyedCommand>) -> Verdict {
        let id = (user, key.bytes());
        let before = self.acks.get(&id);
        let other = match to {
            Some(command) => self.asked.get(&id) != Some(&command.command),
            None => self.probed.contains(&id),
        };
        match before {
            Some(_) if other && code == Code::KeyReused => Ok(()),
            None if code != Code::KeyReused => Ok(()),
            _ => {
                Err(format!("a key acknowledged as {before:?} was refused: {} (another body: {other})", code.as_str()))
            }
        }
    }

    /// A read cursor was acknowledged.
    pub fn read(&mut self, user: UserId, seq: u64) {
        let known = self.reads.entry(user).or_default();
        *known = seq.max(*known);
    }

    /// Receipts were told.
    ///
    /// # Errors
    /// When one goes beyond the log.
    pub fn told(&mut self, receipts: &[Receipt]) -> Verdict {
        for receipt in receipts {
            let known = self.told.entry(receipt.user).or_default();
            *known = receipt.read.max(*known);
            if receipt.delivered.max(receipt.read) > self.log.len() as u64 {
                return Err(format!("a receipt goes beyond the log: {receipt:?}"));
            }
        }
        Ok(())
    }

    /// A client is about to be welcomed.
    ///
    /// # Errors
    /// When the root is not that of the log, or an acknowledged read cursor is forgotten.
    pub fn welcomed(&self, user: UserId, head: u64, root: &Root, you: &Receipt) -> Verdict {
        let read = self.reads.get(&user).copied().unwrap_or(0);
        if you.read < read {
            return Err(format!("a read cursor acknowledged at {read} stands at {}", you.read));
        }
        // Not at every length: hashing a log again and again costs more than it tells.
        if head.is_multiple_of(8)
            && let Some(lines) = self.log.get(..usize::try_from(head).unwrap_or(usize::MAX))
            && tree_hash(&lines.iter().map(|(_, text)| leaf_hash(text)).collect::<Vec<_>>()) != root.0
        {
            return Err(format!("the root at {head} is not that of the log"));
        }
        Ok(())
    }

    /// Reads the disk anew after a crash: what was promised must be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn after_crash(&mut self, disk: &Disk) -> Verdict {
        self.log.clear();
        self.stays.clear();
        self.erased.clear();
        self.follow(disk)?;
        self.holds(disk)
    }

    /// Everything seen is there and unchanged; everything acknowledged is there, once; acknowledged read cursors too.
    ///
    /// # Errors
    /// When it is not.
    pub fn holds(&self, disk: &Disk) -> Verdict {
        for (seq, text) in &self.seen {
            if self.line(*seq).is_none_or(|(_, stored)| stored != text) {
                return Err(format!("event {seq} was seen by somebody and is not in the log"));
            }
        }
        let mut blocks: BTreeMap<(UserId, [u8; 16]), (u64, u64)> = BTreeMap::new();
        for (envelope, _) in &self.log {
            let block =
                blocks.entry((envelope.actor, envelope.key.bytes())).or_insert((envelope.seq, envelope.seq - 1));
            if envelope.seq != block.1 + 1 || (block.1 >= block.0 && block.0 != 1) {
                return Err(format!("the command of event {} happened again as event {}", block.0, envelope.seq));
            }
            block.1 = envelope.seq;
        }
        let direct = self.log.first().and_then(|(line, _)| line.params.kind) == Some(ConversationKind::Direct);
        for ((user, key), seq) in &self.acks {
            // A direct conversation opened from its other end is answered with its first event, whoever made it.
            let opened = direct && *seq == 1;
            if !opened && blocks.get(&(*user, *key)).map(|(first, _)| first) != Some(seq) {
                return Err(format!("event {seq} was acknowledged and is not in the log"));
            }
        }
        self.facts.hold(disk)?;
        if let Ok(Some(loaded)) = quipu_store::conversation::load::load(disk) {
            for (user, read) in &self.reads {
                let stored = loaded.state.receipts.of(*user).read;
                if stored < *read {
                    return Err(format!("a read cursor acknowledged at {read} is {stored} on disk"));
                }
            }
        }
        Ok(())
    }
}

impl World {
    /// What is about to be sent, against what its reader may see at this moment.
    ///
    /// # Errors
    /// When it says too much, or withholds too much.
    pub fn check_frame(&mut self, socket: u64, frame: &Down) -> Verdict {
        let Some(client) = self.sockets.get(&socket).map(|socket| socket.client) else { return Ok(()) };
        let user = self.user_of(client);
        let items = match frame {
            Down::Events(items) => items,
            Down::Welcome { head, root, you, .. } => return self.oracle.welcomed(user, *head, root, you),
            _ => return Ok(()),
        };
        self.oracle.follow(&self.disk)?;
        if !self.oracle.is_member(user) {
            return Err(format!("{user} is no member and is sent events"));
        }
        if let Some(word) = self.oracle.erased.iter().find(|word| items.contains(word.as_str())) {
            return Err(format!("{word} was erased and is sent again"));
        }
        let hidden = hidden_by(&self.disk, user)?;
        for (from, to, slot) in parse(items)? {
            for seq in from..=to {
                let hides = self.oracle.line(seq).is_some_and(|(line, _)| goes_with(&hidden, line));
                match (self.oracle.may_see(user, seq), &slot) {
                    (false, Slot::Event { .. }) => {
                        return Err(format!("{user} may not see event {seq} and is sent it"));
                    }
                    (true, Slot::Event { .. }) if hides => {
                        return Err(format!("{user} deleted event {seq} for themselves and is sent it"));
                    }
                    (true, Slot::Withheld) if !hides => {
                        return Err(format!("{user} may see event {seq} and it is withheld"));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
