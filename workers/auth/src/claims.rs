//! What the claims of a token with a valid signature must say.

use jwt_compact::Claims;
use quipu_schema::device::is_device_id;
use quipu_schema::limits::{SUBJECT_BYTES, URL_BYTES};
use serde_json::Value;

use crate::{AuthConfig, AuthError, Defect, NAME_CHARS, SubjectDefect, TOKEN_ID_BYTES, UnixSeconds, fields::Fields};

/// Who a verified token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `iss`: always the configured issuer.
    pub issuer: String,
    /// `sub`: the team's own id of the user, byte for byte. 1 to 255 bytes without control characters.
    pub subject: String,
    /// `exp`: from here on the token is no longer accepted, but for the leeway.
    pub expires_at: UnixSeconds,
    /// `iat`.
    pub issued_at: Option<UnixSeconds>,
    /// `name`: trimmed; 1 to 200 characters without control characters. Text by a user: escape it for display.
    pub name: Option<String>,
    /// `picture`: an https address of at most 2048 characters.
    pub picture: Option<String>,
    /// `jti`: 1 to 255 bytes without control characters.
    pub token_id: Option<String>,
    /// `device`: the id of the device it speaks for, see [`is_device_id`].
    pub device: Option<String>,
}

/// The part of a deployment's settings that judges claims.
#[derive(Debug)]
pub(crate) struct Policy {
    issuer: String,
    audience: String,
    leeway_s: u32,
    max_lifetime_s: u32,
}

impl Policy {
    pub(crate) fn new(config: &AuthConfig) -> Self {
        Self {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            leeway_s: config.leeway_s,
            max_lifetime_s: config.max_lifetime_s,
        }
    }

    pub(crate) fn judge(&self, claims: &Claims<Fields>, now: UnixSeconds) -> Result<Identity, AuthError> {
        let expires_at = claims
            .expiration
            .map(|date| UnixSeconds(date.timestamp()))
            .ok_or(AuthError::Malformed(Defect::NoExpiry))?;
        let not_before = claims.not_before.map(|date| UnixSeconds(date.timestamp()));
        let issued_at = claims.issued_at.map(|date| UnixSeconds(date.timestamp()));
        self.check_times(now, expires_at, not_before, issued_at)?;

        let fields = &claims.custom;
        if fields.text("iss") != Some(self.issuer.as_str()) {
            return Err(AuthError::Issuer);
        }
        if !self.is_addressed(fields.get("aud")) {
            return Err(AuthError::Audience);
        }
        let subject = subject_of(fields).map_err(AuthError::Subject)?;
        Ok(Identity {
            issuer: self.issuer.clone(),
            subject: subject.to_owned(),
            expires_at,
            issued_at,
            name: fields.text("name").and_then(display_name),
            picture: fields.text("picture").and_then(picture_address),
            token_id: fields.text("jti").and_then(token_id),
            device: device_of(fields).map_err(AuthError::Malformed)?,
        })
    }

    fn check_times(
        &self,
        now: UnixSeconds,
        expires_at: UnixSeconds,
        not_before: Option<UnixSeconds>,
        issued_at: Option<UnixSeconds>,
    ) -> Result<(), AuthError> {
        if now >= expires_at.plus(self.leeway_s) {
            return Err(AuthError::Expired);
        }
        let latest = now.plus(self.leeway_s);
        if expires_at > latest.plus(self.max_lifetime_s) {
            return Err(AuthError::Malformed(Defect::LifetimeTooLong { max_s: self.max_lifetime_s }));
        }
        if [not_before, issued_at].into_iter().flatten().any(|date| date > latest) {
            return Err(AuthError::NotYetValid);
        }
        Ok(())
    }

    /// `aud` is one text or an array of texts (RFC 7519 section 4.1.3); anything else addresses nobody.
    fn is_addressed(&self, audience: Option<&Value>) -> bool {
        match audience {
            Some(Value::String(one)) => *one == self.audience,
            Some(Value::Array(several)) => {
                several.iter().all(Value::is_string)
                    && several.iter().any(|one| one.as_str() == Some(self.audience.as_str()))
            }
            _ => false,
        }
    }
}

fn subject_of(fields: &Fields) -> Result<&str, SubjectDefect> {
    let subject = fields.text("sub").ok_or(SubjectDefect::Missing)?;
    if subject.is_empty() {
        Err(SubjectDefect::Empty)
    } else if subject.len() > SUBJECT_BYTES {
        Err(SubjectDefect::TooLong)
    } else if subject.chars().any(char::is_control) {
        Err(SubjectDefect::Control)
    } else {
        Ok(subject)
    }
}

/// One that cannot be a device is refused rather than ignored: nobody could sign it out.
fn device_of(fields: &Fields) -> Result<Option<String>, Defect> {
    match fields.get("device") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) if is_device_id(id) => Ok(Some(id.clone())),
        Some(_) => Err(Defect::Device),
    }
}

fn display_name(name: &str) -> Option<String> {
    let name = name.trim();
    let fits = !name.is_empty() && name.chars().count() <= NAME_CHARS && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}

/// An https address of printable ASCII, without a user name or password before the host.
fn picture_address(address: &str) -> Option<String> {
    if address.len() > URL_BYTES {
        return None;
    }
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let plain = |byte: u8| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'\'')
    };
    let fits = scheme.eq_ignore_ascii_case("https")
        && !authority.is_empty()
        && !authority.starts_with(':')
        && !authority.contains('@')
        && address.bytes().all(plain);
    fits.then(|| address.to_owned())
}

fn token_id(id: &str) -> Option<String> {
    let fits = !id.is_empty() && id.len() <= TOKEN_ID_BYTES && !id.chars().any(char::is_control);
    fits.then(|| id.to_owned())
}
