//! Why a token was refused.

use quipu_schema::problem::{Code, Rejection};

use crate::TOKEN_BYTES;

/// Why a caller was not let in. `Display` is a sentence to act on; it repeats nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The request carries no token.
    #[error(
        "No token was sent: send Authorization: Bearer <token>, or on a socket offer the subprotocols quipu.v1 and bearer.<token>."
    )]
    Missing,
    /// What was sent is not a token this server can read.
    #[error("{0}")]
    Malformed(Defect),
    /// No configured key has the header's `alg`.
    #[error(
        "The token's alg belongs to no key of this deployment: sign with the algorithm it is set up for, HS256 or EdDSA."
    )]
    Algorithm,
    /// The signature does not fit.
    #[error(
        "The token's signature is not valid: check that the minting server signs with this deployment's current key."
    )]
    Signature,
    /// `exp` has passed.
    #[error("The token has expired: fetch a new one.")]
    Expired,
    /// `nbf` or `iat` lies ahead.
    #[error("The token is not valid yet: its nbf or iat lies in the future; check the clock of the minting server.")]
    NotYetValid,
    /// `iss` is absent or another.
    #[error("The token's iss is not the issuer this deployment accepts.")]
    Issuer,
    /// `aud` is absent or others.
    #[error("The token's aud does not contain the audience of this deployment.")]
    Audience,
    /// `sub` cannot name a user.
    #[error("{0}")]
    Subject(SubjectDefect),
}

/// What makes a token malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Defect {
    /// The `Authorization` header holds more than the scheme and one token.
    #[error("The Authorization header is not the word Bearer, a space and one token.")]
    Authorization,
    /// Two tokens in one offer.
    #[error("The offered subprotocols contain more than one token: send one bearer.<token>.")]
    SeveralTokens,
    /// Over [`TOKEN_BYTES`].
    #[error("The token is longer than {TOKEN_BYTES} bytes: put fewer claims into it.")]
    TooLong,
    /// Not three parts between full stops.
    #[error("The token is not a signed JSON Web Token: it must have three parts joined by full stops.")]
    NotCompact,
    /// A part is not canonical base64url.
    #[error("A part of the token is not base64url without padding (RFC 7515).")]
    Base64,
    /// The header is not a JSON object that has an `alg` and each name once.
    #[error("The token's header is not a JSON object with a text alg and each name once.")]
    Header,
    /// `typ` names something else.
    #[error("The token's typ is neither JWT nor at+jwt.")]
    Type,
    /// `cty` says that the claims are not plain JSON.
    #[error("The token's cty says that it does not carry plain JSON claims: leave cty out.")]
    ContentType,
    /// `crit` demands extensions, of which none is supported.
    #[error("The token's header has crit: this server supports no critical extension.")]
    Critical,
    /// `b64` (RFC 7797).
    #[error("The token's header has b64: the unencoded payload option is not supported.")]
    Unencoded,
    /// The claims are not a JSON object, or `exp`, `nbf` or `iat` is not a number, or a name occurs twice.
    #[error("The token's claims are not a JSON object that has each name once, and exp, nbf and iat as numbers.")]
    Claims,
    /// `device` is no id of a device.
    #[error("The token's device is not 1 to 64 letters, digits, hyphens, underscores, full stops and tildes.")]
    Device,
    /// `exp` is absent.
    #[error("The token has no exp: tokens must end; set it to seconds since 1970.")]
    NoExpiry,
    /// `exp` is too far ahead.
    #[error(
        "The token's exp lies more than {max_s} seconds ahead: mint shorter tokens (and give exp in seconds, not milliseconds)."
    )]
    LifetimeTooLong {
        /// The longest lifetime.
        max_s: u32,
    },
}

