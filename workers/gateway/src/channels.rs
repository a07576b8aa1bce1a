//! The list of public channels. Joining one is asked of the conversation itself.

use base64ct::{Base64UrlUnpadded, Encoding};
use quipu_schema::ids::ConversationId;
use quipu_schema::internal::Identity;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_shell::answer;
use quipu_shell::directory::{Directory, Place};
use worker::{Env, Request};

use crate::body::Query;
use crate::{Answer, internal};

/// `GET /v1/channels`
pub(crate) async fn serve(request: &Request, env: &Env, identity: &Identity) -> Answer {
    let query = Query::of(request)?;
    let begins = query.short("q", limits::NAME_BYTES)?.unwrap_or_default();
    let after = query.text("cursor").map(read).transpose()?;
    let limit = query.limit(limits::CHANNELS_DEFAULT, limits::LIST_ITEMS)?;
    let directory = Directory::of(env).ok_or_else(|| Rejection {
        retry: false,
        ..Rejection::new(Code::DirectoryUnavailable, "This deployment has no directory.")
    })?;
    let asked = directory.channels(&identity.app, &begins, after, limit).await;
    let (mut page, place) = asked.map_err(|error| {
        worker::console_error!("{{\"event\":\"directory_failed\",\"error\":{:?}}}", error.to_string());
        Rejection::retry_after(Code::DirectoryUnavailable, "The directory cannot be asked now.", 1_000)
    })?;
    page.next = place.map(|place| write(&place));
    answer::json(200, &page).map_err(internal)
}

/// A cursor: the id, then the folded name.
fn write((name, id): &Place) -> String {
    Base64UrlUnpadded::encode_string(format!("{id}{name}").as_bytes())
}

fn read(cursor: &str) -> Result<Place, Rejection> {
    let place = || {
        // A folded name may be longer than the name, not by much.
        let text = String::from_utf8(
            Base64UrlUnpadded::decode_vec(cursor.get(..cursor.len().min(8 * limits::NAME_BYTES))?).ok()?,
        );
        let text = text.ok()?;
        Some((text.get(28..)?.to_owned(), ConversationId::parse(text.get(..28)?).ok()?))
    };
    place().ok_or_else(|| Rejection::new(Code::InvalidValue, "`cursor` in the query cannot be read."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_and_what_is_none_is_refused() {
        let id = ConversationId::parse("gg00000000000000000000000002").unwrap();
        for name in ["", "design", "日本語 x"] {
            let place = (name.to_owned(), id);
            assert_eq!(read(&write(&place)).unwrap(), place);
        }
        for cursor in ["", "x", "é", "AAAA", &Base64UrlUnpadded::encode_string(&[0xff; 40])] {
            assert_eq!(read(cursor).unwrap_err().code, Code::InvalidValue, "{cursor}");
        }
    }
}
