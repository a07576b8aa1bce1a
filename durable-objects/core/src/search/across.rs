//! A search over many conversations: which are asked, where it goes on, and how their hits become one page.
//!
//! Conversations are asked in groups of [`limits::SEARCH_CONVERSATIONS`]: first those of the latest activity, then the others by id. The cursor names
//! the first group and whom of the present one there is more to ask, and later groups are ranges of ids; so it does not matter which conversation moves
//! up in an inbox meanwhile. Within a group hits come in one order, by time, then conversation, then seq, none of which ever changes. A place in that
//! order is all that a page needs to go on from.

use std::fmt;
use std::str::FromStr;

use quipu_schema::ids::ConversationId;
use quipu_schema::internal::Below;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};

/// The place of a message among those of a group: latest first means greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it was sent, Unix milliseconds.
    pub at: u64,
    /// Its conversation.
    pub conv: ConversationId,
    /// Its seq.
    pub seq: u64,
}

impl Place {
    /// What of a conversation comes after this place.
    pub fn below(&self, conv: ConversationId) -> Below {
        let until = self.at.saturating_add(1);
        match conv.cmp(&self.conv) {
            std::cmp::Ordering::Less => Below { before: until, seq: None },
            std::cmp::Ordering::Equal => Below { before: until, seq: Some(self.seq) },
            std::cmp::Ordering::Greater => Below { before: self.at, seq: None },
        }
    }
}

/// Where a search goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Everything of the present group from here on was told; `None` where the next group begins.
    pub place: Option<Place>,
    /// The last id of the ranges that were begun; `None` in the first group.
    pub after: Option<ConversationId>,
    /// The first group: those of the latest activity.
    pub first: Vec<ConversationId>,
    /// Conversations of the present group that may have more; empty where the next group begins.
    pub open: Vec<ConversationId>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Place { at, conv, seq }) = self.place {
            write!(out, "{at}.{conv}.{seq}")?;
        }
        out.write_str("_")?;
        if let Some(after) = self.after {
            write!(out, "{after}")?;
        }
        for conversations in [&self.first, &self.open] {
            for (index, conv) in conversations.iter().enumerate() {
                write!(out, "{}{conv}", if index == 0 { "_" } else { "." })?;
            }
            if conversations.is_empty() {
                out.write_str("_")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = Rejection;

    fn from_str(text: &str) -> Result<Self, Rejection> {
        read(text).ok_or_else(|| Rejection::new(Code::InvalidValue, "`cursor` must be the `next` of a page."))
    }
}

fn read(text: &str) -> Option<Cursor> {
    let mut parts = text.split('_');
    let [place, after, first, open] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let place = match place {
        "" => None,
        place => {
            let mut parts = place.split('.');
            let number = |text: &str| text.parse().ok().filter(|number| *number < 1u64 << 53);
            let (at, conv, seq) = (number(parts.next()?)?, parts.next()?, number(parts.next()?)?);
            if parts.next().is_some() {
                return None;
            }
            Some(Place { at, conv: ConversationId::parse(conv).ok()?, seq })
        }
    };
    let after = if after.is_empty() { None } else { Some(ConversationId::parse(after).ok()?) };
    let (first, open) = (conversations(first)?, conversations(open)?);
    let whole = parts.next().is_none() && !first.is_empty() && place.is_some() != open.is_empty();
    whole.then_some(Cursor { place, after, first, open })
}

/// Different ids, no more than a group has.
fn conversations(text: &str) -> Option<Vec<ConversationId>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let mut all = Vec::new();
    for id in text.split('.') {
        let id = ConversationId::parse(id).ok()?;
        if all.contains(&id) || all.len() >= limits::SEARCH_CONVERSATIONS {
            return None;
        }
        all.push(id);
    }
    Some(all)
}

/// What one conversation answered.
#[derive(Debug, Clone)]
pub struct Part<T> {
    /// Which.
    pub conv: ConversationId,
    /// Its hits, newest first.
    pub hits: Vec<Hit<T>>,
    /// Time and seq of the oldest message that was looked at; `None` where there is nothing below.
    pub looked: Option<(u64, u64)>,
}

/// A hit.
#[derive(Debug, Clone)]
pub struct Hit<T> {
    /// When it was sent, Unix milliseconds.
    pub at: u64,
    /// Its seq.
    pub seq: u64,
    /// How many bytes it takes on a page.
    pub bytes: usize,
    /// What the page shows.
    pub value: T,
}

/// A page of a group.
#[derive(Debug)]
pub struct Merged<T> {
    /// Its hits, newest first.
    pub hits: Vec<T>,
    /// Everything from here on was told; `None` where the group has nothing more.
    pub place: Option<Place>,
    /// Conversations that may have more.
    pub open: Vec<ConversationId>,
}

