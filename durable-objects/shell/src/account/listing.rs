//! Telling the directory of people what the user is in it. Runs beside what changed it, gathered; what was told is kept, and an alarm stands until it
//! was taken, so that a crash repeats a telling and never drops one. Nothing here is on the way of a message.

use std::rc::Rc;

use quipu_core::listing::{self as decide, Telling};
use quipu_core::rate::Bucket;
use quipu_schema::directory::{DirectorySettings, KeptListing, PatchDirectory};
use quipu_schema::internal::{Identity, Metered};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::profile::KeptProfile;
use quipu_store::sql::StoreError;
use quipu_store::{listing, people, profile};

use super::{Account, Answer};
use crate::directory::{self, Directory};
use crate::platform::now_ms;

impl Account {
    pub(super) fn directory_settings(&self) -> Answer<DirectorySettings> {
        let available = Directory::of(&self.env).is_some();
        let kept = if self.exists()? { listing::load(&self.sql)? } else { KeptListing::default() };
        Ok(DirectorySettings {
            available,
            listed: available && decide::is_listed(&kept, self.deployment.lists_people()),
        })
    }

    pub(super) fn set_directory(
        self: &Rc<Self>,
        identity: &Identity,
        patch: PatchDirectory,
    ) -> Answer<DirectorySettings> {
        let Some(listed) = patch.listed else {
            return Err(Rejection::new(Code::InvalidValue, "Say what to change: `listed`."));
        };
        if Directory::of(&self.env).is_none() {
            return Err(directory::missing());
        }
        self.migrate()?;
        let kept = listing::load(&self.sql)?;
        if kept.choice != Some(listed) {
            listing::keep(&self.sql, &KeptListing { choice: Some(listed), ..kept })?;
        }
        // Nothing may be known of them yet; this ends with telling the directory.
        self.saw(identity)?;
        self.directory_settings()
    }

    /// Counts something the user does.
    pub(super) fn spend(&self, on: Metered) -> Answer<()> {
        let now = now_ms();
        let (slot, what) = match on {
            Metered::Directory => (&self.directory_questions, "ask the directory"),
            Metered::Joins => (&self.joins, "join channels"),
        };
        let mut bucket = slot.borrow_mut();
        let bucket = bucket.get_or_insert_with(|| Bucket::of(on, now));
        bucket.take(now).map_err(|wait| {
            Rejection::retry_after(Code::RateLimited, format!("You {what} too often; try again in {wait} ms."), wait)
        })
    }

    /// Somebody of whom nothing is known yet is found by what their token says, where those are found who chose nothing.
    pub(super) fn welcome(&self, identity: &Identity) -> Answer<()> {
        let linked = identity.device.as_ref().is_some_and(|device| device.linked);
        let found = self.deployment.lists_people() && identity.name.is_some() && !linked;
        if found && !self.exists()? && Directory::of(&self.env).is_some() {
            self.migrate()?;
        }
        Ok(())
    }

    /// Tells the directory in the background what there is to tell, unless it is being done, or arms the alarm for the time to do it.
    pub(super) fn list(self: &Rc<Self>) {
        if self.listing.get() {
            return;
        }
        let Some(directory) = Directory::of(&self.env) else { return };
        let now = now_ms();
        let due = self.telling().map(|telling| telling.and_then(|(kept, _, telling)| decide::due_at(&kept, &telling)));
        match due {
            Ok(None) => return,
            Ok(Some(at)) if at > now => return self.ring_by(at),
            // Should the process die, the alarm is there.
            Ok(Some(_)) | Err(_) => self.ring_by(now + limits::OUTBOX_ALARM_MS),
        }
        self.listing.set(true);
        let account = Rc::clone(self);
        self.object.wait_until(async move {
            let told = account.tell_directory(&directory).await;
            account.listing.set(false);
            match told {
                // What has changed meanwhile, or when it is told again.
                Ok(()) => account.list(),
                Err(error) => {
                    worker::console_error!("{{\"event\":\"directory_failed\",\"error\":{:?}}}", error.to_string())
                }
            }
        });
    }

    /// What is kept, whose it is, and what there is to tell; `None` where nothing is known of the user.
    fn telling(&self) -> Result<Option<(KeptListing, KeptProfile, Telling)>, StoreError> {
        if !self.exists()? {
            return Ok(None);
        }
        self.migrate()?;
        let Some(profile) = profile::load(&self.sql)? else { return Ok(None) };
        let (kept, hides) = (listing::load(&self.sql)?, people::load(&self.sql)?.version);
        let telling = Telling::of(&kept, Some(&profile), self.deployment.lists_people(), hides);
        Ok(Some((kept, profile, telling)))
    }

    /// One telling. What the directory does not take is told again at its back-off.
    async fn tell_directory(&self, directory: &Directory) -> Result<(), StoreError> {
        let Some((kept, profile, telling)) = self.telling()? else { return Ok(()) };
        let kept = decide::begun(kept, now_ms());
        listing::keep(&self.sql, &kept)?;
        let hidden_from = if telling.entry.is_some() { people::blocked(&self.sql)? } else { vec![] };
        let taken = directory.put_person(&profile.app, profile.user, &telling, &hidden_from, kept.at).await;
        if let Err(error) = taken {
            worker::console_error!("{{\"event\":\"directory_failed\",\"error\":{:?}}}", error.to_string());
            return Ok(());
        }
        // Read anew: the user may have chosen otherwise meanwhile.
        listing::keep(&self.sql, &decide::taken(listing::load(&self.sql)?, &telling))
    }
}
