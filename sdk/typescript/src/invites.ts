import type { Quipu } from "./client.ts";
import type { CreateInvite, Invite, InvitePreview, InvitesPage, Joined, Role } from "./wire.ts";

export type { CreateInvite, Invite, InvitePreview, Joined } from "./wire.ts";

/** What a link shall be. */
export interface NewInvite {
  /** As what people join: `member` when absent, or `guest`. */
  role?: Extract<Role, "member" | "guest">;
  /** Seconds after which it lets nobody in any more, 60 to 31,536,000; never when absent. */
  expiresInS?: number;
  /** How often it lets somebody in, 1 to 10,000; without end when absent. */
  maxUses?: number;
}

/** What is needed of a client. */
type Asking = Pick<Quipu, "request">;

/** The invite links of a group, for those who may make some. */
export class Invites {
  readonly #client: Asking;
  readonly #path: string;

  constructor(client: Asking, conversation: string) {
    this.#client = client;
    this.#path = `/v1/conversations/${conversation}/invites`;
  }

  /** Links that let somebody in, the newest first. */
  async list(): Promise<Invite[]> {
    return (await this.#client.request<InvitesPage>("GET", this.#path)).invites;
  }

  /** Makes a link. The same key makes it once. */
  create({ role = "member", expiresInS, maxUses }: NewInvite = {}, options: { key?: string } = {}): Promise<Invite> {
    const body: CreateInvite = {
      role,
      ...(expiresInS !== undefined && { expires_in_s: expiresInS }),
      ...(maxUses !== undefined && { max_uses: maxUses }),
    };
    return this.#client.request("POST", this.#path, { body, ...options });
  }

  /** Revokes a link by its number: it lets nobody in any more. */
  revoke(id: number): Promise<void> {
    return this.#client.request("DELETE", `${this.#path}/${id}`);
  }
}

/** Where a link leads. */
export function previewInvite(client: Asking, token: string): Promise<InvitePreview> {
  return client.request("POST", "/v1/invites/preview", { body: { token } });
}

/** Joins by a link. The same key joins once. */
export function joinByInvite(client: Asking, token: string, options: { key?: string } = {}): Promise<Joined> {
  return client.request("POST", "/v1/invites/join", { body: { token }, ...options });
}
