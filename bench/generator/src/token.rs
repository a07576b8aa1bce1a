//! Tokens as a team's own server would mint them: HS256.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What the server under test was configured with.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// The shared secret.
    pub secret: String,
}

impl Issuer {
    /// A token for `subject` that lives an hour from `now` (Unix seconds).
    pub fn mint(&self, subject: &str, now: u64) -> Result<String, String> {
        let claims = serde_json::json!({ "iss": self.issuer, "aud": self.audience, "sub": subject, "name": subject, "iat": now, "exp": now + 3600 });
        let head = Base64UrlUnpadded::encode_string(br#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{head}.{}", Base64UrlUnpadded::encode_string(claims.to_string().as_bytes()));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).map_err(|error| error.to_string())?;
        mac.update(signed.as_bytes());
        Ok(format!("{signed}.{}", Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts_and_a_signature_over_the_first_two() {
        let issuer = Issuer { issuer: "bench".into(), audience: "quipu".into(), secret: "s".repeat(32) };
        let token = issuer.mint("someone", 1_000).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(issuer.secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        mac.verify_slice(&Base64UrlUnpadded::decode_vec(signature).unwrap()).unwrap();
        let claims = Base64UrlUnpadded::decode_vec(signed.split_once('.').unwrap().1).unwrap();
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&claims)
                .unwrap()
                .get("exp")
                .and_then(serde_json::Value::as_u64),
            Some(4_600)
        );
    }
}
