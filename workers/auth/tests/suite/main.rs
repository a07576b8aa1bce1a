//! Tokens that must be let in, and all those that must not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod algorithms;
mod claims;
mod configuration;
mod form;
mod minted;
mod mutation;
mod support;
mod vectors;
