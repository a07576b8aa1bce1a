//! Routes of conversations to calls of their objects.

use quipu_schema::command::{
    AddMember, Command, DeleteMessage, EditMessage, EnterSpace, Forward, Join, JoinChannel, KeyedCommand, Leave,
    LeaveSpace, PinMessage, React, RemoveMember, RemovePreview, SendMessage, SetRole, SetSettings, UnpinMessage,
    Unreact, Update,
};
use quipu_schema::http::invites::PostInvite;
use quipu_schema::http::spaces::PutSpaceChannel;
use quipu_schema::http::{
    CreateConversation, PatchMember, PatchMessage, PostMessage, PostReaction, PostTyping, PutCursor,
};
use quipu_schema::ids::{ConversationId, ConversationKind, InviteToken, UserRef};
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity, Metered};
use quipu_schema::limits;
use quipu_schema::members::{AddMembers, PostMembers};
use quipu_schema::moderation::{BanMember, MuteMember, PostMute, UnbanMember, UnmuteMember};
use quipu_schema::poll::{ClosePoll, PostVote, Vote};
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::thread::PutThread;
use quipu_shell::names;
use worker::{Env, Request};

use crate::body::{self, Query};
use crate::config::Ready;
use crate::directory::refused;
use crate::route::{On, Route, number};
use crate::{Answer, internal};

/// Routes below `/v1/conversations`.
pub(crate) async fn serve(route: Route, mut request: Request, env: &Env, config: &Ready, identity: Identity) -> Answer {
    match route {
        Route::CreateConversation => create(&mut request, env, config, identity).await,
        Route::Conversation(conv, On::Socket) => {
            let stub = names::conversation(env, &identity.app, conv).map_err(internal)?;
            let call = ConversationCall { conv, identity, op: ConversationOp::Socket };
            stub.upgrade(&call).await.map_err(internal)
        }
        Route::Conversation(conv, on) => {
            let joins = on == On::Join;
            let op = operation(on, &mut request, config, &identity).await?;
            if joins && let Some(refusal) = refused(env, identity.clone(), Metered::Joins).await? {
                return Ok(refusal);
            }
            ask(env, conv, identity, op).await
        }
        Route::PreviewInvite => {
            let (conv, token) = invited(&mut request).await?;
            ask(env, conv, identity, ConversationOp::PreviewInvite { token }).await
        }
        Route::JoinByInvite => {
            let key = body::key(&request)?;
            let (conv, token) = invited(&mut request).await?;
            let command = KeyedCommand { key, command: Command::Join(Join { token }) };
            ask(env, conv, identity, ConversationOp::Command { command }).await
        }
        Route::SpaceChannels(space) => {
            let query = Query::of(&request)?;
            let after = query.seq("cursor")?.unwrap_or(0);
            let limit = query.limit(limits::SPACE_CHANNELS_DEFAULT, limits::LIST_ITEMS)?;
            ask(env, space, identity, ConversationOp::SpaceChannels { after, limit }).await
        }
        // Of which space it is a channel is the channel's to decide.
        Route::AddSpaceChannel(space, channel) => {
            let key = body::key(&request)?;
            let PutSpaceChannel { open } = body::json(&mut request).await?;
            let command = KeyedCommand { key, command: Command::EnterSpace(EnterSpace { space, open }) };
            ask(env, channel, identity, ConversationOp::Command { command }).await
        }
        Route::RemoveSpaceChannel(space, channel) => {
            let key = body::key(&request)?;
            let command = KeyedCommand { key, command: Command::LeaveSpace(LeaveSpace { space }) };
            ask(env, channel, identity, ConversationOp::Command { command }).await
        }
        Route::NoConversation => Err(Code::ConversationNotFound.into()),
        _ => Err(Code::RouteNotFound.into()),
    }
}

/// Asks a conversation's object.
pub(crate) async fn ask(env: &Env, conv: ConversationId, identity: Identity, op: ConversationOp) -> Answer {
    let stub = names::conversation(env, &identity.app, conv).map_err(internal)?;
    let long = matches!(
        op,
        ConversationOp::Command { .. }
            | ConversationOp::AddMembers { .. }
            | ConversationOp::PutWords { .. }
            | ConversationOp::Seed { .. }
    );
    let call = ConversationCall { conv, identity, op };
    let answer = if long { stub.call(&call).await } else { stub.short_call(&call).await };
    answer.map_err(internal)
}

/// The link that a body carries. What is no token is answered like an unknown one: it may have been cut on its way.
async fn invited(request: &mut Request) -> Result<(ConversationId, InviteToken), Rejection> {
    let PostInvite { token } = body::json(request).await?;
    let token = InviteToken::parse(&token).map_err(|_| Rejection::from(Code::InviteNotFound))?;
    Ok((token.conversation().ok_or(Code::InviteNotFound)?, token))
}

