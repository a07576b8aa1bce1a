//! What a Conversation object keeps: the log, its projections, and cursors.
//!
//! | module | what it does |
//! |---|---|
//! | [`load`] | state from projections, last event and a handful of tree rows: bounded whatever the length of history |
//! | [`commit`] | one batch: two rows per message, and what its effects need |
//! | [`blocks`] | who blocks the other end |
//! | [`forward`] | what a message says now, for a copy of it |
//! | [`hidden`] | what members deleted for themselves |
//! | [`history`] | pages, versions, export, proofs |
//! | [`outbox`] | what a round tells of the log, and what it leaves to be written |
//! | [`previews`] | what pages that messages link to say of themselves |
//! | [`polls`] | votes, and how polls stand |
//! | [`reactions`] | who reacted to what |
//! | [`everything`] | who wants to hear of everything, where the conversation is large |
//! | [`listeners`] | whose inboxes are open, where the conversation is large |
//! | [`invites`] | invite links, and how often each was used |
//! | [`bans`] | who is banned |
//! | [`reports`] | what members tell moderators |
//! | [`saved`] | messages that a reader has saved |
//! | [`spaces`] | channels of a space, and who has left it |
//! | [`search`] | the index of texts, filled by those who search, and pages of hits |
//! | [`threads`], [`replies`] | how threads stand, where members are in them, and their pages |
//! | [`rebuild`] | projections dropped and folded again from the log |

pub mod bans;
pub mod blocks;
pub mod commit;
pub mod everything;
pub mod forward;
pub mod hidden;
pub mod history;
pub mod invites;
pub mod listeners;
pub mod load;
pub mod mentions;
pub mod outbox;
pub mod polls;
pub mod previews;
pub mod reactions;
pub mod rebuild;
pub mod replies;
pub mod reports;
pub mod saved;
pub mod search;
pub mod spaces;
pub mod threads;

use quipu_core::state::About;
use quipu_schema::ids::{ConversationId, Epoch};
use serde::{Deserialize, Serialize};

/// What was drawn or given at creation and is needed at every waking. Stored as one JSON row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Birth {
    /// The conversation.
    pub conv: ConversationId,
    /// The app it belongs to: part of the names of the accounts it tells.
    pub app: String,
    /// The life of the log.
    pub epoch: Epoch,
    /// The secret of its fingerprints, hex.
    pub fingerprint_secret: String,
}

impl Birth {
    /// The secret as bytes; zeros where the stored text is damaged, which makes every replay a conflict rather than a duplicate.
    pub fn secret(&self) -> [u8; 32] {
        let mut out = [0; 32];
        for (to, pair) in out.iter_mut().zip(self.fingerprint_secret.as_bytes().chunks(2)) {
            *to = std::str::from_utf8(pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
        }
        out
    }

    /// Hex of a fresh secret.
    pub fn hex(secret: [u8; 32]) -> String {
        secret.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

pub(crate) const BIRTH: &str = "birth";
pub(crate) const ABOUT: &str = "about";
pub(crate) const BLOCKS: &str = "blocks";
pub(crate) const DEPARTURES: &str = "departures";
pub(crate) const HIDING: &str = "hiding";
pub(crate) const OUTBOX: &str = "outbox";
pub(crate) const PREVIEWS: &str = "previews";
pub(crate) const RECEIPTS_SEQ: &str = "receipts_seq";
pub(crate) const SPACES: &str = "spaces";
pub(crate) const WORDS: &str = "words";
pub(crate) const SEARCH: &str = "search";

pub(crate) type StoredAbout = About;
