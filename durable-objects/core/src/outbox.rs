//! Which account hears of what, and when. The log is the outbox: only cursors are kept.
//!
//! A conversation tells every member's account its head, coalesced. A round covers the events from the cursor to the head; when all
//! accounts have durably taken it the cursor moves. A crash repeats a round and never drops one: accounts take news by (epoch, seq).
//!
//! Accounts that could not be told lag, and so do those who are too many for one round. Rounds pass them over; each is called again after its own
//! back-off (the latter at once), and hears the head of then.

use std::collections::{BTreeMap, BTreeSet};

use quipu_schema::content::Content;
use quipu_schema::envelope::Envelope;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::socket::Cell;
use serde::{Deserialize, Serialize};

use crate::directory::Listed;
use crate::everything::Everything;
use crate::listeners::Listeners;
use crate::mentions::{reply_of, text_of};

/// What is stored of the outbox: one row, written once per round.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    /// Everybody concerned has taken everything up to this seq, except those who lag.
    pub cursor: u64,
    /// The cell version up to which readers' accounts have been told.
    #[serde(default)]
    pub cells: u64,
    /// Accounts that could not be told, or were too many for one round.
    #[serde(default)]
    pub lagging: BTreeSet<UserId>,
    /// When each of them is called again; at once where nothing stands here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub retries: BTreeMap<UserId, Retry>,
    /// Above 256 members: when the last round told all who listen, Unix milliseconds.
    #[serde(default)]
    pub everybody_at: u64,
    /// The event up to `cursor` that inboxes show as their last line: what follows it may be any number of reactions and edits. 0: unknown.
    #[serde(default)]
    pub line: u64,
    /// What the directory of public channels was told; absent where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Listed>,
    /// Whether everybody was told that the conversation is a large one, and whom it tells from now on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub large: bool,
    /// Up to which seq those of a large conversation who want to hear of everything were told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub everything_told: u64,
    /// In a large conversation, whose inboxes are open. Stored in rows of their own.
    #[serde(skip)]
    pub listeners: Listeners,
    /// Who wants to hear of everything. Stored in rows of their own.
    #[serde(skip)]
    pub everything: Everything,
    /// Those of the lagging who are being called and whom no round has passed over since. A matter of this process.
    #[serde(skip)]
    pub calling: BTreeSet<UserId>,
}

/// When an account that could not be told is called again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Calls that failed in a row.
    pub failures: u32,
    /// Not before, Unix milliseconds.
    pub at: u64,
}

/// What happened since the last round, gathered in memory (or read from the log after waking).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// People to tell even in a large conversation: senders, those mentioned, those whose membership changed.
    pub concerned: BTreeSet<UserId>,
    /// Whose read cursor moved.
    pub readers: BTreeSet<UserId>,
    /// Whether everybody is to be told even in a large conversation: a message mentions everyone, or a role.
    pub everyone: bool,
    /// Threads with new replies, by the message they began with: those who follow them are to be told, even in a large conversation.
    pub threads: BTreeSet<u64>,
    /// Who presents themselves otherwise: accounts that show their name must hear of it.
    pub renamed: BTreeSet<UserId>,
}

impl Pending {
    /// Notes one event.
    pub fn note(&mut self, envelope: &Envelope, content: Option<&Content>) {
        self.concerned.insert(envelope.actor);
        self.concerned.extend(envelope.params.user);
        if envelope.thread_n.is_some() {
            self.threads.extend(envelope.thread);
        }
        if let Some((_, text)) = text_of(envelope, content) {
            self.concerned.extend(text.mentions.iter().copied());
            self.everyone |= text.mention_everyone || !text.mention_roles.is_empty();
        }
        if let Some((_, _, mentions)) = reply_of(envelope, content) {
            self.concerned.extend(mentions.iter().copied());
        }
    }

    /// Notes one cell that was written.
    pub fn note_cell(&mut self, cell: &Cell) {
        match cell {
            Cell::Receipt(receipt) => self.readers.insert(receipt.user),
            Cell::Thread(place) => self.readers.insert(place.user),
            Cell::Profile(profile) => self.renamed.insert(profile.user),
        };
    }

