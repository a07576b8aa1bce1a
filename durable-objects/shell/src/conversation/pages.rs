//! Pages of history over HTTP.

use js_sys::JsString;
use quipu_core::visibility::Visibility;
use quipu_schema::http;
use quipu_schema::ids::{Epoch, UserId};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_store::conversation::{history, previews, reactions, threads};
use quipu_store::sql::StoreError;
use worker::Result as Platform;

use super::Shared;
use super::live::Live;
use crate::answer::{self, Response};

type Answer<T> = Result<T, Rejection>;

impl Shared {
    /// A page after one seq or before another, with the newest later edit of each of its messages.
    pub(super) fn events(
        &self,
        live: &Live,
        user: UserId,
        cursors: (Option<u64>, Option<u64>),
        epoch: Option<Epoch>,
        limit: usize,
    ) -> Answer<Platform<Response>> {
        live.must_be_member(user)?;
        let state = &live.state;
        if epoch.is_some_and(|theirs| theirs != state.epoch) {
            return Err(Rejection::new(
                Code::EpochChanged,
                format!("This log's epoch is {} now: drop what you hold and start over.", state.epoch),
            ));
        }
        let visible = &*live.sight(&self.sql, user)?;
        let head = state.seq;
        let limit = limit.clamp(1, limits::PAGE_EVENTS);
        let asked = Asked::of(cursors, head)?;
        let start = format!("{{\"epoch\":\"{}\",\"head\":{head},\"events\":[", state.epoch);
        let end = |range| self.end_of_page(live, user, visible, range);
        let range = asked.range(limit);
        if let Some(items) = history::small_page(&self.sql, visible, range, limits::PAGE_BYTES)? {
            let body = JsString::from(start).concat(&items).concat(&end(range)?.into());
            return Ok(answer::json_text(200, &body));
        }
        let page = match asked {
            Asked::After(after, head) => history::forward(&self.sql, visible, after, head, limit, limits::PAGE_BYTES)?,
            Asked::Before(before) => history::backward(&self.sql, visible, before, limit, limits::PAGE_BYTES)?,
        };
        let end = end((page.from, page.to))?;
        Ok(answer::json_text(200, &JsString::from(start + &page.items + &end)))
    }

    /// How many others have received and read a message.
    pub(super) fn message_receipts(&self, live: &Live, user: UserId, seq: u64) -> Answer<http::MessageReceipts> {
        let visible = live.sight(&self.sql, user)?;
        let written = history::written(&self.sql, &visible, seq)?.ok_or(Code::MessageNotFound)?;
        if written.thread.is_some() {
            return Err(Rejection::new(Code::InvalidValue, "How far a thread is read is known to each reader alone."));
        }
        Ok(live.state.reached(written.actor, seq))
    }

    /// What a page says of its messages beside their events: later edits, and reactions and threads where the conversation has any.
    fn end_of_page(
        &self,
        live: &Live,
        user: UserId,
        visible: &Visibility,
        range: (u64, u64),
    ) -> Result<String, StoreError> {
        let edits = history::later_edits(&self.sql, visible, range)?;
        let reactions =
            if live.reactions { reactions::summaries(&self.sql, visible, user, range)? } else { String::new() };
        let part = if reactions.is_empty() { String::new() } else { format!(",\"reactions\":[{reactions}]") };
        let threads = if live.threads { threads::summaries(&self.sql, visible, user, range)? } else { String::new() };
        let threads = if threads.is_empty() { String::new() } else { format!(",\"threads\":[{threads}]") };
        let mut edits = edits;
        if live.previewed {
            let previews = previews::later(&self.sql, visible, range)?;
            if !edits.is_empty() && !previews.is_empty() {
                edits.push(',');
            }
            edits.push_str(&previews);
        }
        Ok(format!("],\"edits\":[{edits}]{part}{threads}}}"))
    }
}

/// Where a page begins, and which way it goes.
enum Asked {
    /// After a seq, up to the head.
    After(u64, u64),
    /// Before a seq.
    Before(u64),
}

impl Asked {
    fn of(cursors: (Option<u64>, Option<u64>), head: u64) -> Answer<Self> {
        let out_of_range =
            |cursor| Rejection::new(Code::CursorOutOfRange, format!("The last event is {head}; you named {cursor}."));
        match cursors {
            (Some(_), Some(_)) => Err(Rejection::new(Code::InvalidValue, "Give `after` or `before`, not both.")),
            (Some(after), None) if after > head => Err(out_of_range(after)),
            (Some(after), None) => Ok(Self::After(after, head)),
            (None, Some(before)) if before > head + 1 || before == 0 => Err(out_of_range(before)),
            (None, before) => Ok(Self::Before(before.unwrap_or(head + 1))),
        }
    }

    /// First and last seq of so many events.
    fn range(&self, limit: usize) -> (u64, u64) {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        match self {
            Self::After(after, head) => (after + 1, head.min(&after.saturating_add(limit)).to_owned()),
            Self::Before(before) => (before.saturating_sub(limit).max(1), before - 1),
        }
    }
}
