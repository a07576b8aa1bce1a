//! Where a request carries its token.
//!
//! HTTP requests send `Authorization: Bearer <token>` (RFC 6750). A browser cannot set that header on a socket, so
//! there the token is offered as a subprotocol beside the real one: `Sec-WebSocket-Protocol: quipu.v1, bearer.<token>`.
//! The answer to the upgrade must select [`SUBPROTOCOL`] and never repeat the entry with the token.

use std::fmt;

use quipu_schema::socket::{BEARER_PREFIX, SUBPROTOCOL};

use crate::{AuthError, Defect};

/// The token of an `Authorization` header. The scheme's case does not matter; another scheme is no token.
pub fn from_authorization(value: Option<&str>) -> Result<&str, AuthError> {
    let value = value.unwrap_or_default().trim_matches([' ', '\t']);
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    let token = rest.trim_start_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(AuthError::Missing);
    }
    // Several such headers arrive joined by a comma, which no token contains.
    if token.contains([' ', '\t', ',']) {
        return Err(AuthError::Malformed(Defect::Authorization));
    }
    Ok(token)
}

/// What a client offers when it opens a socket. Its `Debug` output does not show the token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SocketOffer<'a> {
    /// Whether [`SUBPROTOCOL`] was offered.
    pub speaks_quipu: bool,
    /// The token, if one was offered; a client with a ticket offers none.
    pub token: Option<&'a str>,
}

impl fmt::Debug for SocketOffer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketOffer")
            .field("speaks_quipu", &self.speaks_quipu)
            .field("token", &self.token.map(|_| "redacted"))
            .finish()
    }
}

/// Reads a `Sec-WebSocket-Protocol` header. Other entries are ignored; two tokens are refused.
pub fn from_subprotocols(value: Option<&str>) -> Result<SocketOffer<'_>, AuthError> {
    let mut offer = SocketOffer { speaks_quipu: false, token: None };
    for entry in value.unwrap_or_default().split(',') {
        let entry = entry.trim_matches([' ', '\t']);
        if entry == SUBPROTOCOL {
            offer.speaks_quipu = true;
        } else if let Some(token) = entry.strip_prefix(BEARER_PREFIX) {
            if token.is_empty() {
                return Err(AuthError::Missing);
            }
            if offer.token.replace(token).is_some() {
                return Err(AuthError::Malformed(Defect::SeveralTokens));
            }
        }
    }
    Ok(offer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorization_headers() {
        let good = ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c", " Bearer a.b.c\t"];
        for value in good {
            assert_eq!(from_authorization(Some(value)), Ok("a.b.c"), "{value:?}");
        }
        let none = ["", " ", "Bearer", "Bearer ", "Basic YTpi", "Bearera.b.c", "a.b.c", "Token a.b.c"];
        for value in none {
            assert_eq!(from_authorization(Some(value)), Err(AuthError::Missing), "{value:?}");
        }
        assert_eq!(from_authorization(None), Err(AuthError::Missing));
        let unclear = ["Bearer a.b.c d.e.f", "Bearer a.b.c, Bearer d.e.f", "Bearer a.b.c,", "Bearer \ta.b.c"];
        for value in unclear {
            let expected = Err(AuthError::Malformed(Defect::Authorization));
            assert_eq!(from_authorization(Some(value)), expected, "{value:?}");
        }
    }

    #[test]
    fn offered_subprotocols() {
        let table = [
            (None, false, None),
            (Some(""), false, None),
            (Some("quipu.v1"), true, None),
            (Some("QUIPU.V1"), false, None),
            (Some("quipu.v1, bearer.a.b.c"), true, Some("a.b.c")),
            (Some("bearer.a.b.c,quipu.v1"), true, Some("a.b.c")),
            (Some("other,\tquipu.v1 ,,bearer.a.b.c "), true, Some("a.b.c")),
            (Some("bearer.a.b.c"), false, Some("a.b.c")),
            (Some("Bearer.a.b.c"), false, None),
        ];
        for (value, speaks_quipu, token) in table {
            let expected = SocketOffer { speaks_quipu, token };
            assert_eq!(from_subprotocols(value), Ok(expected), "{value:?}");
        }
    }

    #[test]
    fn an_offer_with_no_clear_token_is_refused() {
        assert_eq!(from_subprotocols(Some("quipu.v1, bearer.")), Err(AuthError::Missing));
        for value in ["bearer.a.b.c, bearer.d.e.f", "bearer.a.b.c, bearer.a.b.c"] {
            let refusal = from_subprotocols(Some(value)).err();
            assert_eq!(refusal, Some(AuthError::Malformed(Defect::SeveralTokens)));
        }
    }

    #[test]
    fn debug_output_hides_the_token() {
        let offer = from_subprotocols(Some("quipu.v1, bearer.a.b.c"));
        let shown = format!("{offer:?}");
        assert!(shown.contains("redacted") && !shown.contains("a.b.c"), "{shown}");
    }
}
