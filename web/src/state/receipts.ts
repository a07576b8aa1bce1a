import type { Member } from "@quipu/client";

/** Who has received and read what, ready to be asked for each message on the screen. */
export class Receipts {
  private readonly read: number[] = [];
  private readonly delivered: number[] = [];

  constructor(
    private readonly members: ReadonlyMap<string, Member>,
    private readonly me: string,
  ) {
    for (const { user, receipt } of members.values()) {
      if (user === me) continue;
      this.read.push(receipt.read);
      this.delivered.push(Math.max(receipt.delivered, receipt.read));
    }
    this.read.sort((a, b) => a - b);
    this.delivered.sort((a, b) => a - b);
  }

  /** How many others have read, and received, the message `seq`. */
  counts(seq: number): { others: number; read: number; delivered: number } {
    return { others: this.read.length, read: atLeast(this.read, seq), delivered: atLeast(this.delivered, seq) };
  }

  /** The same by name: each other member once. */
  who(seq: number): { read: string[]; delivered: string[]; none: string[] } {
    const groups = { read: [] as string[], delivered: [] as string[], none: [] as string[] };
    for (const { user, receipt } of this.members.values()) {
      if (user === this.me) continue;
      groups[receipt.read >= seq ? "read" : receipt.delivered >= seq ? "delivered" : "none"].push(user);
    }
    return groups;
  }
}

/** How many of the ascending numbers are at least `least`. */
function atLeast(ascending: readonly number[], least: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) >= least) high = middle;
    else low = middle + 1;
  }
  return ascending.length - low;
}
