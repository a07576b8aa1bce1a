//! Presence: of somebody, and who sees the caller's own.

use quipu_schema::internal::{AccountOp, Identity};
use quipu_shell::names;
use worker::{Env, Request};

use crate::body::{self, Query};
use crate::config::Ready;
use crate::conversations::member;
use crate::route::Route;
use crate::{Answer, internal};

/// Routes that the caller's account answers.
pub(crate) async fn serve(route: Route, mut request: Request, env: &Env, config: &Ready, identity: Identity) -> Answer {
    let stub = names::account(env, &identity.app, identity.user).map_err(internal)?;
    let op = match route {
        Route::Presence(user) => {
            let conv = Query::of(&request)?.parsed("conversation")?;
            let user = config.resolve(&member(&user, &identity)?);
            AccountOp::PresenceOf { identity, user, conv }
        }
        Route::SetMyPresence => {
            let patch = body::json(&mut request).await?;
            AccountOp::SetPresence { identity, patch }
        }
        _ => AccountOp::PresenceSettings { identity },
    };
    stub.short_call(&op).await.map_err(internal)
}
