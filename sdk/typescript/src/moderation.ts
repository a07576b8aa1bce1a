/** What moderators do beside talking, over HTTP: an entry point of its own, because most pages need none of it. */
import type { Quipu } from "./client.ts";
import type { Ack, Ban, BansPage, PostReport, Report, Reported, ReportsPage, ResolveReport, UserRef, WordAction, Words } from "./wire.ts";

/** Moderation of one conversation. Every act resolves when it is stored and throws `QuipuError` where it is refused. */
export class Moderation {
  readonly #quipu: Pick<Quipu, "request">;
  readonly #path: string;

  constructor(quipu: Pick<Quipu, "request">, conversation: string) {
    this.#quipu = quipu;
    this.#path = `/v1/conversations/${conversation}`;
  }

  /** Takes a member out and keeps them out, or keeps somebody out who is no member. */
  ban(user: UserRef): Promise<Ack> {
    return this.#quipu.request("POST", `${this.#path}/bans`, { body: { user } });
  }

  /** Lifts a ban. */
  unban(user: UserRef): Promise<Ack> {
    return this.#quipu.request("DELETE", `${this.#path}/bans/${encodeURIComponent(user)}`);
  }

  /** Lets a member read and not write, for so many seconds or until it is lifted. */
  mute(user: UserRef, forS?: number): Promise<Ack> {
    return this.#quipu.request("POST", this.#mute(user), { body: forS === undefined ? {} : { for_s: forS } });
  }

  /** Lets a muted member write again. */
  unmute(user: UserRef): Promise<Ack> {
    return this.#quipu.request("DELETE", this.#mute(user));
  }

  /** Everybody who is banned, by user id. */
  async bans(): Promise<Ban[]> {
    const bans: Ban[] = [];
    for (let after: string | undefined; ; ) {
      const page: BansPage = await this.#quipu.request("GET", `${this.#path}/bans`, { query: { after, limit: 100 } });
      bans.push(...page.bans);
      if (page.next === undefined) return bans;
      after = page.next;
    }
  }

  /** Reports a message of somebody else to the moderators: every member may, once. */
  report(seq: number, report: PostReport): Promise<Reported> {
    return this.#quipu.request("POST", `${this.#path}/messages/${seq}/report`, { body: report });
  }

  /** A page of reports: open ones the oldest first, resolved ones the newest first. */
  reports(options: { status?: "open" | "resolved"; cursor?: number; limit?: number } = {}): Promise<ReportsPage> {
    return this.#quipu.request("GET", `${this.#path}/reports`, { query: options });
  }

  /** Dismisses a report, or deletes its message and resolves all reports of it. */
  resolve(id: number, act: ResolveReport): Promise<Report> {
    return this.#quipu.request("POST", `${this.#path}/reports/${id}/resolve`, { body: act });
  }

  /** The word list. */
  words(): Promise<Words> {
    return this.#quipu.request("GET", `${this.#path}/words`);
  }

  /** Lays down which words are refused, or reported; none ends it. For admins. */
  setWords(words: readonly string[], action: WordAction = "refuse"): Promise<Words> {
    return this.#quipu.request("PUT", `${this.#path}/words`, { body: { words, action } });
  }

  #mute(user: UserRef): string {
    return `${this.#path}/members/${encodeURIComponent(user)}/mute`;
  }
}
