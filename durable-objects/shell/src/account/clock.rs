//! The one alarm of the object: only ever moved earlier, or armed when none is.

use std::rc::Rc;

use quipu_core::alarm::Alarm;
use wasm_bindgen_futures::JsFuture;

use super::Account;
use crate::platform::now_ms;

impl Account {
    /// Makes sure the alarm rings at `at_ms` or before. Joins the turn's commit.
    pub(super) fn ring_by(self: &Rc<Self>, at_ms: u64) {
        let mut alarm = self.alarm.borrow_mut();
        let unknown = alarm.is_none();
        let known = alarm.get_or_insert_with(Alarm::default);
        if unknown {
            // An earlier life may have armed one, which must not be moved later. Asked now: later it would be the one that is set here.
            self.recall_alarm(known);
        }
        self.arm(known.ring_by(at_ms, now_ms()));
    }

    /// The same, but asks first what an earlier life has armed, so that nothing is armed in vain. What must not be lost with this turn needs
    /// [`Self::ring_by`].
    pub(super) fn ring_about(self: &Rc<Self>, at_ms: u64) {
        if self.alarm.borrow().is_some() {
            self.ring_by(at_ms);
            return;
        }
        let object = Rc::clone(self);
        let asked = self.sql.storage().get_alarm();
        self.object.wait_until(async move {
            let armed = JsFuture::from(asked).await.ok().and_then(|armed| armed.as_f64());
            object.alarm.borrow_mut().get_or_insert_with(|| {
                let mut known = Alarm::default();
                if let Some(armed) = armed {
                    known.recalled(known.recall(), armed as u64);
                }
                known
            });
            object.ring_by(at_ms);
        });
    }

    fn recall_alarm(self: &Rc<Self>, known: &Alarm) {
        let object = Rc::clone(self);
        let asked = self.sql.storage().get_alarm();
        let recall = known.recall();
        self.object.wait_until(async move {
            let Ok(armed) = JsFuture::from(asked).await else { return };
            let Some(armed) = armed.as_f64().map(|armed| armed as u64) else { return };
            let arm = object.alarm.borrow_mut().as_mut().and_then(|alarm| alarm.recalled(recall, armed));
            object.arm(arm);
        });
    }

    fn arm(&self, at_ms: Option<u64>) {
        if let Some(at_ms) = at_ms {
            // The promise resolves when the write is durable; nothing here depends on it.
            drop(self.sql.storage().set_alarm(at_ms as f64));
        }
    }

    /// The alarm rang: conversations that could not be told of the profile, of a block, or of a level, are told again, so is the directory, and presence may
    /// have changed by silence.
    pub fn alarm(self: &Rc<Self>) {
        self.alarm.borrow_mut().get_or_insert_with(Alarm::default).rang();
        self.present_again();
        self.tell_blocks_again();
        self.tell_levels_again();
        self.sign_out_again();
        self.list();
        self.look();
    }
}
