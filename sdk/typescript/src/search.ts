import type { Http } from "./http.ts";

export interface SearchOptions {
  /** `next` of the page before. */
  cursor?: string;
  limit?: number;
  signal?: AbortSignal;
}

/** A page of hits; pages without one are passed over, and the people of the first are kept. */
export async function search<P, Page extends { hits: readonly unknown[]; people?: P; next?: string }>(http: Http, path: string, q: string, { cursor, limit, signal }: SearchOptions): Promise<Page> {
  const query: Record<string, string | number | undefined> = { q, cursor, limit, utc_offset: -new Date().getTimezoneOffset() };
  let people: P | undefined;
  for (;;) {
    const page = await http.request<Page>("GET", path, { query, ...(signal && { signal }) });
    people ??= page.people;
    if (page.hits.length > 0 || page.next === undefined) return people ? { ...page, people } : page;
    query.cursor = page.next;
  }
}