async fn create(request: &mut Request, env: &Env, config: &Ready, identity: Identity) -> Answer {
    let key = body::key(request)?;
    let create: CreateConversation = body::json(request).await?;
    let conv = match create.kind {
        kind @ (ConversationKind::Group | ConversationKind::Space) => {
            if create.context.is_some() {
                return Err(Rejection::new(Code::InvalidValue, "`context` is for direct conversations."));
            }
            let (id_key, key) = (&config.id_key, key.as_uuid());
            match kind {
                ConversationKind::Space => ConversationId::space(id_key, &config.app, identity.user, key),
                _ => ConversationId::group(id_key, &config.app, identity.user, key),
            }
        }
        ConversationKind::Direct => {
            let [other] = create.members.as_slice() else {
                return Err(Rejection::new(Code::InvalidValue, "A direct conversation has exactly one other member."));
            };
            let context = create.context.as_deref().unwrap_or_default();
            if context.len() > limits::NAME_BYTES {
                return Err(Rejection::new(
                    Code::TooLarge,
                    format!("context may have at most {} bytes.", limits::NAME_BYTES),
                ));
            }
            let pair = (identity.user, config.resolve(other));
            ConversationId::direct_under(&config.id_key, &config.app, pair, context, create.encryption)
        }
    };
    let command = KeyedCommand { key, command: Command::Create(create.into_command()) };
    ask(env, conv, identity, ConversationOp::Command { command }).await
}

async fn operation(
    on: On,
    request: &mut Request,
    config: &Ready,
    identity: &Identity,
) -> Result<ConversationOp, Rejection> {
    let command = match on {
        On::Update => Command::Update(body::json::<Update>(request).await?),
        On::SetSettings => Command::SetSettings(body::json::<SetSettings>(request).await?),
        On::AddMember => {
            let PostMembers { user, users, role } = body::json(request).await?;
            match (user, users) {
                (Some(user), None) => Command::AddMember(AddMember { user, role }),
                (None, Some(users)) => {
                    let add = AddMembers { users, role };
                    return Ok(ConversationOp::AddMembers { key: body::key(request)?, add });
                }
                _ => {
                    return Err(Rejection::new(
                        Code::InvalidRequest,
                        "Give `user` for one member, or `users` for several.",
                    ));
                }
            }
        }
        On::SetRole(user) => {
            let user = member(&user, identity)?;
            let PatchMember { role } = body::json(request).await?;
            Command::SetRole(SetRole { user, role })
        }
        On::RemoveMember(user) => {
            let user = member(&user, identity)?;
            if config.resolve(&user) == identity.user {
                Command::Leave(Leave {})
            } else {
                Command::RemoveMember(RemoveMember { user })
            }
        }
        On::Mute(user) => {
            let user = member(&user, identity)?;
            let PostMute { for_s } = body::json(request).await?;
            Command::Mute(MuteMember { user, for_s })
        }
        On::Unmute(user) => Command::Unmute(UnmuteMember { user: member(&user, identity)? }),
        On::Ban => Command::Ban(body::json::<BanMember>(request).await?),
        On::Unban(user) => Command::Unban(UnbanMember { user: member(&user, identity)? }),
        On::Join => Command::JoinChannel(JoinChannel {}),
        On::Send => {
            let PostMessage { content, reply_to, thread } = body::json(request).await?;
            Command::Send(SendMessage { content, reply_to, thread })
        }
        On::Forward => Command::Forward(body::json::<Forward>(request).await?),
        On::Edit(seq) => {
            let PatchMessage { content, expect_version } = body::json(request).await?;
            Command::Edit(EditMessage { seq, content, expect_version })
        }
        On::Delete(seq) => Command::Delete(DeleteMessage { seq }),
        On::Pin(seq) => Command::Pin(PinMessage { seq }),
        On::Unpin(seq) => Command::Unpin(UnpinMessage { seq }),
        On::RemovePreview(seq) => Command::RemovePreview(RemovePreview { seq }),
        On::React(seq) => {
            let PostReaction { emoji } = body::json(request).await?;
            Command::React(React { seq, emoji })
        }
        On::Vote(seq) => {
            let PostVote { choices } = body::json(request).await?;
            Command::Vote(Vote { seq, choices })
        }
        On::ClosePoll(seq) => Command::ClosePoll(ClosePoll { seq }),
        On::Unreact(seq, emoji) => Command::Unreact(Unreact { seq, emoji }),
        On::CreateInvite => {
            let invite = body::json(request).await?;
            return Ok(ConversationOp::CreateInvite { key: body::key(request)?, invite });
        }
        On::Report(seq) => {
            let report = body::json(request).await?;
            return Ok(ConversationOp::Report { seq, key: body::key(request)?, report });
        }
        On::Resolve(id) => {
            let act = body::json(request).await?;
            return Ok(ConversationOp::Resolve { id, key: body::key(request)?, act });
        }
        other => return reading(other, request).await,
    };
    let key = body::key(request)?;
    Ok(ConversationOp::Command { command: KeyedCommand { key, command } })
}