/// Makes one page of at most so many hits, and so many bytes (but one hit at least), of what the conversations of a group answered.
///
/// It ends where one of them had not looked further: what an other one found below that would come too early.
pub fn merge<T>(parts: Vec<Part<T>>, limit: usize, bytes: usize) -> Merged<T> {
    let reached = |part: &Part<T>| part.looked.map(|(at, seq)| Place { at, conv: part.conv, seq });
    let floor = parts.iter().filter_map(reached).max();
    // Who has more, and the oldest place of theirs that was told to us.
    let mut ends: Vec<(ConversationId, bool, Option<Place>)> = Vec::with_capacity(parts.len());
    let mut found: Vec<(Place, Hit<T>)> = Vec::new();
    for Part { conv, hits, looked } in parts {
        let place = |hit: &Hit<T>| Place { at: hit.at, conv, seq: hit.seq };
        ends.push((conv, looked.is_some(), hits.last().map(place)));
        found.extend(hits.into_iter().map(|hit| (place(&hit), hit)));
    }
    found.retain(|(place, _)| floor.is_none_or(|floor| *place >= floor));
    found.sort_unstable_by(|(one, _), (other, _)| other.cmp(one));
    let all = found.len();
    let (mut hits, mut taken, mut last) = (Vec::new(), 0, None);
    for (place, hit) in found {
        if hits.len() >= limit || (taken > 0 && taken + hit.bytes > bytes) {
            break;
        }
        taken += hit.bytes;
        last = Some(place);
        hits.push(hit.value);
    }
    let place = if hits.len() < all { last } else { floor };
    let open = ends
        .into_iter()
        .filter(|(_, more, oldest)| *more || oldest.is_some_and(|oldest| place.is_some_and(|place| oldest < place)));
    Merged { open: open.map(|(conv, ..)| conv).collect(), hits, place }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn conv(number: usize) -> ConversationId {
        ConversationId::parse(&format!("gg{number:026}")).unwrap()
    }

    /// Messages of some conversations: seq is the index and one, times never go back.
    type World = BTreeMap<ConversationId, Vec<(u64, bool)>>;

    /// What an object answers that looks at so many messages.
    fn ask(world: &World, conv: ConversationId, below: Option<Below>, limit: usize, looks: usize) -> Part<Place> {
        let messages = world.get(&conv).map(Vec::as_slice).unwrap_or_default();
        let mut part = Part { conv, hits: Vec::new(), looked: None };
        for (looked, (index, (at, is_hit))) in messages
            .iter()
            .enumerate()
            .rev()
            .filter(|(index, (at, _))| {
                let seq = *index as u64 + 1;
                below.is_none_or(|below| *at < below.before && below.seq.is_none_or(|most| seq < most))
            })
            .enumerate()
        {
            let seq = index as u64 + 1;
            if looked >= looks || (*is_hit && part.hits.len() >= limit) {
                return part;
            }
            part.looked = Some((*at, seq));
            if *is_hit {
                part.hits.push(Hit { at: *at, seq, bytes: 10, value: Place { at: *at, conv, seq } });
            }
        }
        part.looked = None;
        part
    }

    fn hits(world: &World) -> Vec<Place> {
        let mut all: Vec<Place> = world
            .iter()
            .flat_map(|(conv, messages)| {
                let numbered = (1..).zip(messages).filter(|(_, (_, is_hit))| *is_hit);
                numbered.map(|(seq, (at, _))| Place { at: *at, conv: *conv, seq })
            })
            .collect();
        all.sort_unstable_by(|one, other| other.cmp(one));
        all
    }

    fn messages() -> impl Strategy<Value = Vec<(u64, bool)>> {
        prop::collection::vec((0u64..3, any::<bool>()), 0..30).prop_map(|steps| {
            let mut at = 0;
            steps
                .into_iter()
                .map(|(step, is_hit)| {
                    at += step;
                    (at, is_hit)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn every_hit_comes_once_and_the_newest_first_while_messages_come(
            logs in prop::collection::vec(messages(), 1..6),
            limit in 1usize..8, each in 1usize..8, looks in 1usize..6, bytes in prop::sample::select(vec![5usize, 25, 1000]),
        ) {
            let mut world: World = logs.into_iter().enumerate().map(|(number, log)| (conv(number), log)).collect();
            let wanted = hits(&world);
            let mut open: Vec<ConversationId> = world.keys().copied().collect();
            let (mut place, mut told) = (None::<Place>, Vec::new());
            loop {
                let parts = open.iter().map(|conv| ask(&world, *conv, place.map(|place| place.below(*conv)), each, looks)).collect();
                let merged = merge(parts, limit, bytes);
                prop_assert!(merged.hits.len() <= limit);
                told.extend(merged.hits);
                // The heads move: every conversation hears one more of the kind looked for.
                for log in world.values_mut() {
                    log.push((1_000, true));
                }
                prop_assert_eq!(merged.open.is_empty(), merged.place.is_none());
                let Some(next) = merged.place else { break };
                prop_assert!(place.is_none_or(|place| next < place), "every page gets further");
                // What is written is what is read.
                let cursor = Cursor { place: Some(next), after: None, first: merged.open.clone(), open: merged.open };
                let read: Cursor = cursor.to_string().parse().unwrap();
                prop_assert_eq!(&read, &cursor);
                (place, open) = (read.place, read.open);
            }
            prop_assert_eq!(told, wanted);
        }
    }

    #[test]
    fn cursors_are_read_back_and_others_refused() {
        let begin = Cursor { first: vec![conv(3), conv(1)], after: Some(conv(7)), ..Cursor::default() };
        assert_eq!(begin.to_string().parse::<Cursor>().unwrap(), begin);
        let (one, two) = (conv(1), conv(2));
        let many: Vec<String> = (0..=limits::SEARCH_CONVERSATIONS).map(|number| conv(number).to_string()).collect();
        for text in [
            "",
            "x",
            "___",
            &format!("7.{one}.1__{one}_"),
            &format!("__{one}_{one}"),
            &format!("7.{one}.1___{one}"),
            &format!("7.{one}__{one}_{one}"),
            &format!("7.{one}.1.1__{one}_{one}"),
            &format!("9007199254740992.{one}.1__{one}_{one}"),
            &format!("7.{one}.1__{one}_{two}.{two}"),
            &format!("7.{one}.1__{one}_{two}_"),
            &format!("7.{one}.1_x_{one}_{two}"),
            &format!("7.{one}.1__{}_{two}", many.join(".")),
        ] {
            assert_eq!(text.parse::<Cursor>().unwrap_err().code, Code::InvalidValue, "{text}");
        }
    }
}
