//! What the objects keep, as SQL over the synchronous [`Sql`]: Durable Object SQLite in production, rusqlite on the host, the same text in both.
//!
//! | module | what it holds |
//! |---|---|
//! | [`sql`] | the trait, values and errors |
//! | [`migrations`] | numbered steps, run once each |
//! | [`conversation`] | log, projections and cursors of a Conversation object |
//! | [`directory`] | the database of what is found across conversations |
//! | [`account`] | inbox and tickets of an Account object |
//! | [`inbox_list`] | the inbox as a list, whole or in parts, and its totals |
//! | [`levels`] | which large conversations are to be told that the user of an Account object wants to hear of everything |
//! | [`profile`] | the user's own profile in an Account object, and who has been told of it |
//! | [`people`] | whom the user of an Account object blocks and keeps as contacts, and who has been told of it |
//! | [`listing`] | what the user of an Account object is in the directory of people |
//! | [`presence`] | who watches the user of an Account object |
//! | [`saved`] | what the user of an Account object has saved |
//! | `suite` | what every backend must pass, behind the feature of that name |
//!
//! Nothing decides here, and nothing is asynchronous: a commit is one synchronous call.

pub mod account;
pub mod conversation;
pub mod devices;
pub mod directory;
#[cfg(feature = "rusqlite")]
pub mod host;
pub mod inbox_list;
pub mod levels;
pub mod listing;
pub mod migrations;
pub mod people;
pub mod presence;
pub mod profile;
pub mod saved;
pub mod sql;
#[cfg(feature = "suite")]
pub mod suite;
