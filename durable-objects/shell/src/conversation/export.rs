//! The log as a file: streamed as its reader takes it, for as long as they may read it.

use std::rc::Rc;

use quipu_core::visibility::Visibility;
use quipu_schema::ids::UserId;
use quipu_schema::internal::Identity;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_store::conversation::history;
use worker::Result;

use super::Shared;
use crate::answer::{self, Response};
use crate::platform::now_ms;

/// Who is exporting: each holds a place until the stream ends, or until it idles while another asks.
#[derive(Default)]
pub(super) struct Places {
    last: u64,
    /// Number of the place, and when its reader last asked for more.
    held: Vec<(u64, u64)>,
}

impl Places {
    /// Takes a place: a free one, or that of the reader who has idled longest.
    fn take(&mut self, now_ms: u64) -> Option<u64> {
        if self.held.len() >= limits::EXPORTS {
            let (index, (_, asked_ms)) = self.held.iter().enumerate().min_by_key(|(_, (_, asked_ms))| *asked_ms)?;
            if now_ms.saturating_sub(*asked_ms) < limits::EXPORT_IDLE_MS {
                return None;
            }
            self.held.remove(index);
        }
        self.last += 1;
        self.held.push((self.last, now_ms));
        Some(self.last)
    }

    /// The reader asks for more. Whether they still hold the place.
    fn ask(&mut self, place: u64, now_ms: u64) -> bool {
        let held = self.held.iter_mut().find(|(number, _)| *number == place);
        held.map(|(_, asked_ms)| *asked_ms = now_ms).is_some()
    }

    fn give_back(&mut self, place: u64) {
        self.held.retain(|(number, _)| *number != place);
    }
}

/// One export. Gives its place back when the stream ends or is dropped.
struct Export {
    shared: Rc<Shared>,
    place: u64,
    user: UserId,
    visible: Visibility,
    head: u64,
    /// When the reader's token ends, Unix milliseconds.
    until_ms: u64,
}

impl Shared {
    /// Streams the log as it is at this moment. Chunks are produced as the reader takes them. What cannot be finished ends in an error, never
    /// as if it were whole; and the header says how many events must follow.
    pub(super) fn export(self: &Rc<Self>, identity: &Identity) -> std::result::Result<Result<Response>, Rejection> {
        let user = identity.user;
        let now = now_ms();
        let (header, visible, head) = self.with(|live| {
            let resource = live.resource(&self.sql, user)?;
            let visible = live.sight(&self.sql, user)?.into_owned();
            let header = format!(
                "{{\"quipu_export\":1,\"conversation\":{},\"size\":{},\"root\":\"{}\"}}\n",
                serde_json::to_string(&resource).unwrap_or_default(),
                resource.seq,
                resource.root
            );
            Ok::<_, Rejection>((header, visible, resource.seq))
        })??;
        let place = self.exports.borrow_mut().take(now).ok_or_else(|| {
            Rejection::retry_after(Code::Overloaded, "Other exports of this conversation are running.", 5_000)
        })?;
        let shared = Rc::clone(self);
        let export = Export { shared, place, user, visible, head, until_ms: until_ms(identity, now) };
        let chunks = futures_util::stream::unfold(Some((0u64, Some(header), export)), |position| async move {
            let (after, header, export) = position?;
            if let Some(header) = header {
                return Some((Ok(header.into_bytes()), Some((after, None, export))));
            }
            if after >= export.head {
                return None;
            }
            match export.lines(after) {
                Ok((lines, to)) => Some((Ok(lines.into_bytes()), Some((to, None, export)))),
                Err(why) => Some((Err(worker::Error::RustError(why)), None)),
            }
        });
        Ok(worker::Response::from_stream(chunks).and_then(|body| answer::stream("application/x-ndjson", body)))
    }
}

impl Export {
    /// The next lines, while the reader may have them.
    fn lines(&self, after: u64) -> std::result::Result<(String, u64), String> {
        let now = now_ms();
        if !self.shared.exports.borrow_mut().ask(self.place, now) {
            return Err("The export idled, and another took its place.".to_owned());
        }
        if self.until_ms <= now {
            return Err(Code::TokenExpired.about().to_owned());
        }
        let may_read = self.shared.with(|live| live.must_be_member(self.user));
        may_read.and_then(|member| member).map_err(|rejection| rejection.message)?;
        history::export(&self.shared.sql, &self.visible, after, self.head, limits::EXPORT_LINES)
            .map_err(|error| error.to_string())
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        self.shared.exports.borrow_mut().give_back(self.place);
    }
}

/// When an export must end: with its token. One accepted within the leeway between clocks is good for that leeway.
fn until_ms(identity: &Identity, now_ms: u64) -> u64 {
    let ends_ms = identity.expires_at * 1000;
    if ends_ms > now_ms { ends_ms } else { now_ms + u64::from(limits::LEEWAY_S) * 1000 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_reader_who_idles_loses_the_place_only_when_another_asks() {
        let mut places = Places::default();
        let held: Vec<u64> = (0..limits::EXPORTS).map(|_| places.take(1_000).unwrap()).collect();
        let late = 1_000 + limits::EXPORT_IDLE_MS;
        assert_eq!(places.take(late - 1), None, "nobody has idled long enough");
        let (idle, busy) = held.split_first().unwrap();
        assert!(busy.iter().all(|place| places.ask(*place, late - 1)));
        let taken = places.take(late).unwrap();
        assert!(!held.contains(&taken));
        assert!(!places.ask(*idle, late), "the one that idled lost it");
        assert!(busy.iter().all(|place| places.ask(*place, late)), "the others go on");
        assert_eq!(places.take(late), None);
    }

    #[test]
    fn a_place_given_back_is_free_and_giving_back_twice_harms_nobody() {
        let mut places = Places::default();
        let first = places.take(0).unwrap();
        let held: Vec<u64> = (1..limits::EXPORTS).map(|_| places.take(0).unwrap()).collect();
        places.give_back(first);
        places.give_back(first);
        let again = places.take(0).unwrap();
        assert_ne!(again, first, "a number is never used twice");
        assert!(!places.ask(first, 0) && places.ask(again, 0));
        assert!(held.iter().all(|place| places.ask(*place, 0)));
    }
}