async fn reading(on: On, request: &mut Request) -> Result<ConversationOp, Rejection> {
    let query = Query::of(request)?;
    Ok(match on {
        On::Get => ConversationOp::Get,
        On::Members => {
            ConversationOp::Members { after: query.parsed("after")?, limit: query.limit(50, limits::LIST_ITEMS)? }
        }
        On::Bans => ConversationOp::Bans { after: query.parsed("after")?, limit: query.limit(50, limits::LIST_ITEMS)? },
        On::Reports => ConversationOp::Reports {
            status: query.parsed("status")?.unwrap_or_default(),
            cursor: query.seq("cursor")?,
            limit: query.limit(50, limits::LIST_ITEMS)?,
        },
        On::Words => ConversationOp::Words,
        On::PutWords => ConversationOp::PutWords { put: body::json(request).await? },
        On::Events => ConversationOp::Events {
            after: query.seq("after")?,
            before: query.seq("before")?,
            epoch: query.parsed("epoch")?,
            limit: query.limit(limits::PAGE_EVENTS_DEFAULT, limits::PAGE_EVENTS)?,
        },
        On::Versions(seq) => ConversationOp::Versions { seq },
        On::MessageReceipts(seq) => ConversationOp::MessageReceipts { seq },
        On::Reactions(seq) => ConversationOp::Reactions {
            seq,
            after: query.seq("after")?.unwrap_or(0),
            emoji: query.short("emoji", limits::EMOJI_BYTES)?,
            limit: query.limit(50, limits::LIST_ITEMS)?,
        },
        On::Polls => ConversationOp::Polls { seqs: seqs(&query)? },
        On::Votes(seq) => ConversationOp::Votes {
            seq,
            option: query.seq("option")?,
            after: query.parsed("after")?,
            limit: query.limit(50, limits::LIST_ITEMS)?,
        },
        On::Proof(seq) => ConversationOp::Proof { seq },
        On::Read => ConversationOp::Read { seq: body::json::<PutCursor>(request).await?.seq },
        On::Delivered => ConversationOp::Delivered { seq: body::json::<PutCursor>(request).await?.seq },
        On::Hide(seq) => ConversationOp::Hide { seq },
        On::Thread => ConversationOp::Thread {
            root: query.seq("thread")?.ok_or_else(|| {
                Rejection::new(Code::InvalidValue, "Name the thread: `thread` is the seq of the message it began with.")
            })?,
            after: query.seq("after")?,
            before: query.seq("before")?,
            limit: query.limit(limits::PAGE_EVENTS_DEFAULT, limits::PAGE_EVENTS)?,
        },
        On::Threads => ConversationOp::Threads {
            before: query.seq("before")?,
            unread: query.parsed("unread")?.unwrap_or(false),
            limit: query.limit(50, limits::LIST_ITEMS)?,
        },
        On::Follow(root) => ConversationOp::Follow { root, on: body::json::<PutThread>(request).await?.following },
        On::ReadThread(root) => ConversationOp::ReadThread { root, seq: body::json::<PutCursor>(request).await?.seq },
        On::Typing => ConversationOp::Typing { on: body::json::<PostTyping>(request).await?.on },
        On::Export => ConversationOp::Export,
        On::Invites => ConversationOp::Invites,
        On::RevokeInvite(id) => ConversationOp::RevokeInvite { id },
        On::Search => ConversationOp::Search {
            q: query.text("q").unwrap_or_default().to_owned(),
            cursor: query.text("cursor").map(str::to_owned),
            limit: query.limit(limits::SEARCH_HITS_DEFAULT, limits::SEARCH_HITS)?,
            utc_offset: query.utc_offset()?,
        },
        _ => return Err(Code::RouteNotFound.into()),
    })
}

/// `seqs`: numbers with commas in between.
fn seqs(query: &Query) -> Result<Vec<u64>, Rejection> {
    let refused = || {
        let sentence = format!("`seqs` names 1 to {} messages by seq, with commas in between.", limits::POLLS_ASKED);
        Rejection::new(Code::InvalidValue, sentence)
    };
    let parts: Vec<&str> = query.text("seqs").unwrap_or_default().split(',').take(limits::POLLS_ASKED + 1).collect();
    let seqs: Option<Vec<u64>> = parts.iter().map(|part| number(part)).collect();
    seqs.filter(|seqs| seqs.len() <= limits::POLLS_ASKED).ok_or_else(refused)
}

/// A member as a path names one.
pub(crate) fn member(text: &str, identity: &Identity) -> Result<UserRef, Rejection> {
    if text == "me" {
        return Ok(UserRef::Id(identity.user));
    }
    UserRef::parse(text)
        .map_err(|_| Rejection::new(Code::InvalidValue, "A member is `me`, a user id, or `sub:` and your own user id."))
}
