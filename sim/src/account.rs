//! The accounts that hear of the conversation, each on a disk of its own that forgets too.

use quipu_schema::internal::News;
use quipu_schema::limits;
use quipu_store::account::take;
use quipu_store::migrations::{ACCOUNT, migrate};
use quipu_store::sql::StoreError;

use crate::disk::Disk;
use crate::wire::Event;
use crate::world::World;

/// One account object.
pub struct Account {
    /// What it keeps.
    pub disk: Disk,
    life: u64,
    /// Answers that wait until what they say is durable: commit, ticket, the caller's life.
    waiting: Vec<(u64, u64, u64)>,
}

impl Account {
    /// An account that was never told anything.
    ///
    /// # Errors
    /// When SQLite cannot be opened.
    pub fn new() -> Result<Self, StoreError> {
        Ok(Self { disk: Disk::new()?, life: 0, waiting: Vec::new() })
    }
}

impl World {
    /// A poke in the network: it may be lost, late, repeated, and so may its answer.
    pub fn release_poke(&mut self, ticket: u64, user: usize, news: Box<News>) {
        let life = self.life;
        self.after(limits::POKE_TIMEOUT_MS, Event::Poked { life, ticket, told: false });
        if self.hostile && self.random.percent(15) {
            return;
        }
        if self.hostile && self.random.percent(15) {
            let late = self.random.between(10, 9_000);
            self.after(late, Event::Poke { ticket, user, news: news.clone() });
        }
        let delay = self.delay();
        self.after(delay, Event::Poke { ticket, user, news });
    }

    /// An account hears the news.
    pub fn poke(&mut self, ticket: u64, user: usize, news: &News) {
        let (caller, delay) = (self.life, self.random.below(30));
        let Some(account) = self.accounts.get_mut(user) else { return };
        let taken = migrate(&account.disk, ACCOUNT).and_then(|()| take(&account.disk, news));
        let taken = taken.and_then(|_| account.disk.end_turn());
        let life = account.life;
        // Without a write of its own the answer still waits for those before it.
        let wait = account.disk.gate().unwrap_or(0);
        account.waiting.push((wait, ticket, caller));
        match taken {
            Ok(_) => self.after(delay, Event::Taken { user, life, commit: wait }),
            Err(error) => self.fail(format!("an account failed: {error}")),
        }
    }

    /// An account's disk has written everything up to a commit: answers may leave.
    pub fn taken(&mut self, user: usize, life: u64, commit: u64) {
        let Some(account) = self.accounts.get_mut(user).filter(|account| account.life == life) else { return };
        account.disk.synced(commit);
        let (ready, waiting) = std::mem::take(&mut account.waiting).into_iter().partition(|(wait, ..)| *wait <= commit);
        account.waiting = waiting;
        let ready: Vec<(u64, u64, u64)> = ready;
        for (_, ticket, life) in ready {
            if !(self.hostile && self.random.percent(10)) {
                let delay = self.delay();
                self.after(delay, Event::Poked { life, ticket, told: true });
            }
        }
    }

    /// An account dies; what it had not synced it never heard.
    pub fn crash_account(&mut self, user: usize) {
        let lost = self.random.bits();
        let Some(account) = self.accounts.get_mut(user) else { return };
        let lost = usize::try_from(lost % (account.disk.at_risk() as u64 + 1)).unwrap_or(0);
        account.life += 1;
        account.waiting.clear();
        if let Err(error) = account.disk.crash(lost) {
            self.fail(error.to_string());
        }
    }
}
