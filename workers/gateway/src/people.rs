//! Whom the caller blocks, their contacts, and who may write to them first.

use quipu_schema::internal::{AccountOp, Identity};
use quipu_schema::limits;
use quipu_schema::people::PeopleList;
use quipu_shell::names;
use worker::{Env, Request};

use crate::body::{self, Query};
use crate::config::Ready;
use crate::profiles::named;
use crate::route::Route;
use crate::{Answer, internal};

/// Routes that the caller's account answers.
pub(crate) async fn serve(route: Route, mut request: Request, env: &Env, config: &Ready, identity: Identity) -> Answer {
    let stub = names::account(env, &identity.app, identity.user).map_err(internal)?;
    let set = |list, user: &str, on, identity: Identity| {
        let user = config.resolve(&named(user, &identity)?);
        Ok::<_, quipu_schema::problem::Rejection>(AccountOp::SetPerson { identity, user, list, on })
    };
    let op = match route {
        Route::Block(user) => set(PeopleList::Blocks, &user, true, identity)?,
        Route::Unblock(user) => set(PeopleList::Blocks, &user, false, identity)?,
        Route::AddContact(user) => set(PeopleList::Contacts, &user, true, identity)?,
        Route::RemoveContact(user) => set(PeopleList::Contacts, &user, false, identity)?,
        Route::SetMyReach => {
            let patch = body::json(&mut request).await?;
            AccountOp::SetReach { identity, patch }
        }
        Route::MyReach => AccountOp::ReachSettings { identity },
        listed => {
            let list = if listed == Route::Contacts { PeopleList::Contacts } else { PeopleList::Blocks };
            let query = Query::of(&request)?;
            let (after, limit) = (query.parsed("after")?, query.limit(50, limits::LIST_ITEMS)?);
            AccountOp::People { identity, list, after, limit }
        }
    };
    stub.short_call(&op).await.map_err(internal)
}
