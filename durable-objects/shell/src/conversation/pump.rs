//! The outbox: telling accounts what happened here, coalesced to once a second. Runs after the commit; should the process die, the alarm runs it again.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use quipu_core::outbox::{Pending, Round};
use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::{ConversationKind, UserId};
use quipu_schema::inbox::{LastLine, Peer};
use quipu_schema::internal::{AccountOp, News};
use quipu_schema::limits;
use quipu_schema::socket::Cell;
use quipu_store::conversation::commit::{CellWrite, settle};
use quipu_store::conversation::history;
use quipu_store::sql::StoreError;

use super::Shared;
use super::live::Live;
use crate::names;
use crate::platform::now_ms;

/// One round, ready to be sent.
struct Sending {
    app: String,
    round: Round,
    news: Vec<(UserId, News)>,
    cells_version: u64,
}

impl Shared {
    /// Pumps in the background, unless it is being done.
    pub(super) fn pump(self: &Rc<Self>) {
        if self.pumping.get() || !matches!(self.with(|live| live.has_news()), Ok(true)) {
            return;
        }
        let shared = Rc::clone(self);
        self.object.wait_until(async move { shared.pump_now().await });
    }

    /// Pumps until nothing is due, or until a round fails; then the alarm tries again.
    pub(super) async fn pump_now(self: &Rc<Self>) {
        if self.pumping.replace(true) {
            return;
        }
        while matches!(self.with(|live| live.has_news()), Ok(true)) {
            let wait = limits::POKE_EVERY_MS.saturating_sub(now_ms().saturating_sub(self.pumped_ms.get()));
            if wait > 0 && self.pumped_ms.get() > 0 {
                worker::Delay::from(Duration::from_millis(wait)).await;
            }
            let now = now_ms();
            self.pumped_ms.set(now);
            let sending = match self.with(|live| self.next_round(live, now)) {
                Ok(Ok(Some(sending))) => sending,
                Ok(Err(error)) => {
                    worker::console_error!("{{\"event\":\"outbox_failed\",\"error\":{:?}}}", error.to_string());
                    break;
                }
                Ok(Ok(None)) | Err(_) => break,
            };
            let failed = self.send(&sending).await;
            let failures = !failed.is_empty();
            let settled = self.with(|live| self.settle(live, &sending, failed));
            if !matches!(settled, Ok(Ok(()))) {
                // Memory is ahead of the disk: read it again. Accounts take the same news twice.
                self.forget();
            }
            if failures || !matches!(settled, Ok(Ok(()))) {
                let back_off = self.with(|live| live.outbox.back_off_ms()).unwrap_or(limits::OUTBOX_ALARM_MS);
                self.ring_by(now_ms() + back_off);
                break;
            }
        }
        self.pumping.set(false);
    }

    fn next_round(self: &Rc<Self>, live: &mut Live, now: u64) -> Result<Option<Sending>, StoreError> {
        if live.unborn || !live.has_news() {
            return Ok(None);
        }
        let members: BTreeSet<UserId> = live.state.active().map(|(user, _)| *user).collect();
        let round = live.outbox.round(live.state.seq, &members, &live.pending, now);
        if round.tell.is_empty() && !round.everybody && live.unwritten.is_empty() {
            // A large conversation whose others are not due yet: the alarm tells them, so that no timer keeps the object awake.
            self.ring_by(live.outbox.everybody_at + limits::POKE_LARGE_EVERY_MS);
            return Ok(None);
        }
        let last = self.last_line(live)?;
        live.pending = Pending::default();
        let news = round.tell.iter().filter_map(|user| Some((*user, news(live, *user, last.as_ref())?))).collect();
        Ok(Some(Sending { app: live.birth.app.clone(), round, news, cells_version: live.cells_version }))
    }

