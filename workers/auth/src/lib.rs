//! Who is calling: verification of the JSON Web Tokens that a team mints for its users.
//!
//! Pure policy and protocol. Nothing here reads a clock, draws randomness or does I/O: the time comes in as
//! [`UnixSeconds`], keys come in as [`AuthConfig`], tokens as text taken from a request by [`bearer`].
//!
//! | module | what it does |
//! |---|---|
//! | [`bearer`] | finds the token in an `Authorization` or a `Sec-WebSocket-Protocol` header |
//! | [`Verifier`] | checks a token and answers with the caller's [`Identity`] |
//! | [`AuthError`] | why a token was refused: a stable code, a sentence, a `WWW-Authenticate` value |
//! | [`mint`] | makes tokens, for demo mode and tests only |
//!
//! Three rules hold whatever a token says of itself:
//!
//! 1. How a key is used follows from the key. The header's `alg` selects among the configured keys and nothing else.
//! 2. Only one spelling of a token is valid: base64url without padding, whose unused bits are zero, no name twice.
//! 3. Nothing of a token is repeated in an error, and nothing of a key in any `Debug` output.

pub mod bearer;
mod claims;
mod config;
mod error;
mod fields;
mod keys;
pub mod mint;
mod time;
mod verifier;

pub use claims::Identity;
pub use config::{AuthConfig, ConfigError, KeyMaterial};
pub use error::{AuthError, Defect, SubjectDefect};
pub use time::UnixSeconds;
pub use verifier::Verifier;

pub use quipu_schema::limits::{
    LEEWAY_MAX_S, LEEWAY_S, LIFETIME_MAX_S, LIFETIME_S, NAME_CHARS, SECRET_BYTES, TOKEN_BYTES, TOKEN_ID_BYTES,
};
