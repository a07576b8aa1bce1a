//! Settings: every accepted form of a key, and every refusal.

use quipu_auth::{AuthConfig, ConfigError, KeyMaterial, Verifier};
use serde_json::json;

use crate::support::*;

const PEM: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
const PRIVATE_PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const P256_PEM: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOakM9O7puZy4W5pPg6raMNMgy+Nt\nXffMX+qeddWVT6hjHXHhh/AXM0a7tHjKbIIYXyBMSiW9PuZr/jDWsdMkMA==\n-----END PUBLIC KEY-----\n";
const X25519_PEM: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAK71PgxdBByi/9dvU0MFfB6PCmDF4ulR/W5Q3Gu1UfxI=\n-----END PUBLIC KEY-----\n";

fn with_public_key(text: &str) -> Result<Verifier, ConfigError> {
    Verifier::new(&AuthConfig { ed25519_public_key: Some(text.into()), ..config() })
}

fn with_secret(secret: impl Into<KeyMaterial>) -> Result<Verifier, ConfigError> {
    Verifier::new(&AuthConfig { hs256_secret: Some(secret.into()), ..config() })
}

#[test]
fn every_form_of_a_public_key_is_the_same_key() {
    let forms = [
        PUBLIC_KEY.to_owned(),
        format!("{PUBLIC_KEY}="),
        format!(" {PUBLIC_KEY}\n"),
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".to_owned(),
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned(),
        "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".to_owned(),
        PEM.to_owned(),
        PEM.trim_end().to_owned(),
        PEM.replace('\n', "\r\n"),
        PEM.replace('\n', "\\n"),
        PEM.replace("yWQH", "yWQH\n"),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": PUBLIC_KEY }).to_string(),
        json!({ "x": PUBLIC_KEY, "crv": "Ed25519", "kty": "OKP", "kid": "1", "use": "sig", "alg": "EdDSA" })
            .to_string(),
    ];
    let token = eddsa(EDDSA_HEADER, &claims(json!({})));
    for form in forms {
        let verifier = with_public_key(&form).unwrap_or_else(|error| panic!("{form}: {error}"));
        assert!(verifier.verify(&token, NOW).is_ok(), "{form}");
    }
}

#[test]
fn public_keys_that_are_refused() {
    let key = "Ed25519 public key";
    let form = ConfigError::PublicKeyForm { key };
    let private = ConfigError::PrivateKey { key };
    let other = ConfigError::OtherAlgorithm { key };
    let table = [
        (String::new(), form),
        ("  ".into(), form),
        ("a".into(), form),
        ("not base64!".into(), form),
        (encode([7; 31]), form),
        (encode([7; 33]), form),
        (encode([7; 64]), form),
        (PUBLIC_KEY.replace("URo", "URp"), form),
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a".into(), form),
        ("{".into(), form),
        (json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": PUBLIC_KEY }] }).to_string(), form),
        (json!({ "kty": "OKP", "crv": "Ed25519" }).to_string(), form),
        (json!({ "kty": "OKP", "crv": "Ed25519", "x": encode([7; 31]) }).to_string(), form),
        (PEM.replace("-----END PUBLIC KEY-----", ""), form),
        (PEM.replace("PUBLIC KEY", "CERTIFICATE"), form),
        (PEM.replace("MCow", "M*ow"), form),
        (PRIVATE_PEM.into(), private),
        (PRIVATE_PEM.replace("PRIVATE", "OPENSSH PRIVATE"), private),
        (json!({ "kty": "OKP", "crv": "Ed25519", "x": PUBLIC_KEY, "d": encode([7; 32]) }).to_string(), private),
        (json!({ "kty": "oct", "k": encode([7; 32]) }).to_string(), private),
        (P256_PEM.into(), other),
        (X25519_PEM.into(), other),
        (json!({ "kty": "OKP", "crv": "X25519", "x": PUBLIC_KEY }).to_string(), other),
        (json!({ "kty": "EC", "crv": "P-256", "x": encode([7; 32]), "y": encode([7; 32]) }).to_string(), other),
        (json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }).to_string(), other),
    ];
    for (text, error) in table {
        assert_eq!(with_public_key(&text).err(), Some(error), "{text}");
    }
}

/// Points of small order make forging easy; y = 2 is on no point of the curve.
#[test]
fn weak_public_keys_are_refused() {
    let point = |first: u8, fill: u8, last: u8| {
        let mut bytes = [fill; 32];
        bytes[0] = first;
        bytes[31] = last;
        bytes
    };
    let order_eight = decode("xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o");
    let weak = [
        point(0, 0, 0),
        point(0, 0, 0x80),
        point(1, 0, 0),
        point(0xec, 0xff, 0x7f),
        point(2, 0, 0),
        order_eight.try_into().unwrap(),
    ];
    for bytes in weak {
        let error = with_public_key(&encode(bytes)).err();
        let expected = ConfigError::WeakPublicKey { key: "Ed25519 public key" };
        assert_eq!(error, Some(expected), "{bytes:02x?}");
    }
}

