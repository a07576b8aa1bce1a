//! Demo tokens, the demo world, sleep and kill. Only where DEV_MODE is set and the request comes over loopback; elsewhere these paths do not exist.

mod seed;
mod world;

use quipu_auth::mint::{MintClaims, mint_hs256};
use quipu_auth::{KeyMaterial, UnixSeconds};
use quipu_schema::http::{DevToken, DevTokenRequest};
use quipu_schema::internal::ConversationOp;
use quipu_schema::problem::{Code, Rejection};
use quipu_shell::{answer, platform};
use worker::{Env, Request};

use crate::config::Ready;
use crate::conversations::ask;
use crate::route::{Dev, Route};
use crate::{Answer, body, caller, internal};

/// Longest life of a demo token, seconds.
const TTL_S: u64 = 86_400;

/// Routes below `/v1/dev`.
pub(crate) async fn serve(dev: Dev, mut request: Request, env: &Env, config: &Ready) -> Answer {
    match dev {
        Dev::Tokens => tokens(&mut request, config).await,
        Dev::Seed => seed::seed(env, config).await,
        Dev::Sleep(conv) | Dev::Kill(conv) => {
            let op = if matches!(dev, Dev::Sleep(_)) { ConversationOp::Sleep } else { ConversationOp::Kill };
            let identity = caller::identify(&mut request, env, config, &Route::Me).await?;
            ask(env, conv, identity, op).await
        }
    }
}

async fn tokens(request: &mut Request, config: &Ready) -> Answer {
    let DevTokenRequest { subject, name, ttl_s } = body::json(request).await?;
    let secret = config
        .hs256
        .clone()
        .ok_or_else(|| Rejection::new(Code::InvalidValue, "Demo tokens need AUTH_HS256_SECRET."))?;
    let now = platform::now_ms() / 1000;
    let expires_at = now + ttl_s.unwrap_or(3600).clamp(1, TTL_S);
    let seconds = |value: u64| UnixSeconds(i64::try_from(value).unwrap_or(i64::MAX));
    let claims = MintClaims {
        issuer: config.issuer.clone(),
        audience: config.audience.clone(),
        subject,
        issued_at: seconds(now),
        expires_at: seconds(expires_at),
        name,
        picture: None,
    };
    let token = mint_hs256(&KeyMaterial::from(secret), &claims)
        .map_err(|error| Rejection::new(Code::InvalidValue, format!("{error}.")))?;
    // The token must be one that this server takes; a subject that is not fit for one is refused here.
    let identity = config.identify(&token, platform::now_ms())?;
    answer::json(201, &DevToken { token, user: identity.user, expires_at }).map_err(internal)
}
