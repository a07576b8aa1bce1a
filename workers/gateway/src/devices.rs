//! Devices: whether the caller's may go on, the list of them, and links that sign one in.

use quipu_auth::UnixSeconds;
use quipu_auth::mint::{MintClaims, mint_hs256};
use quipu_schema::device::{
    DeviceLink, DeviceSession, LinkedSession, PatchDevice, PostDeviceSession, SignedIn, is_device_id,
};
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::internal::{AccountOp, Identity};
use quipu_schema::limits;
use quipu_schema::problem::{CloseCode, Code, Rejection};
use quipu_shell::answer::{OPENED, Response};
use quipu_shell::platform::Random;
use quipu_shell::stub::read_answer;
use quipu_shell::{answer, names, platform};
use wasm_bindgen::{JsCast, JsValue};
use worker::worker_sys::web_sys::WebSocket;
use worker::{Env, Request, WebSocketPair};

use crate::config::{DEVICE_TOKEN, Ready};
use crate::route::Route;
use crate::ticket::{self, Purpose};
use crate::{Answer, body, internal};

/// Refuses the token of a device that was signed out. Costs nothing where the token names none.
///
/// # Errors
/// `device_revoked`.
pub(crate) async fn admit(
    env: &Env,
    identity: &Identity,
    agent: Option<String>,
    conv: Option<ConversationId>,
) -> Result<(), Rejection> {
    if identity.device.is_none() {
        return Ok(());
    }
    let stub = names::account(env, &identity.app, identity.user).map_err(internal)?;
    let op = AccountOp::Admit { identity: identity.clone(), agent, conv };
    let response = stub.short_call(&op).await.map_err(internal)?;
    match response.status() {
        200..300 => Ok(()),
        status if status == Code::DeviceRevoked.status() => Err(Code::DeviceRevoked.into()),
        // Who cannot be asked about is not let in.
        _ => Err(Rejection::retry_after(Code::Internal, Code::Internal.about(), 1_000)),
    }
}

/// Admits a device to a socket that was opened for it. Asked afterwards: what was opened before a device was signed out is closed then, and what is
/// opened later is refused here; nothing falls between.
pub(crate) async fn admit_socket(
    response: Response,
    env: &Env,
    identity: &Identity,
    agent: Option<String>,
    conv: Option<ConversationId>,
) -> Answer {
    let opened = response.headers().has(OPENED).unwrap_or(false);
    let refused = match admit(env, identity, agent, conv.filter(|_| opened)).await {
        Ok(()) => return Ok(response),
        Err(rejection) if rejection.code == Code::DeviceRevoked => CloseCode::DeviceRevoked,
        Err(_) => CloseCode::Restart,
    };
    if let Some(socket) = socket_of(&response) {
        let _ = socket.close_with_code_and_reason(refused.number(), refused.reason());
    }
    // A browser cannot read the status of a failed upgrade.
    let pair = WebSocketPair::new().map_err(internal)?;
    pair.server.accept().map_err(internal)?;
    pair.server.close(Some(refused.number()), Some(refused.reason())).map_err(internal)?;
    answer::socket(pair.client.as_ref()).map_err(internal)
}

/// The end of an object's socket, taken over to be closed.
fn socket_of(response: &Response) -> Option<WebSocket> {
    let response = worker::Response::from(response.unchecked_ref::<JsValue>().clone().unchecked_into::<Response>());
    let socket = response.websocket()?;
    socket.accept().ok()?;
    Some(socket.as_ref().clone())
}

/// What a client says of itself, as far as it is looked at.
pub(crate) fn agent(request: &Request) -> Option<String> {
    let agent = request.headers().get("user-agent").ok().flatten()?;
    Some(agent.chars().filter(|c| !c.is_control()).take(limits::USER_AGENT_BYTES).collect())
}

