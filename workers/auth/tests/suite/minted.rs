//! Minted tokens pass the verifier.

use quipu_auth::{
    AuthError, ConfigError, KeyMaterial, UnixSeconds,
    mint::{MintClaims, MintError, mint_hs256},
};

use crate::support::*;

fn some_claims() -> MintClaims {
    MintClaims {
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        subject: "ada".into(),
        issued_at: NOW,
        expires_at: UnixSeconds(NOW.0 + 600),
        name: Some("Ada \"the first\" 👩\u{200d}🚀".into()),
        picture: None,
        device: None,
    }
}

#[test]
fn a_minted_token_is_accepted_and_equals_one_made_by_hand() {
    let secret = KeyMaterial::from(SECRET.to_vec());
    let token = mint_hs256(&secret, &some_claims()).unwrap();
    let identity = hs256_only().verify(&token, NOW).unwrap();
    assert_eq!(identity.subject, "ada");
    assert_eq!(identity.name, some_claims().name);
    assert_eq!(identity.picture, None);
    assert_eq!(identity.expires_at, UnixSeconds(NOW.0 + 600));

    let (input, _) = token.rsplit_once('.').unwrap();
    assert_eq!(token, format!("{input}.{}", encode(hmac(SECRET, input))));
    assert_eq!(mint_hs256(&secret, &some_claims()), Ok(token));
}

#[test]
fn a_minted_token_ends_and_belongs_to_its_secret() {
    let token = mint_hs256(&KeyMaterial::from(SECRET.to_vec()), &some_claims()).unwrap();
    let late = UnixSeconds(NOW.0 + 630);
    assert_eq!(hs256_only().verify(&token, late), Err(AuthError::Expired));
    let stranger = KeyMaterial::from("a secret that is not the deployment's own");
    let token = mint_hs256(&stranger, &some_claims()).unwrap();
    assert_eq!(hs256_only().verify(&token, NOW), Err(AuthError::Signature));
}

#[test]
fn minting_has_the_bounds_of_verifying() {
    let short = mint_hs256(&"short".into(), &some_claims());
    let expected = ConfigError::ShortSecret { key: "HS256 secret", bytes: 5 };
    assert_eq!(short, Err(MintError::Secret(expected)));
    let wordy = MintClaims { name: Some("x".repeat(4_000)), ..some_claims() };
    let secret = KeyMaterial::from(SECRET.to_vec());
    assert_eq!(mint_hs256(&secret, &wordy), Err(MintError::TooLong));
}
