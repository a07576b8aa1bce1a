//! Adding several members in one call: each by a command of their own, and what became of each.

use serde::{Deserialize, Serialize};

use crate::command::AddMember;
use crate::envelope::Role;
use crate::ids::UserRef;
use crate::internal::is_zero;
use crate::problem::{Code, Rejection};
use crate::socket::Ack;

/// Body of `POST …/members`: `user` for one member, `users` for several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PostMembers {
    /// Whom; answered with an [`Ack`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserRef>,
    /// Whom, 1 to 100; answered with [`AddedMembers`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<UserRef>>,
    /// As what.
    #[serde(default = "crate::command::member")]
    pub role: Role,
}

/// Several members to be added, as the same thing each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddMembers {
    /// Whom.
    pub users: Vec<UserRef>,
    /// As what.
    pub role: Role,
}

impl AddMembers {
    /// The command that adds one of them.
    pub const fn of(&self, user: UserRef) -> AddMember {
        AddMember { user, role: self.role }
    }
}

/// Answer to `POST …/members`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum MembersAnswer {
    /// To `user`.
    One(Ack),
    /// To `users`.
    Several(AddedMembers),
}

/// What became of several members to be added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct AddedMembers {
    /// One for each, in the order asked.
    pub results: Vec<AddedMember>,
}

/// What became of one of them: `seq`, or why they were not added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct AddedMember {
    /// Who, as they were named.
    pub user: UserRef,
    /// The event by which they joined; absent where they were not added.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seq: u64,
    /// Why they were not added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The same for a person, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether the same call, with the same key, may add them later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retry: bool,
}

impl AddedMember {
    /// Of one of them, by the answer to the command that adds them.
    pub fn new(user: UserRef, answer: Result<Ack, Rejection>) -> Self {
        match answer {
            Ok(ack) => Self { user, seq: ack.seq, code: None, message: None, retry: false },
            Err(Rejection { code, message, retry, .. }) => {
                Self { user, seq: 0, code: Some(code), message: Some(message), retry }
            }
        }
    }
}
