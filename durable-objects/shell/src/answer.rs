//! Responses of the objects. The gateway passes them on, so they are what a client gets.

use js_sys::{JsString, Object, Reflect, Uint8Array};
use quipu_schema::problem::{Code, Problem, Rejection};
use quipu_schema::socket::SUBPROTOCOL;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use worker::Result;
use worker::worker_sys::web_sys::{ResponseInit, WebSocket};

/// A response of the platform.
pub use worker::worker_sys::web_sys::Response;

/// JSON with a status.
///
/// # Errors
/// When the platform cannot build a response.
pub fn json(status: u16, value: &impl Serialize) -> Result<Response> {
    text(status, "application/json", &serde_json::to_string(value)?)
}

/// Why a search is refused that comes too soon.
pub(crate) fn searched_too_often(wait: u64) -> Rejection {
    Rejection::retry_after(Code::RateLimited, format!("Too many searches; try again in {wait} ms."), wait)
}

/// Text of a kind.
///
/// # Errors
/// When the platform cannot build a response.
pub fn text(status: u16, kind: &str, body: &str) -> Result<Response> {
    build(status, &headers(Some(kind)), body)
}

#[wasm_bindgen]
extern "C" {
    type Answer;
    #[wasm_bindgen(constructor, js_class = "Response", catch)]
    fn new(body: &JsString, init: &ResponseInit) -> std::result::Result<Answer, JsValue>;
}

/// JSON that is a text of the platform's: a page concatenated from stored bytes, which need not pass through this program's memory.
///
/// # Errors
/// When the platform cannot build a response.
pub fn json_text(status: u16, body: &JsString) -> Result<Response> {
    Ok(Answer::new(body, &init(status, &headers(Some("application/json"))))?.unchecked_into())
}

fn build(status: u16, headers: &Object, body: &str) -> Result<Response> {
    let body = Uint8Array::from(body.as_bytes());
    Ok(Response::new_with_opt_buffer_source_and_init(Some(&body), &init(status, headers))?)
}

/// 204.
///
/// # Errors
/// When the platform cannot build a response.
pub fn empty() -> Result<Response> {
    Ok(Response::new_with_opt_str_and_init(None, &init(204, &headers(None)))?)
}

/// A body that is produced as its reader takes it.
///
/// # Errors
/// When the platform cannot build a response.
pub fn stream(kind: &str, body: worker::Response) -> Result<Response> {
    let body = Response::from(body);
    Ok(Response::new_with_opt_readable_stream_and_init(body.body().as_ref(), &init(200, &headers(Some(kind))))?)
}

/// A header on the answer to an upgrade that was not refused.
pub const OPENED: &str = "quipu-opened";

/// The other end of a socket.
///
/// # Errors
/// When the platform cannot build a response.
pub fn socket(client: &WebSocket) -> Result<Response> {
    let headers = Object::new();
    set(&headers, "sec-websocket-protocol", SUBPROTOCOL);
    let init = init(101, &headers);
    Reflect::set(init.as_ref(), &"webSocket".into(), client.as_ref())?;
    Ok(Response::new_with_opt_str_and_init(None, &init)?)
}

fn init(status: u16, headers: &Object) -> ResponseInit {
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(headers);
    init
}

fn set(headers: &Object, name: &str, value: &str) {
    // A plain object takes any property.
    let _ = Reflect::set(headers, &JsValue::from_str(name), &JsValue::from_str(value));
}

thread_local! {
    /// The headers of every answer of the API, so that the gateway can pass it on as it is. Browsers ignore HSTS over plain http
    /// (RFC 6797, 8.1).
    static COMMON: Object = {
        let headers = Object::new();
        set(&headers, "cache-control", "no-store");
        set(&headers, "content-security-policy", "default-src 'none'; frame-ancestors 'none'");
        set(&headers, "referrer-policy", "no-referrer");
        set(&headers, "strict-transport-security", HSTS);
        set(&headers, "x-content-type-options", "nosniff");
        headers
    };
}

fn headers(kind: Option<&str>) -> Object {
    let headers: Object = COMMON.with(|common| Object::assign(&Object::new(), common)).unchecked_into();
    if let Some(kind) = kind {
        set(&headers, "content-type", kind);
    }
    headers
}

/// Two years, as the preload lists ask.
pub const HSTS: &str = "max-age=63072000; includeSubDomains";

/// RFC 9457 problem details.
///
/// # Errors
/// When the platform cannot build a response.
pub fn problem(rejection: impl Into<Rejection>) -> Result<Response> {
    problem_with(rejection, &[])
}

/// Problem details with further headers.
///
/// # Errors
/// When the platform cannot build a response.
pub fn problem_with(rejection: impl Into<Rejection>, further: &[(&str, &str)]) -> Result<Response> {
    let problem = Problem::from(rejection.into());
    let headers = headers(Some("application/problem+json"));
    if let Some(wait) = problem.retry_after_ms {
        // RFC 9110, 10.2.3: whole seconds.
        set(&headers, "retry-after", &wait.div_ceil(1000).max(1).to_string());
    }
    if problem.status == 401 && problem.code != Code::TicketInvalid {
        // RFC 6750, 3: without error information when no token was sent.
        let challenge = match problem.code {
            Code::TokenMissing => "Bearer".to_owned(),
            code => format!("Bearer error=\"invalid_token\", error_description=\"{}\"", code.about()),
        };
        set(&headers, "www-authenticate", &challenge);
    }
    for (name, value) in further {
        set(&headers, name, value);
    }
    build(problem.status, &headers, &serde_json::to_string(&problem)?)
}