/// Routes that the caller's account answers.
pub(crate) async fn serve(route: Route, mut request: Request, env: &Env, config: &Ready, identity: Identity) -> Answer {
    let stub = names::account(env, &identity.app, identity.user).map_err(internal)?;
    let op = match route {
        Route::NameDevice(device) => {
            let PatchDevice { name } = body::json(&mut request).await?;
            AccountOp::NameDevice { identity, device: known(device)?, name }
        }
        Route::RevokeDevice(device) => AccountOp::RevokeDevice { identity, device: known(device)? },
        Route::LinkDevice => return link(env, config, identity).await,
        Route::RenewDevice => return renew(env, config, identity).await,
        _ => AccountOp::Devices { identity },
    };
    stub.short_call(&op).await.map_err(internal)
}

/// What cannot be the id of a device is not asked for.
fn known(device: String) -> Result<String, Rejection> {
    if is_device_id(&device) { Ok(device) } else { Err(Code::DeviceNotFound.into()) }
}

async fn link(env: &Env, config: &Ready, identity: Identity) -> Answer {
    if config.device_session_ms == 0 {
        return Err(Code::DeviceLinksOff.into());
    }
    let (link, secret_hash) = ticket::fresh(config, Purpose::Device, identity.user);
    let stub = names::account(env, &identity.app, identity.user).map_err(internal)?;
    let response = stub.call(&AccountOp::LinkDevice { identity, secret_hash }).await.map_err(internal)?;
    if response.status() != 201 {
        return Ok(response);
    }
    let expires_at_ms: u64 = read_answer(&response).await.map_err(internal)?;
    answer::json(201, &DeviceLink { link, expires_at_ms }).map_err(internal)
}

/// Signs a device in by a link: the one thing that needs no token.
pub(crate) async fn sign_in(mut request: Request, env: &Env, config: &Ready) -> Answer {
    let agent = agent(&request);
    let PostDeviceSession { link } = body::json(&mut request).await?;
    if config.device_session_ms == 0 {
        return Err(Code::DeviceLinksOff.into());
    }
    // What this deployment has not written wakes no account.
    let genuine = ticket::read(&config.id_key, &config.app, Purpose::Device, &link).ok_or(Code::DeviceLinkInvalid)?;
    let device = Random::default().next16().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let op = AccountOp::SignIn {
        secret_hash: genuine.secret_hash,
        device: device.clone(),
        agent,
        lasts_ms: config.device_session_ms,
    };
    let stub = names::account(env, &config.app, genuine.user).map_err(internal)?;
    session(config, stub.call(&op).await.map_err(internal)?, genuine.user, device).await
}

async fn renew(env: &Env, config: &Ready, identity: Identity) -> Answer {
    if config.device_session_ms == 0 {
        return Err(Code::DeviceLinksOff.into());
    }
    let Identity { user, device: Some(SignedIn { id, .. }), .. } = identity.clone() else {
        return Err(Rejection::new(Code::DeviceLinksOff, "Your token names no device."));
    };
    let stub = names::account(env, &config.app, user).map_err(internal)?;
    session(config, stub.short_call(&AccountOp::RenewDevice { identity }).await.map_err(internal)?, user, id).await
}

/// The token of a device, where its account says yes.
async fn session(config: &Ready, response: Response, user: UserId, device: String) -> Answer {
    if response.status() != 200 {
        return Ok(response);
    }
    let LinkedSession { subject, until } = read_answer(&response).await.map_err(internal)?;
    let now = platform::now_ms() / 1000;
    let expires_at = (until / 1000).min(now + limits::DEVICE_TOKEN_S);
    let seconds = |value: u64| UnixSeconds(i64::try_from(value).unwrap_or(i64::MAX));
    let claims = MintClaims {
        issuer: config.device_issuer(),
        audience: config.app.clone(),
        subject,
        issued_at: seconds(now),
        expires_at: seconds(expires_at),
        name: None,
        picture: None,
        device: Some(device.clone()),
    };
    let token = mint_hs256(&config.device_key(), &claims).map_err(|error| {
        worker::console_error!("{{\"event\":\"mint_failed\",\"error\":{:?}}}", error.to_string());
        Rejection::from(Code::Internal)
    })?;
    let token = format!("{DEVICE_TOKEN}{token}");
    answer::json(201, &DeviceSession { token, user, device, expires_at }).map_err(internal)
}
