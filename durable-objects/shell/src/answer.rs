//! Responses of the objects. The gateway passes them on, so they are what a client gets.

use quipu_schema::problem::{Code, Problem, Rejection};
use serde::Serialize;
use worker::{Headers, Response, ResponseBuilder, Result};

/// JSON with a status.
///
/// # Errors
/// When the platform cannot build a response.
pub fn json(status: u16, value: &impl Serialize) -> Result<Response> {
    text(status, "application/json", serde_json::to_string(value)?)
}

/// JSON that is text already: a page concatenated from stored bytes.
///
/// # Errors
/// When the platform cannot build a response.
pub fn text(status: u16, kind: &str, body: String) -> Result<Response> {
    Ok(ResponseBuilder::new().with_status(status).with_headers(headers(kind)?).fixed(body.into_bytes()))
}

/// 204.
///
/// # Errors
/// When the platform cannot build a response.
pub fn empty() -> Result<Response> {
    let headers = headers("application/json")?;
    headers.delete("content-type")?;
    Ok(ResponseBuilder::new().with_status(204).with_headers(headers).empty())
}

/// The headers of every answer of the API, so that the gateway can pass it on as it is. Browsers ignore HSTS over plain http (RFC 6797, 8.1).
///
/// # Errors
/// When the platform refuses a header.
pub fn headers(kind: &str) -> Result<Headers> {
    let headers = Headers::new();
    headers.set("content-type", kind)?;
    headers.set("cache-control", "no-store")?;
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'")?;
    headers.set("referrer-policy", "no-referrer")?;
    headers.set("strict-transport-security", HSTS)?;
    headers.set("x-content-type-options", "nosniff")?;
    Ok(headers)
}

/// Two years, as the preload lists ask.
pub const HSTS: &str = "max-age=63072000; includeSubDomains";

/// RFC 9457 problem details.
///
/// # Errors
/// When the platform cannot build a response.
pub fn problem(rejection: impl Into<Rejection>) -> Result<Response> {
    let problem = Problem::from(rejection.into());
    let headers = headers("application/problem+json")?;
    if let Some(wait) = problem.retry_after_ms {
        // RFC 9110, 10.2.3: whole seconds.
        headers.set("retry-after", &wait.div_ceil(1000).max(1).to_string())?;
    }
    if problem.status == 401 && problem.code != Code::TicketInvalid {
        // RFC 6750, 3: without error information when no token was sent.
        let challenge = match problem.code {
            Code::TokenMissing => "Bearer".to_owned(),
            code => format!("Bearer error=\"invalid_token\", error_description=\"{}\"", code.about()),
        };
        headers.set("www-authenticate", &challenge)?;
    }
    let body = serde_json::to_string(&problem)?.into_bytes();
    Ok(ResponseBuilder::new().with_status(problem.status).with_headers(headers).fixed(body))
}
