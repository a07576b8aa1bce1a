/** The types on the wire, made from the server's schema. */
export type * from "../../../schema/generated/types.ts";
export type { Conversation as ConversationResource } from "../../../schema/generated/types.ts";
