//! Pages that messages link to, fetched: within their time, as far as their bound, and from nowhere that [`quipu_previews::address`] forbids.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use quipu_previews::address::{Policy, allowed, redirected};
use quipu_previews::page;
use quipu_schema::content::PreviewContent;
use quipu_schema::limits;
use wasm_bindgen::prelude::*;
use worker::{
    AbortController, AbortSignal, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
};

#[wasm_bindgen]
extern "C" {
    type TextDecoder;
    #[wasm_bindgen(constructor, catch)]
    fn new(label: &str) -> Result<TextDecoder, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &Uint8Array) -> Result<String, JsValue>;
}

/// What a page says of itself. `None` where it may not be asked for, does not come in time, or says nothing.
pub(crate) async fn look(link: &str, policy: Policy) -> Option<PreviewContent> {
    let abort = AbortController::default();
    let signal = abort.signal();
    let look = pin!(fetch(link, policy, &signal));
    // Dropped with this function, which clears its timer: one left over would keep the object awake.
    let late = pin!(Delay::from(Duration::from_millis(limits::PREVIEW_TIMEOUT_MS)));
    let found = match select(look, late).await {
        Either::Left((found, _)) => found,
        Either::Right(_) => None,
    };
    // What is left of the page is not waited for.
    abort.abort();
    found
}

async fn fetch(link: &str, policy: Policy, signal: &AbortSignal) -> Option<PreviewContent> {
    let mut url = allowed(link, policy)?;
    for _ in 0..=limits::PREVIEW_REDIRECTS {
        let mut response = ask(url.as_str(), signal).await?;
        let header = |name: &str| response.headers().get(name).ok().flatten();
        match response.status_code() {
            301 | 302 | 303 | 307 | 308 => url = redirected(&url, &header("location")?, policy)?,
            200 => {
                let kind = header("content-type").filter(|kind| page::is_page(kind))?;
                let bytes = read(&mut response).await?;
                return page::read(&decode(&page::encoding(&kind, &bytes), &bytes)?, &url, link, policy);
            }
            _ => return None,
        }
    }
    None
}

async fn ask(url: &str, signal: &AbortSignal) -> Option<Response> {
    let headers = Headers::new();
    headers.set("accept", "text/html,application/xhtml+xml;q=0.9").ok()?;
    headers.set("user-agent", concat!("Quipu/", env!("CARGO_PKG_VERSION"), " (link preview)")).ok()?;
    let mut init = RequestInit::new();
    init.with_method(Method::Get).with_headers(headers).with_redirect(RequestRedirect::Manual);
    let request = Request::new_with_init(url, &init).ok()?;
    // A page that does not answer is nothing to log: anybody can write any address.
    Fetch::Request(request).send_with_signal(signal).await.ok()
}

/// A page, as far as the bound: what it says of itself stands at its start.
async fn read(response: &mut Response) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut stream = response.stream().ok()?;
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.ok()?);
        if bytes.len() >= limits::PREVIEW_PAGE_BYTES {
            bytes.truncate(limits::PREVIEW_PAGE_BYTES);
            break;
        }
    }
    Some(bytes)
}

/// In the encoding that the page names, or in UTF-8 where the platform does not know that. What does not fit becomes U+FFFD.
fn decode(label: &str, bytes: &[u8]) -> Option<String> {
    let decoder = TextDecoder::new(label).or_else(|_| TextDecoder::new("utf-8")).ok()?;
    decoder.decode(&Uint8Array::from(bytes)).ok()
}
