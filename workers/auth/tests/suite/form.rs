//! The form of a token and its header.

use quipu_auth::{AuthError, Defect, TOKEN_BYTES};
use serde_json::json;

use crate::support::*;

fn header(text: &str) -> Result<quipu_auth::Identity, AuthError> {
    hs256_only().verify(&hs256(text, &claims(json!({}))), NOW)
}

#[test]
fn no_token() {
    assert_eq!(hs256_only().verify("", NOW), Err(AuthError::Missing));
}

#[test]
fn not_a_compact_token() {
    let good = hs256(HS256_HEADER, &claims(json!({})));
    let (header, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let table = [
        ("word".to_owned(), Defect::NotCompact),
        ("a.b".to_owned(), Defect::NotCompact),
        (format!("{header}.{payload}"), Defect::NotCompact),
        (format!("{good}."), Defect::NotCompact),
        (format!(".{good}"), Defect::NotCompact),
        (format!("{good}.{signature}"), Defect::NotCompact),
        (format!("{header}.{payload}.{payload}.{payload}.{signature}"), Defect::NotCompact),
        ("..".to_owned(), Defect::Header),
        (format!(".{payload}.{signature}"), Defect::Header),
        (format!("{payload}.{header}.{signature}"), Defect::Header),
        (format!("{header}..{signature}"), Defect::Claims),
        (format!(" {good}"), Defect::Base64),
        (format!("{good}\n"), Defect::Base64),
        (format!("{good}="), Defect::Base64),
        (format!("{header}=.{payload}.{signature}"), Defect::Base64),
        (format!("{header}.{payload} .{signature}"), Defect::Base64),
        (format!("{header}.{payload}.+/{signature}"), Defect::Base64),
        (format!("{header}.{payload}.ü"), Defect::Base64),
        (json!({ "payload": payload }).to_string(), Defect::NotCompact),
    ];
    for (token, defect) in table {
        assert_eq!(hs256_only().verify(&token, NOW), malformed(defect), "{token}");
    }
}

#[test]
fn an_empty_or_short_signature_is_no_signature() {
    let input = signing_input(HS256_HEADER, &claims(json!({})));
    let full = hmac(SECRET, &input);
    for length in [0, 1, 16, 31] {
        let token = format!("{input}.{}", encode(&full[..length]));
        assert_eq!(hs256_only().verify(&token, NOW), Err(AuthError::Signature), "{length}");
    }
    let token = format!("{input}.{}", encode([full.as_slice(), &[0]].concat()));
    assert_eq!(hs256_only().verify(&token, NOW), Err(AuthError::Signature));
}

#[test]
fn length_is_bounded() {
    let padded = |filler: usize| hs256(HS256_HEADER, &claims(json!({ "filler": "x".repeat(filler) })));
    let longest = (0..TOKEN_BYTES).map(padded).take_while(|token| token.len() <= TOKEN_BYTES).last().unwrap();
    assert!(longest.len() > TOKEN_BYTES - 4);
    assert!(hs256_only().verify(&longest, NOW).is_ok());
    let longer = padded(TOKEN_BYTES);
    assert_eq!(hs256_only().verify(&longer, NOW), malformed(Defect::TooLong));
    let endless = "a".repeat(10_000_000);
    assert_eq!(hs256_only().verify(&endless, NOW), malformed(Defect::TooLong));
}

#[test]
fn headers_that_are_accepted() {
    let good = [
        r#"{"alg":"HS256"}"#,
        r#"{"typ":"JWT","alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"jwt"}"#,
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"AT+JWT"}"#,
        r#"{"alg":"HS256","typ":"application/at+jwt"}"#,
        r#"{"alg":"HS256","typ":"Application/JWT"}"#,
        r#"{"alg":"HS256","cty":"json"}"#,
        r#"{"alg":"HS256","kid":"anything","x-team":{"a":[1]}}"#,
        "{\r\n \"alg\" : \"HS256\" }",
        r#"{"\u0061lg":"HS\u0032\u0035\u0036"}"#,
    ];
    for text in good {
        assert!(header(text).is_ok(), "{text}");
    }
}

