//! What a conversation decides. Pure: no runtime, no async, no clock, no randomness, no I/O; all of that comes in as arguments.
//!
//! ```text
//! plan(&Command) -> Lookups            what must be read from the log first
//! decide(&State, &Found, Command, …)   -> Decision | Rejection
//! apply(&mut State, &Envelope, …)      the only thing that changes a State
//! Batch                                many commands, decided in order, before any of them is stored
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`state`] | the fold of the log that deciding needs, and [`state::State::apply`] |
//! | [`decide`] | one command against a state |
//! | [`batch`] | many commands in one commit: order, keys, sealing |
//! | [`permissions`] | the one table of who may do what |
//! | [`polls`] | what members chose, and how a poll stands |
//! | [`validate`] | bounds of what a client sends |
//! | [`visibility`] | which numbers a member may see |
//! | [`hidden`] | what a member deletes for themselves |
//! | [`receipts`] | delivered and read cursors, and unread by subtraction |
//! | [`mentions`] | whom messages address |
//! | [`merkle`] | the RFC 6962 tree over envelopes |
//! | [`timeline`] | the fold a reader makes: messages with their edits and deletions |
//! | [`rate`] | token buckets |
//! | [`outbox`] | which account hears of what, and when |
//! | [`everything`] | who wants to hear of everything in a large conversation |
//! | [`directory`] | what the directory of public channels says of a conversation, and when it is told |
//! | [`listing`] | what the directory of people says of a user, and when it is told |
//! | [`alarm`] | when the one alarm of an object must be armed |
//! | [`inbox`] | what a conversation in a user's inbox becomes by news, and by what they lay down about it |
//! | [`inbox_list`] | which parts of the inbox's list have an entry, and what all entries add up to |
//! | [`previews`] | which links are looked at, and what becomes of what was found |
//! | [`profile`] | how a user presents themselves, by their own word and by their tokens |
//! | [`people`] | who may write to a user first |
//! | [`presence`] | whether somebody is there, and who may see it |
//! | [`reports`] | who reports what to moderators, and who resolves it |
//! | [`saved`] | what a user saves |
//! | [`search`] | queries, the terms of the index, and what a hit is |
//! | [`words`] | the word list: what it finds in a text |
//! | [`verify`] | offline verification of exports and proofs |

pub mod alarm;
pub mod batch;
pub mod decide;
pub mod device;
pub mod directory;
pub mod everything;
pub mod hidden;
pub mod inbox;
pub mod inbox_list;
pub mod invites;
pub mod listeners;
pub mod listing;
pub mod mentions;
pub mod merkle;
pub mod outbox;
pub mod people;
pub mod permissions;
pub mod polls;
pub mod presence;
pub mod previews;
pub mod profile;
pub mod rate;
pub mod receipts;
pub mod reports;
pub mod saved;
pub mod search;
pub mod spaces;
pub mod state;
pub mod threads;
pub mod timeline;
pub mod validate;
pub mod verify;
pub mod visibility;
pub mod words;
