//! The user's devices: listed from their tokens, named, signed out, and signed in by links.
//!
//! A device that was signed out is refused here, where the gateway asks with every request that names one. Its inbox sockets close in the same turn;
//! conversations where it opened sockets are called until each has closed them. Whoever opens a socket is admitted after it was opened: where
//! that falls before the signing out, the conversation is on the list; where it falls after, it is refused.

use std::collections::BTreeSet;
use std::rc::Rc;

use futures_util::StreamExt;
use quipu_core::device::{called, name};
use quipu_core::outbox::back_off_ms;
use quipu_core::rate::Bucket;
use quipu_schema::device::{Device, DevicesFrame, DevicesPage, LinkedSession, SignedIn};
use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::InboxServerFrame;
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity};
use quipu_schema::limits;
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_store::devices::{self, Admitted, SigningOut};
use quipu_store::sql::StoreError;

use super::{Account, Answer, Attachment, attachment, close, keep};
use crate::names;
use crate::platform::{Socket, now_ms};

impl Account {
    /// Whether the caller's device may go on.
    pub(super) fn admit_device(
        &self,
        identity: &Identity,
        agent: Option<&str>,
        conv: Option<ConversationId>,
    ) -> Answer<()> {
        let Some(SignedIn { id, linked }) = &identity.device else { return Ok(()) };
        self.migrate()?;
        match devices::admit(&self.sql, id, *linked, &called(agent), now_ms())? {
            Admitted::Revoked => return Err(Code::DeviceRevoked.into()),
            Admitted::Known => {}
            Admitted::New => self.devices_changed(),
        }
        if let Some(conv) = conv {
            devices::opened(&self.sql, id, conv)?;
        }
        Ok(())
    }

    fn devices_changed(&self) {
        self.broadcast(|| InboxServerFrame::Devices(DevicesFrame {}));
    }

    pub(super) fn devices(&self, identity: &Identity) -> Answer<DevicesPage> {
        if !self.exists()? {
            return Ok(DevicesPage { devices: vec![] });
        }
        self.migrate()?;
        let connected = self.connected();
        let devices = devices::list(&self.sql)?.into_iter().map(|device| shown(device, identity, &connected)).collect();
        Ok(DevicesPage { devices })
    }

    /// Devices that hold an inbox socket.
    fn connected(&self) -> BTreeSet<String> {
        let sockets = self.object.get_websockets();
        let open = sockets.iter().filter_map(|socket| attachment(&Socket::of(socket))).filter(|kept| !kept.gone);
        open.filter_map(|kept| kept.identity.device.map(|device| device.id)).collect()
    }

    pub(super) fn name_device(&self, identity: &Identity, id: &str, called: &str) -> Answer<Device> {
        let called = name(called)?;
        if !self.exists()? {
            return Err(Code::DeviceNotFound.into());
        }
        self.migrate()?;
        let device = devices::name(&self.sql, id, &called)?;
        self.devices_changed();
        Ok(shown(device, identity, &self.connected()))
    }

    /// Signs a device out.
    pub(super) fn revoke_device(self: &Rc<Self>, identity: &Identity, id: &str) -> Answer<()> {
        if !self.exists()? {
            return Err(Code::DeviceNotFound.into());
        }
        self.migrate()?;
        if !devices::revoke(&self.sql, id, now_ms())? {
            return Ok(());
        }
        if !devices::due(&self.sql, 1)?.is_empty() {
            let whose = SigningOut { app: identity.app.clone(), user: identity.user, failures: 0 };
            devices::keep_signing_out(&self.sql, Some(&whose))?;
            self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
            self.sign_out();
        }
        let mut last = None;
        for socket in self.object.get_websockets() {
            let socket = Socket::of(&socket);
            let Some(mut kept) = attachment(&socket).filter(|kept| !kept.gone && is_of(kept, id)) else { continue };
            // What it still says is not heard, also after hibernation.
            kept.gone = true;
            keep(&socket, &kept);
            close(&socket, CloseCode::DeviceRevoked);
            last = Some(kept).filter(|kept| kept.greeted).or(last);
        }
        if let Some(kept) = last {
            self.left(&kept)?;
            self.look();
        }
        self.devices_changed();
        Ok(())
    }

    /// Keeps a link that signs another device in. Returns when it expires, Unix milliseconds.
    pub(super) fn link_device(&self, identity: &Identity, secret_hash: &str) -> Answer<u64> {
        let now = now_ms();
        let mut links = self.links.borrow_mut();
        links.get_or_insert_with(|| Bucket::device_links(now)).take(now).map_err(|wait| {
            Rejection::retry_after(Code::RateLimited, format!("Too many links; try again in {wait} ms."), wait)
        })?;
        self.migrate()?;
        Ok(devices::put_link(&self.sql, secret_hash, identity, now)?)
    }

