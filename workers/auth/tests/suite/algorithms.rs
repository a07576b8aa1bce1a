//! The algorithm follows from the key: every known way to make a verifier use a key otherwise.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, Mac};
use quipu_auth::{AuthConfig, AuthError, Verifier};
use serde_json::json;
use sha2::{Sha384, Sha512};

use crate::support::*;

fn spki() -> Vec<u8> {
    let prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    [prefix.as_slice(), &decode(PUBLIC_KEY)].concat()
}

#[test]
fn each_key_accepts_its_own_algorithm() {
    let claims = claims(json!({}));
    let by_secret = hs256(HS256_HEADER, &claims);
    assert!(hs256_only().verify(&by_secret, NOW).is_ok());
    assert!(both().verify(&by_secret, NOW).is_ok());
    assert_eq!(ed25519_only().verify(&by_secret, NOW), Err(AuthError::Algorithm));

    // RFC 9864 names the same algorithm `Ed25519`.
    for header in [EDDSA_HEADER, r#"{"alg":"Ed25519"}"#] {
        let by_pair = eddsa(header, &claims);
        assert!(ed25519_only().verify(&by_pair, NOW).is_ok(), "{header}");
        assert!(both().verify(&by_pair, NOW).is_ok(), "{header}");
        assert_eq!(hs256_only().verify(&by_pair, NOW), Err(AuthError::Algorithm), "{header}");
    }
}

