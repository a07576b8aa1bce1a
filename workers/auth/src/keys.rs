//! Keys: read from a deployment's settings, and the only place that decides how each is used.

use std::fmt;

use base64ct::{Base64, Base64Url, Encoding};
use jwt_compact::{
    Algorithm, AlgorithmExt, Claims, UntrustedToken, ValidationError,
    alg::{Ed25519, Hs256, Hs256Key, VerifyingKey},
    jwk::JsonWebKey,
};

use crate::{AuthConfig, AuthError, ConfigError, Defect, KeyMaterial, SECRET_BYTES, fields::Fields};

type Ed25519Key = <Ed25519 as Algorithm>::VerifyingKey;

/// What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410 section 4): the
/// structure has no optional part, so its DER encoding always starts with these bytes.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PEM_PUBLIC: (&str, &str) = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----");

/// The configured keys, by the one algorithm each is for; the current key of an algorithm stands first.
pub(crate) struct KeyRing {
    hs256: Vec<Hs256Key>,
    ed25519: Vec<Ed25519Key>,
}

impl KeyRing {
    pub(crate) fn new(config: &AuthConfig) -> Result<Self, ConfigError> {
        let secrets =
            [("HS256 secret", &config.hs256_secret), ("previous HS256 secret", &config.previous_hs256_secret)];
        let public_keys = [
            ("Ed25519 public key", &config.ed25519_public_key),
            ("previous Ed25519 public key", &config.previous_ed25519_public_key),
        ];
        let mut ring = Self { hs256: Vec::new(), ed25519: Vec::new() };
        for (name, material) in public_keys {
            if let Some(material) = material {
                ring.ed25519.push(ed25519_key(name, material)?);
            }
        }
        for (name, material) in secrets {
            if let Some(material) = material {
                let key = hs256_key(name, material)?;
                if ring.publishes(material) {
                    return Err(ConfigError::PublicSecret { key: name });
                }
                ring.hs256.push(key);
            }
        }
        if ring.hs256.is_empty() && ring.ed25519.is_empty() {
            return Err(ConfigError::NoKey);
        }
        Ok(ring)
    }

    /// Whether the secret is, in whatever form, one of the public keys.
    fn publishes(&self, secret: &KeyMaterial) -> bool {
        let read = ed25519_key("", secret).ok();
        self.ed25519.iter().any(|key| key.as_bytes() == secret.bytes() || read.as_ref() == Some(key))
    }

    /// Checks the signature and answers with the claims. The match below is the whole influence of the header:
    /// it names an algorithm, and only keys configured for that algorithm are tried, only in its way.
    pub(crate) fn check(&self, token: &UntrustedToken<'_, Fields>) -> Result<Claims<Fields>, AuthError> {
        match token.algorithm() {
            "HS256" => check_with(&Hs256, &self.hs256, token),
            "EdDSA" => check_with(&Ed25519, &self.ed25519, token),
            // RFC 9864 gives the same algorithm a name of its own; newer libraries write it.
            "Ed25519" => check_with(&Ed25519::with_specific_name(), &self.ed25519, token),
            _ => Err(AuthError::Algorithm),
        }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hs256, ed25519) = (self.hs256.len(), self.ed25519.len());
        write!(f, "KeyRing(HS256: {hs256}, Ed25519: {ed25519})")
    }
}

fn check_with<A: Algorithm>(
    algorithm: &A,
    keys: &[A::VerifyingKey],
    token: &UntrustedToken<'_, Fields>,
) -> Result<Claims<Fields>, AuthError> {
    if keys.is_empty() {
        return Err(AuthError::Algorithm);
    }
    for key in keys {
        match algorithm.validator::<Fields>(key).validate(token) {
            Ok(token) => return Ok(token.into_parts().1),
            Err(ValidationError::InvalidSignature) => {}
            Err(ValidationError::AlgorithmMismatch { .. }) => return Err(AuthError::Algorithm),
            Err(ValidationError::MalformedClaims(_)) => {
                return Err(AuthError::Malformed(Defect::Claims));
            }
            Err(_) => return Err(AuthError::Signature),
        }
    }
    Err(AuthError::Signature)
}