/// What is wrong with `sub`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectDefect {
    /// Absent, or not a text.
    #[error("The token has no sub, or one that is not a text: set it to your id of the user, as a string.")]
    Missing,
    /// The empty text.
    #[error("The token's sub is empty: set it to your id of the user.")]
    Empty,
    /// Over 255 bytes.
    #[error("The token's sub is longer than 255 bytes of UTF-8.")]
    TooLong,
    /// A line end, a zero byte or another control character.
    #[error("The token's sub contains a control character.")]
    Control,
}

impl AuthError {
    /// The stable code, the same over HTTP and on a socket.
    pub const fn code(&self) -> Code {
        match self {
            Self::Missing => Code::TokenMissing,
            Self::Malformed(_) => Code::TokenMalformed,
            Self::Algorithm => Code::TokenAlgorithm,
            Self::Signature => Code::TokenSignature,
            Self::Expired => Code::TokenExpired,
            Self::NotYetValid => Code::TokenNotYetValid,
            Self::Issuer => Code::TokenIssuer,
            Self::Audience => Code::TokenAudience,
            Self::Subject(_) => Code::TokenSubject,
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 section 3). A request without a token gets the bare challenge,
    /// since it made no error.
    pub fn www_authenticate(&self) -> String {
        match self {
            Self::Missing => r#"Bearer realm="quipu""#.to_owned(),
            _ => format!(r#"Bearer realm="quipu", error="invalid_token", error_description="{self}""#),
        }
    }
}

impl From<AuthError> for Rejection {
    fn from(error: AuthError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFECTS: [Defect; 14] = [
        Defect::Authorization,
        Defect::SeveralTokens,
        Defect::TooLong,
        Defect::NotCompact,
        Defect::Base64,
        Defect::Header,
        Defect::Type,
        Defect::ContentType,
        Defect::Critical,
        Defect::Unencoded,
        Defect::Claims,
        Defect::NoExpiry,
        Defect::LifetimeTooLong { max_s: 86_400 },
        Defect::LifetimeTooLong { max_s: u32::MAX },
    ];
    const SUBJECTS: [SubjectDefect; 4] =
        [SubjectDefect::Missing, SubjectDefect::Empty, SubjectDefect::TooLong, SubjectDefect::Control];
    const PLAIN: [(AuthError, &str); 7] = [
        (AuthError::Missing, "token_missing"),
        (AuthError::Algorithm, "token_algorithm"),
        (AuthError::Signature, "token_signature"),
        (AuthError::Expired, "token_expired"),
        (AuthError::NotYetValid, "token_not_yet_valid"),
        (AuthError::Issuer, "token_issuer"),
        (AuthError::Audience, "token_audience"),
    ];

    fn all() -> Vec<(AuthError, &'static str)> {
        let mut all = PLAIN.to_vec();
        all.extend(DEFECTS.map(|defect| (AuthError::Malformed(defect), "token_malformed")));
        all.extend(SUBJECTS.map(|defect| (AuthError::Subject(defect), "token_subject")));
        all
    }

    #[test]
    fn codes_are_the_documented_ones_and_all_mean_401() {
        for (error, code) in all() {
            assert_eq!(error.code().as_str(), code, "{error:?}");
            assert_eq!(error.code().status(), 401, "{error:?}");
            let rejection = Rejection::from(error);
            assert_eq!(rejection.code, error.code());
            assert_eq!(rejection.message, error.to_string());
        }
    }

    #[test]
    fn challenges_keep_to_the_characters_of_rfc_6750() {
        for (error, _) in all() {
            let sentence = error.to_string();
            assert!(sentence.ends_with('.'), "{sentence}");
            let allowed = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            assert!(sentence.bytes().all(allowed), "{sentence}");

            let challenge = error.www_authenticate();
            if error == AuthError::Missing {
                assert_eq!(challenge, r#"Bearer realm="quipu""#);
            } else {
                let expected =
                    format!(r#"Bearer realm="quipu", error="invalid_token", error_description="{sentence}""#);
                assert_eq!(challenge, expected);
            }
        }
    }
}
