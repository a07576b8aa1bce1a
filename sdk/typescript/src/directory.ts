/** The directory of people: found by name, where they want to be. */
import type { Quipu } from "./client.ts";
import type { DirectorySettings, FoundPage } from "./wire.ts";

export type { DirectorySettings, FoundPage, FoundPerson } from "./wire.ts";

/** Whom to look for. */
export interface PeopleQuery {
  /** What a word of their name begins with, and what follows it, without regard to case and accents. */
  q: string;
  /** `next` of the page before. */
  cursor?: string;
  /** 1 to 50; 20 when absent. */
  limit?: number;
  signal?: AbortSignal;
}

/** What is needed of a client. */
type Asking = Pick<Quipu, "request">;

/** People of the app, by name. `directory_unavailable` where the deployment has no directory, or it does not answer. */
export function findPeople(client: Asking, { signal, ...query }: PeopleQuery): Promise<FoundPage> {
  return client.request("GET", "/v1/people", { query, ...(signal && { signal }) });
}

/** Whether there is a directory, and you are found in it. */
export function directorySettings(client: Asking): Promise<DirectorySettings> {
  return client.request("GET", "/v1/me/directory");
}

/** Be found by your name, or not. */
export function setListed(client: Asking, listed: boolean): Promise<DirectorySettings> {
  return client.request("PATCH", "/v1/me/directory", { body: { listed } });
}
