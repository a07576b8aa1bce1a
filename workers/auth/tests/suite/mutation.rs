//! Nothing but the token itself is accepted: no byte can be changed, added or taken away.

use std::sync::LazyLock;

use proptest::{prelude::*, sample::Index};
use quipu_auth::{AuthError, Verifier};
use quipu_schema::problem::Code;
use serde_json::json;

use crate::support::*;

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.+/ ";

/// One valid token of each algorithm, and a verifier that accepts both.
static TOKENS: LazyLock<[(Verifier, String); 2]> = LazyLock::new(|| {
    let claims = claims(json!({ "name": "Ada", "jti": "token-7" }));
    [(both(), hs256(HS256_HEADER, &claims)), (both(), eddsa(EDDSA_HEADER, &claims))]
});

fn tokens() -> &'static [(Verifier, String); 2] {
    &TOKENS
}

/// A changed token fails by its form, its algorithm or its signature; no later check may be the one that stops it.
fn is_stopped_in_time(verifier: &Verifier, token: &str) -> bool {
    match verifier.verify(token, NOW) {
        Ok(_) => false,
        Err(error) => matches!(
            error.code(),
            Code::TokenMissing | Code::TokenMalformed | Code::TokenAlgorithm | Code::TokenSignature
        ),
    }
}

#[test]
fn every_single_change_to_an_hs256_token_is_refused() {
    let (verifier, token) = &tokens()[0];
    assert!(verifier.verify(token, NOW).is_ok());
    let mut tried = 0;
    for at in 0..token.len() {
        for c in ALPHABET.chars().filter(|c| !token[at..].starts_with(*c)) {
            let mut changed = token.clone();
            changed.replace_range(at..=at, c.encode_utf8(&mut [0; 4]));
            assert!(is_stopped_in_time(verifier, &changed), "{changed}");
            tried += 1;
        }
    }
    assert_eq!(tried, token.len() * (ALPHABET.len() - 1));
}

/// The last character of 32 bytes carries 4 bits that decode to nothing, of 64 bytes 4 too: only zeros are accepted.
#[test]
fn unused_bits_at_the_end_of_a_part_must_be_zero() {
    for (verifier, token) in tokens() {
        let (rest, last) = token.split_at(token.len() - 1);
        let accepted: Vec<char> =
            ALPHABET.chars().filter(|c| verifier.verify(&format!("{rest}{c}"), NOW).is_ok()).collect();
        assert_eq!(accepted, last.chars().collect::<Vec<_>>());
    }
}

/// An Ed25519 signature (R, S) stays valid over the curve if the group's order is added to S; RFC 8032 forbids it.
#[test]
fn a_signature_with_the_order_added_is_refused() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (verifier, token) = &tokens()[1];
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut signature = decode(signature);
    let mut carry = 0_u16;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    let changed = format!("{input}.{}", encode(signature));
    assert_eq!(verifier.verify(&changed, NOW), Err(AuthError::Signature));
}

#[derive(Debug, Clone)]
enum Change {
    Replace(Index, char),
    Insert(Index, char),
    Remove(Index),
    Swap(Index, Index),
    Cut(Index),
    Append(String),
    FlipBit(Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let near = proptest::sample::select(ALPHABET.chars().collect::<Vec<_>>());
    let c = prop_oneof![3 => near, 1 => any::<char>()];
    prop_oneof![
        (any::<Index>(), c.clone()).prop_map(|(at, c)| Change::Replace(at, c)),
        (any::<Index>(), c).prop_map(|(at, c)| Change::Insert(at, c)),
        any::<Index>().prop_map(Change::Remove),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Change::Swap(a, b)),
        any::<Index>().prop_map(Change::Cut),
        "[A-Za-z0-9_.=-]{1,8}".prop_map(Change::Append),
        (any::<Index>(), 0..7_u8).prop_map(|(at, bit)| Change::FlipBit(at, bit)),
    ]
}

fn apply(token: &str, changes: &[Change]) -> String {
    let mut chars: Vec<char> = token.chars().collect();
    for change in changes {
        if chars.is_empty() {
            break;
        }
        let length = chars.len();
        match change {
            Change::Replace(at, c) => chars[at.index(length)] = *c,
            Change::Insert(at, c) => chars.insert(at.index(length + 1), *c),
            Change::Remove(at) => drop(chars.remove(at.index(length))),
            Change::Swap(a, b) => chars.swap(a.index(length), b.index(length)),
            Change::Cut(at) => chars.truncate(at.index(length)),
            Change::Append(text) => chars.extend(text.chars()),
            Change::FlipBit(at, bit) => {
                let at = at.index(length);
                chars[at] = char::from_u32(chars[at] as u32 ^ 1 << bit).unwrap_or('!');
            }
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_mutation_is_refused(changes in proptest::collection::vec(change(), 1..4)) {
        for (verifier, token) in tokens() {
            let changed = apply(token, &changes);
            prop_assume!(changed != *token);
            prop_assert!(is_stopped_in_time(verifier, &changed), "{}", changed);
        }
    }

    #[test]
    fn any_text_is_answered_and_refused(text in any::<String>(), parts in "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,90}") {
        for (verifier, _) in tokens() {
            prop_assert!(is_stopped_in_time(verifier, &text));
            prop_assert!(is_stopped_in_time(verifier, &parts));
        }
    }

    #[test]
    fn other_claims_under_the_same_signature_are_refused(subject in "[a-z0-9]{1,12}", ahead in 1..86_400_i64) {
        prop_assume!(subject != "user-1");
        for (verifier, token) in tokens() {
            let (input, signature) = token.rsplit_once('.').unwrap();
            let (header, _) = input.split_once('.').unwrap();
            let other = encode(claims(json!({ "sub": subject, "exp": NOW.0 + ahead })));
            let forged = format!("{header}.{other}.{signature}");
            prop_assert_eq!(verifier.verify(&forged, NOW), Err(AuthError::Signature));
        }
    }
}
