//! Tokens made elsewhere: by the specifications, and by the programs in the guide on authentication.

use quipu_auth::{AuthConfig, AuthError, Defect, UnixSeconds, Verifier};

use crate::support::*;

/// RFC 7515, appendix A.1: the token and its key. Its claims have no `aud`, so the audience is where it ends.
const RFC_7515_A1: &str = concat!(
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
);
const RFC_7515_A1_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// RFC 8037, appendix A.4, signed by the key of appendix A.1. Its payload is a sentence, not claims.
const RFC_8037_A4: &str = concat!(
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
);

#[test]
fn rfc_7515_a1_passes_the_signature_and_ends_at_its_missing_audience() {
    let config = |key: Vec<u8>| AuthConfig { issuer: "joe".into(), hs256_secret: Some(key.into()), ..config() };
    let verifier = Verifier::new(&config(decode(RFC_7515_A1_KEY))).unwrap();
    let verify = |token: &str, now| verifier.verify(token, UnixSeconds(now));
    assert_eq!(verify(RFC_7515_A1, 1_300_819_379), Err(AuthError::Audience));
    assert_eq!(verify(RFC_7515_A1, 1_300_819_380 + 30), Err(AuthError::Expired));
    let changed = RFC_7515_A1.replace("EjXk", "EjXg");
    assert_ne!(changed, RFC_7515_A1);
    assert_eq!(verify(&changed, 1_300_819_379), Err(AuthError::Signature));

    let other = Verifier::new(&config(SECRET.to_vec())).unwrap();
    let refusal = other.verify(RFC_7515_A1, UnixSeconds(1_300_819_379));
    assert_eq!(refusal, Err(AuthError::Signature));
}

/// The vector of [`RFC_8037_A4`] is checked against the configured key beside the code that reads keys. Here:
/// the same key signs as the specification says, and a signed sentence is still no token.
#[test]
fn rfc_8037_a4_is_reproduced_and_is_no_token() {
    let made = eddsa(r#"{"alg":"EdDSA"}"#, "Example of Ed25519 signing");
    assert_eq!(made, RFC_8037_A4);
    assert_eq!(ed25519_only().verify(RFC_8037_A4, NOW), malformed(Defect::Claims));
}

/// What the three programs of the guide print for one user at [`NOW`].
#[test]
fn tokens_of_the_guide() {
    let node_hs256 = concat!(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2FwcC5leGFtcGxlIiwiYXVkIjoicXVpcHUiLCJzdWI",
        "iOiJ1c2VyLTEiLCJuYW1lIjoiWm_DqyDwn5Gp4oCN8J-agCIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAzNjAwfQ.7iYD",
        "cNDMCSeLZ9WQYx4XzlQYTHIHAncVH6ybKrVimxA",
    );
    let node_eddsa = concat!(
        "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2FwcC5leGFtcGxlIiwiYXVkIjoicXVpcHUiLCJzdWI",
        "iOiJ1c2VyLTEiLCJuYW1lIjoiWm_DqyDwn5Gp4oCN8J-agCIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAzNjAwfQ.9T6s",
        "UdY6nnX5dhFgWeEKeWEqFoHJ-PzGJpmqoSK3Ap8d_SykKs8FHsKtE7jTRD8pxFdJ40h8SdwkxgvzxyZqAg",
    );
    let python_hs256 = concat!(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiAiaHR0cHM6Ly9hcHAuZXhhbXBsZSIsICJhdWQiOiAicXVpcHUiLCA",
        "ic3ViIjogInVzZXItMSIsICJuYW1lIjogIlpvXHUwMGViIFx1ZDgzZFx1ZGM2OVx1MjAwZFx1ZDgzZFx1ZGU4MCIsICJpYXQiOiA",
        "xODAwMDAwMDAwLCAiZXhwIjogMTgwMDAwMzYwMH0.aJPliQ3uJ6eQrgwxCeZl364V9DbT7Hm3kaE8H16s-Qg",
    );
    for token in [node_hs256, node_eddsa, python_hs256] {
        let identity = both().verify(token, NOW).unwrap();
        assert_eq!(identity.subject, "user-1");
        assert_eq!(identity.name.as_deref(), Some("Zoë 👩\u{200d}🚀"));
        assert_eq!(identity.issued_at, Some(NOW));
        assert_eq!(identity.expires_at, UnixSeconds(NOW.0 + 3_600));
    }
}
