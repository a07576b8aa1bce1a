//! The Durable Object classes: newtypes over the shell's objects, which lend them the deployment's configuration.

use quipu_shell::account::Account as AccountObject;
use quipu_shell::conversation::Conversation as ConversationObject;
use worker::durable::State;
use worker::{DurableObject, Env, Request, Response, Result, WebSocket, WebSocketIncomingMessage, durable_object};

use crate::config::{Config, Lent};

/// Completes the closing handshake (RFC 6455, 7.1.2): for a hibernatable socket the platform leaves that to the handler, and the other
/// end would wait ten seconds for it. Codes that must not be sent are answered with 1000.
fn answer_close(socket: &WebSocket, code: usize, reason: &str) {
    let code = u16::try_from(code).ok().filter(|code| !matches!(code, 1005 | 1006 | 1015)).unwrap_or(1000);
    // Where we closed first, the handshake is complete already.
    let _ = socket.close(Some(code), Some(reason));
}

/// One conversation.
#[durable_object]
pub struct Conversation(ConversationObject);

impl DurableObject for Conversation {
    fn new(state: State, env: Env) -> Self {
        let lent = Box::new(Lent(Config::of(&env)));
        Self(ConversationObject::new(state, env, lent))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request).await
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm().await
    }

    async fn websocket_message(&self, socket: WebSocket, message: WebSocketIncomingMessage) -> Result<()> {
        self.0.websocket_message(&socket, message)
    }

    async fn websocket_close(&self, socket: WebSocket, code: usize, reason: String, _was_clean: bool) -> Result<()> {
        answer_close(&socket, code, &reason);
        self.0.websocket_close(&socket)
    }

    async fn websocket_error(&self, socket: WebSocket, _error: worker::Error) -> Result<()> {
        self.0.websocket_close(&socket)
    }
}

/// One user's account.
#[durable_object]
pub struct Account(AccountObject);

impl DurableObject for Account {
    fn new(state: State, env: Env) -> Self {
        Self(AccountObject::new(state, Box::new(Lent(Config::of(&env)))))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request).await
    }

    async fn alarm(&self) -> Result<Response> {
        Response::empty()
    }

    async fn websocket_message(&self, socket: WebSocket, message: WebSocketIncomingMessage) -> Result<()> {
        self.0.websocket_message(&socket, message)
    }

    async fn websocket_close(&self, socket: WebSocket, code: usize, reason: String, _was_clean: bool) -> Result<()> {
        answer_close(&socket, code, &reason);
        Ok(())
    }

    async fn websocket_error(&self, _socket: WebSocket, _error: worker::Error) -> Result<()> {
        Ok(())
    }
}
