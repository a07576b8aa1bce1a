//! Minting of tokens, for demo mode and tests only.
//!
//! A deployment never mints: the team's own server does, see the guide on authentication. A gateway must call this
//! only where a development setting says so.

use jwt_compact::{AlgorithmExt, Claims, Header, alg::Hs256};
use serde::Serialize;

use crate::{ConfigError, KeyMaterial, TOKEN_BYTES, UnixSeconds, keys::hs256_key};

/// The claims of a minted token. It is not checked that a [`crate::Verifier`] would accept them: tests need tokens
/// that it must refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MintClaims {
    /// The issuer.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// The audience.
    #[serde(rename = "aud")]
    pub audience: String,
    /// The user.
    #[serde(rename = "sub")]
    pub subject: String,
    /// When it is minted.
    #[serde(rename = "iat")]
    pub issued_at: UnixSeconds,
    /// When it ends.
    #[serde(rename = "exp")]
    pub expires_at: UnixSeconds,
    /// A display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An https address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The device it speaks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// Why no token was minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// The secret cannot be used.
    #[error(transparent)]
    Secret(#[from] ConfigError),
    /// The claims are too long to be accepted anywhere.
    #[error("the token would be longer than {TOKEN_BYTES} bytes: shorten the name or picture")]
    TooLong,
    /// The claims could not be written as JSON.
    #[error("the claims could not be written as JSON")]
    Claims,
}

/// A token signed by HS256, `typ` JWT. The same input always gives the same token.
pub fn mint_hs256(secret: &KeyMaterial, claims: &MintClaims) -> Result<String, MintError> {
    let key = hs256_key("HS256 secret", secret)?;
    let header = Header::empty().with_token_type("JWT");
    let token = Hs256.token(&header, &Claims::new(claims), &key).map_err(|_| MintError::Claims)?;
    if token.len() > TOKEN_BYTES {
        return Err(MintError::TooLong);
    }
    Ok(token)
}
