//! Search: what a query asks, which terms the index keeps of a message, and whether a message is a hit.
//!
//! The index proposes, [`matching`] decides: a candidate is compared with the query anew, from the text that its reader may see now. So an index may
//! propose too much, and never shows anything by itself.
//!
//! | module | what it holds |
//! |---|---|
//! | [`terms`] | texts to terms: words, folded; scripts without spaces in overlapping pairs |
//! | [`query`] | the grammar of queries |
//! | [`date`] | dates of `before:` and `after:` |
//! | [`matching`] | a query whose people are known: what the index is asked, and what of a message is marked |
//! | [`within`] | conversations as `in:` names them |
//! | [`across`] | a search over many conversations: its groups, its cursor, its pages |

pub mod across;
pub mod date;
pub mod matching;
pub mod query;
pub mod terms;
pub mod within;

pub use matching::{Document, Plan};
pub use query::Query;
