//! Messages that the caller has saved: their account knows where these stand, each conversation what the caller may see of them now.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use quipu_schema::ids::ConversationId;
use quipu_schema::internal::{AccountOp, ConversationCall, ConversationOp, Identity};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Problem, Rejection};
use quipu_schema::saved::{KeptPage, KeptSaved, SavedPlace};
use quipu_shell::stub::{Stub, read_answer};
use quipu_shell::{answer, names};
use serde_json::value::RawValue;
use worker::{Env, Request};

use crate::body::Query;
use crate::route::Route;
use crate::{Answer, internal};

/// Routes below `/v1/saved`.
pub(crate) async fn serve(route: Route, request: &Request, env: &Env, identity: Identity) -> Answer {
    let account = names::account(env, &identity.app, identity.user).map_err(internal)?;
    let op = match route {
        Route::Save(conv, seq) => AccountOp::Save { identity, conv, seq, saved: true },
        Route::Unsave(conv, seq) => AccountOp::Save { identity, conv, seq, saved: false },
        Route::SavedIn(conv) => AccountOp::SavedIn { identity, conv },
        _ => return page(request, env, &account, identity).await,
    };
    account.short_call(&op).await.map_err(internal)
}

/// `GET /v1/saved`
async fn page(request: &Request, env: &Env, account: &Stub, identity: Identity) -> Answer {
    let query = Query::of(request)?;
    let before = query.seq("cursor")?;
    let limit = query.limit(limits::SAVED_PAGE_DEFAULT, limits::SAVED_PAGE)?;
    let op = AccountOp::Saved { identity: identity.clone(), before, limit };
    let answer = account.short_call(&op).await.map_err(internal)?;
    if answer.status() != 200 {
        return Ok(answer);
    }
    let kept: KeptPage = read_answer(&answer).await.map_err(internal)?;
    let mut places: HashMap<ConversationId, Vec<SavedPlace>> = HashMap::new();
    for saved in &kept.saved {
        places.entry(saved.conv).or_default().push(saved.place);
    }
    let calls = places.into_iter().map(|(conv, places)| look(env, &identity, conv, places));
    let seen: Vec<(ConversationId, Seen)> =
        stream::iter(calls).buffer_unordered(limits::SEARCH_IN_FLIGHT).try_collect().await?;
    write(&kept, &seen.into_iter().collect())
}

/// What a conversation shows of saved messages, by place.
type Shown = Vec<(SavedPlace, Option<Box<RawValue>>)>;

/// `None` where it did not answer.
type Seen = Option<Shown>;

async fn look(
    env: &Env,
    identity: &Identity,
    conv: ConversationId,
    places: Vec<SavedPlace>,
) -> Result<(ConversationId, Seen), Rejection> {
    let op = ConversationOp::Saved { places: places.clone() };
    let call = ConversationCall { conv, identity: identity.clone(), op };
    let answer = async {
        let stub = names::conversation(env, &identity.app, conv)?;
        let response = stub.call_within(&call, limits::SAVED_TIMEOUT_MS).await?;
        if response.status() == 200 {
            return read_answer::<Vec<Option<Box<RawValue>>>>(&response).await.map(Ok);
        }
        read_answer::<Problem>(&response).await.map(Err)
    };
    match answer.await {
        Ok(Ok(messages)) => Ok((conv, Some(places.into_iter().zip(messages).collect()))),
        // Whoever may read nothing there any more may still take out what they saved.
        Ok(Err(Problem { code: Code::NotAMember | Code::ConversationNotFound, .. })) => Ok((conv, Some(Vec::new()))),
        Ok(Err(Problem { code: Code::RateLimited, detail, retry_after_ms, .. })) => {
            Err(Rejection::retry_after(Code::RateLimited, detail, retry_after_ms.unwrap_or(1_000)))
        }
        // One conversation that fails must not keep all others from being shown.
        Ok(Err(_)) => Ok((conv, None)),
        Err(error) => {
            worker::console_error!("{{\"event\":\"saved_failed\",\"error\":{:?}}}", error.to_string());
            Ok((conv, None))
        }
    }
}

/// A [`quipu_schema::saved::SavedPage`]. Messages are passed on as the conversations wrote them.
fn write(kept: &KeptPage, seen: &HashMap<ConversationId, Seen>) -> Answer {
    let KeptPage { version, count, saved, more } = kept;
    let mut items: Vec<String> = Vec::new();
    let (mut bytes, mut last) = (0, None);
    for one in saved {
        let item = item(one, seen.get(&one.conv).and_then(Option::as_ref));
        if !items.is_empty() && bytes + item.len() > limits::PAGE_BYTES {
            break;
        }
        bytes += item.len();
        last = Some(one.version);
        items.push(item);
    }
    let mut page = format!("{{\"version\":{version},\"count\":{count},\"saved\":[{}]", items.join(","));
    if let Some(last) = last.filter(|_| *more || items.len() < saved.len()) {
        page.push_str(&format!(",\"next\":\"{last}\""));
    }
    page.push('}');
    answer::text(200, "application/json", &page).map_err(internal)
}

/// A [`quipu_schema::saved::SavedMessage`].
fn item(one: &KeptSaved, seen: Option<&Shown>) -> String {
    let KeptSaved { conv, place, at, .. } = one;
    let mut item = format!("{{\"conversation\":\"{conv}\",\"seq\":{},\"saved_at\":{at}", place.seq);
    match seen {
        None => item.push_str(",\"unavailable\":true}"),
        Some(seen) => {
            let message = seen.iter().find(|(at, _)| at == place).and_then(|(_, message)| message.as_ref());
            // `message` and `edit`, without the brace that opens them.
            match message.and_then(|message| message.get().strip_prefix('{')) {
                Some(rest) => {
                    item.push(',');
                    item.push_str(rest);
                }
                None => item.push('}'),
            }
        }
    }
    item
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use quipu_schema::ids::Epoch;
    use quipu_schema::saved::SavedMessage;

    use super::*;

    #[test]
    fn what_is_written_is_what_the_schema_says() {
        let conv = ConversationId::parse("gg00000000000000000000000002").unwrap();
        let place = |seq| SavedPlace { seq, epoch: Epoch::parse("0000000000000").unwrap() };
        let one = |seq| KeptSaved { version: seq, conv, place: place(seq), at: 5 };
        let message = r#"{"message":{"envelope":{"actor":"ug00000000000000000000000001","at":1,"conv":"gg00000000000000000000000002","epoch":"0000000000000","key":"00000000-0000-4000-8000-000000000000","n":1,"seq":7,"type":"message.created","v":1},"content":{"kind":"text","text":"hi","v":1},"salt":"AAAAAAAAAAAAAAAAAAAAAA"}}"#;
        let seen = vec![(place(7), Some(RawValue::from_string(message.to_owned()).unwrap())), (place(8), None)];
        let read = |seq, seen| serde_json::from_str::<SavedMessage>(&item(&one(seq), seen)).unwrap();
        let here = read(7, Some(&seen));
        assert_eq!((here.seq, here.saved_at, here.message.map(|event| event.envelope.seq)), (7, 5, Some(7)));
        for seq in [8, 9] {
            let gone = read(seq, Some(&seen));
            assert!(gone.message.is_none() && !gone.unavailable, "{seq}");
        }
        assert!(read(7, None).unavailable);
    }
}
