//! The list of public channels. Joining one is asked of the conversation itself.

use quipu_schema::ids::ConversationId;
use quipu_schema::internal::{Identity, Metered};
use quipu_schema::limits;
use quipu_shell::answer;
use quipu_shell::directory::{Directory, missing};
use worker::{Env, Request};

use crate::body::Query;
use crate::directory::{read, refused, unanswered, write};
use crate::{Answer, internal};

/// `GET /v1/channels`
pub(crate) async fn serve(request: &Request, env: &Env, identity: Identity) -> Answer {
    let query = Query::of(request)?;
    let begins = query.short("q", limits::NAME_BYTES)?.unwrap_or_default();
    let after = query.text("cursor").map(|cursor| read(cursor, |id| ConversationId::parse(id).ok())).transpose()?;
    let limit = query.limit(limits::CHANNELS_DEFAULT, limits::LIST_ITEMS)?;
    let directory = Directory::of(env).ok_or_else(missing)?;
    let app = identity.app.clone();
    if let Some(refusal) = refused(env, identity, Metered::Directory).await? {
        return Ok(refusal);
    }
    let asked = directory.channels(&app, &begins, after, limit).await;
    let (mut page, place) = asked.map_err(unanswered)?;
    page.next = place.map(|(name, id)| write(id.as_str(), &name));
    answer::json(200, &page).map_err(internal)
}