    /// Takes in what was to be told and was not.
    pub fn extend(&mut self, other: Self) {
        self.concerned.extend(other.concerned);
        self.readers.extend(other.readers);
        self.everyone |= other.everyone;
        self.renamed.extend(other.renamed);
        self.threads.extend(other.threads);
    }

    /// Whether there is nobody to tell for another reason than the head.
    pub fn is_empty(&self) -> bool {
        self.concerned.is_empty() && self.readers.is_empty() && self.renamed.is_empty() && !self.everyone
    }
}

impl Outbox {
    /// When a round has something to tell, Unix milliseconds; 0 at once, `None` never.
    pub fn due_at(&self, head: u64, members: usize, pending: &Pending) -> Option<u64> {
        if !pending.is_empty() || self.wishes_wait(head, members) {
            return Some(0);
        }
        (self.cursor < head).then(|| self.everybody_from(members))
    }

    /// When one of those who lag is called again, Unix milliseconds; `None` when nobody lags.
    pub fn retry_at(&self) -> Option<u64> {
        self.lagging.iter().map(|user| self.retry_of(user).at).min()
    }

    /// Whom the next round tells, and whether it covers everybody. `shown` are those whose names inbox entries show.
    pub fn round(
        &mut self,
        head: u64,
        members: &BTreeSet<UserId>,
        shown: &BTreeSet<UserId>,
        pending: &Pending,
        now: u64,
    ) -> Round {
        if !pending.renamed.is_disjoint(shown) {
            // The head must be told again; said in the cursor, which is stored, it outlives a round that is not everybody's turn.
            self.cursor = self.cursor.min(head.saturating_sub(1));
        }
        let large = is_large(members.len());
        let everybody = self.cursor < head && (pending.everyone || self.everybody_from(members.len()) <= now);
        let mut tell: BTreeSet<UserId> = pending.concerned.union(&pending.readers).copied().collect();
        let everything = everybody || self.wishes_wait(head, members.len());
        if everybody && (!large || !self.large || pending.everyone) {
            tell.extend(members);
        } else if everybody {
            // The others ask when somebody opens their inbox.
            tell.extend(self.listeners.users().filter(|user| members.contains(user)));
        }
        if everything && large {
            tell.extend(self.everything.users().filter(|user| members.contains(user)));
        }
        let (passed_over, mut tell): (BTreeSet<_>, BTreeSet<_>) =
            tell.into_iter().partition(|user| self.lagging.contains(user));
        self.calling.retain(|user| !passed_over.contains(user));
        if let Some(first) = tell.iter().nth(limits::ROUND_ACCOUNTS).copied() {
            // The others are called by the alarms that follow, in invocations of their own.
            self.lagging.extend(tell.split_off(&first));
        }
        Round { head, everybody, everything, large, tell }
    }

    /// A round for those who lag and whose time has come, who wait longest first; `None` when there are none.
    pub fn retry(&mut self, head: u64, now: u64) -> Option<Round> {
        let mut due: Vec<_> = self.lagging.iter().map(|user| (self.retry_of(user).at, *user)).collect();
        due.retain(|(at, _)| *at <= now);
        due.sort_unstable();
        let tell: BTreeSet<_> = due.into_iter().take(limits::ROUND_ACCOUNTS).map(|(_, user)| user).collect();
        self.calling.clone_from(&tell);
        (!tell.is_empty()).then_some(Round { head, everybody: false, everything: false, large: self.large, tell })
    }

    /// Takes the result of a round.
    pub fn settle(&mut self, round: &Round, failed: &BTreeSet<UserId>, now: u64) {
        if round.everybody {
            self.cursor = round.head;
            self.everybody_at = now;
            self.large = round.large;
        }
        if round.everything && round.large {
            self.everything_told = round.head;
        }
        for user in &round.tell {
            if failed.contains(user) {
                let failures = self.retry_of(user).failures.saturating_add(1);
                self.lagging.insert(*user);
                self.retries.insert(*user, Retry { failures, at: now + back_off_ms(failures) });
            } else if self.calling.contains(user) {
                self.lagging.remove(user);
                self.retries.remove(user);
            } else if self.lagging.contains(user) {
                // Reached, but passed over by a round that began meanwhile: it may have missed that one's news.
                self.retries.insert(*user, Retry { failures: 0, at: now + limits::POKE_EVERY_MS });
            }
            self.calling.remove(user);
        }
    }

