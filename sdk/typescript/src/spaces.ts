import type { Quipu } from "./client.ts";
import type { Ack, ConversationResource, History, PutSpaceChannel, SpaceChannel, SpaceChannelsPage } from "./wire.ts";

export type { SpaceChannel, SpaceChannelsPage } from "./wire.ts";

/** What is needed of a client. */
type Asking = Pick<Quipu, "request">;

/** A channel that is to be. */
export interface NewSpaceChannel {
  name: string;
  topic?: string;
  /** Whether the members of the space find it and may join (the default); else it is by invitation only. */
  open?: boolean;
  /** What those who join later may read: `all` when absent. */
  history?: History;
}

/** Channels of a space, in the order in which they were added: open ones, and to its admins the others too, without a name. */
export function listSpaceChannels(client: Asking, space: string, { signal, ...query }: { cursor?: number; limit?: number; signal?: AbortSignal } = {}): Promise<SpaceChannelsPage> {
  return client.request("GET", path(space), { query, ...(signal && { signal }) });
}

/** Makes a group a channel of a space. Takes an admin of both, and its members must be in the space. */
export function addSpaceChannel(client: Asking, space: string, channel: SpaceChannel["id"], { open = true, ...options }: { open?: boolean; key?: string } = {}): Promise<Ack> {
  const body: PutSpaceChannel = { open };
  return client.request("PUT", `${path(space)}/${channel}`, { body, ...options });
}

/** Takes a channel out of a space: it stays a group. Takes an admin of either. */
export function removeSpaceChannel(client: Asking, space: string, channel: SpaceChannel["id"], options: { key?: string } = {}): Promise<Ack> {
  return client.request("DELETE", `${path(space)}/${channel}`, options);
}

/** Makes a channel in a space. The same keys, one for the group and one for its place, make it once. */
export async function createSpaceChannel(client: Asking, space: string, { open, ...group }: NewSpaceChannel, { keys = [] }: { keys?: readonly string[] } = {}): Promise<string> {
  const [making, placing] = keys;
  const { id } = await client.request<ConversationResource>("POST", "/v1/conversations", { body: { kind: "group", members: [], ...group }, ...(making !== undefined && { key: making }) });
  await addSpaceChannel(client, space, id, { ...(open !== undefined && { open }), ...(placing !== undefined && { key: placing }) });
  return id;
}

function path(space: string): string {
  return `/v1/spaces/${space}/channels`;
}
