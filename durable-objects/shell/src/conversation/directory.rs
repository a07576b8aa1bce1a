//! Telling the directory of public channels what this conversation is. Runs after a commit, gathered to once in ten seconds; should the process
//! die, the alarm runs it again.

use std::rc::Rc;

use quipu_core::directory::{Telling, settled};
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_store::conversation::outbox::settle_listing;

use super::Shared;
use crate::directory::Directory;
use crate::platform::now_ms;

impl Shared {
    /// Tells in the background what there is to tell, unless it is being done, or arms the alarm for the time to do it.
    pub(super) fn list(self: &Rc<Self>) {
        if self.listing.get() {
            return;
        }
        let Ok(Some(at)) = self.with(|live| live.listing_at()) else { return };
        if at > now_ms() {
            self.ring_by(at);
            return;
        }
        let Some(directory) = Directory::of(&self.env) else {
            // Nothing to tell it to, as long as this process lives.
            let _ = self.with(|live| live.listing_stale = false);
            return;
        };
        self.listing.set(true);
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            let told = shared.tell_directory(&directory).await;
            shared.listing.set(false);
            if told {
                // What has changed meanwhile.
                shared.list();
            } else {
                shared.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
            }
        });
    }

    /// One telling. False where the object itself failed; what the directory did not take is told again at its back-off.
    async fn tell_directory(self: &Rc<Self>, directory: &Directory) -> bool {
        let made = self.with(|live| (live.birth.app.clone(), live.state.conv, Telling::of(&live.state)));
        let Ok((app, conv, telling)) = made else { return false };
        let taken = directory.put(&app, conv, &telling).await;
        if let Err(error) = &taken {
            worker::console_error!("{{\"event\":\"directory_failed\",\"error\":{:?}}}", error.to_string());
        }
        let kept = self.with(|live| {
            let listed = settled(live.outbox.listed.as_ref(), &telling, taken.is_ok(), now_ms());
            live.outbox = settle_listing(&self.sql, &live.outbox, listed)?;
            Ok::<_, quipu_store::sql::StoreError>(())
        });
        match kept {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                worker::console_error!("{{\"event\":\"directory_failed\",\"error\":{:?}}}", error.to_string());
                false
            }
            Err(rejection) => rejection.code == Code::ConversationNotFound,
        }
    }
}
