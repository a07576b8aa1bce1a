//! Writes the generated specifications: `generate OUTDIR` makes `schema.json` (JSON Schema 2020-12) and `openapi.json` (OpenAPI 3.1).
//!
//! Both are checked in under `schema/generated/`; the test command regenerates them and fails on any difference.

use std::collections::BTreeMap;
use std::process::ExitCode;

use quipu_schema::http::endpoints::{ENDPOINTS, Endpoint};
use quipu_schema::problem::Code;
use quipu_schema::{
    command, device, directory, http, inbox, members, moderation, people, poll, presence, problem, profile, report,
    saved, socket, thread, words,
};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

fn main() -> ExitCode {
    let Some(directory) = std::env::args().nth(1) else {
        eprintln!("usage: generate OUTDIR");
        return ExitCode::FAILURE;
    };
    let files = [("schema.json", json_schema()), ("openapi.json", openapi())];
    for (name, document) in files {
        let path = std::path::Path::new(&directory).join(name);
        let text = format!("{document:#}\n");
        if let Err(error) = std::fs::create_dir_all(&directory).and_then(|()| std::fs::write(&path, text)) {
            eprintln!("cannot write {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The definitions of every public type, with references under `path`.
fn definitions(path: &'static str) -> Map<String, Value> {
    let mut generator: SchemaGenerator =
        SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = path.into()).into_generator();
    macro_rules! include {
        ($($type:ty),+ $(,)?) => { $(let _ = generator.subschema_for::<$type>();)+ };
    }
    include!(
        socket::ClientFrame,
        socket::ServerFrame,
        socket::Ack,
        inbox::InboxClientFrame,
        inbox::InboxServerFrame,
        command::Command,
        command::KeyedCommand,
        command::Update,
        command::AddMember,
        members::PostMembers,
        members::MembersAnswer,
        command::SetSettings,
        command::Forward,
        http::Conversation,
        http::MembersPage,
        http::EventsPage,
        http::Versions,
        http::MessageReceipts,
        http::SearchPage,
        http::channels::ChannelsPage,
        http::spaces::SpaceChannelsPage,
        http::spaces::PutSpaceChannel,
        http::invites::CreateInvite,
        http::invites::Invite,
        http::invites::InvitesPage,
        http::invites::PostInvite,
        http::invites::InvitePreview,
        http::invites::Joined,
        http::SearchAllPage,
        http::Proof,
        http::ReactionsPage,
        poll::PollsPage,
        poll::PostVote,
        poll::VotesPage,
        http::CreateConversation,
        http::PostMessage,
        http::PatchMessage,
        http::PostReaction,
        http::PatchMember,
        http::PutCursor,
        http::PostTyping,
        thread::ThreadPage,
        thread::ThreadsPage,
        thread::PutThread,
        http::InboxPage,
        inbox::InboxFilter,
        moderation::BanMember,
        moderation::PostMute,
        moderation::BansPage,
        words::PutWords,
        words::Words,
        report::PostReport,
        report::Reported,
        report::ResolveReport,
        report::ReportsPage,
        inbox::PatchInbox,
        presence::PatchPresence,
        device::DevicesPage,
        device::PatchDevice,
        device::DeviceLink,
        device::PostDeviceSession,
        device::DeviceSession,
        presence::PresenceSettings,
        people::PeoplePage,
        people::Person,
        directory::FoundPage,
        directory::DirectorySettings,
        directory::PatchDirectory,
        people::ReachSettings,
        people::PatchReach,
        saved::SavedPage,
        saved::SavedSeqs,
        saved::SavedChange,
        http::Me,
        profile::MyProfile,
        profile::UserProfile,
        profile::PatchProfile,
        http::Ticket,
        http::Health,
        http::DevTokenRequest,
        http::DevToken,
        problem::Problem,
    );
    // Sorted, so that the output does not depend on the order of discovery.
    let sorted: BTreeMap<String, Value> = generator.take_definitions(true).into_iter().collect();
    sorted.into_iter().collect()
}

fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Quipu",
        "description": "Every type on Quipu's wire. Made from the Rust types in schema/; do not edit.",
        "$defs": definitions("/$defs"),
    })
}

fn openapi() -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in ENDPOINTS {
        paths.entry(endpoint.path).or_default().insert(endpoint.method.to_ascii_lowercase(), operation(endpoint));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Quipu",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The HTTP API. Everything the socket does can be done here. Made from the Rust types in schema/; do not edit.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "http://localhost:8787", "description": "npm start" }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "schemas": definitions("/components/schemas"),
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let mut parameters = Vec::new();
    for name in ["id", "user", "seq", "report", "emoji", "invite", "device"] {
        if endpoint.path.contains(&format!("{{{name}}}")) {
            parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": path_schema(name) }));
        }
    }
    for (name, kind, about) in endpoint.query {
        let schema = if *kind == "integer" { json!({ "type": kind, "minimum": 0 }) } else { json!({ "type": kind }) };
        parameters.push(json!({ "name": name, "in": "query", "schema": schema, "description": about }));
    }
    if endpoint.keyed {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": true, "schema": reference("CommandKey"),
            "description": "A UUID or a ULID, chosen once and repeated with every retry.",
        }));
    }
    let mut success = json!({ "description": "Done." });
    if let (Some(answer), Some(object)) = (endpoint.answer, success.as_object_mut()) {
        let content = if answer.contains('/') {
            json!({ answer: { "schema": { "type": "string" } } })
        } else {
            json!({ "application/json": { "schema": reference(answer) } })
        };
        object.insert("content".into(), content);
    }
    let mut responses = Map::new();
    responses.insert(endpoint.status.to_string(), success);
    if endpoint.operation == "createConversation" {
        responses.insert(
            "200".into(),
            json!({
                "description": "It existed already.",
                "content": { "application/json": { "schema": reference("Conversation") } },
            }),
        );
    }
    responses.insert(
        "default".into(),
        json!({
            "description": "A problem.",
            "content": { "application/problem+json": { "schema": reference("Problem") } },
        }),
    );
    for (status, codes) in statuses() {
        if status != 401 || endpoint.authenticated {
            responses.insert(
                status.to_string(),
                json!({
                    "description": format!("One of: {}.", codes.join(", ")),
                    "content": { "application/problem+json": { "schema": reference("Problem") } },
                }),
            );
        }
    }
    let mut operation = json!({
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(object) = operation.as_object_mut() {
        if let Some(body) = endpoint.body {
            object.insert(
                "requestBody".into(),
                json!({
                    "required": true,
                    "content": { "application/json": { "schema": reference(body) } },
                }),
            );
        }
        if !endpoint.authenticated {
            object.insert("security".into(), json!([]));
        }
    }
    operation
}

fn statuses() -> BTreeMap<u16, Vec<&'static str>> {
    let mut by_status: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for code in Code::ALL {
        by_status.entry(code.status()).or_default().push(code.as_str());
    }
    by_status
}

fn path_schema(name: &str) -> Value {
    match name {
        "id" => reference("ConversationId"),
        "user" => json!({ "type": "string", "description": "A user id, `sub:` and your own user id, or `me`." }),
        "device" => json!({ "type": "string", "pattern": "^[A-Za-z0-9._~-]{1,64}$", "description": "A device's id." }),
        "emoji" => json!({ "type": "string", "description": "The emoji, percent-encoded UTF-8." }),
        _ => json!({ "type": "integer", "minimum": 1 }),
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
