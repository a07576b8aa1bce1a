//! The directory: whether the caller is found in it, and people by their names.

use base64ct::{Base64UrlUnpadded, Encoding};
use quipu_core::listing;
use quipu_schema::ids::UserId;
use quipu_schema::internal::{AccountOp, Identity, Metered};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_shell::directory::{Directory, Place, Sought, missing};
use quipu_shell::{answer, names};
use worker::{Env, Request};

use crate::body::{self, Query};
use crate::config::Ready;
use crate::route::Route;
use crate::{Answer, internal};

/// Routes of it, but for channels.
pub(crate) async fn serve(route: Route, mut request: Request, env: &Env, config: &Ready, identity: Identity) -> Answer {
    let op = match route {
        Route::People => return people(&request, env, config, identity).await,
        Route::SetMyDirectory => {
            let patch = body::json(&mut request).await?;
            AccountOp::SetDirectory { identity: identity.clone(), patch }
        }
        _ => AccountOp::DirectorySettings { identity: identity.clone() },
    };
    names::account(env, &identity.app, identity.user).map_err(internal)?.short_call(&op).await.map_err(internal)
}

/// `GET /v1/people`
async fn people(request: &Request, env: &Env, config: &Ready, identity: Identity) -> Answer {
    let query = Query::of(request)?;
    let begins = listing::query(&query.short("q", limits::NAME_BYTES)?.unwrap_or_default());
    if begins.is_empty() {
        return Err(Rejection::new(Code::InvalidValue, "Say in `q` what a word of the name begins with."));
    }
    let sought = Sought {
        app: identity.app.clone(),
        by: identity.user,
        begins,
        after: query.text("cursor").map(|cursor| read(cursor, |id| UserId::parse(id).ok())).transpose()?,
        limit: query.limit(limits::DIRECTORY_PEOPLE_DEFAULT, limits::DIRECTORY_PEOPLE)?,
        listed: config.people_listed,
    };
    let directory = Directory::of(env).ok_or_else(missing)?;
    if let Some(refusal) = refused(env, identity, Metered::Directory).await? {
        return Ok(refusal);
    }
    let (mut page, place) = directory.people(&sought).await.map_err(unanswered)?;
    page.next = place.map(|(key, id)| write(id.as_str(), &key));
    answer::json(200, &page).map_err(internal)
}

/// The answer of the caller's account where they do something too often.
pub(crate) async fn refused(env: &Env, identity: Identity, on: Metered) -> Result<Option<answer::Response>, Rejection> {
    let account = names::account(env, &identity.app, identity.user).map_err(internal)?;
    let answered = account.short_call(&AccountOp::Spend { identity, on }).await.map_err(internal)?;
    Ok((answered.status() >= 300).then_some(answered))
}

/// The refusal where the directory does not answer: it may later.
pub(crate) fn unanswered(error: worker::Error) -> Rejection {
    worker::console_error!("{{\"event\":\"directory_failed\",\"error\":{:?}}}", error.to_string());
    Rejection::retry_after(Code::DirectoryUnavailable, "The directory cannot be asked now.", 1_000)
}

/// A cursor: an id, then what its bearer was found by.
pub(crate) fn write(id: &str, found_by: &str) -> String {
    Base64UrlUnpadded::encode_string(format!("{id}{found_by}").as_bytes())
}

/// What a cursor says.
///
/// # Errors
/// `invalid_value`.
pub(crate) fn read<Id>(cursor: &str, parse: impl Fn(&str) -> Option<Id>) -> Result<Place<Id>, Rejection> {
    let place = || {
        // What is folded may be longer than the name, not by much.
        let cursor = cursor.get(..cursor.len().min(8 * limits::NAME_BYTES))?;
        let text = String::from_utf8(Base64UrlUnpadded::decode_vec(cursor).ok()?).ok()?;
        Some((text.get(ID..)?.to_owned(), parse(text.get(..ID)?)?))
    };
    place().ok_or_else(|| Rejection::new(Code::InvalidValue, "`cursor` in the query cannot be read."))
}

/// Bytes of an id, of a user as of a conversation.
const ID: usize = 28;

#[cfg(test)]
mod tests {
    use quipu_schema::ids::ConversationId;

    use super::*;

    #[test]
    fn a_cursor_leads_back_and_what_is_none_is_refused() {
        let conv = ConversationId::parse("gg00000000000000000000000002").unwrap();
        let user = UserId::parse("ug0000000000000000000000000a").unwrap();
        for found_by in ["", "design", "日本語 x"] {
            let cursor = write(conv.as_str(), found_by);
            assert_eq!(read(&cursor, |id| ConversationId::parse(id).ok()).unwrap(), (found_by.to_owned(), conv));
            assert!(read(&cursor, |id| UserId::parse(id).ok()).is_err(), "what leads elsewhere");
            let cursor = write(user.as_str(), found_by);
            assert_eq!(read(&cursor, |id| UserId::parse(id).ok()).unwrap(), (found_by.to_owned(), user));
        }
        for cursor in ["", "x", "é", "AAAA", &Base64UrlUnpadded::encode_string(&[0xff; 40])] {
            let refused = read(cursor, |id| UserId::parse(id).ok()).unwrap_err();
            assert_eq!(refused.code, Code::InvalidValue, "{cursor}");
        }
    }
}
