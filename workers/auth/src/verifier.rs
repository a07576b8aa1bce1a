//! From a token's text to the identity it proves.

use std::fmt;

use jwt_compact::{ParseError, UntrustedToken};

use crate::{
    AuthConfig, AuthError, ConfigError, Defect, Identity, TOKEN_BYTES, UnixSeconds, claims::Policy, fields::Fields,
    keys::KeyRing,
};

/// Checks tokens against one deployment's keys and policy. Build it once; checking allocates only what the token
/// needs.
pub struct Verifier {
    keys: KeyRing,
    policy: Policy,
}

impl Verifier {
    /// Reads the settings, and refuses those that would be unsafe or let nobody in.
    pub fn new(config: &AuthConfig) -> Result<Self, ConfigError> {
        config.check_policy()?;
        Ok(Self { keys: KeyRing::new(config)?, policy: Policy::new(config) })
    }

    /// Checks form, header, signature and claims, in this order, and answers with the first thing wrong.
    pub fn verify(&self, token: &str, now: UnixSeconds) -> Result<Identity, AuthError> {
        if token.is_empty() {
            return Err(AuthError::Missing);
        }
        if token.len() > TOKEN_BYTES {
            return Err(AuthError::Malformed(Defect::TooLong));
        }
        let token = UntrustedToken::<Fields>::try_from(token).map_err(defect_of)?;
        check_header(&token).map_err(AuthError::Malformed)?;
        let claims = self.keys.check(&token)?;
        self.policy.judge(&claims, now)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("keys", &self.keys).field("policy", &self.policy).finish()
    }
}

fn defect_of(error: ParseError) -> AuthError {
    AuthError::Malformed(match error {
        ParseError::InvalidBase64Encoding => Defect::Base64,
        ParseError::MalformedHeader(_) => Defect::Header,
        ParseError::UnsupportedContentType(_) => Defect::ContentType,
        _ => Defect::NotCompact,
    })
}

/// Everything the header may say besides `alg`. Keys it names or carries (`kid`, `jwk`, `jku`, `x5c`, …) are
/// neither used nor fetched.
fn check_header(token: &UntrustedToken<'_, Fields>) -> Result<(), Defect> {
    let header = token.header();
    if header.other_fields.get("crit").is_some() {
        return Err(Defect::Critical);
    }
    if header.other_fields.get("b64").is_some() {
        return Err(Defect::Unencoded);
    }
    match &header.token_type {
        Some(name) if !is_token_type(name) => Err(Defect::Type),
        _ => Ok(()),
    }
}

/// A media type, whose `application/` may be left out (RFC 7515 section 4.1.9).
fn is_token_type(name: &str) -> bool {
    const PREFIX: &str = "application/";
    let bare = match name.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => name.get(PREFIX.len()..),
        _ => Some(name),
    };
    bare.is_some_and(|bare| bare.eq_ignore_ascii_case("JWT") || bare.eq_ignore_ascii_case("at+jwt"))
}
