//! How polls stand: pages of it, and telling sockets. Votes gather before they are told, so that a burst of them costs each socket a frame, and not a
//! frame a vote. What moved is kept beside [`Live`], which may be dropped in between.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use quipu_core::batch::Effect;
use quipu_core::polls::Choices;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::poll::{PollResults, PollsPage, PollsSignal, VotesPage};
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::socket::ServerFrame;
use quipu_store::conversation::polls;
use quipu_store::sql::StoreError;
use wasm_bindgen::JsValue;

use super::Shared;
use super::live::Live;
use crate::platform::now_ms;

type Answer<T> = Result<T, Rejection>;

/// Polls that moved since sockets were last told, and whether somebody waits to tell them.
#[derive(Default)]
pub(super) struct Moved {
    seqs: RefCell<BTreeSet<u64>>,
    waiting: Cell<bool>,
}

impl Shared {
    /// Polls as a member sees them.
    pub(super) fn polls(&self, live: &Live, user: UserId, seqs: &[u64]) -> Answer<PollsPage> {
        live.must_be_member(user)?;
        let visible = live.sight(&self.sql, user)?;
        let asked: BTreeSet<u64> = seqs.iter().copied().take(limits::POLLS_ASKED).collect();
        Ok(PollsPage { polls: polls::read(&self.sql, &visible, user, &Vec::from_iter(asked))? })
    }

    /// Who voted for what, of those of whom the reader is told at all.
    pub(super) fn votes(
        &self,
        live: &Live,
        user: UserId,
        (seq, option): (u64, Option<u64>),
        (after, limit): (Option<UserId>, usize),
    ) -> Answer<VotesPage> {
        let poll = self.polls(live, user, &[seq])?.polls.pop();
        let terms = poll.map(|poll| poll.terms).ok_or_else(|| {
            Rejection::new(Code::MessageNotFound, format!("There is no poll {seq} that you can read."))
        })?;
        if terms.anonymous {
            return Err(Code::PollAnonymous.into());
        }
        let limit = limit.clamp(1, limits::LIST_ITEMS);
        let mut votes = polls::votes(&self.sql, (seq, option), after, limit + 1)?;
        let more = votes.len() > limit;
        votes.truncate(limit);
        let next = votes.last().filter(|_| more).map(|vote| vote.user);
        votes.retain(|vote| live.state.tells_of(&user, &vote.user));
        Ok(VotesPage { votes, next })
    }

    /// Tells those who voted at once, with their own choice, and everybody soon: at once where nothing was told of late.
    pub(super) fn tell_polls_soon(self: &Rc<Self>, live: &mut Live, effects: &[Effect]) {
        let mut voted: Vec<(u64, UserId, Choices)> = Vec::new();
        for effect in effects {
            match effect {
                Effect::Voted { poll, user, now, .. } => voted.push((*poll, *user, *now)),
                Effect::PollClosed { poll, .. } => drop(self.polls.seqs.borrow_mut().insert(*poll)),
                Effect::PollErased { poll } => {
                    self.polls.seqs.borrow_mut().remove(poll);
                    voted.retain(|(voted, ..)| voted != poll);
                }
                _ => {}
            }
        }
        self.polls.seqs.borrow_mut().extend(voted.iter().map(|(poll, ..)| *poll));
        if let Err(error) = self.tell_voters(live, &voted) {
            worker::console_error!("{{\"event\":\"polls_failed\",\"error\":{:?}}}", error.to_string());
        }
        if self.polls.seqs.borrow().is_empty() || self.polls.waiting.replace(true) {
            return;
        }
        self.tell_polls(live);
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            loop {
                worker::Delay::from(Duration::from_millis(limits::POLLS_EVERY_MS)).await;
                // Whatever failed is told with what moves next.
                let told = shared.with(|live| shared.tell_polls(live)).unwrap_or(false);
                if !told {
                    shared.polls.waiting.set(false);
                    return;
                }
            }
        });
    }

    fn tell_voters(&self, live: &mut Live, voted: &[(u64, UserId, Choices)]) -> Result<(), StoreError> {
        if voted.is_empty() || live.connections.len() == 0 {
            return Ok(());
        }
        let polls: BTreeSet<u64> = voted.iter().map(|(poll, ..)| *poll).collect();
        let tallies = polls::tallies(&self.sql, &Vec::from_iter(polls))?;
        for (index, (poll, user, choices)) in voted.iter().enumerate() {
            // Who voted twice in this batch is told the last of it.
            let later = voted.iter().skip(index + 1).any(|(other, voter, _)| (other, voter) == (poll, user));
            let Some((_, tally)) = tallies.iter().find(|(seq, _)| seq == poll).filter(|_| !later) else { continue };
            let text = frame(vec![tally.clone().results(*poll, Some(*choices))]);
            live.connections.send_to(*user, &text, now_ms());
        }
        Ok(())
    }

    /// Tells every socket how the polls stand that moved. Whether there was anything to tell.
    fn tell_polls(&self, live: &mut Live) -> bool {
        let moved = std::mem::take(&mut *self.polls.seqs.borrow_mut());
        if moved.is_empty() {
            return false;
        }
        let tallies = match polls::tallies(&self.sql, &Vec::from_iter(moved)) {
            Ok(tallies) => tallies,
            Err(error) => {
                worker::console_error!("{{\"event\":\"polls_failed\",\"error\":{:?}}}", error.to_string());
                return true;
            }
        };
        let results: Vec<PollResults> = tallies.into_iter().map(|(seq, tally)| tally.results(seq, None)).collect();
        if results.is_empty() {
            return true;
        }
        let now = now_ms();
        let all = JsValue::from_str(&frame(results.clone()));
        let Live { state, connections, .. } = live;
        for (_, connection) in connections.iter_mut() {
            let valid = connection.said_hello() && connection.attachment.identity.expires_at * 1000 > now;
            let Some(member) = state.member(&connection.user()).filter(|_| valid) else { continue };
            let seen = || results.iter().filter(|poll| member.visible.shows(poll.seq));
            let _ = match seen().count() {
                0 => Ok(()),
                count if count == results.len() => connection.socket.send(&all).map(drop),
                _ => connection.socket.send(&JsValue::from_str(&frame(seen().cloned().collect()))).map(drop),
            };
        }
        true
    }
}

fn frame(polls: Vec<PollResults>) -> String {
    serde_json::to_string(&ServerFrame::Polls(PollsSignal { polls })).unwrap_or_default()
}
