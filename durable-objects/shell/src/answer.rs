//! Responses of the objects. The gateway passes them on, so they are what a client gets.

use quipu_schema::problem::{Code, Problem, Rejection};
use serde::Serialize;
use worker::{Headers, Response, Result};

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
    let headers = Headers::new();
    headers.set("content-type", kind)?;
    Ok(Response::ok(body)?.with_status(status).with_headers(headers))
}

/// 204.
///
/// # Errors
/// When the platform cannot build a response.
pub fn empty() -> Result<Response> {
    Ok(Response::empty()?.with_status(204))
}

/// RFC 9457 problem details.
///
/// # Errors
/// When the platform cannot build a response.
pub fn problem(rejection: impl Into<Rejection>) -> Result<Response> {
    let problem = Problem::from(rejection.into());
    let headers = Headers::new();
    headers.set("content-type", "application/problem+json")?;
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
    Ok(Response::ok(serde_json::to_string(&problem)?)?.with_status(problem.status).with_headers(headers))
}
