//! The one alarm of the object, shared: silent sockets, expired tokens, an outbox that was not confirmed.
//!
//! The alarm is only ever moved earlier or armed when none is; it is not disarmed. It rings at most once more than needed after each burst of activity.

use std::rc::Rc;

use quipu_schema::limits;
use quipu_schema::problem::{CloseCode, Code};

use wasm_bindgen_futures::JsFuture;

use super::Shared;
use super::connections::Position;
use crate::platform::now_ms;

impl Shared {
    /// Makes sure the alarm rings at `at_ms` or before. Joins the turn's commit.
    pub(super) fn ring_by(&self, at_ms: u64) {
        let arm = self.alarm.borrow_mut().ring_by(at_ms, now_ms());
        self.arm(arm);
    }

    fn arm(&self, at_ms: Option<u64>) {
        if let Some(at_ms) = at_ms {
            // The promise resolves when the write is durable; nothing here depends on it.
            drop(self.sql.storage().set_alarm(at_ms as f64));
        }
    }

    /// Learns, once per waking, of an alarm that an earlier life of this object armed, so that it is not moved later.
    pub(super) fn recall_alarm(self: &Rc<Self>) {
        let shared = Rc::clone(self);
        // Asked now, not when the task is first polled: by then this turn may have set another.
        let asked = self.sql.storage().get_alarm();
        let recall = self.alarm.borrow().recall();
        self.object.wait_until(async move {
            let Ok(armed) = JsFuture::from(asked).await else { return };
            let Some(armed) = armed.as_f64().map(|armed| armed as u64) else { return };
            let arm = shared.alarm.borrow_mut().recalled(recall, armed);
            shared.arm(arm);
        });
    }

    /// The alarm rang.
    pub(super) fn rang(self: &Rc<Self>) {
        self.alarm.borrow_mut().rang();
        let now = now_ms();
        let next = self.with(|live| {
            live.connections.close_where(CloseCode::HelloTimeout, |connection| {
                connection.attachment.position == Position::Silent
                    && connection.attachment.opened_ms + limits::HELLO_MS <= now
            });
            live.connections.close_where(CloseCode::TokenExpired, |connection| {
                connection.attachment.identity.expires_at * 1000 <= now
            });
            live.connections.close_where(CloseCode::Slow, |connection| {
                connection.stalled_ms.is_some_and(|since| since + limits::SLOW_MS <= now)
            });
            live.connections
                .iter_mut()
                .map(|(_, connection)| {
                    let expires_ms = connection.attachment.identity.expires_at * 1000;
                    match (connection.attachment.position, connection.stalled_ms) {
                        (Position::Silent, _) => connection.attachment.opened_ms + limits::HELLO_MS,
                        (_, Some(since)) => expires_ms.min(since + limits::SLOW_MS),
                        (_, None) => expires_ms,
                    }
                })
                .min()
        });
        match next {
            // Coarse: sockets that expire close together share a ring.
            Ok(Some(next)) => self.ring_by(next.max(now + 1_000)),
            Ok(None) => {}
            Err(rejection) if rejection.code == Code::ConversationNotFound => return,
            // Storage did not answer; what there is to do is not known.
            Err(_) => self.ring_by(now + limits::OUTBOX_ALARM_MS),
        }
        let work = self.with(|live| {
            let at = live.news_at().or(live.outbox.retry_at()).or_else(|| live.listing_at());
            let spaces = live.telling_at().is_some() || live.departures.due_at(&live.state).is_some();
            at.is_some() || spaces || !live.previews.due.is_empty()
        });
        let telling = self.listing.get() || self.telling_spaces.get() || self.telling_departures.get();
        if self.pumping.get() || self.retrying.get() || telling || matches!(work, Ok(true)) {
            // What goes on after this handler may die with the process; then there must be an alarm left.
            self.ring_by(now + limits::OUTBOX_ALARM_MS);
        }
        self.pump();
        self.retry();
        self.look_at_links();
        self.list();
        self.tell_spaces();
        self.tell_departures();
    }
}
