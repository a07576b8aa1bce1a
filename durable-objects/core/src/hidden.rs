//! Deleting a message for oneself: a private fact of one member about one message, for good. It is no event: nobody else hears of it, and the
//! log does not change. What the member reads from then on leaves the message and its edits out.

use std::collections::BTreeMap;

use quipu_schema::envelope::EventType;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use serde::{Deserialize, Serialize};

use crate::state::State;

/// What is known of all that members deleted for themselves: one row, written with each of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hiding {
    /// The cell version of the last one.
    pub version: u64,
    /// Whose account may not have heard of it yet, and of which version: a last line may have to go.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub untold: BTreeMap<UserId, u64>,
}

impl Hiding {
    /// What it becomes when a member deletes one more. Accounts have heard of everything up to the cell version `told`.
    #[must_use]
    pub fn with(&self, user: UserId, version: u64, told: u64) -> Self {
        let mut untold = self.untold.clone();
        untold.retain(|_, version| *version > told);
        untold.insert(user, version);
        Self { version, untold }
    }
}

/// What the store knows of a message that a member deletes for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// Its type; `None` beyond the log.
    pub kind: Option<&'a EventType>,
    /// Whether they did so before.
    pub hidden: bool,
    /// How many they have deleted for themselves here.
    pub count: usize,
}

/// Whether a member's deleting a message for themselves changes anything. A message that was deleted for all can go, too.
///
/// # Errors
/// `not_a_member`, `message_not_found` or `hidden_limit`.
pub fn hide(state: &State, user: UserId, seq: u64, found: Found<'_>) -> Result<bool, Rejection> {
    let member = state.member(&user).ok_or(Code::NotAMember)?;
    if found.kind != Some(&EventType::MessageCreated) || !member.visible.shows(seq) {
        return Err(Rejection::new(Code::MessageNotFound, format!("There is no message {seq} that you can read.")));
    }
    if found.hidden {
        return Ok(false);
    }
    if found.count >= limits::HIDDEN {
        return Err(Code::HiddenLimit.into());
    }
    Ok(true)
}
