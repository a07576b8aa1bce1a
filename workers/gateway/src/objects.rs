//! The Durable Object classes: what the platform calls, handed on to the shell's objects, which borrow the deployment's configuration.
//!
//! The exports stand here rather than come from workers-rs' `#[durable_object]`, whose handlers are all asynchronous: a frame would cost a promise
//! and two turns of the microtask queue, a tenth of what a lone message takes.

use std::rc::Rc;

use js_sys::Promise;
use quipu_shell::account::Account as AccountObject;
use quipu_shell::answer::Response;
use quipu_shell::conversation::Conversation as ConversationObject;
use quipu_shell::platform::{Incoming, Socket};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use worker::worker_sys::DurableObjectState;
use worker::worker_sys::web_sys::Request;
use worker::{Env, durable::State};

use crate::config::{Config, Lent};

/// Completes the closing handshake (RFC 6455, 7.1.2): for a hibernatable socket the platform leaves that to the handler, and the other
/// end would wait ten seconds for it. Codes that must not be sent are answered with 1000.
fn answer_close(socket: &Socket, code: u16, reason: &str) {
    let code = if matches!(code, 1005 | 1006 | 1015) { 1000 } else { code };
    // Where we closed first, the handshake is complete already.
    let _ = socket.close(code, reason);
}

fn response(answer: worker::Result<Response>) -> Result<JsValue, JsValue> {
    answer.map(JsValue::from).map_err(JsValue::from)
}

/// One conversation.
#[wasm_bindgen]
pub struct Conversation(Rc<ConversationObject>);

#[wasm_bindgen]
impl Conversation {
    /// The platform's constructor.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        let lent = Box::new(Lent(Config::of(&env)));
        Self(Rc::new(ConversationObject::new(State::from(state), env, lent)))
    }

    /// A call of the gateway: a response, or a promise of one.
    ///
    /// # Errors
    /// When the platform cannot build a response.
    pub fn fetch(&self, request: Request) -> Result<JsValue, JsValue> {
        if let Some(answer) = self.0.fetch_at_once(&request) {
            return response(answer);
        }
        let object = Rc::clone(&self.0);
        Ok(future_to_promise(async move { response(object.fetch(request).await) }).into())
    }

    /// The alarm.
    pub fn alarm(&self) {
        self.0.alarm();
    }

    /// A frame.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn websocket_message(&self, socket: Socket, message: JsValue) {
        self.0.websocket_message(&socket, Incoming::from(&message));
    }

    /// The other end closes.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn websocket_close(&self, socket: Socket, code: u16, reason: &str) {
        answer_close(&socket, code, reason);
        self.0.websocket_close(&socket);
    }

    /// The connection broke.
    #[wasm_bindgen(js_name = webSocketError)]
    pub fn websocket_error(&self, socket: Socket) {
        self.0.websocket_close(&socket);
    }
}

/// One user's account.
#[wasm_bindgen]
pub struct Account(Rc<AccountObject>);

#[wasm_bindgen]
impl Account {
    /// The platform's constructor.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Self {
        let lent = Box::new(Lent(Config::of(&env)));
        Self(Rc::new(AccountObject::new(State::from(state), env, lent)))
    }

    /// A call of the gateway or of a conversation.
    pub fn fetch(&self, request: Request) -> Promise {
        let object = Rc::clone(&self.0);
        future_to_promise(async move { response(object.fetch(request).await) })
    }

    /// The alarm.
    pub fn alarm(&self) {
        self.0.alarm();
    }

    /// A frame.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn websocket_message(&self, socket: Socket, message: JsValue) {
        self.0.websocket_message(&socket, Incoming::from(&message));
    }

    /// The other end closes.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn websocket_close(&self, socket: Socket, code: u16, reason: &str) {
        answer_close(&socket, code, reason);
        self.0.websocket_close(&socket);
    }

    /// The connection broke; the platform has dropped the socket.
    #[wasm_bindgen(js_name = webSocketError)]
    pub fn websocket_error(&self, socket: Socket) {
        self.0.websocket_close(&socket);
    }
}
