import type { Quipu } from "./client.ts";
import type { Channel, ChannelsPage, Joined } from "./wire.ts";

export type { Channel, ChannelsPage, Joined } from "./wire.ts";

/** Which channels. */
export interface ChannelsQuery {
  /** What their names begin with, without regard to case and accents. */
  q?: string;
  /** `next` of the page before. */
  cursor?: string;
  /** 1 to 100; 50 when absent. */
  limit?: number;
  signal?: AbortSignal;
}

/** What is needed of a client. */
type Asking = Pick<Quipu, "request">;

/** Public channels of the app, by name. `directory_unavailable` where the deployment has no directory, or it does not answer. */
export function listChannels(client: Asking, { signal, ...query }: ChannelsQuery = {}): Promise<ChannelsPage> {
  return client.request("GET", "/v1/channels", { query, ...(signal && { signal }) });
}

/** Becomes a member of a public channel. The same key joins once. */
export function joinChannel(client: Asking, channel: Channel["id"], options: { key?: string } = {}): Promise<Joined> {
  return client.request("POST", `/v1/conversations/${channel}/join`, options);
}