#[test]
fn headers_that_are_refused() {
    let table = [
        // Not an object with a text `alg`.
        ("", Defect::Header),
        ("{", Defect::Header),
        ("null", Defect::Header),
        ("[]", Defect::Header),
        (r#""HS256""#, Defect::Header),
        ("{}", Defect::Header),
        (r#"{"typ":"JWT"}"#, Defect::Header),
        (r#"{"ALG":"HS256"}"#, Defect::Header),
        (r#"{"alg":null}"#, Defect::Header),
        (r#"{"alg":256}"#, Defect::Header),
        (r#"{"alg":["HS256"]}"#, Defect::Header),
        (r#"{"alg":"HS256"}{"alg":"HS256"}"#, Defect::Header),
        (r#"{"alg":"HS256","typ":1}"#, Defect::Header),
        // A name twice, however it is spelt.
        (r#"{"alg":"HS256","alg":"HS256"}"#, Defect::Header),
        (r#"{"alg":"none","alg":"HS256"}"#, Defect::Header),
        (r#"{"alg":"HS256","\u0061lg":"none"}"#, Defect::Header),
        (r#"{"alg":"HS256","typ":"JWT","typ":"JWT"}"#, Defect::Header),
        (r#"{"alg":"HS256","kid":"a","kid":"b"}"#, Defect::Header),
        (r#"{"alg":"HS256","jwk":{},"jwk":{}}"#, Defect::Header),
        (r#"{"alg":"HS256","crit":["exp"],"crit":[]}"#, Defect::Header),
        (r#"{"alg":"HS256","x-team":1,"x-team":1}"#, Defect::Header),
        // Extensions.
        (r#"{"alg":"HS256","crit":["exp"]}"#, Defect::Critical),
        (r#"{"alg":"HS256","crit":[]}"#, Defect::Critical),
        (r#"{"alg":"HS256","crit":null}"#, Defect::Critical),
        (r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, Defect::Critical),
        (r#"{"alg":"HS256","b64":false}"#, Defect::Unencoded),
        (r#"{"alg":"HS256","b64":true}"#, Defect::Unencoded),
        // Another kind of thing.
        (r#"{"alg":"HS256","typ":""}"#, Defect::Type),
        (r#"{"alg":"HS256","typ":"JWE"}"#, Defect::Type),
        (r#"{"alg":"HS256","typ":"JWT "}"#, Defect::Type),
        (r#"{"alg":"HS256","typ":"dpop+jwt"}"#, Defect::Type),
        (r#"{"alg":"HS256","typ":"logout+jwt"}"#, Defect::Type),
        (r#"{"alg":"HS256","typ":"text/JWT"}"#, Defect::Type),
        (r#"{"alg":"HS256","typ":"application/application/JWT"}"#, Defect::Type),
        (r#"{"alg":"HS256","typ":"applicatïon/JWT"}"#, Defect::Type),
        (r#"{"alg":"HS256","cty":"JWT"}"#, Defect::ContentType),
        (r#"{"alg":"HS256","cty":"cbor"}"#, Defect::ContentType),
    ];
    for (text, defect) in table {
        assert_eq!(header(text), malformed(defect), "{text}");
    }
}

#[test]
fn header_and_claims_must_be_utf8_and_not_too_deep() {
    let mut bytes = HS256_HEADER.as_bytes().to_vec();
    bytes[2] = 0xff;
    let input = format!("{}.{}", encode(&bytes), encode(claims(json!({}))));
    let token = format!("{input}.{}", encode(hmac(SECRET, &input)));
    assert_eq!(hs256_only().verify(&token, NOW), malformed(Defect::Header));

    let deep = format!(r#"{{"alg":"HS256","x":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    assert_eq!(header(&deep), malformed(Defect::Header));
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    let token = hs256(HS256_HEADER, &deep);
    assert_eq!(hs256_only().verify(&token, NOW), malformed(Defect::Claims));
}
