//! The one script of a deployment: routes, authentication, errors, and the object classes.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | variables and secrets, read once per isolate |
//! | [`route`] | paths to typed routes, held against the table of endpoints |
//! | [`edge`] | what every request passes: https only, origins, headers of every answer |
//! | [`caller`] | who calls: a verified token, or a ticket |
//! | [`ticket`] | the text of single-use tickets |
//! | [`conversations`], [`inbox`], [`presence`] | routes to calls of objects |
//! | [`people`] | whom the caller blocks, their contacts, and who may write to them first |
//! | [`preview`] | pages that messages link to, fetched |
//! | [`devices`] | whether a device may go on, and links that sign one in |
//! | [`profiles`] | the caller's own profile, and other people's |
//! | [`saved`] | messages that the caller has saved |
//! | [`channels`] | the list of public channels |
//! | [`directory`] | whether the caller is found in the directory, and people by their names |
//! | [`search`] | a search over all of the caller's conversations |
//! | [`body`] | bodies of requests: bounded, valid UTF-8, JSON |
//! | [`dev`] | demo tokens, demo world, sleep and kill; on a development server only |
//! | [`objects`] | the Durable Object classes |

mod body;
mod caller;
mod channels;
mod config;
mod conversations;
mod dev;
mod devices;
mod directory;
mod edge;
mod inbox;
mod objects;
mod people;
mod presence;
mod preview;
mod profiles;
pub mod route;
mod saved;
mod search;
mod ticket;

use std::rc::Rc;

use quipu_schema::http::Health;
use quipu_schema::internal::Identity;
use quipu_schema::problem::{Code, Rejection};
use quipu_shell::answer;
use quipu_shell::answer::Response;
use worker::{Context, Env, Request, Result, event};

use config::{Config, Ready};
use route::{On, Parsed, Route};

/// What a handler of a route returns: an answer of the platform, or why there is none.
pub(crate) type Answer = std::result::Result<Response, Rejection>;

/// Every request of a deployment.
///
/// # Errors
/// When the platform cannot build a response.
#[event(fetch)]
pub async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let config = Config::of(&env);
    let edge = match edge::Edge::of(&request, &config) {
        Ok(edge) => edge,
        Err(refusal) => return refusal,
    };
    if edge.is_preflight {
        return edge.preflight();
    }
    let upgrade = is_upgrade(&request);
    let response = match serve(request, &env, &config, &edge).await {
        Ok(response) => response,
        Err(rejection) => answer::problem(rejection)?,
    };
    if upgrade && response.status() == 101 {
        return Ok(response);
    }
    edge.finish(response)
}

async fn serve(mut request: Request, env: &Env, config: &Config, edge: &edge::Edge) -> Answer {
    let path = request.path();
    if !path.starts_with("/v1/") {
        return assets(request, env).await;
    }
    let method = request.method().to_string();
    let route = match route::parse(&method, &path) {
        Parsed::Route(route) => route,
        Parsed::NotFound => {
            return Err(Rejection::new(Code::RouteNotFound, format!("There is nothing at {}.", short(&path))));
        }
        Parsed::MethodNotAllowed(allowed) => {
            let sentence = format!("{} takes {}.", short(&path), allowed.join(", "));
            // RFC 9110, 15.5.6.
            let allow = [("allow", allowed.join(", "))];
            let allow = allow.each_ref().map(|(name, value)| (*name, value.as_str()));
            return answer::problem_with(Rejection::new(Code::MethodNotAllowed, sentence), &allow).map_err(internal);
        }
    };
    if route == Route::Health {
        return health(config, edge);
    }
    let development = config.is_development(edge.is_loopback);
    let config = config.ready()?;
    if let Route::Dev(dev) = route {
        if !development {
            return Err(Rejection::new(Code::RouteNotFound, "This path exists on a development server only."));
        }
        return dev::serve(dev, request, env, config).await;
    }
    if route == Route::SignInByLink {
        return devices::sign_in(request, env, config).await;
    }
    let caller = caller::identify(&mut request, env, config, &route).await?;
    let agent = if caller.device.is_some() { devices::agent(&request) } else { None };
    let socket = match &route {
        Route::InboxSocket => Some(None),
        Route::Conversation(conv, On::Socket) => Some(Some(*conv)),
        _ => None,
    };
    let Some(conv) = socket else {
        devices::admit(env, &caller, agent, None).await?;
        return ask(route, request, env, config, caller).await;
    };
    let response = ask(route, request, env, config, caller.clone()).await?;
    devices::admit_socket(response, env, &caller, agent, conv).await
}

/// A route of somebody who was let in.
async fn ask(route: Route, request: Request, env: &Env, config: &Rc<Ready>, caller: Identity) -> Answer {
    match route {
        Route::Me => inbox::me(&caller),
        Route::MyProfile | Route::SetMyProfile | Route::User(_) => {
            profiles::serve(route, request, env, config, caller).await
        }
        Route::Blocks
        | Route::Block(_)
        | Route::Unblock(_)
        | Route::Contacts
        | Route::AddContact(_)
        | Route::RemoveContact(_)
        | Route::MyReach
        | Route::SetMyReach => people::serve(route, request, env, config, caller).await,
        Route::MyPresence | Route::SetMyPresence | Route::Presence(_) => {
            presence::serve(route, request, env, config, caller).await
        }
        Route::Inbox | Route::SetInbox(_) | Route::InboxChanges | Route::InboxSocket | Route::Tickets => {
            inbox::serve(route, request, env, config, caller).await
        }
        Route::Saved | Route::SavedIn(_) | Route::Save(..) | Route::Unsave(..) => {
            saved::serve(route, &request, env, caller).await
        }
        Route::People | Route::MyDirectory | Route::SetMyDirectory => {
            directory::serve(route, request, env, config, caller).await
        }
        Route::Channels => channels::serve(&request, env, caller).await,
        Route::Devices | Route::NameDevice(_) | Route::RevokeDevice(_) | Route::LinkDevice | Route::RenewDevice => {
            devices::serve(route, request, env, config, caller).await
        }
        Route::Search => search::serve(&request, env, caller).await,
        _ => conversations::serve(route, request, env, config, caller).await,
    }
}

fn health(config: &Config, edge: &edge::Edge) -> Answer {
    let problems = config.problems();
    let status = if problems.is_empty() { 200 } else { 503 };
    let health = Health {
        status: if problems.is_empty() { "ok" } else { "misconfigured" }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        problems,
        development: config.is_development(edge.is_loopback),
    };
    answer::json(status, &health).map_err(internal)
}

/// The web client, where it is deployed with the script.
async fn assets(request: Request, env: &Env) -> Answer {
    let Ok(assets) = env.assets("ASSETS") else {
        return Err(Rejection::new(Code::RouteNotFound, "The API is under /v1/."));
    };
    assets.fetch_request(request).await.map(Response::from).map_err(internal)
}

fn is_upgrade(request: &Request) -> bool {
    request.headers().get("upgrade").ok().flatten().is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// A failure of the platform: its text goes to the operator's log, not to the client.
pub(crate) fn internal(error: worker::Error) -> Rejection {
    worker::console_error!("{{\"event\":\"request_failed\",\"error\":{:?}}}", error.to_string());
    Rejection::retry_after(Code::Internal, Code::Internal.about(), 1_000)
}

/// Paths are quoted back, but not at any length.
fn short(path: &str) -> String {
    path.chars().take(100).collect()
}
