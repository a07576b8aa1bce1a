//! Profiles: the caller's own, and those of people they share a conversation with.

use quipu_schema::ids::{ConversationId, UserRef};
use quipu_schema::internal::{AccountOp, Identity};
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::profile::MyProfile;
use quipu_shell::stub::read_answer;
use quipu_shell::{answer, names};
use worker::{Env, Request};

use crate::config::Ready;
use crate::route::Route;
use crate::{Answer, body, internal};

/// Routes of profiles.
pub(crate) async fn serve(route: Route, mut request: Request, env: &Env, config: &Ready, identity: Identity) -> Answer {
    let own = names::account(env, &identity.app, identity.user).map_err(internal)?;
    match route {
        Route::MyProfile => own.short_call(&AccountOp::Profile { identity }).await.map_err(internal),
        Route::SetMyProfile => {
            let patch = Box::new(body::json(&mut request).await?);
            own.call(&AccountOp::SetProfile { identity, patch }).await.map_err(internal)
        }
        Route::User(user) => {
            let user = config.resolve(&named(&user, &identity)?);
            if user == identity.user {
                let answer = own.short_call(&AccountOp::Profile { identity }).await.map_err(internal)?;
                let mine: MyProfile = read_answer(&answer).await.map_err(internal)?;
                return answer::json(200, &mine.shown).map_err(internal);
            }
            let (app, reader) = (identity.app.clone(), Some(identity.user));
            let shared = own.short_call(&AccountOp::Conversations { identity }).await.map_err(internal)?;
            let convs: Vec<ConversationId> = read_answer(&shared).await.map_err(internal)?;
            let theirs = names::account(env, &app, user).map_err(internal)?;
            theirs.call(&AccountOp::ProfileFor { user, convs, reader }).await.map_err(internal)
        }
        _ => Err(Code::RouteNotFound.into()),
    }
}

/// A user as a path names one.
pub(crate) fn named(text: &str, identity: &Identity) -> Result<UserRef, Rejection> {
    if text == "me" {
        return Ok(UserRef::Id(identity.user));
    }
    UserRef::parse(text)
        .map_err(|_| Rejection::new(Code::InvalidValue, "A user is `me`, a user id, or `sub:` and your own user id."))
}
