//! The caller's own routes: who they are, their inbox, tickets.

use quipu_schema::http::{Me, Ticket};
use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::InboxFilter;
use quipu_schema::internal::{AccountOp, Identity};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_shell::stub::{Stub, read_answer};
use quipu_shell::{answer, names};
use worker::{Env, Request};

use crate::body::{self, Query};
use crate::config::Ready;
use crate::route::Route;
use crate::ticket::{self, Purpose};
use crate::{Answer, internal};

/// Whom the token names.
pub(crate) fn me(identity: &Identity) -> Answer {
    let Identity { user, subject, name, picture, expires_at, .. } = identity.clone();
    answer::json(200, &Me { user, subject, name, picture, expires_at }).map_err(internal)
}

/// Routes that the caller's account answers.
pub(crate) async fn serve(route: Route, mut request: Request, env: &Env, config: &Ready, identity: Identity) -> Answer {
    let stub = names::account(env, &identity.app, identity.user).map_err(internal)?;
    let query = Query::of(&request)?;
    let limit = query.limit(50, limits::LIST_ITEMS)?;
    let op = match route {
        Route::InboxSocket => return stub.upgrade(&AccountOp::Socket { identity }).await.map_err(internal),
        Route::InboxChanges => {
            let after = query.seq("after")?.unwrap_or(0);
            AccountOp::Changes { identity, after, limit }
        }
        Route::SetInbox(conv) => {
            let flags = body::json(&mut request).await?;
            AccountOp::Set { identity, conv, flags }
        }
        Route::Tickets => return issue(&stub, config, identity).await,
        _ => {
            let cursor = query.text("cursor").map(cursor).transpose()?;
            let filter = query.text("filter").map(filter).transpose()?;
            AccountOp::Inbox { identity, cursor, limit, filter }
        }
    };
    stub.short_call(&op).await.map_err(internal)
}

/// `{at}.{conversation}`: the last entry seen.
fn cursor(text: &str) -> Result<(u64, ConversationId), Rejection> {
    let parse = || {
        let (at, conv) = text.split_once('.')?;
        Some((at.parse().ok().filter(|at| *at < 1u64 << 53)?, ConversationId::parse(conv).ok()?))
    };
    parse().ok_or_else(|| Rejection::new(Code::InvalidValue, "`cursor` must be the `next` of a page."))
}

fn filter(text: &str) -> Result<InboxFilter, Rejection> {
    InboxFilter::ALL.into_iter().find(|filter| filter.as_str() == text).ok_or_else(|| {
        let all = InboxFilter::ALL.map(InboxFilter::as_str).join(", ");
        Rejection::new(Code::InvalidValue, format!("`filter` must be one of {all}."))
    })
}

async fn issue(stub: &Stub, config: &Ready, identity: Identity) -> Answer {
    let (ticket, secret_hash) = ticket::fresh(config, Purpose::Socket, identity.user);
    let op = AccountOp::Ticket { identity, secret_hash };
    let response = stub.call(&op).await.map_err(internal)?;
    if response.status() != 201 {
        return Ok(response);
    }
    let expires_at_ms: u64 = read_answer(&response).await.map_err(internal)?;
    answer::json(201, &Ticket { ticket, expires_at_ms }).map_err(internal)
}
