//! Messages that a member has saved, as they may see them now. That they did is kept in their account.

use std::rc::Rc;

use quipu_schema::ids::{Epoch, UserId};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::saved::SavedPlace;
use quipu_store::conversation::saved;
use worker::Result as Platform;

use super::Shared;
use crate::answer::{self, Response};
use crate::platform::now_ms;

impl Shared {
    /// Whether a member may save a message: the epoch in its envelope.
    pub(super) fn savable(self: &Rc<Self>, user: UserId, seq: u64) -> Result<Epoch, Rejection> {
        self.with(|live| {
            live.must_be_member(user)?;
            let visible = live.sight(&self.sql, user)?;
            saved::savable(&self.sql, &visible, seq, now_ms())
        })?
    }

    /// What is to be seen of saved messages, as a list in the order given.
    pub(super) fn saved(self: &Rc<Self>, user: UserId, places: &[SavedPlace]) -> Result<Platform<Response>, Rejection> {
        if places.len() > limits::SAVED_PAGE {
            return Err(Code::TooLarge.into());
        }
        let messages = self.with(|live| {
            live.must_be_member(user)?;
            let visible = live.sight(&self.sql, user)?;
            Ok::<_, Rejection>(saved::messages(&self.sql, &visible, places, now_ms())?)
        })??;
        let items: Vec<&str> = messages.iter().map(|message| message.as_deref().unwrap_or("null")).collect();
        Ok(answer::text(200, "application/json", &format!("[{}]", items.join(","))))
    }
}
