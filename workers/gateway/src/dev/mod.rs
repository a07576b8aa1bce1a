//! Demo tokens, the demo world, sleep and kill. Only where DEV_MODE is set and the request comes over loopback; elsewhere these paths do not exist.

mod seed;
mod world;

use quipu_auth::mint::{MintClaims, mint_hs256};
use quipu_auth::{KeyMaterial, UnixSeconds};
use quipu_schema::http::{DevToken, DevTokenRequest};
use quipu_schema::internal::ConversationOp;
use quipu_schema::problem::{Code, Rejection};
use quipu_shell::conversation::STORE_SUITE;
use quipu_shell::{answer, names, platform};
use worker::{Env, Method, Request, RequestInit};

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
        Dev::StoreSuite => store_suite(env).await,
        Dev::Sleep(conv) | Dev::Kill(conv) => {
            let op = if matches!(dev, Dev::Sleep(_)) { ConversationOp::Sleep } else { ConversationOp::Kill };
            let identity = caller::identify(&mut request, env, config, &Route::Me).await?;
            ask(env, conv, identity, op).await
        }
    }
}

/// Runs the store's suite in a fresh object, over the platform's own SQLite.
async fn store_suite(env: &Env) -> Answer {
    let namespace = env.durable_object(names::CONVERSATION).map_err(internal)?;
    // An id that no name gives, so that it can never be a conversation.
    let stub = namespace.unique_id().and_then(|id| id.get_stub()).map_err(internal)?;
    let request =
        Request::new_with_init(STORE_SUITE, RequestInit::new().with_method(Method::Post)).map_err(internal)?;
    stub.fetch_with_request(request).await.map(Into::into).map_err(internal)
}

async fn tokens(request: &mut Request, config: &Ready) -> Answer {
    let DevTokenRequest { subject, name, ttl_s, device } = body::json(request).await?;
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
        device,
    };
    let token = mint_hs256(&KeyMaterial::from(secret), &claims)
        .map_err(|error| Rejection::new(Code::InvalidValue, format!("{error}.")))?;
    // The token must be one that this server takes; a subject that is not fit for one is refused here.
    let identity = config.identify(&token, platform::now_ms())?;
    answer::json(201, &DevToken { token, user: identity.user, expires_at }).map_err(internal)
}
