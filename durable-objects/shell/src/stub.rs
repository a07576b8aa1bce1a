//! Calls of objects: what workers-rs offers reads every property of a request and of an answer on the way, and builds the answer anew. Here an
//! answer of an object passes through as it is.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use js_sys::{JsString, Object, Promise, Reflect};
use quipu_schema::internal::CALL_HEADER;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use worker::worker_sys::web_sys::{Request, RequestInit};
use worker::{AbortController, Delay, Env, Error, Result};

use crate::answer::Response;

#[wasm_bindgen]
extern "C" {
    type Bindings;
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn binding(this: &Bindings, name: &str) -> JsValue;

    type Namespace;
    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &Namespace, name: &str) -> std::result::Result<Handle, JsValue>;

    /// What the platform calls a stub. One that failed must not be used again, so each attempt makes its own.
    type Handle;
    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Handle, url: &str, init: &RequestInit) -> std::result::Result<Promise, JsValue>;
}

/// Where a call's address leads is the stub's to know; the address itself says nothing.
const ADDRESS: &str = "https://object/";

/// One object, as others call it.
pub struct Stub {
    namespace: Namespace,
    name: String,
}

impl Stub {
    /// The object with a name.
    pub(crate) fn of(env: &Env, binding: &str, name: &str) -> Result<Self> {
        let bindings: &Bindings = env.unchecked_ref();
        let namespace: Namespace = bindings.binding(binding).unchecked_into();
        if namespace.is_undefined() {
            return Err(Error::BindingError(binding.to_owned()));
        }
        Ok(Self { namespace, name: name.to_owned() })
    }

    /// A call with a body.
    ///
    /// # Errors
    /// When the object cannot be reached, or fails.
    pub async fn call(&self, op: &impl Serialize) -> Result<Response> {
        self.answered(&posted(op)?).await
    }

    /// A call with a body that is given up, here and there, when it is not answered in time.
    ///
    /// # Errors
    /// When the object cannot be reached, fails, or is late.
    pub async fn call_within(&self, op: &impl Serialize, timeout_ms: u64) -> Result<Response> {
        let abort = AbortController::default();
        let init = posted(op)?;
        init.set_signal(Some(&abort.signal()));
        let call = pin!(self.answered(&init));
        // Dropped with this function, which clears its timer: one left over would keep the object awake.
        let late = pin!(Delay::from(Duration::from_millis(timeout_ms)));
        match select(call, late).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => {
                abort.abort();
                Err(Error::RustError(format!("no answer within {timeout_ms} ms")))
            }
        }
    }

    /// A short call, in a header: its reader need not wait for a body.
    ///
    /// # Errors
    /// When the object cannot be reached, or fails.
    pub async fn short_call(&self, op: &impl Serialize) -> Result<Response> {
        let init = RequestInit::new();
        init.set_headers(&headers(op)?.into());
        self.answered(&init).await
    }

    /// A call that asks for a socket.
    ///
    /// # Errors
    /// When the object cannot be reached, or fails.
    pub async fn upgrade(&self, op: &impl Serialize) -> Result<Response> {
        let headers = headers(op)?;
        Reflect::set(&headers, &"upgrade".into(), &"websocket".into())?;
        let init = RequestInit::new();
        init.set_headers(&headers.into());
        self.answered(&init).await
    }

    /// An object that is reset takes the calls it had begun along; its next instance answers them. Whether the first attempt did what it was
    /// asked is not known, and no matter: each call is safe to repeat, by its key or because it says how something is to be.
    async fn answered(&self, init: &RequestInit) -> Result<Response> {
        match self.attempt(init).await {
            Err(error) if was_reset(&error) => Ok(self.attempt(init).await?),
            answer => Ok(answer?),
        }
    }

    async fn attempt(&self, init: &RequestInit) -> std::result::Result<Response, JsValue> {
        let handle = self.namespace.get_by_name(&self.name)?;
        Ok(JsFuture::from(handle.fetch(ADDRESS, init)?).await?.unchecked_into())
    }
}

/// Whether an error says that the object was reset under the call, and not for being overloaded.
fn was_reset(error: &JsValue) -> bool {
    let says = |name: &str| Reflect::get(error, &name.into()).is_ok_and(|value| value.is_truthy());
    (says("durableObjectReset") || says("retryable")) && !says("overloaded")
}

fn posted(op: &impl Serialize) -> Result<RequestInit> {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(&serde_json::to_string(op)?));
    Ok(init)
}

fn headers(op: &impl Serialize) -> Result<Object> {
    let headers = Object::new();
    // Header values are bytes; names and subjects may hold any character.
    let call = escape(&serde_json::to_string(op)?);
    Reflect::set(&headers, &CALL_HEADER.into(), &call.into())?;
    Ok(headers)
}

/// The call in a request's header; `None` where there is none.
pub fn header_call<T: DeserializeOwned>(request: &Request) -> Option<T> {
    serde_json::from_str(&request.headers().get(CALL_HEADER).ok()??).ok()
}

/// The call that a request carries; `None` for one that carries none.
///
/// # Errors
/// When its body cannot be read.
pub async fn read_call<T: DeserializeOwned>(request: &Request) -> Result<Option<T>> {
    let text = match request.headers().get(CALL_HEADER)? {
        Some(call) => call,
        None => JsFuture::from(request.text()?).await?.unchecked_into::<JsString>().into(),
    };
    Ok(serde_json::from_str(&text).ok())
}

/// Reads an object's answer.
///
/// # Errors
/// When it is not the JSON expected.
pub async fn read_answer<T: DeserializeOwned>(response: &Response) -> Result<T> {
    let text: String = JsFuture::from(response.text()?).await?.unchecked_into::<JsString>().into();
    Ok(serde_json::from_str(&text)?)
}

/// JSON with everything outside ASCII as `\uXXXX`.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units = [0; 2];
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn escaped_json_is_ascii_and_reads_back() {
        let text = serde_json::to_string("é 👩‍👩‍👧 \u{202e} \" \\").unwrap();
        let escaped = super::escape(&text);
        assert!(escaped.is_ascii());
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), serde_json::from_str::<String>(&text).unwrap());
    }
}