#[test]
fn none_in_every_capitalisation() {
    for mask in 0..16_u8 {
        let name: String = "none"
            .chars()
            .enumerate()
            .map(|(at, c)| if mask >> at & 1 == 1 { c.to_ascii_uppercase() } else { c })
            .collect();
        let header = format!(r#"{{"alg":"{name}","typ":"JWT"}}"#);
        let input = signing_input(&header, &claims(json!({})));
        let tokens = [
            format!("{input}."),
            format!("{input}.{}", encode(hmac(SECRET, &input))),
            format!("{input}.{}", encode(hmac(b"", &input))),
            eddsa(&header, &claims(json!({}))),
        ];
        for token in tokens {
            for verifier in [hs256_only(), ed25519_only(), both()] {
                assert_eq!(verifier.verify(&token, NOW), Err(AuthError::Algorithm), "{name}");
            }
        }
    }
}

#[test]
fn other_names_are_refused_even_with_a_signature_by_the_right_key() {
    let names = [
        "",
        " ",
        "HS256 ",
        " HS256",
        "hs256",
        "Hs256",
        "HS256\\u0000",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "eddsa",
        "EDDSA",
        "Ed448",
        "ed25519",
        "A256KW",
        "dir",
        "SHA256",
        "null",
        "undefined",
        "*",
    ];
    for name in names {
        let header = format!(r#"{{"alg":"{name}"}}"#);
        for token in [hs256(&header, &claims(json!({}))), eddsa(&header, &claims(json!({})))] {
            for verifier in [hs256_only(), ed25519_only(), both()] {
                assert_eq!(verifier.verify(&token, NOW), Err(AuthError::Algorithm), "{name:?}");
            }
        }
    }
}

#[test]
fn longer_hmacs_by_the_same_secret_are_refused() {
    for (name, long) in [("HS384", false), ("HS512", true)] {
        let input = signing_input(&format!(r#"{{"alg":"{name}"}}"#), &claims(json!({})));
        let signature = if long {
            let mut mac = Hmac::<Sha512>::new_from_slice(SECRET).unwrap();
            mac.update(input.as_bytes());
            mac.finalize().into_bytes().to_vec()
        } else {
            let mut mac = Hmac::<Sha384>::new_from_slice(SECRET).unwrap();
            mac.update(input.as_bytes());
            mac.finalize().into_bytes().to_vec()
        };
        let token = format!("{input}.{}", encode(signature));
        assert_eq!(both().verify(&token, NOW), Err(AuthError::Algorithm), "{name}");
    }
}

#[test]
fn the_public_key_is_never_an_hmac_secret() {
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", Base64::encode_string(&spki()));
    let jwk = json!({ "crv": "Ed25519", "kty": "OKP", "x": PUBLIC_KEY }).to_string();
    let forms: [Vec<u8>; 8] = [
        decode(PUBLIC_KEY),
        spki(),
        PUBLIC_KEY.into(),
        Base64::encode_string(&decode(PUBLIC_KEY)).into(),
        pem.trim_end().into(),
        pem.into(),
        jwk.into(),
        Vec::new(),
    ];
    for secret in forms {
        let token = hs256_by(&secret, HS256_HEADER, &claims(json!({})));
        assert_eq!(ed25519_only().verify(&token, NOW), Err(AuthError::Algorithm));
        assert_eq!(both().verify(&token, NOW), Err(AuthError::Signature));
        // The same signature under the other name has the wrong length, or fails.
        let input = signing_input(EDDSA_HEADER, &claims(json!({})));
        let twice = [hmac(&secret, &input), hmac(&secret, &input)].concat();
        for signature in [hmac(&secret, &input), twice] {
            let token = format!("{input}.{}", encode(signature));
            assert_eq!(ed25519_only().verify(&token, NOW), Err(AuthError::Signature));
            assert_eq!(both().verify(&token, NOW), Err(AuthError::Signature));
        }
    }
}

#[test]
fn a_signature_by_one_configured_key_does_not_pass_under_the_name_of_the_other() {
    let as_eddsa = hs256(EDDSA_HEADER, &claims(json!({})));
    assert_eq!(both().verify(&as_eddsa, NOW), Err(AuthError::Signature));
    let as_hs256 = eddsa(HS256_HEADER, &claims(json!({})));
    assert_eq!(both().verify(&as_hs256, NOW), Err(AuthError::Signature));
}

#[test]
fn keys_that_a_token_brings_along_are_not_used() {
    let other_secret = b"a secret that an attacker has chosen";
    let headers = [
        json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": encode(other_secret) } }),
        json!({ "alg": "HS256", "jku": "https://attacker.example/keys" }),
        json!({ "alg": "HS256", "kid": "../../../../dev/null" }),
        json!({ "alg": "HS256", "kid": "' OR 1=1 --", "x5u": "https://attacker.example/cert" }),
    ];
    for header in headers {
        let token = hs256_by(other_secret, &header.to_string(), &claims(json!({})));
        assert_eq!(both().verify(&token, NOW), Err(AuthError::Signature), "{header}");
    }
}

#[test]
fn during_a_rotation_both_keys_of_an_algorithm_are_accepted() {
    let old_secret = b"the secret of the year before, also long";
    let old = hs256_by(old_secret, HS256_HEADER, &claims(json!({})));
    let new = hs256(HS256_HEADER, &claims(json!({})));
    let rotating = AuthConfig {
        hs256_secret: Some(SECRET.to_vec().into()),
        previous_hs256_secret: Some(old_secret.to_vec().into()),
        // 32 bytes of another key: RFC 8032, section 7.1, test 2.
        ed25519_public_key: Some("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw".into()),
        previous_ed25519_public_key: Some(PUBLIC_KEY.into()),
        ..config()
    };
    let rotating = Verifier::new(&rotating).unwrap();
    for token in [&old, &new, &eddsa(EDDSA_HEADER, &claims(json!({})))] {
        assert!(rotating.verify(token, NOW).is_ok());
    }
    let third = hs256_by(b"a third secret that nobody configured!", HS256_HEADER, &claims(json!({})));
    assert_eq!(rotating.verify(&third, NOW), Err(AuthError::Signature));

    let after = hs256_only();
    assert_eq!(after.verify(&old, NOW), Err(AuthError::Signature));
    assert!(after.verify(&new, NOW).is_ok());
}
