//! Tokens of any shape, signed independently of the code under test where HMAC is concerned.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, Mac};
use jwt_compact::{
    Algorithm, AlgorithmSignature,
    alg::{Ed25519, SigningKey},
};
use quipu_auth::{AuthConfig, AuthError, Defect, Identity, UnixSeconds, Verifier};
use serde_json::{Value, json};
use sha2::Sha256;

pub const SECRET: &[u8] = b"correct horse battery staple and more";
pub const ISSUER: &str = "https://app.example";
pub const AUDIENCE: &str = "quipu";
pub const NOW: UnixSeconds = UnixSeconds(1_800_000_000);
pub const HS256_HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
pub const EDDSA_HEADER: &str = r#"{"alg":"EdDSA","typ":"JWT"}"#;
/// The public half of [`signing_key`]: RFC 8037, appendix A.2.
pub const PUBLIC_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// The private key of RFC 8037, appendix A.1.
pub fn signing_key() -> <Ed25519 as Algorithm>::SigningKey {
    let seed = decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    SigningKey::<Ed25519>::from_slice(&seed).unwrap()
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

pub fn decode(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

pub fn hmac(secret: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub fn signing_input(header: &str, claims: &str) -> String {
    format!("{}.{}", encode(header), encode(claims))
}

pub fn hs256_by(secret: &[u8], header: &str, claims: &str) -> String {
    let input = signing_input(header, claims);
    let signature = encode(hmac(secret, &input));
    format!("{input}.{signature}")
}

pub fn hs256(header: &str, claims: &str) -> String {
    hs256_by(SECRET, header, claims)
}

pub fn eddsa(header: &str, claims: &str) -> String {
    let input = signing_input(header, claims);
    let signature = Ed25519.sign(&signing_key(), input.as_bytes());
    format!("{input}.{}", encode(signature.as_bytes()))
}

/// Claims that are accepted at [`NOW`], with `changes` on top; null takes a claim away.
pub fn claims(changes: Value) -> String {
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "iat": NOW.0, "exp": NOW.0 + 3600,
    });
    let map = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => map.remove(name),
            value => map.insert(name.clone(), value.clone()),
        };
    }
    claims.to_string()
}

pub fn config() -> AuthConfig {
    AuthConfig { issuer: ISSUER.into(), audience: AUDIENCE.into(), ..AuthConfig::default() }
}

pub fn hs256_only() -> Verifier {
    let config = AuthConfig { hs256_secret: Some(SECRET.to_vec().into()), ..config() };
    Verifier::new(&config).unwrap()
}

pub fn ed25519_only() -> Verifier {
    let config = AuthConfig { ed25519_public_key: Some(PUBLIC_KEY.into()), ..config() };
    Verifier::new(&config).unwrap()
}

pub fn both() -> Verifier {
    let config = AuthConfig {
        hs256_secret: Some(SECRET.to_vec().into()),
        ed25519_public_key: Some(PUBLIC_KEY.into()),
        ..config()
    };
    Verifier::new(&config).unwrap()
}

/// Checks a correctly signed token that carries the usual claims but for `changes`.
pub fn judge(changes: Value) -> Result<Identity, AuthError> {
    hs256_only().verify(&hs256(HS256_HEADER, &claims(changes)), NOW)
}

pub fn malformed(defect: Defect) -> Result<Identity, AuthError> {
    Err(AuthError::Malformed(defect))
}
