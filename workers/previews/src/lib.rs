//! Previews of links, as far as they need no network: which addresses may be asked for, and what a page says of itself.
//!
//! | module | what it does |
//! |---|---|
//! | [`address`] | which addresses may be asked for: no private, local or otherwise special one, in any spelling |
//! | [`page`] | title, description, picture and site of an HTML page, and its character encoding |

pub mod address;
pub mod page;
