//! Large conversations tell an account only what concerns its user, and what happens while an inbox of theirs is open. What happened before that
//! is asked for here: when an inbox is opened, and before the first page of the list.

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::select;
use quipu_schema::ids::ConversationId;
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity, News};
use quipu_schema::limits;
use quipu_store::account;

use super::{Account, attachment};
use crate::names;
use crate::platform::{Socket, now_ms};
use crate::stub::read_answer;

/// Where asking stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asking {
    /// It is being done.
    busy: bool,
    /// And to be done once more: an inbox was opened meanwhile.
    again: bool,
    /// When it last began, Unix milliseconds.
    at_ms: u64,
}

impl Account {
    /// Whether an inbox is open.
    pub(super) fn is_open(&self) -> bool {
        let now = now_ms();
        let sockets = self.object.get_websockets();
        let mut kept = sockets.iter().filter_map(|socket| attachment(&Socket::of(socket)));
        kept.any(|kept| kept.greeted && !kept.gone && kept.identity.expires_at * 1000 > now)
    }

    /// An inbox was opened: asks in the background, at most once a second.
    pub(super) fn catch_up(self: &Rc<Self>, identity: &Identity) {
        let asking = self.asking.get();
        if asking.busy {
            self.asking.set(Asking { again: true, ..asking });
            return;
        }
        if self.large().is_empty() {
            return;
        }
        self.asking.set(Asking { busy: true, ..asking });
        let (account, identity) = (Rc::clone(self), identity.clone());
        self.object.wait_until(async move {
            loop {
                let wait = limits::POKE_EVERY_MS.saturating_sub(now_ms().saturating_sub(account.asking.get().at_ms));
                if wait > 0 && account.asking.get().at_ms > 0 {
                    worker::Delay::from(Duration::from_millis(wait)).await;
                }
                account.asking.set(Asking { busy: true, again: false, at_ms: now_ms() });
                account.ask_all(&identity).await;
                let asking = account.asking.get();
                account.asking.set(Asking { busy: asking.again, ..asking });
                if !asking.again {
                    return;
                }
            }
        });
    }

    /// Somebody opens the list without an inbox: asks, unless that was done of late.
    pub(super) async fn ask_before_a_page(self: &Rc<Self>, identity: &Identity) {
        let (asking, now) = (self.asking.get(), now_ms());
        if asking.busy || asking.at_ms + limits::POKE_LARGE_EVERY_MS > now || self.large().is_empty() {
            return;
        }
        self.asking.set(Asking { at_ms: now, ..asking });
        let asked = pin!(self.ask_all(identity));
        // The list does not wait for those that are late, however many.
        let late = pin!(worker::Delay::from(Duration::from_millis(limits::POKE_TIMEOUT_MS)));
        select(asked, late).await;
    }

    fn large(&self) -> Vec<ConversationId> {
        let read = || {
            if !self.exists()? {
                return Ok(Vec::new());
            }
            self.migrate()?;
            account::large(&self.sql, limits::INBOX_ASKED)
        };
        read().unwrap_or_else(|error| {
            worker::console_error!("{{\"event\":\"large_failed\",\"error\":{:?}}}", error.to_string());
            Vec::new()
        })
    }

    async fn ask_all(self: &Rc<Self>, identity: &Identity) {
        let calls = self.large().into_iter().map(|conv| self.ask_one(identity, conv));
        let mut answers = futures_util::stream::iter(calls).buffer_unordered(limits::POKES_IN_FLIGHT);
        while let Some(answer) = answers.next().await {
            // One that does not answer is asked again with the next inbox; one that refuses has told, or tells, why.
            let Ok(Some(news)) = answer else { continue };
            if let Err(rejection) = self.take(&news) {
                worker::console_error!("{{\"event\":\"large_failed\",\"error\":{:?}}}", rejection.code.as_str());
            }
        }
    }

    async fn ask_one(&self, identity: &Identity, conv: ConversationId) -> worker::Result<Option<News>> {
        let op = ConversationOp::News { open: self.is_open() };
        let call = ConversationCall { conv, identity: identity.clone(), op };
        let stub = names::conversation(&self.env, &identity.app, conv)?;
        let answer = stub.call_within(&call, limits::POKE_TIMEOUT_MS).await?;
        Ok(if answer.status() < 300 { Some(read_answer(&answer).await?) } else { None })
    }
}
