//! The Cloudflare adapter of the objects: decode -> enqueue -> decide -> store -> perform effects. What it decides itself is only *when*; what
//! follows from a command is decided in `quipu-core`.
//!
//! | module | what it does |
//! |---|---|
//! | [`conversation`] | the Conversation object: group commit, sockets, outbox |
//! | [`account`] | the Account object: inbox feed, presence, tickets |
//! | [`directory`] | the database of what is found across conversations |
//! | [`names`] | the only place where object names are built |
//! | [`platform`] | bindings that workers-rs lacks: synchronous transactions, alarms, sockets, randomness |
//! | [`stub`] | calls of objects |
//! | [`sql`] | `quipu_store::sql::Sql` over Durable Object SQLite |
//! | [`answer`] | JSON and problem responses |

pub mod account;
pub mod answer;
pub mod conversation;
pub mod directory;
pub mod names;
pub mod platform;
pub mod sql;
pub mod stub;

use std::future::Future;
use std::pin::Pin;

use quipu_schema::content::PreviewContent;
use quipu_schema::ids::{CommandKey, ConversationId, InviteToken, UserId, UserRef};
use quipu_schema::internal::Identity;
use quipu_schema::problem::Rejection;

/// What the gateway lends to the objects: only the gateway verifies tokens and holds the key of ids.
pub trait Deployment {
    /// Verifies a token presented on an open socket.
    ///
    /// # Errors
    /// One of the `token_…` codes.
    fn verify(&self, token: &str, now_ms: u64) -> Result<Identity, Rejection>;

    /// The user a caller means.
    fn resolve(&self, user: &UserRef) -> UserId;

    /// The invite link that this member makes of this conversation with this key.
    ///
    /// # Errors
    /// `internal` where the deployment is not configured.
    fn invite(&self, conv: ConversationId, maker: UserId, key: CommandKey) -> Result<InviteToken, Rejection>;

    /// Rates of this deployment.
    fn rates(&self) -> quipu_core::rate::Rates;

    /// Whether people who chose nothing are found in the directory.
    fn lists_people(&self) -> bool;

    /// How long the things of presence last in this deployment.
    fn presence(&self) -> quipu_core::presence::Times;

    /// Whether pages that messages link to are looked at.
    fn previews(&self) -> bool;

    /// Looks at a page: what it says of itself, within its time; `None` where there is nothing to show.
    fn look(&self, url: String) -> Pin<Box<dyn Future<Output = Option<PreviewContent>>>>;
}
