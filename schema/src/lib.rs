//! The only definition of Quipu's wire, stored and internal types.
//!
//! | module | what it defines |
//! |---|---|
//! | [`ids`] | conversation, user and epoch identifiers, idempotency keys |
//! | [`limits`] | every bound of the product, in one place |
//! | [`envelope`], [`content`] | the two halves of a stored event |
//! | [`commitment`], [`fingerprint`] | what binds content to its envelope, and a key to its command |
//! | [`command`] | what a client may ask of a conversation |
//! | [`socket`], [`inbox`] | frames of the two WebSocket protocols |
//! | [`http`] | resources and bodies of the HTTP API, and its table of endpoints |
//! | [`problem`] | stable error codes, problem details, close codes |
//! | [`people`] | whom a user blocks, their contacts, and who may write to them first |
//! | [`directory`] | the directory of people: who is found by their name |
//! | [`poll`] | polls: terms, votes, results |
//! | [`presence`] | whether somebody is there, and who may see it |
//! | [`profile`] | how users present themselves |
//! | [`moderation`] | bans and mutes |
//! | [`report`] | what members tell moderators of messages |
//! | [`saved`] | messages that a user has saved |
//! | [`device`] | where a user is signed in |
//! | [`members`] | adding several members in one call |
//! | [`settings`] | what a conversation lets its members do |
//! | [`thread`] | threads as a reader sees them, and a member's place in one |
//! | [`strict`] | what serde lets pass and this protocol does not |
//! | [`internal`] | calls between the gateway and the objects, and between objects |
//! | [`words`] | the word list of a conversation |
//!
//! Nothing here reads a clock, draws randomness or does I/O, and nothing here decides: see `quipu-core`.

pub mod command;
pub mod commitment;
pub mod content;
pub mod device;
pub mod directory;
pub mod envelope;
pub mod event;
pub mod fingerprint;
pub mod http;
pub mod ids;
pub mod inbox;
pub mod internal;
pub mod limits;
pub mod members;
pub mod moderation;
pub mod people;
pub mod poll;
pub mod presence;
pub mod problem;
pub mod profile;
pub mod report;
pub mod saved;
pub mod settings;
pub mod socket;
pub mod strict;
pub mod thread;
pub mod words;