#[test]
fn secrets() {
    let key = "HS256 secret";
    for good in ["x".repeat(32), "é".repeat(16), "a secret with blanks inside of it".into()] {
        assert!(with_secret(good).is_ok());
    }
    assert!(with_secret(vec![0xff; 32]).is_ok());
    let table = [
        (String::new(), ConfigError::ShortSecret { key, bytes: 0 }),
        ("x".repeat(31), ConfigError::ShortSecret { key, bytes: 31 }),
        ("é".repeat(15), ConfigError::ShortSecret { key, bytes: 30 }),
        ("x".repeat(40) + "\n", ConfigError::PaddedSecret { key }),
        (" ".repeat(40), ConfigError::PaddedSecret { key }),
        (PEM.trim_end().into(), ConfigError::PublicSecret { key }),
        (P256_PEM.trim_end().into(), ConfigError::PublicSecret { key }),
    ];
    for (secret, error) in table {
        assert_eq!(with_secret(secret.clone()).err(), Some(error), "{secret:?}");
    }
}

#[test]
fn a_public_key_is_not_accepted_as_the_secret_beside_it() {
    let forms: [KeyMaterial; 4] = [
        decode(PUBLIC_KEY).into(),
        PUBLIC_KEY.into(),
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".into(),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": PUBLIC_KEY }).to_string().into(),
    ];
    for secret in forms {
        let as_current =
            AuthConfig { hs256_secret: Some(secret.clone()), ed25519_public_key: Some(PEM.into()), ..config() };
        let error = Verifier::new(&as_current).err();
        assert_eq!(error, Some(ConfigError::PublicSecret { key: "HS256 secret" }));
        let as_previous = AuthConfig {
            previous_hs256_secret: Some(secret),
            previous_ed25519_public_key: Some(PEM.into()),
            ..config()
        };
        let error = Verifier::new(&as_previous).err();
        assert_eq!(error, Some(ConfigError::PublicSecret { key: "previous HS256 secret" }));
    }
}

#[test]
fn policy() {
    let good = || AuthConfig { hs256_secret: Some(SECRET.to_vec().into()), ..config() };
    let defaults = AuthConfig::default();
    assert_eq!((defaults.leeway_s, defaults.max_lifetime_s), (30, 86_400));
    let table = [
        (good(), None),
        (config(), Some(ConfigError::NoKey)),
        (AuthConfig::default(), Some(ConfigError::NoIssuer)),
        (AuthConfig { issuer: String::new(), ..good() }, Some(ConfigError::NoIssuer)),
        (AuthConfig { audience: String::new(), ..good() }, Some(ConfigError::NoAudience)),
        (AuthConfig { leeway_s: 120, ..good() }, None),
        (AuthConfig { leeway_s: 121, ..good() }, Some(ConfigError::Leeway(121))),
        (AuthConfig { max_lifetime_s: 2_592_000, ..good() }, None),
        (AuthConfig { max_lifetime_s: 0, ..good() }, Some(ConfigError::Lifetime(0))),
        (AuthConfig { max_lifetime_s: 2_592_001, ..good() }, Some(ConfigError::Lifetime(2_592_001))),
    ];
    for (config, error) in table {
        assert_eq!(Verifier::new(&config).err(), error, "{config:?}");
    }
}

#[test]
fn neither_debug_output_nor_errors_show_a_key() {
    let config = AuthConfig {
        hs256_secret: Some(SECRET.to_vec().into()),
        previous_hs256_secret: Some("another secret, used the year before".into()),
        ed25519_public_key: Some(PUBLIC_KEY.into()),
        previous_ed25519_public_key: Some(PEM.into()),
        ..config()
    };
    let verifier = Verifier::new(&config).unwrap();
    let shown = format!("{config:?} {config:#?} {verifier:?} {verifier:#?}");
    assert!(shown.contains("redacted") && shown.contains(ISSUER), "{shown}");
    let secret = String::from_utf8(SECRET.to_vec()).unwrap();
    let hidden = [secret.as_str(), "battery", "another", "11qY", "MCow", "99, 111", "215, 90, 152", "0xd7"];
    for part in hidden {
        assert!(!shown.contains(part), "{part} in {shown}");
    }
    let error = with_secret("a short one").err().unwrap();
    assert!(!format!("{error} {error:?}").contains("short one"));
    let error = with_public_key("sesame").err().unwrap();
    assert!(!format!("{error} {error:?}").contains("sesame"));
}
