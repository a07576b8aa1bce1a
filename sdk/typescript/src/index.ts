/** The client of a Quipu deployment: conversations that keep themselves up to date, and an outbox that loses nothing. */
export { type NewConversation, Quipu, type QuipuOptions } from "./client.ts";
export type { Mentions, ReplyTarget } from "./commands.ts";
export { Conversation } from "./conversation.ts";
export { type LocalCode, QuipuError } from "./errors.ts";
export type { RequestOptions } from "./http.ts";
export { Inbox, type InboxEvent, type InboxState } from "./inbox.ts";
export type { InboxList, InboxView } from "./inbox-list.ts";
export type { Journal, Noted } from "./journal.ts";
export type { Connection, WebSocketConstructor, WebSocketLike } from "./link.ts";
export type { Message } from "./messages.ts";
export type { MessageReaction } from "./reactions.ts";
export type { OutboxEntry, Pending, Settled } from "./entry.ts";
export type { Settings as ConversationSettings, You } from "./roster.ts";
export type { Audit, ConversationEvent, ConversationState, Part } from "./state.ts";
export { indexedDbStorage, memoryStorage, type OutboxStorage, type OutboxStore, type StoredCommand, type StoredError } from "./storage.ts";
export type { TimelineItem } from "./timeline.ts";
export { defaultTiming, type Timing } from "./timing.ts";
export type * from "./wire.ts";
