//! The one alarm of the object, shared: silent sockets, expired tokens, an outbox that was not confirmed.
//!
//! The alarm is only ever moved earlier or armed when none is; it is not disarmed. It rings at most once more than needed after each burst of activity.

use std::cell::Cell;
use std::rc::Rc;

use quipu_schema::limits;
use quipu_schema::problem::CloseCode;

use wasm_bindgen_futures::JsFuture;

use super::Shared;
use super::connections::Position;
use crate::platform::now_ms;

/// When the alarm rings next, as far as this process knows.
#[derive(Default)]
pub(super) struct Alarm(Cell<Option<u64>>);

impl Shared {
    /// Makes sure the alarm rings at `at_ms` or before. Joins the turn's commit.
    pub(super) fn ring_by(&self, at_ms: u64) {
        let now = now_ms();
        if self.alarm.0.get().is_some_and(|armed| armed <= at_ms && armed > now) {
            return;
        }
        // The promise resolves when the write is durable; nothing here depends on it.
        drop(self.sql.storage().set_alarm(at_ms as f64));
        self.alarm.0.set(Some(at_ms));
    }

    /// Learns, once per waking, of an alarm that an earlier life of this object armed, so that it is not moved later.
    pub(super) fn recall_alarm(self: &Rc<Self>) {
        let shared = Rc::clone(self);
        // Asked now, not when the task is first polled: by then this turn may have set another.
        let asked = self.sql.storage().get_alarm();
        self.object.wait_until(async move {
            let Ok(armed) = JsFuture::from(asked).await else { return };
            let Some(armed) = armed.as_f64().map(|armed| armed as u64) else { return };
            match shared.alarm.0.get() {
                None => shared.alarm.0.set(Some(armed)),
                Some(set) if armed < set => shared.ring_by(armed),
                Some(_) => {}
            }
        });
    }

    /// The alarm rang.
    pub(super) async fn rang(self: &Rc<Self>) {
        self.alarm.0.set(None);
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
        if let Ok(Some(next)) = next {
            // Coarse: sockets that expire close together share a ring.
            self.ring_by(next.max(now + 1_000));
        }
        if self.pumping.get() {
            // The round under way may die with the process; then there must be an alarm left.
            self.ring_by(now + limits::OUTBOX_ALARM_MS);
        }
        self.pump_now().await;
    }
}
