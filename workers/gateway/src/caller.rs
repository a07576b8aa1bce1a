//! Who calls: a verified token in a header, or, for sockets, in the subprotocol or as a single-use ticket.

use quipu_auth::bearer;
use quipu_schema::internal::{AccountOp, Identity};
use quipu_schema::problem::{Code, Rejection};
use quipu_shell::stub::read_answer;
use quipu_shell::{names, platform};
use worker::{Env, Request};

use crate::config::Ready;
use crate::internal;
use crate::route::{On, Route};
use crate::ticket::{self, Genuine, Purpose};

/// Verifies whoever sends this request.
///
/// # Errors
/// A `token_…` code or `ticket_invalid`.
pub(crate) async fn identify(
    request: &mut Request,
    env: &Env,
    config: &Ready,
    route: &Route,
) -> Result<Identity, Rejection> {
    let headers = request.headers();
    let header = |name: &str| headers.get(name).ok().flatten();
    if matches!(route, Route::InboxSocket | Route::Conversation(_, On::Socket)) {
        if !header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
            return Err(Rejection::new(Code::InvalidRequest, "This address speaks WebSocket: send an upgrade."));
        }
        let subprotocols = header("sec-websocket-protocol");
        let offer = bearer::from_subprotocols(subprotocols.as_deref()).map_err(Rejection::from)?;
        if !offer.speaks_quipu {
            return Err(Rejection::new(Code::InvalidRequest, "Offer the subprotocol `quipu.v1`."));
        }
        if let Some(token) = offer.token {
            return config.identify(token, platform::now_ms());
        }
        if let Some(ticket) = ticket_of(request) {
            return redeem(env, config, &ticket).await;
        }
    }
    let authorization = header("authorization");
    let token = bearer::from_authorization(authorization.as_deref()).map_err(Rejection::from)?;
    config.identify(token, platform::now_ms())
}

fn ticket_of(request: &Request) -> Option<String> {
    let url = request.url().ok()?;
    url.query_pairs().find(|(name, _)| name == "ticket").map(|(_, value)| value.into_owned())
}

async fn redeem(env: &Env, config: &Ready, ticket: &str) -> Result<Identity, Rejection> {
    let genuine = ticket::read(&config.id_key, &config.app, Purpose::Socket, ticket);
    let Genuine { user, secret_hash } = genuine.ok_or(Code::TicketInvalid)?;
    let op = AccountOp::Redeem { secret_hash };
    let stub = names::account(env, &config.app, user).map_err(internal)?;
    let response = stub.call(&op).await.map_err(internal)?;
    if response.status() != 200 {
        return Err(Code::TicketInvalid.into());
    }
    let identity: Identity = read_answer(&response).await.map_err(internal)?;
    // The ticket was made while a token was valid; the socket still ends with that token.
    if identity.expires_at * 1000 <= platform::now_ms() {
        return Err(Code::TokenExpired.into());
    }
    Ok(identity)
}
