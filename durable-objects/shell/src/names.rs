//! Names of objects: `{app}/{kind}/{id}`. Built here and nowhere else, from verified tokens, so that no request can address another app's object.

use quipu_schema::ids::{ConversationId, UserId};
use worker::{Env, Result};

use crate::stub::Stub;

/// Binding of the Conversation class.
pub const CONVERSATION: &str = "CONVERSATION";
/// Binding of the Account class.
pub const ACCOUNT: &str = "ACCOUNT";

/// The object of a conversation.
///
/// # Errors
/// When the binding is missing.
pub fn conversation(env: &Env, app: &str, id: ConversationId) -> Result<Stub> {
    Stub::of(env, CONVERSATION, &format!("{app}/conversation/{id}"))
}

/// The object of a user's account.
///
/// # Errors
/// When the binding is missing.
pub fn account(env: &Env, app: &str, user: UserId) -> Result<Stub> {
    Stub::of(env, ACCOUNT, &format!("{app}/account/{user}"))
}
