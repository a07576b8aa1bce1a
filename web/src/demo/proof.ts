import type { ConversationResource, Envelope, EventsPage, Quipu } from "@quipu/client";
import { leafHash, MerkleTree, verifyExport } from "@quipu/client/verify";
import { t } from "../text/strings.ts";
import type { Pane } from "./pane.ts";

/** What the page found out about a conversation's log. */
export interface ProofReport {
  readonly valid: boolean;
  /** Events whose hashes went into the root. */
  readonly size: number;
}

/**
 * Computes the root of the Merkle tree over every envelope of one conversation and compares it with the root the
 * server states. Leaves once computed are kept, so that each new event costs one hash.
 */
export class Prover {
  private tree = new MerkleTree();
  private epoch = "";

  constructor(private readonly id: string) {}

  async prove(pane: Pane): Promise<ProofReport> {
    const { client } = pane;
    const stated = await client.request<ConversationResource>("GET", `/v1/conversations/${this.id}`);
    if (stated.epoch !== this.epoch || stated.seq < this.tree.size) {
      this.tree = new MerkleTree();
      this.epoch = stated.epoch;
    }
    // What the pane itself received is proved as received; only what it has not loaded is fetched.
    const held = new Map<number, Envelope>();
    for (const item of pane.conversation()?.events() ?? []) {
      if ("envelope" in item && item.envelope.conv === this.id) held.set(item.envelope.seq, item.envelope);
    }
    while (this.tree.size < stated.seq) {
      const next = held.get(this.tree.size + 1);
      if (next) await this.tree.append(await leafHash(next));
      else if (!(await this.fetchPage(client, stated))) return await proveExport(client, this.id);
    }
    return { valid: (await this.tree.root()) === stated.root, size: stated.seq };
  }

  /** Appends a page of history; false when some of it is withheld from this person. */
  private async fetchPage(client: Quipu, stated: ConversationResource): Promise<boolean> {
    const page = await client.request<EventsPage>("GET", `/v1/conversations/${this.id}/events`, {
      query: { after: this.tree.size, limit: 200, epoch: stated.epoch },
    });
    if (page.events.length === 0) throw new Error(t.demoEventsMissing);
    for (const item of page.events) {
      if ("withheld" in item) return false;
      if (this.tree.size === stated.seq) break;
      if (item.envelope.seq !== this.tree.size + 1) throw new Error(t.demoEventsMissing);
      await this.tree.append(await leafHash(item.envelope));
    }
    return true;
  }
}

/** The same by way of the export, which gives the hashes of what the person may not see. */
async function proveExport(client: Quipu, id: string): Promise<ProofReport> {
  const text = await client.request<string>("GET", `/v1/conversations/${id}/export`, { as: "text" });
  const report = await verifyExport(text);
  return { valid: report.ok, size: report.size };
}
