//! Searches over all of the caller's conversations: the account names them, each answers for itself, and their hits become one page.

use futures_util::{StreamExt, TryStreamExt, stream};
use quipu_core::search::Query;
use quipu_core::search::across::{Cursor, Hit, Part, merge};
use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::Peer;
use quipu_schema::internal::{
    AccountOp, ConversationCall, ConversationOp, FindHit, FindPage, Identity, Looked, SearchGroup,
};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Problem, Rejection};
use quipu_shell::stub::read_answer;
use quipu_shell::{answer, names};
use serde_json::value::RawValue;
use worker::{Env, Request};

use crate::{Answer, body, internal};

/// What the caller asks.
struct Asked {
    q: String,
    limit: usize,
    utc_offset: i32,
    cursor: Option<Cursor>,
}

impl Asked {
    fn of(request: &Request) -> Result<Self, Rejection> {
        let query = body::Query::of(request)?;
        let asked = Self {
            q: query.text("q").unwrap_or_default().to_owned(),
            limit: query.limit(limits::SEARCH_HITS_DEFAULT, limits::SEARCH_HITS)?,
            utc_offset: query.utc_offset()?,
            cursor: query.text("cursor").map(str::parse).transpose()?,
        };
        Query::parse(&asked.q, asked.utc_offset)?;
        Ok(asked)
    }
}

/// `GET /v1/search`
pub(crate) async fn serve(request: &Request, env: &Env, identity: Identity) -> Answer {
    let asked = Asked::of(request)?;
    let group = match &asked.cursor {
        None => SearchGroup::Latest,
        Some(Cursor { first, after, open, .. }) if open.is_empty() => {
            SearchGroup::Others { first: first.clone(), after: *after }
        }
        Some(_) => SearchGroup::Known,
    };
    let account = names::account(env, &identity.app, identity.user).map_err(internal)?;
    let op = AccountOp::Search { identity: identity.clone(), q: asked.q.clone(), group: group.clone() };
    let named = account.call(&op).await.map_err(internal)?;
    if named.status() != 200 {
        return Ok(named);
    }
    let named: Vec<ConversationId> = read_answer(&named).await.map_err(internal)?;
    // Where a group has room, there is no further one.
    let is_last = group != SearchGroup::Known && named.len() < limits::SEARCH_CONVERSATIONS;
    let begun = match (asked.cursor.clone(), group) {
        (None, _) => Cursor { first: named.clone(), open: named, ..Cursor::default() },
        (Some(cursor), SearchGroup::Known) => cursor,
        (Some(cursor), _) => Cursor { after: named.last().copied(), open: named, ..cursor },
    };
    page(env, identity, &asked, begun, is_last).await
}

/// A page of the group that is asked now.
async fn page(env: &Env, identity: Identity, asked: &Asked, begun: Cursor, is_last: bool) -> Answer {
    let mut parts = Vec::new();
    let mut people: Vec<Peer> = Vec::new();
    let calls = begun.open.iter().map(|conv| ask(env, &identity, asked, &begun, *conv));
    let mut answers = stream::iter(calls).buffered(limits::SEARCH_IN_FLIGHT);
    while let Some((conv, found)) = answers.try_next().await? {
        let hit = |FindHit { seq, at, hit }: FindHit| Hit { at, seq, bytes: hit.get().len(), value: hit };
        let looked = found.looked.map(|Looked { seq, at }| (at, seq));
        parts.push(Part { conv, hits: found.hits.into_iter().map(hit).collect(), looked });
        for person in found.people {
            if person.user != identity.user && !people.iter().any(|known| known.user == person.user) {
                people.push(person);
            }
        }
    }
    drop(answers);
    people.truncate(limits::SEARCH_PEOPLE);
    let merged = merge(parts, asked.limit, limits::PAGE_BYTES);
    let is_last = is_last || begun.after.is_none() && begun.first.len() < limits::SEARCH_CONVERSATIONS;
    let next = Cursor { place: merged.place, open: merged.open, ..begun };
    write(&merged.hits, &people, (next.place.is_some() || !is_last).then_some(&next))
}

/// What one conversation has. Where the caller is no member any more, or what is said is encrypted, that is nothing.
async fn ask(
    env: &Env,
    identity: &Identity,
    asked: &Asked,
    cursor: &Cursor,
    conv: ConversationId,
) -> Result<(ConversationId, FindPage), Rejection> {
    let op = ConversationOp::Find {
        q: asked.q.clone(),
        below: cursor.place.map(|place| place.below(conv)),
        limit: asked.limit,
        people: asked.cursor.is_none(),
        utc_offset: asked.utc_offset,
    };
    let call = ConversationCall { conv, identity: identity.clone(), op };
    let stub = names::conversation(env, &identity.app, conv).map_err(internal)?;
    let response = stub.call_within(&call, limits::SEARCH_TIMEOUT_MS).await.map_err(internal)?;
    if response.status() == 200 {
        return Ok((conv, read_answer(&response).await.map_err(internal)?));
    }
    let problem: Problem = read_answer(&response).await.map_err(internal)?;
    match problem.code {
        Code::NotAMember | Code::ConversationNotFound | Code::WrongEncryption => Ok((conv, FindPage::default())),
        // A page that leaves out what it could not ask would lose hits for good.
        code => Err(Rejection::retry_after(code, problem.detail, problem.retry_after_ms.unwrap_or(1_000))),
    }
}

/// A [`quipu_schema::http::SearchAllPage`]. Hits are passed on as the conversations wrote them.
fn write(hits: &[Box<RawValue>], people: &[Peer], next: Option<&Cursor>) -> Answer {
    let hits: Vec<&str> = hits.iter().map(|hit| hit.get()).collect();
    let mut page = format!("{{\"hits\":[{}]", hits.join(","));
    if !people.is_empty() {
        let people = serde_json::to_string(people).map_err(|error| internal(error.into()))?;
        page.push_str(&format!(",\"people\":{people}"));
    }
    if let Some(next) = next {
        page.push_str(&format!(",\"next\":\"{next}\""));
    }
    page.push('}');
    answer::text(200, "application/json", &page).map_err(internal)
}