    /// Whether those who want to hear of everything have not heard of the head, and are few enough to hear of it at once.
    fn wishes_wait(&self, head: u64, members: usize) -> bool {
        self.cursor < head && self.everything_told < head && is_large(members) && self.everything.are_few()
    }

    fn everybody_from(&self, members: usize) -> u64 {
        if is_large(members) && self.large { self.everybody_at + limits::POKE_LARGE_EVERY_MS } else { 0 }
    }

    fn retry_of(&self, user: &UserId) -> Retry {
        self.retries.get(user).copied().unwrap_or_default()
    }
}

/// Whether a conversation of so many members tells only those concerned and those whose inboxes are open.
pub const fn is_large(members: usize) -> bool {
    members > limits::SMALL_CONVERSATION
}

// Serde asks with a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How long after so many failures to try again: 1 s, 2 s, 4 s … at most 5 minutes.
pub fn back_off_ms(failures: u32) -> u64 {
    (limits::RETRY_FIRST_MS << failures.saturating_sub(1).min(9)).min(limits::RETRY_LONGEST_MS)
}

/// One round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The head it tells.
    pub head: u64,
    /// Whether all hear of it whom the head is told: in a large conversation, those whose inboxes are open.
    pub everybody: bool,
    /// Whether all hear of it who want to hear of everything.
    pub everything: bool,
    /// Whether the conversation is a large one.
    pub large: bool,
    /// Who hears of it.
    pub tell: BTreeSet<UserId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::everything::Wish;

    fn users(count: usize) -> BTreeSet<UserId> {
        (0..count).map(|index| UserId::parse(&format!("ug{index:026}")).unwrap()).collect()
    }

    fn nobody() -> BTreeSet<UserId> {
        BTreeSet::new()
    }

    /// Ten of them have their inboxes open.
    fn listening(members: &BTreeSet<UserId>) -> BTreeSet<UserId> {
        members.iter().skip(100).take(10).copied().collect()
    }

    fn large(members: &BTreeSet<UserId>) -> Outbox {
        Outbox { large: true, listeners: Listeners::new(listening(members)), ..Outbox::default() }
    }

    #[test]
    fn a_conversation_that_becomes_large_or_small_tells_everybody_once() {
        let (many, few) = (users(257), users(256));
        let mut outbox = Outbox { cursor: 7, everybody_at: 100_000, ..Outbox::default() };
        assert_eq!(outbox.due_at(8, 257, &Pending::default()), Some(0));
        let told = outbox.round(8, &many, &nobody(), &Pending::default(), 100_500);
        assert_eq!((told.tell.len(), told.everybody), (257, true));
        // Should this not be stored, it is told again.
        let stored: Outbox = serde_json::from_str(&serde_json::to_string(&outbox).unwrap()).unwrap();
        assert_eq!(stored.due_at(8, 257, &Pending::default()), Some(0));
        outbox.settle(&told, &nobody(), 100_500);
        let stored: Outbox = serde_json::from_str(&serde_json::to_string(&outbox).unwrap()).unwrap();
        assert!(stored.large);
        assert_eq!(outbox.round(9, &many, &nobody(), &Pending::default(), 200_000).tell, nobody());
        let told = outbox.round(9, &few, &nobody(), &Pending::default(), 100_600);
        assert_eq!((told.tell.len(), told.everybody), (256, true));
        outbox.settle(&told, &nobody(), 100_600);
        assert!(!outbox.large);
    }

    #[test]
    fn who_listens_and_is_no_member_is_told_nothing() {
        let members = users(300);
        let mut outbox = large(&members);
        let rest: BTreeSet<UserId> = members.iter().skip(1).copied().collect();
        outbox.listeners.opened(*members.iter().next().unwrap(), 1);
        assert_eq!(outbox.round(5, &rest, &nobody(), &Pending::default(), 50_000).tell, listening(&members));
    }

    #[test]
    fn a_round_that_fails_for_some_is_repeated_for_them_only() {
        let members = users(3);
        let mut outbox = Outbox::default();
        let round = outbox.round(7, &members, &nobody(), &Pending::default(), 0);
        assert_eq!(round.tell, members);
        let failed: BTreeSet<_> = members.iter().take(1).copied().collect();
        outbox.settle(&round, &failed, 0);
        assert_eq!(outbox.due_at(7, 3, &Pending::default()), None);
        assert_eq!((outbox.retry_at(), outbox.retry(7, 999)), (Some(1_000), None));
        let again = outbox.retry(7, 1_000).unwrap();
        assert_eq!((again.tell.clone(), again.everybody), (failed, false));
        outbox.settle(&again, &nobody(), 1_001);
        assert_eq!((outbox.retry_at(), outbox.lagging), (None, nobody()));
    }

    #[test]
    fn who_lags_is_passed_over_by_rounds_and_called_at_their_own_back_off() {
        let members = users(3);
        let lagging: BTreeSet<_> = members.iter().take(1).copied().collect();
        let others: BTreeSet<_> = members.iter().skip(1).copied().collect();
        let mut outbox = Outbox::default();
        let round = outbox.round(1, &members, &nobody(), &Pending::default(), 0);
        outbox.settle(&round, &lagging, 0);
        // The conversation talks on, and the one who lags is concerned too.
        for (head, now) in [(2, 100), (3, 200), (4, 300)] {
            let pending = Pending { concerned: members.clone(), ..Pending::default() };
            let round = outbox.round(head, &members, &nobody(), &pending, now);
            assert_eq!(round.tell, others);
            outbox.settle(&round, &nobody(), now);
            assert_eq!((outbox.cursor, outbox.lagging.clone()), (head, lagging.clone()));
        }
        for (at, next) in [(1_000, 3_000), (3_000, 7_000), (7_000, 15_000)] {
            assert_eq!(outbox.retry_at(), Some(at));
            let again = outbox.retry(4, at).unwrap();
            outbox.settle(&again, &lagging, at);
            assert_eq!(outbox.retry_at(), Some(next));
        }
        for now in [1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000, 6_000_000, 7_000_000] {
            let again = outbox.retry(4, now).unwrap();
            outbox.settle(&again, &lagging, now);
            assert!(outbox.retry_at().unwrap() <= now + limits::RETRY_LONGEST_MS);
        }
    }

    #[test]
    fn who_is_passed_over_while_called_again_still_lags() {
        let members = users(2);
        let lagging: BTreeSet<_> = members.iter().take(1).copied().collect();
        let mut outbox = Outbox { cursor: 4, lagging: lagging.clone(), ..Outbox::default() };
        let again = outbox.retry(4, 0).unwrap();
        let round = outbox.round(5, &members, &nobody(), &Pending::default(), 10);
        assert!(round.tell.is_disjoint(&lagging));
        outbox.settle(&again, &nobody(), 20);
        outbox.settle(&round, &nobody(), 30);
        assert_eq!((outbox.cursor, outbox.lagging.clone()), (5, lagging.clone()));
        let again = outbox.retry(5, 20 + limits::POKE_EVERY_MS).unwrap();
        // Memory is read anew while the call is under way: what is stored says that they lag.
        let stored = serde_json::to_string(&outbox).unwrap();
        let mut outbox: Outbox = serde_json::from_str(&stored).unwrap();
        outbox.settle(&again, &nobody(), 2_000);
        assert_eq!(outbox.lagging, lagging);
        let again = outbox.retry(5, 10_000).unwrap();
        outbox.settle(&again, &nobody(), 10_001);
        assert_eq!(outbox.lagging, nobody());
    }

    #[test]
    fn a_row_of_an_older_version_is_retried_at_once() {
        let row = r#"{"cursor":9,"cells":3,"lagging":["ug00000000000000000000000000"],"failures":4,"everybody_at":0}"#;
        let mut outbox: Outbox = serde_json::from_str(row).unwrap();
        assert_eq!(outbox.retry(9, 0).unwrap().tell, outbox.lagging);
    }

    #[test]
    fn who_shows_an_old_name_is_told_the_new_one() {
        let members = users(3);
        let renamed: BTreeSet<_> = members.iter().take(1).copied().collect();
        let pending = Pending { renamed: renamed.clone(), ..Pending::default() };
        let mut outbox = Outbox { cursor: 7, ..Outbox::default() };
        assert_eq!(outbox.due_at(7, 3, &pending), Some(0));
        let unseen = outbox.round(7, &members, &nobody(), &pending, 0);
        assert_eq!((unseen.tell, unseen.everybody), (nobody(), false));
        let shown = outbox.round(7, &members, &renamed, &pending, 0);
        assert_eq!((shown.tell.clone(), shown.everybody), (members, true));
        outbox.settle(&shown, &nobody(), 0);
        assert_eq!(outbox.due_at(7, 3, &Pending::default()), None);
    }

    #[test]
    fn in_a_large_conversation_a_new_name_waits_for_everybodys_turn() {
        let members = users(300);
        let renamed: BTreeSet<_> = members.iter().take(1).copied().collect();
        let pending = Pending { renamed: renamed.clone(), ..Pending::default() };
        let mut outbox = Outbox { cursor: 7, everybody_at: 100_000, ..large(&members) };
        let early = outbox.round(7, &members, &renamed, &pending, 100_500);
        assert_eq!((early.tell.len(), early.everybody), (0, false));
        outbox.settle(&early, &nobody(), 100_500);
        let due = outbox.due_at(7, 300, &Pending::default()).unwrap();
        assert_eq!(due, 100_000 + limits::POKE_LARGE_EVERY_MS);
        assert_eq!(outbox.round(7, &members, &nobody(), &Pending::default(), due).tell, listening(&members));
    }

    #[test]
    fn a_large_conversation_tells_the_concerned_at_once_and_everybody_later() {
        let members = users(300);
        let mut outbox = Outbox { everybody_at: 100_000, ..large(&members) };
        let concerned = members.iter().take(2).copied().collect();
        let pending = Pending { concerned, ..Pending::default() };
        let round = outbox.round(5, &members, &nobody(), &pending, 100_500);
        assert_eq!((round.tell.len(), round.everybody), (2, false));
        outbox.settle(&round, &nobody(), 100_500);
        let due = outbox.due_at(5, 300, &Pending::default()).unwrap();
        assert_eq!(due, 100_000 + limits::POKE_LARGE_EVERY_MS);
        let later = outbox.round(5, &members, &nobody(), &Pending::default(), due);
        assert_eq!((later.tell, later.everybody), (listening(&members), true));
    }

    fn wishing(outbox: &mut Outbox, users: impl IntoIterator<Item = UserId>) {
        outbox.everything = Everything::new(users.into_iter().map(|user| (user, Wish { version: 1, on: true })));
    }

    #[test]
    fn who_wants_everything_hears_of_each_event_once_and_at_once() {
        let members = users(300);
        let mut outbox = Outbox { cursor: 4, everybody_at: 100_000, ..large(&members) };
        let some: BTreeSet<_> = members.iter().skip(200).take(3).copied().collect();
        wishing(&mut outbox, some.iter().copied().chain([UserId::parse("ug0zzzzzzzzzzzzzzzzzzzzzzzzz").unwrap()]));
        assert_eq!(outbox.due_at(5, 300, &Pending::default()), Some(0));
        let round = outbox.round(5, &members, &nobody(), &Pending::default(), 100_500);
        assert_eq!((round.tell.clone(), round.everybody, round.everything), (some.clone(), false, true));
        // Should this not be stored, they are told again.
        assert_eq!(outbox.round(5, &members, &nobody(), &Pending::default(), 100_500), round);
        outbox.settle(&round, &nobody(), 100_500);
        let due = outbox.due_at(5, 300, &Pending::default()).unwrap();
        assert_eq!(due, 100_000 + limits::POKE_LARGE_EVERY_MS);
        // Somebody read, nothing was said.
        let reader = Pending { readers: members.iter().take(1).copied().collect(), ..Pending::default() };
        let quiet = outbox.round(5, &members, &nobody(), &reader, 101_500);
        assert!(!quiet.everything && quiet.tell.is_disjoint(&some));
        let everybody = outbox.round(5, &members, &nobody(), &Pending::default(), due);
        assert_eq!(everybody.tell, listening(&members).union(&some).copied().collect());
        outbox.settle(&everybody, &nobody(), due);
        assert_eq!(outbox.due_at(5, 300, &Pending::default()), None);
        // Who says no more hears no more.
        outbox.everything.put(*some.iter().next().unwrap(), Wish { version: 2, on: false });
        assert_eq!(outbox.round(6, &members, &nobody(), &Pending::default(), due + 1).tell.len(), 2);
    }

    #[test]
    fn of_too_many_who_want_everything_all_hear_when_the_listeners_do() {
        let members = users(400);
        let mut outbox = Outbox { cursor: 4, everybody_at: 100_000, ..large(&members) };
        wishing(&mut outbox, members.iter().take(limits::SMALL_CONVERSATION + 1).copied());
        let due = outbox.due_at(5, 400, &Pending::default()).unwrap();
        assert_eq!(due, 100_000 + limits::POKE_LARGE_EVERY_MS);
        assert_eq!(outbox.round(5, &members, &nobody(), &Pending::default(), due - 1).tell, nobody());
        assert_eq!(outbox.round(5, &members, &nobody(), &Pending::default(), due).tell.len(), 257);
    }

    #[test]
    fn in_a_small_conversation_a_wish_changes_nothing() {
        let members = users(256);
        let mut outbox = Outbox { cursor: 5, ..Outbox::default() };
        wishing(&mut outbox, members.iter().take(3).copied());
        assert_eq!(outbox.due_at(5, 256, &Pending::default()), None);
        let round = outbox.round(6, &members, &nobody(), &Pending::default(), 0);
        assert_eq!(round.tell, members);
        outbox.settle(&round, &nobody(), 0);
        assert_eq!(outbox.everything_told, 0);
    }

    #[test]
    fn those_too_many_for_one_round_are_told_by_the_next_ones_each_once() {
        let members = users(limits::ROUND_ACCOUNTS * 2 + 7);
        let pending = Pending { everyone: true, ..Pending::default() };
        let mut outbox = large(&members);
        let mut told = BTreeSet::new();
        let round = outbox.round(5, &members, &nobody(), &pending, 1_000);
        assert_eq!((round.tell.len(), round.everybody), (limits::ROUND_ACCOUNTS, true));
        told.extend(round.tell.iter().copied());
        let failed: BTreeSet<_> = round.tell.iter().take(1).copied().collect();
        outbox.settle(&round, &failed, 1_001);
        assert_eq!((outbox.cursor, outbox.due_at(5, members.len(), &Pending::default())), (5, None));
        // What is stored says who is left, should the process die here.
        let mut outbox: Outbox = serde_json::from_str(&serde_json::to_string(&outbox).unwrap()).unwrap();
        for (now, most) in [(1_500, limits::ROUND_ACCOUNTS), (1_600, 7)] {
            assert_eq!(outbox.retry_at(), Some(0));
            let next = outbox.retry(5, now).unwrap();
            assert_eq!((next.tell.len(), next.large), (most, true));
            assert!(next.tell.is_disjoint(&told), "nobody is told twice");
            told.extend(next.tell.iter().copied());
            outbox.settle(&next, &nobody(), now);
        }
        assert_eq!(told, members);
        assert_eq!((outbox.lagging.clone(), outbox.retry_at()), (failed, Some(2_001)));
    }

    #[test]
    fn a_mention_of_everyone_is_told_to_everybody_at_once_however_many_there_are() {
        let members = users(300);
        let mut outbox = Outbox { everybody_at: 100_000, ..large(&members) };
        let quiet = Pending::default();
        assert!(!outbox.round(5, &members, &BTreeSet::new(), &quiet, 100_500).everybody);
        let pending = Pending { everyone: true, ..Pending::default() };
        assert_eq!(outbox.due_at(5, members.len(), &pending), Some(0));
        let round = outbox.round(5, &members, &BTreeSet::new(), &pending, 100_500);
        assert_eq!((round.tell.len(), round.everybody), (300, true));
    }
}
