//! Bodies of requests: bounded, valid UTF-8, JSON of the documented shape; and parameters of the query.

use futures_util::StreamExt;
use quipu_schema::ids::CommandKey;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::strict::has_misplaced_array;
use serde::de::DeserializeOwned;
use worker::Request;

use crate::internal;

/// Reads a JSON body.
///
/// # Errors
/// `unsupported_media_type`, `too_large`, `invalid_utf8`, `malformed_json` or `invalid_request`.
pub(crate) async fn json<T: DeserializeOwned>(request: &mut Request) -> Result<T, Rejection> {
    let headers = request.headers();
    let kind = headers.get("content-type").ok().flatten().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence != "application/json" {
        return Err(Rejection::new(Code::UnsupportedMediaType, "Send the body as `application/json`."));
    }
    let too_large =
        || Rejection::new(Code::TooLarge, format!("A body may have at most {} bytes.", limits::FRAME_BYTES));
    let declared = headers.get("content-length").ok().flatten().and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limits::FRAME_BYTES) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // A body need not say its length: what is too long is not even read. No stream is a request without a body.
    if let Ok(mut stream) = request.stream() {
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.map_err(internal)?);
            if bytes.len() > limits::FRAME_BYTES {
                return Err(too_large());
            }
        }
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Rejection::from(Code::InvalidUtf8))?;
    if has_misplaced_array(text) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return Err(Rejection::new(Code::InvalidRequest, "An array stands where an object or a value is expected."));
    }
    serde_json::from_str(text).map_err(|error| {
        let code = if error.is_syntax() || error.is_eof() { Code::MalformedJson } else { Code::InvalidRequest };
        // A parser's sentence may quote what it was given.
        Rejection::new(code, error.to_string().chars().take(200).collect::<String>())
    })
}

/// The idempotency key of a write: the draft's structured string, or the bare key.
///
/// # Errors
/// `idempotency_key_missing` or `idempotency_key_invalid`.
pub(crate) fn key(request: &Request) -> Result<CommandKey, Rejection> {
    let value = request.headers().get("idempotency-key").ok().flatten().ok_or(Code::IdempotencyKeyMissing)?;
    let value = value.trim();
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    CommandKey::parse(bare).map_err(|_| Code::IdempotencyKeyInvalid.into())
}

/// Parameters of the query.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Of a request.
    ///
    /// # Errors
    /// When the platform has no address for it.
    pub(crate) fn of(request: &Request) -> Result<Self, Rejection> {
        let url = request.url().map_err(internal)?;
        Ok(Self(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }

    /// A parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of so many bytes at most.
    ///
    /// # Errors
    /// `too_large`.
    pub(crate) fn short(&self, name: &str, bytes: usize) -> Result<Option<String>, Rejection> {
        match self.text(name) {
            Some(text) if text.len() > bytes => {
                Err(Rejection::new(Code::TooLarge, format!("`{name}` may have at most {bytes} bytes.")))
            }
            text => Ok(text.map(str::to_owned)),
        }
    }

    /// A parameter that must parse where it is given.
    ///
    /// # Errors
    /// `invalid_value`.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Rejection> {
        self.text(name)
            .map(str::parse)
            .transpose()
            .map_err(|_| Rejection::new(Code::InvalidValue, format!("`{name}` in the query cannot be read.")))
    }

    /// A seq.
    ///
    /// # Errors
    /// `invalid_value` beyond 2^53 − 1.
    pub(crate) fn seq(&self, name: &str) -> Result<Option<u64>, Rejection> {
        match self.parsed::<u64>(name)? {
            Some(value) if value >= 1 << 53 => {
                Err(Rejection::new(Code::InvalidValue, format!("`{name}` must be below 2^53.")))
            }
            value => Ok(value),
        }
    }

    /// Minutes east of UTC; the widest time zones are fourteen hours away.
    ///
    /// # Errors
    /// `invalid_value`.
    pub(crate) fn utc_offset(&self) -> Result<i32, Rejection> {
        match self.parsed::<i32>("utc_offset")?.unwrap_or(0) {
            offset if (-840..=840).contains(&offset) => Ok(offset),
            _ => Err(Rejection::new(Code::InvalidValue, "`utc_offset` is minutes east of UTC, from -840 to 840.")),
        }
    }

    /// A page size between 1 and `most`.
    ///
    /// # Errors
    /// `invalid_value`.
    pub(crate) fn limit(&self, default: usize, most: usize) -> Result<usize, Rejection> {
        match self.parsed::<usize>("limit")? {
            None => Ok(default.min(most)),
            Some(limit) if (1..=most).contains(&limit) => Ok(limit),
            Some(_) => Err(Rejection::new(Code::InvalidValue, format!("`limit` must be between 1 and {most}."))),
        }
    }
}
