//! What every request passes: https only, allowed web origins, and the headers of every answer.

use quipu_schema::problem::{Code, Rejection};
use quipu_shell::answer;
use quipu_shell::answer::Response;
use worker::worker_sys::web_sys::ResponseInit;
use worker::{Request, Result, Url};

use crate::config::Config;

/// What the edge found out about a request.
pub(crate) struct Edge {
    /// The request came over loopback.
    pub is_loopback: bool,
    /// A CORS preflight.
    pub is_preflight: bool,
    /// The origin to allow, where another one asked.
    cross_origin: Option<String>,
}

impl Edge {
    /// Checks a request; the error is the answer to refuse it with.
    pub(crate) fn of(request: &Request, config: &Config) -> std::result::Result<Self, Result<Response>> {
        let url = request.url().map_err(Err)?;
        let is_loopback = is_loopback(&url);
        let https = url.scheme() == "https" || url.scheme() == "wss";
        if !https && !is_loopback {
            return Err(insecure(&url));
        }
        let origin = request.headers().get("origin").ok().flatten();
        let cross_origin = origin.filter(|origin| !same_origin(origin, &url));
        if let Some(origin) = &cross_origin
            && !config.allowed_origins.contains(origin)
        {
            let sentence = "This web origin is not in the deployment's ALLOWED_ORIGINS.";
            return Err(answer::problem(Rejection::new(Code::OriginNotAllowed, sentence)));
        }
        let is_preflight = request.method() == worker::Method::Options
            && request.headers().has("access-control-request-method").unwrap_or(false);
        Ok(Self { is_loopback, is_preflight, cross_origin })
    }

    /// Answers a CORS preflight.
    pub(crate) fn preflight(&self) -> Result<Response> {
        let init = ResponseInit::new();
        init.set_status(204);
        let response = self.finish(Response::new_with_opt_str_and_init(None, &init)?)?;
        let headers = response.headers();
        headers.set("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE")?;
        headers.set("access-control-allow-headers", "authorization, content-type, idempotency-key")?;
        headers.set("access-control-max-age", "7200")?;
        Ok(response)
    }

    /// Gives an answer the headers that every answer has.
    pub(crate) fn finish(&self, response: Response) -> Result<Response> {
        // Answers of the API are dressed where they are made.
        let dressed = response.headers().has("x-content-type-options")?;
        if dressed && self.cross_origin.is_none() {
            return Ok(response);
        }
        // Headers of a response that came from an object or from the assets cannot be changed: build it anew around the same body.
        let init = ResponseInit::new();
        init.set_status(response.status());
        init.set_headers(&response.headers());
        let response = Response::new_with_opt_readable_stream_and_init(response.body().as_ref(), &init)?;
        let headers = response.headers();
        if !dressed {
            headers.set("content-security-policy", PAGE_POLICY)?;
            headers.set("referrer-policy", "no-referrer")?;
            headers.set("strict-transport-security", answer::HSTS)?;
            headers.set("x-content-type-options", "nosniff")?;
        }
        if let Some(origin) = &self.cross_origin {
            headers.set("access-control-allow-origin", origin)?;
            headers.set("access-control-expose-headers", "retry-after, www-authenticate")?;
            headers.append("vary", "origin")?;
        }
        Ok(response)
    }
}

const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' https: data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
                           form-action 'self'; frame-ancestors 'self'";

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

fn same_origin(origin: &str, url: &Url) -> bool {
    Url::parse(origin).is_ok_and(|origin| {
        origin.scheme() == url.scheme()
            && origin.host_str() == url.host_str()
            && origin.port_or_known_default() == url.port_or_known_default()
    })
}

/// Pages are redirected; the API refuses, because what was sent in the clear (a token, too) must be noticed, not repeated.
fn insecure(url: &Url) -> Result<Response> {
    if url.path().starts_with("/v1/") {
        return answer::problem(Code::HttpsRequired);
    }
    let mut secure = url.clone();
    if secure.set_scheme("https").is_err() {
        return answer::problem(Code::HttpsRequired);
    }
    Ok(Response::redirect_with_status(secure.as_str(), 308)?)
}
