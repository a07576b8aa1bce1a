//! What correctly signed claims must say.

use quipu_auth::{AuthConfig, AuthError, Defect, Identity, SubjectDefect, UnixSeconds, Verifier};
use serde_json::{Value, json};

use crate::support::*;

#[test]
fn the_identity_is_what_the_claims_say() {
    let identity = judge(json!({
        "name": "  Ada  ", "picture": "https://img.example/ada.png?s=64", "jti": "token-7", "role": "ignored",
    }));
    let expected = Identity {
        issuer: ISSUER.into(),
        subject: "user-1".into(),
        expires_at: UnixSeconds(NOW.0 + 3600),
        issued_at: Some(NOW),
        name: Some("Ada".into()),
        picture: Some("https://img.example/ada.png?s=64".into()),
        token_id: Some("token-7".into()),
        device: None,
    };
    assert_eq!(identity, Ok(expected));
}

#[test]
fn only_the_required_claims() {
    let identity = judge(json!({ "iat": null })).unwrap();
    assert_eq!(identity.issued_at, None);
    assert_eq!((identity.name, identity.picture, identity.token_id), (None, None, None));
}

#[test]
fn times_at_the_edges_of_the_leeway() {
    let at = |offset: i64| NOW.0 + offset;
    let too_long = malformed(Defect::LifetimeTooLong { max_s: 86_400 });
    let table = [
        // Accepted while now < exp + leeway.
        (json!({ "exp": at(1) }), None),
        (json!({ "exp": at(0) }), None),
        (json!({ "exp": at(-29) }), None),
        (json!({ "exp": at(-30) }), Some(Err(AuthError::Expired))),
        (json!({ "exp": at(-86_400) }), Some(Err(AuthError::Expired))),
        (json!({ "exp": 0 }), Some(Err(AuthError::Expired))),
        (json!({ "exp": -1 }), Some(Err(AuthError::Expired))),
        // At most a day and the leeway ahead.
        (json!({ "exp": at(86_430) }), None),
        (json!({ "exp": at(86_431) }), Some(too_long.clone())),
        (json!({ "exp": NOW.as_millis() }), Some(too_long)),
        // nbf and iat at most the leeway ahead.
        (json!({ "nbf": at(-86_400) }), None),
        (json!({ "nbf": at(30) }), None),
        (json!({ "nbf": at(31) }), Some(Err(AuthError::NotYetValid))),
        (json!({ "iat": at(30) }), None),
        (json!({ "iat": at(31) }), Some(Err(AuthError::NotYetValid))),
        (json!({ "iat": at(-31_536_000) }), None),
        (json!({ "iat": at(31), "exp": at(-30) }), Some(Err(AuthError::Expired))),
        // Fractions are cut off, as RFC 7519 allows them.
        (json!({ "exp": at(-30) as f64 + 0.9 }), Some(Err(AuthError::Expired))),
        (json!({ "exp": at(100) as f64 + 0.5, "iat": NOW.0 as f64 + 0.25 }), None),
    ];
    for (changes, refusal) in table {
        let judged = judge(changes.clone());
        match refusal {
            None => assert!(judged.is_ok(), "{changes}: {judged:?}"),
            Some(refusal) => assert_eq!(judged, refusal, "{changes}"),
        }
    }
}

#[test]
fn leeway_and_lifetime_follow_the_settings() {
    let config = AuthConfig { hs256_secret: Some(SECRET.to_vec().into()), leeway_s: 0, max_lifetime_s: 60, ..config() };
    let verifier = Verifier::new(&config).unwrap();
    let verify = |changes: Value| verifier.verify(&hs256(HS256_HEADER, &claims(changes)), NOW);
    assert!(verify(json!({ "exp": NOW.0 + 60 })).is_ok());
    assert!(verify(json!({ "exp": NOW.0 + 1 })).is_ok());
    assert_eq!(verify(json!({ "exp": NOW.0 })), Err(AuthError::Expired));
    assert_eq!(verify(json!({ "exp": NOW.0 + 61 })), malformed(Defect::LifetimeTooLong { max_s: 60 }));
    let soon = json!({ "exp": NOW.0 + 60, "nbf": NOW.0 + 1 });
    assert_eq!(verify(soon), Err(AuthError::NotYetValid));
}