/// The secret's bytes as they are. Decoding them on the quiet would make two deployments that hold the same text
/// hold different keys.
pub(crate) fn hs256_key(name: &'static str, material: &KeyMaterial) -> Result<Hs256Key, ConfigError> {
    let bytes = material.bytes();
    if let Ok(text) = std::str::from_utf8(bytes) {
        if text.trim() != text {
            return Err(ConfigError::PaddedSecret { key: name });
        }
        if text.starts_with(PEM_PUBLIC.0) {
            return Err(ConfigError::PublicSecret { key: name });
        }
    }
    if bytes.len() < SECRET_BYTES {
        return Err(ConfigError::ShortSecret { key: name, bytes: bytes.len() });
    }
    Ok(Hs256Key::new(bytes))
}

fn ed25519_key(name: &'static str, material: &KeyMaterial) -> Result<Ed25519Key, ConfigError> {
    let text = std::str::from_utf8(material.bytes()).map_err(|_| ConfigError::PublicKeyForm { key: name })?.trim();
    let key = if text.starts_with('{') {
        from_jwk(name, text)?
    } else if text.starts_with("-----BEGIN") {
        from_pem(name, text)?
    } else {
        from_base64(name, text)?
    };
    if key.is_weak() {
        return Err(ConfigError::WeakPublicKey { key: name });
    }
    Ok(key)
}

fn from_jwk(name: &'static str, text: &str) -> Result<Ed25519Key, ConfigError> {
    let jwk: JsonWebKey<'_> = serde_json::from_str(text).map_err(|_| ConfigError::PublicKeyForm { key: name })?;
    if jwk.is_signing_key() {
        return Err(ConfigError::PrivateKey { key: name });
    }
    let JsonWebKey::KeyPair { curve, x, .. } = &jwk else {
        return Err(ConfigError::OtherAlgorithm { key: name });
    };
    if curve != "Ed25519" {
        return Err(ConfigError::OtherAlgorithm { key: name });
    }
    from_raw(name, x)
}

fn from_pem(name: &'static str, text: &str) -> Result<Ed25519Key, ConfigError> {
    // Tools that keep settings on one line write line ends as a backslash and an n.
    let text = text.replace("\\n", "\n");
    if text.contains("PRIVATE KEY-----") {
        return Err(ConfigError::PrivateKey { key: name });
    }
    let body = text
        .strip_prefix(PEM_PUBLIC.0)
        .and_then(|rest| rest.trim_end().strip_suffix(PEM_PUBLIC.1))
        .ok_or(ConfigError::PublicKeyForm { key: name })?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = Base64::decode_vec(&body).map_err(|_| ConfigError::PublicKeyForm { key: name })?;
    match der.strip_prefix(SPKI_PREFIX.as_slice()) {
        Some(raw) => from_raw(name, raw),
        None => Err(ConfigError::OtherAlgorithm { key: name }),
    }
}

fn from_base64(name: &'static str, text: &str) -> Result<Ed25519Key, ConfigError> {
    let mut padded = text.trim_end_matches('=').to_owned();
    while !padded.len().is_multiple_of(4) {
        padded.push('=');
    }
    let raw = Base64Url::decode_vec(&padded)
        .or_else(|_| Base64::decode_vec(&padded))
        .map_err(|_| ConfigError::PublicKeyForm { key: name })?;
    from_raw(name, raw.strip_prefix(SPKI_PREFIX.as_slice()).unwrap_or(&raw))
}

fn from_raw(name: &'static str, raw: &[u8]) -> Result<Ed25519Key, ConfigError> {
    if raw.len() != 32 {
        return Err(ConfigError::PublicKeyForm { key: name });
    }
    Ed25519Key::from_slice(raw).map_err(|_| ConfigError::WeakPublicKey { key: name })
}

#[cfg(test)]
mod tests {
    use base64ct::Base64UrlUnpadded;
    use jwt_compact::AlgorithmSignature;

    use super::*;

    /// RFC 8037, appendices A.2 (the key) and A.4 (the signature).
    #[test]
    fn ed25519_checks_as_rfc_8037_says() {
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let key = ed25519_key("key", &jwk.into()).unwrap();
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = Base64UrlUnpadded::decode_vec(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        )
        .unwrap();
        let verify = |signature: &[u8], input: &str| {
            let signature = AlgorithmSignature::try_from_slice(signature).unwrap();
            Ed25519.verify_signature(&signature, &key, input.as_bytes())
        };
        assert!(verify(&signature, input));
        assert!(!verify(&signature, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmd"));
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert!(!verify(&changed, input), "byte {at}");
        }
    }
}
