//! Searches: the index grows a few chunks at a time, between which the object does other work; a page is read in one turn, so that nothing on it was
//! edited, deleted or withdrawn meanwhile.

use std::rc::Rc;
use std::time::Duration;

use quipu_core::search::Query;
use quipu_core::search::query::is_named;
use quipu_schema::envelope::Encryption;
use quipu_schema::http::Member;
use quipu_schema::ids::{Epoch, UserId};
use quipu_schema::inbox::Peer;
use quipu_schema::internal::{Below, Looked};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_store::conversation::search::{Hits, Search, fill, first_at, page, time_of};
use worker::Result;

use super::Shared;
use super::live::Live;
use crate::answer::{self, Response};
use crate::platform::now_ms;

type Answer<T> = std::result::Result<T, Rejection>;

/// What one request asks of this conversation alone.
pub(super) struct Asked {
    pub q: String,
    pub cursor: Option<String>,
    pub limit: usize,
    pub utc_offset: i32,
}

/// What one request asks of this conversation among many.
pub(super) struct AskedOfMany {
    pub q: String,
    pub below: Option<Below>,
    pub limit: usize,
    pub people: bool,
    pub utc_offset: i32,
}

/// What a page is to hold.
struct Wanted {
    query: Query,
    start: Start,
    limit: usize,
    bytes: usize,
    people: bool,
}

/// Where it begins.
enum Start {
    Head,
    Cursor(String),
    Below(Below),
}

/// What one turn found.
struct Found {
    hits: Hits,
    people: Vec<Member>,
    epoch: Epoch,
    /// Time of the oldest message that was looked at; `None` at the end.
    looked_at: Option<u64>,
}

impl Shared {
    /// A page of hits. Ends early where the index would have to grow by more than one request may.
    pub(super) async fn search(self: &Rc<Self>, user: UserId, asked: Asked) -> Answer<Result<Response>> {
        let query = Query::parse(&asked.q, asked.utc_offset)?;
        if !query.within.is_empty() {
            return Err(Rejection::new(Code::InvalidValue, "`in:` goes with searches over all conversations."));
        }
        let people = asked.cursor.is_none();
        let start = asked.cursor.map_or(Start::Head, Start::Cursor);
        let wanted = Wanted { query, start, limit: asked.limit, bytes: limits::PAGE_BYTES, people };
        write(&self.fill_and_look(user, &wanted, limits::SEARCH_CHUNKS).await?)
    }

    /// This conversation's part of a page over many.
    pub(super) async fn find(self: &Rc<Self>, user: UserId, asked: AskedOfMany) -> Answer<Result<Response>> {
        let query = Query::parse(&asked.q, asked.utc_offset)?;
        let start = asked.below.map_or(Start::Head, Start::Below);
        let wanted =
            Wanted { query, start, limit: asked.limit, bytes: limits::SEARCH_BYTES_EACH, people: asked.people };
        write_part(&self.fill_and_look(user, &wanted, limits::SEARCH_CHUNKS_EACH).await?)
    }

    async fn fill_and_look(self: &Rc<Self>, user: UserId, wanted: &Wanted, chunks: usize) -> Answer<Found> {
        let mut filled = 0;
        loop {
            let found = self.with(|live| self.look(live, user, wanted))??;
            match found.hits.missing.filter(|_| filled < chunks) {
                Some(chunk) => {
                    fill(&self.sql, chunk, limits::SEARCH_CHUNK_EVENTS)?;
                    filled += 1;
                    // Others come in between.
                    worker::Delay::from(Duration::ZERO).await;
                }
                None => return Ok(found),
            }
        }
    }

