//! Pages that messages link to: looked at in the background, one after the other, after the message is durable. Which are still to be looked at is
//! kept with the messages, so that a crash repeats a look and never drops one; what was found is committed together with that it was.

use std::rc::Rc;

use quipu_core::batch::{Batch, Effect};
use quipu_core::previews::{Looked, Previews};
use quipu_schema::problem::Rejection;
use quipu_store::conversation::previews;

use super::Shared;
use crate::platform::now_ms;

impl Shared {
    /// Which links are still to be looked at after a batch, where that changes.
    pub(super) fn still_to_look(&self, before: &Previews, batch: &Batch, looked: &[Looked]) -> Option<Previews> {
        let linked: Vec<(u64, u64)> = batch
            .effects
            .iter()
            .filter(|_| self.deployment.previews())
            .filter_map(|effect| match effect {
                Effect::Linked { target, version } => Some((*target, *version)),
                _ => None,
            })
            .collect();
        if linked.is_empty() && looked.is_empty() {
            return None;
        }
        Some(before.with(looked, linked.into_iter()))
    }

    /// Looks at what is to be looked at, in the background, unless it is being done.
    pub(super) fn look_at_links(self: &Rc<Self>) {
        let due = || matches!(self.with(|live| !live.previews.due.is_empty()), Ok(true));
        if self.looking.get() || !self.deployment.previews() || !due() {
            return;
        }
        self.looking.set(true);
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            // What is left where storage does not answer the alarm goes on with.
            let _ = shared.look_at_all().await;
            shared.looking.set(false);
        });
    }

    async fn look_at_all(self: &Rc<Self>) -> Result<(), Rejection> {
        while let Some(seq) = self.with(|live| self.next_to_look(live))?? {
            let asked = self.with(|_| previews::asked(&self.sql, seq, now_ms()))??;
            let (version, found) = match asked {
                Some(asked) => (asked.version, self.deployment.look(asked.url).await),
                None => (u64::MAX, None),
            };
            self.queue.borrow_mut().looked(Looked { seq, version, found });
            self.stored().await?;
        }
        Ok(())
    }

    /// What an earlier life left is counted before it is tried again: a page that ends the process must not end it for ever.
    fn next_to_look(&self, live: &mut super::live::Live) -> Result<Option<u64>, Rejection> {
        if std::mem::take(&mut live.previews_left) {
            let again = live.previews.again();
            previews::keep(&self.sql, &again)?;
            live.previews = again;
        }
        Ok(live.previews.due.first().map(|due| due.seq))
    }
}