#[test]
fn the_same_token_ends_as_time_passes() {
    let token = hs256(HS256_HEADER, &claims(json!({})));
    let verifier = hs256_only();
    for (later, accepted) in [(0, true), (3_600, true), (3_629, true), (3_630, false), (i64::MAX - NOW.0, false)] {
        let judged = verifier.verify(&token, UnixSeconds(NOW.0 + later));
        assert_eq!(judged.is_ok(), accepted, "{later}: {judged:?}");
    }
    assert!(verifier.verify(&token, UnixSeconds(i64::MIN)).is_err());
}

#[test]
fn claims_that_are_malformed() {
    let number = NOW.0 + 60;
    let texts = [
        String::new(),
        "null".into(),
        "[]".into(),
        "\"sub\"".into(),
        "{".into(),
        format!(r#"{{"exp":"{number}"}}"#),
        r#"{"exp":null}"#.into(),
        r#"{"exp":true}"#.into(),
        r#"{"exp":[1]}"#.into(),
        r#"{"exp":1e300}"#.into(),
        r#"{"exp":18446744073709551615}"#.into(),
        r#"{"exp":99999999999999999999999999}"#.into(),
        format!(r#"{{"exp":{number},"nbf":"soon"}}"#),
        format!(r#"{{"exp":{number},"iat":{{}}}}"#),
        // A name twice.
        format!(r#"{{"exp":{number},"exp":{number}}}"#),
        format!(r#"{{"exp":{number},"iat":1,"iat":1}}"#),
        format!(r#"{{"exp":{number},"iss":"{ISSUER}","aud":"quipu","sub":"a","sub":"b"}}"#),
        format!(r#"{{"exp":{number},"iss":"{ISSUER}","aud":"quipu","sub":"a","\u0073ub":"b"}}"#),
        format!(r#"{{"exp":{number},"iss":"{ISSUER}","aud":"quipu","sub":"a","x":1,"x":1}}"#),
    ];
    for text in texts {
        let judged = hs256_only().verify(&hs256(HS256_HEADER, &text), NOW);
        assert_eq!(judged, malformed(Defect::Claims), "{text}");
    }
    assert_eq!(judge(json!({ "exp": null })), malformed(Defect::NoExpiry));
}

#[test]
fn issuer() {
    let others = [
        Value::Null,
        json!(""),
        json!("https://app.example/"),
        json!("https://APP.example"),
        json!("https://other.example"),
        json!([ISSUER]),
        json!({ "iss": ISSUER }),
        json!(1),
    ];
    for other in others {
        assert_eq!(judge(json!({ "iss": other })), Err(AuthError::Issuer), "{other}");
    }
}

#[test]
fn audience() {
    for good in [json!("quipu"), json!(["quipu"]), json!(["other", "quipu", "third"])] {
        assert!(judge(json!({ "aud": good })).is_ok(), "{good}");
    }
    let others = [
        Value::Null,
        json!(""),
        json!("Quipu"),
        json!("quipu2"),
        json!("other"),
        json!("other quipu"),
        json!([]),
        json!(["other"]),
        json!([["quipu"]]),
        json!(["quipu", 7]),
        json!({ "quipu": true }),
        json!(true),
    ];
    for other in others {
        assert_eq!(judge(json!({ "aud": other })), Err(AuthError::Audience), "{other}");
    }
}

#[test]
fn subject() {
    let good = [
        "0",
        "ada@example.com",
        "auth0|5f7c8ec7c33c6c004bbafe82",
        "Ἀριστοτέλης",
        "用户一号",
        "👩\u{200d}🚀",
        "مستخدم",
        "e\u{301}",
        " spaces stay ",
        "\u{feff}x",
    ];
    for subject in good {
        let identity = judge(json!({ "sub": subject })).unwrap();
        assert_eq!(identity.subject, subject);
    }
    for (subject, fits) in
        [("x".repeat(255), true), ("x".repeat(256), false), ("é".repeat(127), true), ("é".repeat(128), false)]
    {
        let judged = judge(json!({ "sub": subject })).map(|identity| identity.subject);
        let expected = if fits { Ok(subject) } else { Err(AuthError::Subject(SubjectDefect::TooLong)) };
        assert_eq!(judged, expected);
    }
    let bad = [
        (Value::Null, SubjectDefect::Missing),
        (json!(42), SubjectDefect::Missing),
        (json!(["user-1"]), SubjectDefect::Missing),
        (json!(""), SubjectDefect::Empty),
        (json!("a\nb"), SubjectDefect::Control),
        (json!("a\u{0}"), SubjectDefect::Control),
        (json!("\u{7f}"), SubjectDefect::Control),
        (json!("a\u{85}b"), SubjectDefect::Control),
    ];
    for (subject, defect) in bad {
        let judged = judge(json!({ "sub": subject }));
        assert_eq!(judged, Err(AuthError::Subject(defect)), "{subject}");
    }
}

#[test]
fn names_pictures_and_ids_that_do_not_fit_are_left_out_without_an_error() {
    let longest_picture = format!("https://img.example/{}", "p".repeat(2048 - 20));
    assert_eq!(longest_picture.len(), 2048);
    let kept = [
        ("name", "Ada".to_owned()),
        ("name", "名".repeat(200)),
        ("name", "👩\u{200d}🚀 ‏عربي".to_owned()),
        ("picture", longest_picture.clone()),
        ("picture", "HTTPS://img.example".to_owned()),
        ("picture", "https://[::1]:8443/a#b".to_owned()),
        ("picture", "https://img.example/@ada".to_owned()),
        ("jti", "j".repeat(255)),
    ];
    for (claim, value) in kept {
        let identity = judge(json!({ claim: value })).unwrap();
        assert_eq!(claim_of(&identity, claim), Some(value));
    }
    let left_out = [
        ("name", json!("")),
        ("name", json!(" \u{3000} ")),
        ("name", json!("a\nb")),
        ("name", json!("x".repeat(201))),
        ("name", json!(7)),
        ("name", json!({ "first": "Ada" })),
        ("picture", json!(longest_picture + "p")),
        ("picture", json!("http://img.example/a.png")),
        ("picture", json!("javascript:alert(1)")),
        ("picture", json!("data:image/png;base64,AAAA")),
        ("picture", json!("//img.example/a.png")),
        ("picture", json!("https:///a.png")),
        ("picture", json!("https://?a")),
        ("picture", json!("https://:443/")),
        ("picture", json!("https://user:word@img.example/")),
        ("picture", json!("https://img.example\\@other.example/")),
        ("picture", json!("https://img.example/a b")),
        ("picture", json!("https://img.example/\"onload=\"x")),
        ("picture", json!("https://img.example/é")),
        ("picture", json!(" https://img.example/")),
        ("picture", json!(["https://img.example/"])),
        ("jti", json!("")),
        ("jti", json!("j".repeat(256))),
        ("jti", json!("a\tb")),
        ("jti", json!(1)),
    ];
    for (claim, value) in left_out {
        let identity = judge(json!({ claim: value })).unwrap();
        assert_eq!(claim_of(&identity, claim), None, "{claim}: {value}");
    }
}

fn claim_of(identity: &Identity, claim: &str) -> Option<String> {
    match claim {
        "name" => identity.name.clone(),
        "picture" => identity.picture.clone(),
        "jti" => identity.token_id.clone(),
        other => panic!("no such claim in the table: {other}"),
    }
}

#[test]
fn claims_are_judged_only_behind_a_valid_signature() {
    let stranger = b"a secret that is not the deployment's own";
    let all_wrong = claims(json!({ "iss": "x", "aud": "x", "sub": "", "exp": 1 }));
    let token = hs256_by(stranger, HS256_HEADER, &all_wrong);
    assert_eq!(hs256_only().verify(&token, NOW), Err(AuthError::Signature));
}