    /// Uses a link up.
    pub(super) fn sign_in(
        &self,
        secret_hash: &str,
        id: &str,
        agent: Option<&str>,
        lasts_ms: u64,
    ) -> Answer<LinkedSession> {
        if !self.exists()? {
            return Err(Code::DeviceLinkInvalid.into());
        }
        self.migrate()?;
        let device = (id, called(agent));
        let session = devices::sign_in(&self.sql, secret_hash, (device.0, &device.1), lasts_ms, now_ms())?;
        let session = session.ok_or(Code::DeviceLinkInvalid)?;
        self.devices_changed();
        Ok(session)
    }

    /// Whether the session of a device that was signed in by a link goes on.
    pub(super) fn renew_device(&self, identity: &Identity) -> Answer<LinkedSession> {
        let off = || Rejection::new(Code::DeviceLinksOff, "This device was not signed in by a link.");
        let device = identity.device.as_ref().filter(|device| device.linked).ok_or_else(off)?;
        let until = if self.exists()? { devices::until(&self.sql, &device.id)? } else { None };
        match until {
            Some(until) if until > now_ms() => Ok(LinkedSession { subject: identity.subject.clone(), until }),
            Some(_) => Err(Code::TokenExpired.into()),
            None => Err(Code::DeviceRevoked.into()),
        }
    }

    /// Calls in the background the conversations that are to close sockets, unless it is being done.
    fn sign_out(self: &Rc<Self>) {
        if self.signing_out.replace(true) {
            return;
        }
        let account = Rc::clone(self);
        self.object.wait_until(async move {
            let ended = account.sign_out_rounds().await;
            account.signing_out.set(false);
            if let Err(error) = ended {
                worker::console_error!("{{\"event\":\"sign_out_failed\",\"error\":{:?}}}", error.to_string());
                account.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
            }
        });
    }

    /// The alarm rang.
    pub(super) fn sign_out_again(self: &Rc<Self>) {
        let due = || -> Result<bool, StoreError> { Ok(self.exists()? && devices::signing_out(&self.sql)?.is_some()) };
        match due() {
            Ok(false) => {}
            // What goes on after this handler may die with the process; then there must be an alarm left.
            Ok(true) | Err(_) => {
                self.ring_by(now_ms() + limits::OUTBOX_ALARM_MS);
                self.sign_out();
            }
        }
    }

    async fn sign_out_rounds(self: &Rc<Self>) -> Result<(), StoreError> {
        let mut failed = BTreeSet::new();
        loop {
            // Read anew each time: another device may be signed out meanwhile.
            let Some(whose) = devices::signing_out(&self.sql)? else { return Ok(()) };
            let due = devices::due(&self.sql, limits::PROFILE_ROUND + failed.len())?;
            let due: Vec<_> = due.into_iter().filter(|each| !failed.contains(each)).collect();
            if due.is_empty() {
                if failed.is_empty() {
                    return devices::keep_signing_out(&self.sql, None);
                }
                let whose = SigningOut { failures: whose.failures.saturating_add(1), ..whose };
                devices::keep_signing_out(&self.sql, Some(&whose))?;
                self.ring_by(now_ms() + back_off_ms(whose.failures));
                return Ok(());
            }
            let told: Vec<_> = futures_util::stream::iter(due.into_iter().map(|each| async {
                let told = self.close_there(&whose, &each.0, each.1).await.unwrap_or(false);
                (each, told)
            }))
            .buffer_unordered(limits::POKES_IN_FLIGHT)
            .collect()
            .await;
            for ((device, conv), told) in told {
                if told {
                    devices::closed(&self.sql, &device, conv)?;
                } else {
                    failed.insert((device, conv));
                }
            }
        }
    }

    /// One call, within its time. Whether no socket of the device is left there.
    async fn close_there(&self, whose: &SigningOut, device: &str, conv: ConversationId) -> worker::Result<bool> {
        let identity = Identity {
            app: whose.app.clone(),
            user: whose.user,
            subject: String::new(),
            name: None,
            picture: None,
            expires_at: 0,
            device: None,
        };
        let call = ConversationCall { conv, identity, op: ConversationOp::SignOut { device: device.to_owned() } };
        let stub = names::conversation(&self.env, &whose.app, conv)?;
        let answer = stub.call_within(&call, limits::POKE_TIMEOUT_MS).await?;
        Ok(answer.status() < 300 || answer.status() == Code::ConversationNotFound.status())
    }
}

/// Whether a socket is of a device.
fn is_of(kept: &Attachment, id: &str) -> bool {
    kept.identity.device.as_ref().is_some_and(|device| device.id == id)
}

fn shown(device: Device, identity: &Identity, connected: &BTreeSet<String>) -> Device {
    let current = identity.device.as_ref().is_some_and(|asks| asks.id == device.id);
    Device { connected: connected.contains(&device.id), current, ..device }
}
