//! What a deployment says about the tokens it accepts, and what is wrong when it says it badly.

use std::fmt;

use crate::{LEEWAY_MAX_S, LEEWAY_S, LIFETIME_MAX_S, LIFETIME_S, SECRET_BYTES};

/// A key or secret as the deployment holds it. Its `Debug` output shows the length only.
#[derive(Clone)]
pub struct KeyMaterial(Vec<u8>);

impl KeyMaterial {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyMaterial({} bytes, redacted)", self.0.len())
    }
}

impl From<&str> for KeyMaterial {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<String> for KeyMaterial {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<Vec<u8>> for KeyMaterial {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// Which tokens a deployment accepts. Fill in [`AuthConfig::default`]; an issuer, an audience and at least one
/// key are required.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// The only accepted `iss`, compared byte for byte.
    pub issuer: String,
    /// What `aud` must be or contain, compared byte for byte.
    pub audience: String,
    /// HS256: the secret shared with the minting server. Its bytes are used as they are, not decoded.
    pub hs256_secret: Option<KeyMaterial>,
    /// The secret used before, still accepted while a rotation is under way.
    pub previous_hs256_secret: Option<KeyMaterial>,
    /// Ed25519: the public key as base64 or base64url of its 32 bytes, as a JSON Web Key, or as PEM.
    pub ed25519_public_key: Option<KeyMaterial>,
    /// The public key used before, still accepted while a rotation is under way.
    pub previous_ed25519_public_key: Option<KeyMaterial>,
    /// How far the minting server's clock may be off, in seconds.
    pub leeway_s: u32,
    /// How far ahead of now `exp` may lie, in seconds: a stolen token works no longer than that.
    pub max_lifetime_s: u32,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            audience: String::new(),
            hs256_secret: None,
            previous_hs256_secret: None,
            ed25519_public_key: None,
            previous_ed25519_public_key: None,
            leeway_s: LEEWAY_S,
            max_lifetime_s: LIFETIME_S,
        }
    }
}

impl AuthConfig {
    pub(crate) fn check_policy(&self) -> Result<(), ConfigError> {
        if self.issuer.is_empty() {
            return Err(ConfigError::NoIssuer);
        }
        if self.audience.is_empty() {
            return Err(ConfigError::NoAudience);
        }
        if self.leeway_s > LEEWAY_MAX_S {
            return Err(ConfigError::Leeway(self.leeway_s));
        }
        if self.max_lifetime_s == 0 || self.max_lifetime_s > LIFETIME_MAX_S {
            return Err(ConfigError::Lifetime(self.max_lifetime_s));
        }
        Ok(())
    }
}

/// Why a deployment's settings cannot be used. `key` names the setting in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No issuer.
    #[error("no issuer is set: name the one whose tokens are accepted (the `iss` they carry)")]
    NoIssuer,
    /// No audience.
    #[error("no audience is set: name what tokens for this deployment carry as `aud`")]
    NoAudience,
    /// No key.
    #[error("no key is set: set an HS256 secret or an Ed25519 public key")]
    NoKey,
    /// The leeway is too large.
    #[error("a leeway of {0} s is too large: set at most {LEEWAY_MAX_S} s")]
    Leeway(u32),
    /// The lifetime is zero or too large.
    #[error("a longest lifetime of {0} s cannot be used: set 1 to {LIFETIME_MAX_S} s")]
    Lifetime(u32),
    /// The secret is too short.
    #[error(
        "the {key} is too short and can be guessed: use at least {SECRET_BYTES} random bytes, \
         for example the output of `openssl rand -base64 48`"
    )]
    ShortSecret {
        /// The setting.
        key: &'static str,
        /// Its length; not in the sentence, which is public in health.
        bytes: usize,
    },
    /// The secret starts or ends with white space, which the minting server will hardly have in its copy.
    #[error("the {key} starts or ends with white space: remove it (a line end comes from `echo`; use `printf %s`)")]
    PaddedSecret {
        /// The setting.
        key: &'static str,
    },
    /// The secret is a public key, so anybody could mint tokens with it.
    #[error("the {key} is a public key, which is no secret: set it as the Ed25519 public key instead")]
    PublicSecret {
        /// The setting.
        key: &'static str,
    },
    /// The public key is in none of the accepted forms.
    #[error(
        "the {key} cannot be read: give its 32 bytes in base64 or base64url, a JSON Web Key with kty OKP and \
         crv Ed25519, or PEM that starts with -----BEGIN PUBLIC KEY-----"
    )]
    PublicKeyForm {
        /// The setting.
        key: &'static str,
    },
    /// The private half was given.
    #[error("the {key} is a private key: give the public half here, and replace the pair if this left your hands")]
    PrivateKey {
        /// The setting.
        key: &'static str,
    },
    /// The key belongs to another algorithm.
    #[error("the {key} belongs to another algorithm: an Ed25519 key is needed")]
    OtherAlgorithm {
        /// The setting.
        key: &'static str,
    },
    /// The bytes are no point of the curve, or one for which anybody can forge signatures.
    #[error("the {key} is not a usable Ed25519 key: its bytes are no valid point of the curve, or a weak one")]
    WeakPublicKey {
        /// The setting.
        key: &'static str,
    },
}
