//! Messages that the user has saved. Whether a message may be read is asked of its conversation before it is saved, and again whenever it is
//! looked at.

use std::rc::Rc;

use quipu_schema::ids::{ConversationId, Epoch};
use quipu_schema::inbox::InboxServerFrame;
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Problem, Rejection};
use quipu_schema::saved::{KeptPage, SaveFrame, SavedChange, SavedPlace, SavedSeqs};
use quipu_store::saved;

use super::{Account, Answer, Attachment, send};
use crate::names;
use crate::platform::{Socket, now_ms};
use crate::stub::read_answer;

impl Account {
    /// Saves a message that its user can read. Returns how that stands, and whether it changed anything.
    pub(super) async fn save(
        &self,
        identity: &Identity,
        conv: ConversationId,
        seq: u64,
    ) -> Answer<(SavedChange, bool)> {
        if self.saving.get() >= limits::SAVES_IN_FLIGHT {
            return Err(Rejection::retry_after(Code::Overloaded, Code::Overloaded.about(), limits::RETRY_FIRST_MS));
        }
        self.saving.set(self.saving.get() + 1);
        let epoch = self.savable(identity, conv, seq).await;
        self.saving.set(self.saving.get().saturating_sub(1));
        let place = SavedPlace { seq, epoch: epoch? };
        self.migrate()?;
        let (change, changed) = saved::save(&self.sql, conv, place, now_ms())?;
        self.told(&change, changed);
        Ok((change, changed))
    }

    /// Saves a message no longer, whether or not it can still be read.
    pub(super) fn unsave(&self, conv: ConversationId, seq: u64) -> Answer<(SavedChange, bool)> {
        if !self.exists()? {
            return Ok((SavedChange { version: 0, conversation: conv, seq, saved: false, count: 0 }, false));
        }
        self.migrate()?;
        let (change, changed) = saved::unsave(&self.sql, conv, seq)?;
        self.told(&change, changed);
        Ok((change, changed))
    }

    /// The same, asked for by a socket, which hears of it also where nothing changed.
    pub(super) fn save_by_frame(self: &Rc<Self>, socket: &Socket, kept: &Attachment, frame: SaveFrame) -> Answer<()> {
        if !kept.greeted {
            return Err(Code::HelloRequired.into());
        }
        let SaveFrame { conversation, seq, saved } = frame;
        if !saved {
            let (change, changed) = self.unsave(conversation, seq)?;
            if !changed {
                send(socket, &InboxServerFrame::Saved(change));
            }
            return Ok(());
        }
        let (account, socket, identity) = (Rc::clone(self), socket.clone(), kept.identity.clone());
        self.object.wait_until(async move {
            match account.save(&identity, conversation, seq).await {
                // All sockets have been told.
                Ok((_, true)) => {}
                Ok((change, false)) => send(&socket, &InboxServerFrame::Saved(change)),
                Err(rejection) => send(&socket, &InboxServerFrame::Error(rejection)),
            }
        });
        Ok(())
    }

    pub(super) fn saved(&self, before: Option<u64>, limit: usize) -> Answer<KeptPage> {
        if !self.exists()? {
            return Ok(KeptPage { version: 0, count: 0, saved: vec![], more: false });
        }
        self.migrate()?;
        Ok(saved::page(&self.sql, before, limit)?)
    }

    pub(super) fn saved_in(&self, conv: ConversationId) -> Answer<SavedSeqs> {
        if !self.exists()? {
            return Ok(SavedSeqs { version: 0, seqs: vec![] });
        }
        self.migrate()?;
        Ok(saved::within(&self.sql, conv)?)
    }

    fn told(&self, change: &SavedChange, changed: bool) {
        if changed {
            self.broadcast(|| InboxServerFrame::Saved(*change));
        }
    }

    /// Asks a conversation whether the user may save a message of it.
    async fn savable(&self, identity: &Identity, conv: ConversationId, seq: u64) -> Answer<Epoch> {
        let call = ConversationCall { conv, identity: identity.clone(), op: ConversationOp::Savable { seq } };
        let answer = async {
            let stub = names::conversation(&self.env, &identity.app, conv)?;
            let response = stub.call_within(&call, limits::SAVED_TIMEOUT_MS).await?;
            if response.status() == 200 {
                return read_answer::<Epoch>(&response).await.map(Ok);
            }
            read_answer::<Problem>(&response).await.map(Err)
        };
        match answer.await {
            Ok(Ok(epoch)) => Ok(epoch),
            Ok(Err(Problem { code, detail, retry, retry_after_ms, .. })) => {
                Err(Rejection { code, message: detail, retry, retry_after_ms })
            }
            Err(error) => {
                worker::console_error!("{{\"event\":\"save_failed\",\"error\":{:?}}}", error.to_string());
                Err(Rejection::retry_after(Code::Internal, Code::Internal.about(), limits::RETRY_FIRST_MS))
            }
        }
    }
}