    fn look(&self, live: &mut Live, user: UserId, wanted: &Wanted) -> Answer<Found> {
        live.must_be_member(user)?;
        let state = &live.state;
        if state.about.as_ref().is_some_and(|about| about.encryption != Encryption::None) {
            let sentence = "This conversation is encrypted: only its members' devices can search it.";
            return Err(Rejection::new(Code::WrongEncryption, sentence));
        }
        let head = state.seq;
        let before = match &wanted.start {
            Start::Head => head + 1,
            Start::Cursor(cursor) => below(cursor, state.epoch)?,
            Start::Below(Below { before, seq }) => first_at(&self.sql, *before, head)?.min(seq.unwrap_or(u64::MAX)),
        };
        let visible = live.sight(&self.sql, user)?;
        // Whom the reader is told of: by name, or by the team's own id.
        let known: Vec<(UserId, &str)> = state
            .members
            .iter()
            .filter(|(other, _)| state.tells_of(&user, other))
            .flat_map(|(other, member)| {
                let name = live.profiles.get(other).and_then(|profile| profile.name.as_deref());
                name.into_iter().chain(member.subject.as_deref()).map(|name| (*other, name))
            })
            .collect();
        let plan = wanted.query.plan(user, |who| self.deployment.resolve(who), known.iter().copied());
        let search = Search {
            plan: &plan,
            visible: &visible,
            before,
            head,
            limit: wanted.limit.clamp(1, limits::SEARCH_HITS),
            bytes: wanted.bytes,
            now: now_ms(),
            chunk_events: limits::SEARCH_CHUNK_EVENTS,
        };
        let hits = page(&self.sql, &search)?;
        let words = wanted.query.name_words();
        let mut people = Vec::new();
        if wanted.people && !words.is_empty() {
            let mut named: Vec<UserId> =
                known.iter().filter(|(_, name)| is_named(&words, name)).map(|(user, _)| *user).collect();
            named.dedup();
            people = named.into_iter().filter_map(|user| live.member(user)).take(limits::SEARCH_PEOPLE).collect();
        }
        // Nothing lies below the first event.
        let looked_at = match hits.looked_from {
            0 | 1 => None,
            from => Some(time_of(&self.sql, from.min(head))?),
        };
        Ok(Found { hits, people, epoch: state.epoch, looked_at })
    }
}

/// The seq below which a page goes on: `{seq}.{epoch}`, as an earlier page said.
fn below(cursor: &str, epoch: Epoch) -> Answer<u64> {
    let parse = || {
        let (seq, life) = cursor.split_once('.')?;
        Some((seq.parse().ok().filter(|seq| (1..1u64 << 53).contains(seq))?, Epoch::parse(life).ok()?))
    };
    match parse() {
        Some((seq, life)) if life == epoch => Ok(seq),
        Some(_) => {
            Err(Rejection::new(Code::EpochChanged, "The log was restored meanwhile: search again from the start."))
        }
        None => Err(Rejection::new(Code::InvalidValue, "`cursor` must be the `next` of a page.")),
    }
}

fn write(Found { hits, people, epoch, looked_at }: &Found) -> Answer<Result<Response>> {
    let items: Vec<&str> = hits.hits.iter().map(|hit| hit.json.as_str()).collect();
    let mut body = format!("{{\"hits\":[{}]", items.join(","));
    if !people.is_empty() {
        body.push_str(",\"people\":");
        body.push_str(&serde_json::to_string(people).map_err(|_| Code::Internal)?);
    }
    if looked_at.is_some() {
        body.push_str(&format!(",\"next\":\"{}.{epoch}\"", hits.looked_from));
    }
    body.push('}');
    Ok(answer::text(200, "application/json", &body))
}

/// A [`quipu_schema::internal::FindPage`].
fn write_part(Found { hits, people, looked_at, .. }: &Found) -> Answer<Result<Response>> {
    let people: Vec<Peer> =
        people.iter().map(|member| Peer::of(member.profile.clone(), member.subject.clone())).collect();
    let people = serde_json::to_string(&people).map_err(|_| Code::Internal)?;
    let looked = looked_at.map(|at| Looked { seq: hits.looked_from, at });
    let looked = serde_json::to_string(&looked).map_err(|_| Code::Internal)?;
    let items: Vec<String> =
        hits.hits.iter().map(|hit| format!("{{\"seq\":{},\"at\":{},\"hit\":{}}}", hit.seq, hit.at, hit.json)).collect();
    let body = format!("{{\"hits\":[{}],\"people\":{people},\"looked\":{looked}}}", items.join(","));
    Ok(answer::text(200, "application/json", &body))
}