    /// Tells accounts, a few at a time. Returns those that could not be told.
    async fn send(self: &Rc<Self>, sending: &Sending) -> BTreeSet<UserId> {
        let calls = sending.news.iter().map(|(user, news)| async {
            let told = self.tell(&sending.app, *user, news).await.unwrap_or(false);
            (*user, told)
        });
        futures_util::stream::iter(calls)
            .buffer_unordered(limits::POKES_IN_FLIGHT)
            .filter_map(|(user, told)| async move { (!told).then_some(user) })
            .collect()
            .await
    }

    async fn tell(&self, app: &str, user: UserId, news: &News) -> worker::Result<bool> {
        let op = AccountOp::Poke { user, news: Box::new(news.clone()) };
        Ok(names::account(&self.env, app, user)?.call(&op).await?.status() < 300)
    }

    fn settle(self: &Rc<Self>, live: &mut Live, sending: &Sending, failed: BTreeSet<UserId>) -> Result<(), StoreError> {
        live.outbox.settle(&sending.round, failed, now_ms());
        live.outbox.cells = live.outbox.cells.max(sending.cells_version);
        let quiet = live.cells_version == sending.cells_version;
        let unwritten = std::mem::take(&mut live.unwritten);
        let mut receipts: Vec<CellWrite> = Vec::with_capacity(unwritten.len());
        for user in unwritten {
            let cell = Cell::Receipt(live.state.receipts.of(user));
            receipts.push(live.next_cell(cell));
        }
        if quiet {
            // What is written now follows from events that were told; a waking need not tell it again.
            live.outbox.cells = live.cells_version;
        }
        settle(&self.sql, &live.outbox, &receipts, live.state.seq)
    }

    fn last_line(&self, live: &Live) -> Result<Option<LastLine>, StoreError> {
        let Some((envelope, content)) = history::last_line(&self.sql, live.state.seq)? else { return Ok(None) };
        let envelope: Envelope = serde_json::from_str(&envelope)?;
        let newest = match (&envelope.kind, content) {
            (EventType::MessageCreated, Some(content)) => {
                Some(history::newest_content(&self.sql, envelope.seq)?.unwrap_or(content))
            }
            _ => None,
        };
        let preview = match newest.map(|text| serde_json::from_str::<Content>(&text)).transpose()? {
            Some(Content::Text(text)) => Some(text.text.chars().take(limits::PREVIEW_CHARS).collect()),
            _ => None,
        };
        Ok(Some(LastLine {
            seq: envelope.seq,
            kind: envelope.kind,
            actor: envelope.actor,
            actor_name: live.profile(envelope.actor).name,
            preview,
        }))
    }
}

/// What one account hears. `None` for somebody who never was a member.
fn news(live: &Live, user: UserId, last: Option<&LastLine>) -> Option<News> {
    let state = &live.state;
    let about = state.about.as_ref()?;
    let member = state.members.get(&user)?;
    // Who went is told so, and nothing of what follows: not even that a message mentioned them.
    let told = member.visible.closed_at().is_some_and(|left| left <= live.outbox.cursor);
    if !member.active && told && !live.outbox.lagging.contains(&user) {
        return None;
    }
    let receipt = state.receipts.of(user);
    let peer = match about.kind {
        ConversationKind::Direct => state.peer(&user).map(|(other, peer)| {
            let profile = live.profile(*other);
            Peer { user: *other, subject: peer.subject.clone(), name: profile.name, picture: profile.picture }
        }),
        ConversationKind::Group => None,
    };
    let last = last.filter(|last| member.active && member.visible.shows(last.seq)).cloned();
    Some(News {
        conv: state.conv,
        kind: about.kind,
        epoch: state.epoch,
        seq: state.seq,
        n: state.n,
        at: state.at,
        member: member.active,
        role: member.role,
        name: if member.active { about.info.name.clone() } else { None },
        avatar: if member.active { about.info.avatar.clone() } else { None },
        peer,
        last,
        read_seq: receipt.read,
        read_n: receipt.read_n,
    })
}
